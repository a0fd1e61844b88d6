# drayage-lint: ignore=base-unpinned the team builds on the newest on purpose
FROM node
WORKDIR /app
# drayage-lint: ignore=sources-before-dependencies,root-user
COPY . .
# drayage-lint: ignore=no-such-rule why not
RUN npm ci && npm cache clean --force
# The process ends by itself.
# drayage-lint: ignore=shell-form-command,healthcheck-missing a job, not a service
CMD node job.js
