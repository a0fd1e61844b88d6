FROM python:3.14-slim
COPY requirements.txt /app/
WORKDIR /app
RUN pip install --no-cache-dir -r requirements.txt
COPY . /app
USER 10001
HEALTHCHECK NONE
CMD ["python", "app.py"]
