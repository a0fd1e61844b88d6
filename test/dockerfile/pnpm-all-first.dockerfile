FROM node:24-slim
ENV PNPM_HOME=/pnpm
WORKDIR /app
COPY --chown=node:node . .
RUN corepack enable
RUN pnpm install --frozen-lockfile --prod
USER node
HEALTHCHECK NONE
CMD ["node", "server.js"]
