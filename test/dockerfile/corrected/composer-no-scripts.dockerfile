FROM php:8.4-apache
WORKDIR /var/www/html
COPY --from=composer:2.9 /usr/bin/composer /usr/bin/composer
COPY composer.json composer.lock ./
RUN composer install --no-dev --no-scripts --no-autoloader
COPY . .
RUN composer dump-autoload --optimize
USER www-data
HEALTHCHECK NONE
