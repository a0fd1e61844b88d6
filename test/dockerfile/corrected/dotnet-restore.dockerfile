FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /src
COPY Shop.Cart/Shop.Cart.csproj ./Shop.Cart/
RUN dotnet restore Shop.Cart/Shop.Cart.csproj
COPY . .
RUN dotnet publish Shop.Cart/Shop.Cart.csproj -c Release -o /out --no-restore

FROM mcr.microsoft.com/dotnet/aspnet:10.0
WORKDIR /app
COPY --from=build /out .
USER $APP_UID
HEALTHCHECK NONE
ENTRYPOINT ["dotnet", "Shop.Cart.dll"]
