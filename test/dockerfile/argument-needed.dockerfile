FROM debian:13-slim
ARG VERSION
RUN apt-get update && apt-get install -y tool=${VERSION} && rm -rf /var/lib/apt/lists/*
USER nobody
HEALTHCHECK NONE
CMD ["tool"]
