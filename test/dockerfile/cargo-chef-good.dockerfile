FROM rust:1.91 AS chef
RUN cargo install cargo-chef --locked
WORKDIR /src

FROM chef AS planner
COPY . .
RUN cargo chef prepare --recipe-path recipe.json

FROM chef AS build
COPY --from=planner /src/recipe.json recipe.json
RUN cargo chef cook --release --recipe-path recipe.json
COPY . .
RUN cargo build --release

FROM debian:13-slim
COPY --from=build /src/target/release/server /usr/local/bin/server
USER nobody
HEALTHCHECK NONE
CMD ["server"]
