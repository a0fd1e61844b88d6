FROM node:24-slim
ARG NPM_TOKEN
ENV DATABASE_PASSWORD="correct horse" \
    DATABASE_PASSWORD_FILE=/run/secrets/password
ENV API_KEY=$NPM_TOKEN
WORKDIR /app
COPY package.json package-lock.json ./
RUN echo "//registry.npmjs.org/:_authToken=$NPM_TOKEN" > .npmrc && npm ci && rm -rf .npmrc ~/.npm
RUN git clone https://build:hunter2hunter2@git.example.com/shop.git
COPY . .
USER node
HEALTHCHECK NONE
CMD ["node", "server.js"]
