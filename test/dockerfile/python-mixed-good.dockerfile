# syntax=docker/dockerfile:1
FROM python:3.14-slim AS base
ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1
RUN apt-get update && apt-get install -y --no-install-recommends libpq5 && rm -rf /var/lib/apt/lists/*

FROM base
WORKDIR /app
COPY requirements.txt ./
RUN pip install -r requirements.txt
COPY . .
ARG GIT_SHA
LABEL revision=$GIT_SHA
USER 10001
HEALTHCHECK CMD ["python", "health.py"]
ENTRYPOINT ["gunicorn"]
CMD ["app:app"]
