ARG NODE=24
ARG TAGLESS=alpine
FROM node:${NODE}-slim AS named
FROM $TAGLESS AS tagless
FROM $GIVEN AS given
FROM alpine:latest AS latest
FROM registry.example.com:5000/team/app AS port
FROM alpine@sha256:4bcff63911fcb4448bd4fdacec207030997caf25e9bea4045fa6c8c44de311d1 AS digest
FROM named
COPY --from=tagless /etc/os-release /one
COPY --from=0 /etc/os-release /two
COPY --from=busybox /bin/busybox /bin/busybox
USER 1000
