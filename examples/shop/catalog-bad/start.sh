#!/bin/sh
# Looks for all that the service reads before it takes the first connection.
set -eu

for file in products prices; do
  if [ ! -r "/etc/catalog/$file.csv" ]; then
    echo "catalog $VERSION cannot start: /etc/catalog/$file.csv is missing; is '$file' under configs in compose.yaml?" >&2
    exit 1
  fi
done

exec nc -ll -p 80 -e /app/answer.sh
