FROM node:24-slim
WORKDIR /usr/src/app
ADD . .
RUN yarn install --frozen-lockfile && yarn cache clean
USER node
HEALTHCHECK NONE
ENTRYPOINT ["node"]
CMD ["index.js"]
