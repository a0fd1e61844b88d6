#!/bin/sh
# Answers one HTTP request, read from standard input.
set -eu

reply() { # STATUS BODY
  [ "$path" = /health ] || echo "$method $path $1" >&2
  printf 'HTTP/1.1 %s\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n%s\n' "$1" "$2"
}

read -r -t 5 method path _ || exit 0
while read -r -t 5 header && [ "$header" != "$(printf '\r')" ]; do :; done

case "$method $path" in
  'GET /') reply '200 OK' "{\"service\":\"cart\",\"version\":\"$VERSION\",\"host\":\"$(hostname)\",\"items\":[]}" ;;
  'GET /health') reply '200 OK' '{"healthy":true}' ;;
  *) reply '404 Not Found' '{"error":"not found"}' ;;
esac
