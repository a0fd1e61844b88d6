FROM ghcr.io/astral-sh/uv:0.9-python3.14-bookworm-slim
WORKDIR /app
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-install-project --no-cache
COPY . .
RUN uv sync --frozen --no-cache
USER 10001
HEALTHCHECK NONE
CMD ["/app/.venv/bin/serve"]
