# Builds the environment in one stage and keeps nothing but it in the other.
FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv --without-pip /opt/mallard
# `--build-arg REQUIREMENTS=cluster` adds what several servers need: docs/cluster.md.
ARG REQUIREMENTS=runtime
COPY requirements/${REQUIREMENTS}.txt requirements/
RUN pip --python /opt/mallard/bin/python install --no-cache-dir --require-hashes \
    -r "requirements/${REQUIREMENTS}.txt"
COPY pyproject.toml README.md LICENSE ./
COPY mallard mallard
# Of pyarrow Mallard reads and writes Parquet alone: its tests, headers, and what it needs for Flight
# and S3 are a third of its 170 MB. `make image-check` writes and reads events with what is left.
RUN pip --python /opt/mallard/bin/python install --no-cache-dir --no-deps --no-build-isolation . \
    && PYARROW=/opt/mallard/lib/python3.11/site-packages/pyarrow \
    && rm -r "$PYARROW"/tests "$PYARROW"/include "$PYARROW"/src "$PYARROW"/*flight* "$PYARROW"/*_s3*

FROM python:3.11-slim
COPY --from=build /opt/mallard /opt/mallard
RUN useradd --system --uid 10001 --home-dir /data mallard && install -d -m 0700 -o mallard /data
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
# Nothing is written outside /data, so the root file system may be read-only.
ENV PATH=/opt/mallard/bin:$PATH PYTHONUNBUFFERED=1 MALLARD_DATA_DIR=/data
# A settings file with another port is named in MALLARD_CONFIG, so that this knows of it, too.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["mallard", "health"]
ENTRYPOINT ["mallard"]
