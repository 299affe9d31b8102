"""Routes for the log tests: they write what must not be written, in every way there is."""

import logging

import structlog
from django.http import HttpRequest, HttpResponse
from django.urls import path

from tests.operations import secrets_of_a_request as secret

plain = logging.getLogger("some.library")
structured = structlog.get_logger("some.module")


class Careless:
    """Something whose text shows what it holds."""

    def __str__(self) -> str:
        return f"Careless(password={secret.PASSWORD!r})"


def talk(request: HttpRequest) -> HttpResponse:
    plain.warning("connecting to %s with %s", secret.DATABASE_URL, {"password": secret.PASSWORD})
    plain.warning("header Authorization: Bearer %s", secret.ACCESS_TOKEN)
    plain.warning(
        "extra", extra={"password": secret.PASSWORD, "headers": {"Authorization": f"Api-Key {secret.API_KEY}"}}
    )
    plain.warning(
        "extra",
        extra={
            "thing": Careless(),
            "pairs": [("cookie", secret.PASSWORD), (b"Authorization", b"x " + secret.API_KEY.encode())],
        },
    )
    plain.warning('body {"refreshToken": "%s", "note": "kept"}', secret.REFRESH_TOKEN)
    plain.warning("cookie sessionid=%s", secret.PASSWORD)
    plain.warning("twice quoted %s", f'{{\\"password\\": \\"{secret.PASSWORD}\\"}}')
    structured.warning("event", token=secret.ACCESS_TOKEN, nested={"deep": {"api_key": secret.API_KEY}})
    structured.warning("event", address=secret.REDIS_URL, raw=secret.ACCESS_TOKEN, items=[secret.DATABASE_URL, 1, None])
    structured.warning("event", DATABASE_URL=secret.DATABASE_URL, drift_id="kept", count=3, ok=True, ratio=0.5)
    return HttpResponse("ok")


def fail(request: HttpRequest) -> HttpResponse:
    password = secret.PASSWORD
    raise RuntimeError(
        f"cannot log in to {secret.DATABASE_URL} with password={password} and token {secret.ACCESS_TOKEN}"
    )


def report(request: HttpRequest) -> HttpResponse:
    try:
        fail(request)
    except RuntimeError:
        plain.exception("caught")
        structured.exception("caught")
    return HttpResponse("ok")


urlpatterns = [path("talk", talk), path("fail", fail), path("report", report)]
handler500 = "driftsentry.api.errors.server_error"
handler404 = "driftsentry.api.errors.not_found"
