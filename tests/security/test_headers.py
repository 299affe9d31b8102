"""Every answer, whoever gives it, carries the headers that keep a browser safe."""

import base64
import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.test import AsyncClient, Client, override_settings

from driftsentry.api.headers import NOTHING
from tests.realtime.server import Server, environment
from tests.security.wire import Answer, ask, get

pytestmark = pytest.mark.django_db
ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
PAGES = ["/api/docs/", "/admin/login/"]
DATA = ["/health", "/metrics", "/api/schema/", "/api/v1/drifts", "/nowhere", "/api/v1/nowhere", "/", "/admin/"]
TOO_LARGE = b"POST /api/v1/drifts HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n"


def assert_safe(answer: Answer) -> None:
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    assert "camera=()" in answer.headers["permissions-policy"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "server" not in answer.headers


@pytest.mark.parametrize("path", PAGES)
def test_a_page_runs_nothing_that_is_written_into_it(server: Server, path: str) -> None:
    answer = get(server.port, path)
    assert answer.status == 200
    assert_safe(answer)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "object-src 'none'" in policy
    assert "no-store" in answer.headers["cache-control"]


@pytest.mark.parametrize("path", DATA)
def test_what_is_no_page_may_do_nothing_and_is_kept_nowhere(server: Server, path: str) -> None:
    answer = get(server.port, path)
    if answer.status != 302:
        assert answer.headers["content-type"].partition(";")[0] != "text/html"
    assert_safe(answer)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "no-store" in answer.headers["cache-control"]


def test_static_files_are_safe_and_may_be_kept(server: Server) -> None:
    answer = get(server.port, "/static/api/docs.js")
    assert answer.status == 200
    assert_safe(answer)
    assert "no-store" not in answer.headers.get("cache-control", "")


@pytest.mark.parametrize(
    "data",
    [
        TOO_LARGE,
        b"nonsense\r\n\r\n",
        b"GET //x HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
    ],
)
def test_what_the_server_itself_refuses_is_as_safe(server: Server, data: bytes) -> None:
    answer = ask(server.port, data)
    assert answer.status in {400, 413, 431}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-correlation-id"]
    assert_safe(answer)


def test_a_fault_of_ours_is_as_safe(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise ArithmeticError

    monkeypatch.setattr("driftsentry.operations.views.ExportToDjangoView", fail)
    client.raise_request_exception = False
    answer = client.get("/metrics")
    assert answer.status_code == 500
    assert {name: answer.headers[name] for name in ALWAYS} == ALWAYS
    assert (answer.headers["Content-Security-Policy"], answer.headers["Cache-Control"]) == (NOTHING, "no-store")


async def test_the_asynchronous_chain_gives_the_same_headers(async_client: AsyncClient) -> None:
    answer = await async_client.get("/health")
    assert {name: answer.headers[name] for name in ALWAYS} == ALWAYS


def test_https_is_remembered_and_http_never_claims_it(client: Client) -> None:
    with override_settings(SECURE_HSTS_SECONDS=31_536_000, SECURE_HSTS_INCLUDE_SUBDOMAINS=True):
        assert client.get("/health", secure=True)["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
        assert "Strict-Transport-Security" not in client.get("/health").headers


def test_cookies_of_the_admin_are_for_this_site_and_no_script(client: Client, world: Any) -> None:
    client.get("/admin/login/")
    client.force_login(world.owner)
    with override_settings(SESSION_SAVE_EVERY_REQUEST=True):
        given = client.get("/admin/login/").cookies | client.cookies
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        assert (given[name]["httponly"], given[name]["samesite"]) == (True, "Lax"), name


NAMES = ["__Host-sessionid", "__Host-csrftoken"]
PRODUCTION = """
import django; django.setup()
from django.conf import settings as s
print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.CSRF_COOKIE_HTTPONLY,
      s.SESSION_COOKIE_PATH, s.SESSION_COOKIE_DOMAIN, s.SECURE_HSTS_SECONDS > 0, s.SECURE_PROXY_SSL_HEADER)
"""


def test_in_production_cookies_are_bound_to_the_host_and_to_https() -> None:
    env = environment(DRIFTSENTRY_ENV="production", ALLOWED_HOSTS="drift.example.com", SECRET_KEY="k" * 64)
    env |= {"JOURNAL_SIGNING_KEYS": base64.b64encode(bytes(32)).decode()}
    env |= {"DJANGO_SETTINGS_MODULE": "driftsentry.settings", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(  # noqa: S603 - this very Python
        [sys.executable, "-c", PRODUCTION],
        env=os.environ | env,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [*NAMES, "True", "True", "True", "/", "None", "True", "None"]
