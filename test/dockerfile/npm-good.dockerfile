# syntax=docker/dockerfile:1
FROM node:24-slim
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev
COPY . .
USER node
HEALTHCHECK --interval=10s CMD ["node", "health.js"]
CMD ["node", "server.js"]
