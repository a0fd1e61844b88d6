FROM ubuntu
MAINTAINER somebody
ADD . /app
RUN apt-get update
RUN apt-get install -y python3-pip
WORKDIR /app
RUN pip3 install -r requirements.txt
ENV SECRET_KEY=dev
USER root
CMD python3 app.py
