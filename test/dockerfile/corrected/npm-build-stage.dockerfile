# syntax=docker/dockerfile:1
FROM node:24 AS build
WORKDIR /src
COPY package.json package-lock.json ./
# The lock file says which versions.
RUN npm ci
COPY . .
RUN npm run build

FROM nginxinc/nginx-unprivileged:1.29
COPY --from=build /src/dist /usr/share/nginx/html
HEALTHCHECK CMD ["curl", "-f", "http://localhost:8080/"]
EXPOSE 8080
CMD ["nginx", "-g", "daemon off;"]
