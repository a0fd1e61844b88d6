/** Languages by the type of a package URL (github.com/package-url/purl-spec, PURL-TYPES). */
export const languagesByPackage: Readonly<Record<string, string>> = {
  cargo: 'rust',
  composer: 'php',
  conan: 'c++',
  cpan: 'perl',
  cran: 'r',
  gem: 'ruby',
  golang: 'go',
  hackage: 'haskell',
  hex: 'erlang',
  maven: 'java',
  npm: 'javascript',
  nuget: 'dotnet',
  pub: 'dart',
  pypi: 'python',
  swift: 'swift',
};

/** Languages by the program that starts a container. */
export const languagesByProgram: readonly (readonly [RegExp, string])[] = [
  [/^(?:node|nodejs|npm|npx|yarn|pnpm|bun|deno)$/, 'javascript'],
  [/^(?:python[0-9.]*|gunicorn|uvicorn|celery|uwsgi)$/, 'python'],
  [/^java$/, 'java'],
  [/^dotnet$/, 'dotnet'],
  [/^(?:ruby|rails|puma|bundle|unicorn)$/, 'ruby'],
  [/^(?:php|php-fpm[0-9.]*|apache2-foreground)$/, 'php'],
  [/^(?:perl|starman)$/, 'perl'],
  [/^(?:elixir|iex|erl)$/, 'erlang'],
];

const byType: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  npm: {
    '@angular/core': 'angular',
    '@hapi/hapi': 'hapi',
    '@nestjs/core': 'nestjs',
    '@sveltejs/kit': 'sveltekit',
    astro: 'astro',
    express: 'express',
    fastify: 'fastify',
    koa: 'koa',
    next: 'nextjs',
    nuxt: 'nuxt',
    react: 'react',
    svelte: 'svelte',
    vue: 'vue',
  },
  pypi: {
    aiohttp: 'aiohttp',
    django: 'django',
    fastapi: 'fastapi',
    flask: 'flask',
    pyramid: 'pyramid',
    starlette: 'starlette',
    tornado: 'tornado',
  },
  maven: {
    'io.dropwizard/dropwizard-core': 'dropwizard',
    'io.helidon.webserver/helidon-webserver': 'helidon',
    'io.ktor/ktor-server-core': 'ktor',
    'io.ktor/ktor-server-core-jvm': 'ktor',
    'io.micronaut/micronaut-core': 'micronaut',
    'io.quarkus/quarkus-core': 'quarkus',
    'io.vertx/vertx-core': 'vertx',
    'org.springframework/spring-core': 'spring',
    'org.springframework.boot/spring-boot': 'spring-boot',
  },
  gem: { hanami: 'hanami', rails: 'rails', sinatra: 'sinatra' },
  composer: {
    'cakephp/cakephp': 'cakephp',
    'laravel/framework': 'laravel',
    'slim/slim': 'slim',
    'symfony/framework-bundle': 'symfony',
  },
  golang: {
    'github.com/gin-gonic/gin': 'gin',
    'github.com/go-chi/chi/v5': 'chi',
    'github.com/gofiber/fiber/v2': 'fiber',
    'github.com/gofiber/fiber/v3': 'fiber',
    'github.com/labstack/echo/v4': 'echo',
  },
  cargo: { 'actix-web': 'actix-web', axum: 'axum', rocket: 'rocket', warp: 'warp' },
  nuget: { 'microsoft.aspnetcore.app': 'aspnetcore', 'microsoft.aspnetcore.app.runtime.linux-x64': 'aspnetcore' },
  hex: { phoenix: 'phoenix' },
};

/** Frameworks that are known, by package URL without a version, in lower case and with `@` as it is. */
export const frameworks: ReadonlyMap<string, string> = new Map(
  Object.entries(byType).flatMap(([type, packages]) =>
    Object.entries(packages).map(([name, framework]) => [`pkg:${type}/${name}`, framework] as const),
  ),
);
