#!/bin/sh
# Looks for all that the service reads before it takes the first connection.
set -eu

if [ ! -r /etc/storefront/rates.csv ]; then
  echo "storefront $VERSION cannot start: /etc/storefront/rates.csv is missing; is 'rates' under configs in compose.yaml?" >&2
  exit 1
fi

exec nc -ll -p 8080 -e /app/answer.sh
