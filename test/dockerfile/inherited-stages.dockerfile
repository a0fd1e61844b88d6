FROM node:24-slim AS base
WORKDIR /app
USER node
HEALTHCHECK NONE

FROM base AS dependencies
COPY package.json package-lock.json ./
RUN npm ci && npm cache clean --force

FROM dependencies AS build
COPY . .
RUN npm ci
RUN npm run build

FROM base
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
CMD ["node", "dist/main.js"]
