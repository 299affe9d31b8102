# syntax=docker/dockerfile:1
# One image, three commands: web (the default), worker and migrate. See deploy/README.md.

FROM python:3.13-slim-bookworm AS base
ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PATH=/venv/bin:$PATH
WORKDIR /app

FROM base AS builder
# Wheels only: nothing is compiled, so no compiler is needed, and every one is checked against its hash in the lock.
COPY requirements.lock ./
RUN python -m venv --without-pip /venv \
    && pip --python /venv/bin/python install --no-cache-dir --disable-pip-version-check \
        --require-hashes --only-binary :all: --requirement requirements.lock
COPY . .
# Production settings refuse to load without these four; the values live for this one command only.
RUN SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(48))')" \
    JOURNAL_SIGNING_KEYS="$(python -c 'import base64, os; print(base64.b64encode(os.urandom(32)).decode())')" \
    ALLOWED_HOSTS=localhost \
    DATABASE_URL=postgres://build@localhost/build \
    DRIFTSENTRY_ENV=production \
    python manage.py collectstatic --no-input --verbosity 0 \
    && python -m compileall -q /venv/lib /app

FROM base
LABEL org.opencontainers.image.title="DriftSentry" \
      org.opencontainers.image.description="The open-source home for infrastructure drift" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 driftsentry \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin driftsentry
# Owned by root: the running process can read its code, never change it.
COPY --from=builder /venv /venv
COPY --from=builder /app /app
ENV DRIFTSENTRY_ENV=production
USER 10001:10001
EXPOSE 8000
# Asked under a name that ALLOWED_HOSTS accepts, whichever that is. The worker's containers bring their own check.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; host = os.environ['ALLOWED_HOSTS'].split(',')[0].strip().lstrip('.'); u.urlopen(u.Request('http://127.0.0.1:8000/health/live', headers={'Host': host}), timeout=4)"]
CMD ["python", "manage.py", "serve", "--host", "0.0.0.0", "--port", "8000"]
