FROM node:24-slim
ENV PNPM_HOME=/pnpm
WORKDIR /app
COPY --chown=node:node package.json pnpm-lock.yaml ./
RUN corepack enable
RUN pnpm install --frozen-lockfile --prod
COPY --chown=node:node . .
USER node
HEALTHCHECK NONE
CMD ["node", "server.js"]
