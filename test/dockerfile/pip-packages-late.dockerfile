FROM python:3.14-slim
WORKDIR /app
COPY src ./src
COPY requirements.txt ./
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpq5 \
    && rm -rf /var/lib/apt/lists/*
RUN pip install --no-cache-dir -r requirements.txt
USER 10001
HEALTHCHECK NONE
CMD ["python", "-m", "src.app"]
