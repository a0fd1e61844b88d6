FROM rust:1.91 AS build
WORKDIR /src
COPY . .
RUN cargo build --release

FROM debian:13-slim
COPY --from=build /src/target/release/server /usr/local/bin/server
USER nobody
HEALTHCHECK NONE
CMD ["server"]
