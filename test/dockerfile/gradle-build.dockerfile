FROM eclipse-temurin:25-jdk AS build
COPY . /build
WORKDIR /build
RUN ./gradlew --no-daemon bootJar

FROM eclipse-temurin:25-jre
COPY --from=build /build/build/libs/app.jar /app.jar
USER 10001
HEALTHCHECK NONE
CMD java -jar /app.jar
