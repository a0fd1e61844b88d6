FROM node:24-slim
COPY web/package.json web/package-lock.json /srv/app/web/
WORKDIR /srv/app
ENV NODE_ENV=production
RUN cd web && npm install
COPY . /srv/app
RUN npm run build
USER node
CMD ["node", "web/server.js"]
