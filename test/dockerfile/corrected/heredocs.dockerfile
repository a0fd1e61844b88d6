# syntax=docker/dockerfile:1
FROM python:3.14-slim
WORKDIR /app
COPY requirements.txt ./
RUN <<EOT
set -eux
apt-get update
apt-get install -y --no-install-recommends libpq5
rm -rf /var/lib/apt/lists/*
EOT
RUN <<-"EOT" bash
	pip install --no-cache-dir -r requirements.txt
	EOT
COPY . .
COPY <<FIRST <<SECOND /etc/app/
FROM here on it is text
FIRST
RUN as well
SECOND
USER 10001
HEALTHCHECK NONE
CMD ["python", "app.py"]
