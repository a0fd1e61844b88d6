FROM python:3.14-slim
ENV PIP_NO_CACHE_DIR=1
WORKDIR /app
COPY pyproject.toml poetry.lock ./
RUN pip install poetry==2.2.1
RUN poetry install --no-root --only main
COPY . .
RUN poetry install --only-root
USER 10001
HEALTHCHECK NONE
CMD ["poetry", "run", "serve"]
