FROM node:24-slim
WORKDIR /app
COPY . .
RUN npm ci --omit=dev && npm cache clean --force
USER node
HEALTHCHECK CMD ["node", "health.js"]
CMD ["node", "server.js"]
