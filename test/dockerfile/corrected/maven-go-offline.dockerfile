FROM maven:3.9-eclipse-temurin-25 AS build
WORKDIR /build
COPY pom.xml ./
RUN mvn -B dependency:go-offline
COPY src ./src
RUN mvn -B -DskipTests package

FROM eclipse-temurin:25-jre
COPY --from=build /build/target/app.jar /app.jar
USER 10001
HEALTHCHECK NONE
ENTRYPOINT ["java", "-jar", "/app.jar"]
