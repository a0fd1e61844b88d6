#!/bin/sh
# Answers one HTTP request, read from standard input.
set -eu

products=/etc/catalog/products.csv
prices=/etc/catalog/prices.csv

reply() { # STATUS BODY [TYPE]
  case $path in /health | /metrics) ;; *) echo "$method $path $1" >&2 ;; esac
  printf 'HTTP/1.1 %s\r\nContent-Type: %s\r\nConnection: close\r\n\r\n%s\n' "$1" "${3:-application/json}" "$2"
}

# The product list as JSON; the files' columns are number and name, number and price in cents.
list() {
  awk -F, '
    FILENAME == ARGV[1] { cents[$1] = $2; next }
    { printf "%s{\"number\":%d,\"name\":\"%s\",\"cents\":%d}", (FNR > 1 ? "," : ""), $1, $2, cents[$1] }
  ' "$prices" "$products"
}

read -r -t 5 method path _ || exit 0
while read -r -t 5 header && [ "$header" != "$(printf '\r')" ]; do :; done

case "$method $path" in
  'GET /') reply '200 OK' "{\"service\":\"catalog\",\"version\":\"$VERSION\",\"host\":\"$(hostname)\",\"products\":[$(list)]}" ;;
  'GET /metrics') reply '200 OK' "shop_build_info{service=\"catalog\",version=\"$VERSION\"} 1" 'text/plain; version=0.0.4' ;;
  'GET /health')
    if [ -s "$products" ]; then
      reply '200 OK' '{"healthy":true}'
    else
      reply '503 Service Unavailable' '{"healthy":false,"reason":"no products"}'
    fi
    ;;
  *) reply '404 Not Found' '{"error":"not found"}' ;;
esac
