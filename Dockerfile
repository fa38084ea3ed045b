# Builds the environment in one stage and keeps nothing but it in the other.
FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv /opt/mallard
COPY requirements/runtime.txt requirements/
RUN /opt/mallard/bin/pip install --no-cache-dir --require-hashes -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY mallard mallard
RUN /opt/mallard/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim
COPY --from=build /opt/mallard /opt/mallard
RUN useradd --system --uid 10001 --home-dir /data mallard && install -d -m 0700 -o mallard /data
USER mallard
WORKDIR /data
VOLUME /data
EXPOSE 8000
ENV PATH=/opt/mallard/bin:$PATH PYTHONUNBUFFERED=1 MALLARD_DATA_DIR=/data
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + (os.environ.get('MALLARD_PORT') or '8000') + '/health/ready', timeout=4)"]
ENTRYPOINT ["mallard"]
