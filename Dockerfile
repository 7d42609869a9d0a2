# The gateway in an image: built as a wheel, installed into a virtual environment, run by a user
# who owns nothing but the mirror's folder.
FROM python:3.13-slim AS build

WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY gateway gateway
COPY schemas schemas
COPY openapi.yaml .
RUN python -m venv /opt/gateway \
    && /opt/gateway/bin/pip install --no-cache-dir '.[postgresql]'

FROM python:3.13-slim

LABEL org.opencontainers.image.title="bitbucket-scim" \
      org.opencontainers.image.description="A SCIM 2.0 gateway to a Bitbucket Cloud workspace" \
      org.opencontainers.image.licenses="MIT"

RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/gateway gateway
COPY --from=build /opt/gateway /opt/gateway

ENV PATH=/opt/gateway/bin:$PATH \
    GATEWAY_BIND=0.0.0.0:8080 \
    GATEWAY_DATABASE_URL=sqlite:////var/lib/gateway/mirror.sqlite3
USER 10001
VOLUME ["/var/lib/gateway"]
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
CMD ["bitbucket-scim", "serve"]
