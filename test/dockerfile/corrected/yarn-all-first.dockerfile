FROM node:24-slim
WORKDIR /usr/src/app
COPY package.json yarn.lock ./
RUN yarn install --frozen-lockfile && yarn cache clean
ADD . .
USER node
HEALTHCHECK NONE
ENTRYPOINT ["node"]
CMD ["index.js"]
