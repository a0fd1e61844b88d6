FROM python:3.14-slim
WORKDIR /app
RUN pip install --no-cache-dir poetry==2.2.1
COPY . .
RUN poetry install --only main
USER 10001
HEALTHCHECK NONE
CMD ["poetry", "run", "serve"]
