FROM debian:13-slim
COPY src/ /etc/apt/
RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*
COPY scripts /usr/local/bin
RUN apt-get update && apt-get install -y jq && rm -rf /var/lib/apt/lists/*
USER nobody
HEALTHCHECK NONE
ENTRYPOINT exec /usr/local/bin/run
