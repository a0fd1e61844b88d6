FROM ghcr.io/astral-sh/uv:0.9-python3.14-bookworm-slim
WORKDIR /app
COPY . .
RUN uv sync --frozen --no-install-project --no-cache
RUN uv sync --frozen --no-cache
USER 10001
HEALTHCHECK NONE
CMD ["/app/.venv/bin/serve"]
