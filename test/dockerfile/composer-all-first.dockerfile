FROM php:8.4-apache
WORKDIR /var/www/html
COPY --from=composer /usr/bin/composer /usr/bin/composer
COPY . .
RUN composer install --no-dev
USER www-data
HEALTHCHECK NONE
