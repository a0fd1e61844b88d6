# syntax=docker/dockerfile:1
FROM ghcr.io/astral-sh/uv:0.9-python3.14-bookworm-slim
WORKDIR /app
RUN --mount=type=cache,target=/root/.cache/uv \
    --mount=type=bind,source=uv.lock,target=uv.lock \
    --mount=type=bind,source=pyproject.toml,target=pyproject.toml \
    uv sync --frozen --no-install-project
COPY . .
RUN --mount=type=cache,target=/root/.cache/uv uv sync --frozen
USER 10001
HEALTHCHECK NONE
CMD ["/app/.venv/bin/serve"]
