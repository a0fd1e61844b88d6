# escape=`
FROM mcr.microsoft.com/windows/servercore:ltsc2025
SHELL ["powershell", "-Command"]
WORKDIR C:\app
COPY . .
RUN Install-WindowsFeature `
    # the web server
    Web-Server
USER ContainerUser
HEALTHCHECK NONE
CMD ["C:\\app\\server.exe"]
