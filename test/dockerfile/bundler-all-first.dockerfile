FROM ruby:3.4-slim
RUN apt-get update
RUN apt-get install -y build-essential
WORKDIR /app
COPY . .
RUN bundle install --jobs 4
USER 10001
HEALTHCHECK NONE
CMD ["bundle", "exec", "puma"]
