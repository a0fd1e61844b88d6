FROM node:24-slim
COPY . /srv/app
WORKDIR /srv/app
ENV NODE_ENV=production
RUN cd web && npm install
RUN npm run build
USER node
CMD ["node", "web/server.js"]
