#!/bin/sh
# Answers one HTTP request, read from standard input.
set -eu

reply() { # STATUS BODY [TYPE]
  case $path in /health | /metrics) ;; *) echo "$method $path $1" >&2 ;; esac
  printf 'HTTP/1.1 %s\r\nContent-Type: %s\r\nConnection: close\r\n\r\n%s\n' "$1" "${3:-application/json}" "$2"
}

read -r -t 5 method path _ || exit 0
while read -r -t 5 header && [ "$header" != "$(printf '\r')" ]; do :; done

case "$method $path" in
  'GET /') reply '200 OK' "{\"service\":\"cart\",\"version\":\"$VERSION\",\"host\":\"$(hostname)\",\"items\":[]}" ;;
  'GET /metrics') reply '200 OK' "shop_build_info{service=\"cart\",version=\"$VERSION\"} 1" 'text/plain; version=0.0.4' ;;
  'GET /health') reply '200 OK' '{"healthy":true}' ;;
  *) reply '404 Not Found' '{"error":"not found"}' ;;
esac
