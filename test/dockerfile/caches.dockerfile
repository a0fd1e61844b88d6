FROM python:3.14
RUN apt-get update && apt-get install -y git
RUN --mount=type=cache,target=/var/lib/apt --mount=type=cache,target=/var/cache/apt apt-get update && apt-get install -y vim
RUN pip install flask
RUN --mount=type=cache,target=/root/.cache/pip pip install gunicorn
RUN npm install -g pnpm
RUN dnf install -y jq
RUN apk add curl
RUN apk add --no-cache wget
USER 10001
