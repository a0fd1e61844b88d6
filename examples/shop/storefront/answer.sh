#!/bin/sh
# Answers one HTTP request, read from standard input. The front page asks catalog and cart, by their names: they
# may run on this cluster or on another.
set -eu

reply() { # STATUS BODY [TYPE]
  case $path in /health | /metrics) ;; *) echo "$method $path $1" >&2 ;; esac
  printf 'HTTP/1.1 %s\r\nContent-Type: %s\r\nConnection: close\r\n\r\n%s\n' "$1" "${3:-text/plain}" "$2"
}

ask() { # SERVICE PORT
  timeout 2 wget -q -O - "http://$1:$2/" || {
    echo "storefront: $1 does not answer" >&2
    return 1
  }
}

front_page() {
  status='200 OK'
  catalog=$(ask catalog 8081) || status='502 Bad Gateway' catalog='does not answer'
  cart=$(ask cart 8082) || status='502 Bad Gateway' cart='does not answer'
  reply "$status" "$GREETING to the shop!
storefront: {\"service\":\"storefront\",\"version\":\"$VERSION\",\"host\":\"$(hostname)\"}
catalog:    $catalog
cart:       $cart"
}

read -r -t 5 method path _ || exit 0
while read -r -t 5 header && [ "$header" != "$(printf '\r')" ]; do :; done

case "$method $path" in
  'GET /') front_page ;;
  'GET /metrics') reply '200 OK' "shop_build_info{service=\"storefront\",version=\"$VERSION\"} 1" 'text/plain; version=0.0.4' ;;
  'GET /health') reply '200 OK' 'healthy' ;;
  *) reply '404 Not Found' 'not found' ;;
esac
