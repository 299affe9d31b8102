"""Pages of other sites may call the API when they are on the list, never with a cookie."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, override_settings

from driftsentry import conf

pytestmark = pytest.mark.django_db
LISTED = ["https://app.example.com", "http://localhost:3000"]
NEEDED = ["authorization", "content-encoding", "content-type", "idempotency-key", "x-correlation-id"]


@pytest.fixture(autouse=True)
def listed() -> Iterator[None]:
    with override_settings(CORS_ALLOWED_ORIGINS=LISTED):
        yield


def cors(headers: object) -> set[str]:
    return {name for name in headers if name.lower().startswith("access-control-")}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://app.example.com",
        "https://app.example.com.evil.example",
        "https://evil-app.example.com",
        "https://sub.app.example.com",
        "https://app.example.com:444",
        "http://localhost:3001",
        "null",
        "*",
        "",
    ],
)
def test_an_origin_that_is_not_listed_gets_no_cors_header(client: Client, origin: str) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    assert cors(client.get("/api/v1/drifts", headers={"Origin": origin}).headers) == set()
    assert cors(client.options("/api/v1/drifts", headers=asked).headers) == set()


@pytest.mark.parametrize("origin", LISTED)
def test_a_listed_origin_gets_its_own_and_no_credentials(client: Client, origin: str) -> None:
    answer = client.get("/api/v1/drifts", headers={"Origin": origin})
    assert answer["Access-Control-Allow-Origin"] == origin
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "origin" in answer["Vary"].lower()
    exposed = answer["Access-Control-Expose-Headers"].lower()
    assert {"retry-after", "x-correlation-id"} <= set(exposed.split(", "))


def test_a_preflight_allows_what_is_needed_for_a_bounded_time(client: Client) -> None:
    asked = {"Origin": LISTED[0], "Access-Control-Request-Method": "PATCH"}
    answer = client.options("/api/v1/drifts", headers=asked | {"Access-Control-Request-Headers": ", ".join(NEEDED)})
    assert answer.status_code == 200
    assert set(NEEDED) <= set(answer["Access-Control-Allow-Headers"].split(", "))
    assert {"GET", "POST", "PATCH", "PUT", "DELETE"} <= set(answer["Access-Control-Allow-Methods"].split(", "))
    assert "cookie" not in answer["Access-Control-Allow-Headers"]
    assert 0 < int(answer["Access-Control-Max-Age"]) <= 3600
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("path", ["/admin/login/", "/health", "/metrics", "/", "/apix", "/static/api/docs.js"])
def test_only_the_api_is_open_to_other_sites(client: Client, path: str) -> None:
    with closing(client.get(path, headers={"Origin": LISTED[0]})) as answer:
        assert cors(answer.headers) == set()


@pytest.mark.parametrize("name", ["CORS_ALLOWED_ORIGINS", "CSRF_TRUSTED_ORIGINS"])
@pytest.mark.parametrize(
    "wrong",
    [
        "*",
        "https://*.example.com",
        "app.example.com",
        "https://app.example.com/",
        "https://app.example.com/path",
        "https://app.example.com?x",
        "https://app.example.com#x",
        "https://user@app.example.com",
        "https://app.example.com:port",
        "https://",
        "ftp://app.example.com",
        "null",
        "https://APP.example.com",
        "https://a b",
    ],
)
def test_a_server_does_not_start_with_an_origin_that_is_none(
    name: str, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, f"https://fine.example.com,{wrong}")
    with pytest.raises(ImproperlyConfigured, match=name):
        conf.origins(name)


def test_origins_are_read_from_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORS_ALLOWED_ORIGINS", " https://a.example , http://localhost:3000,http://[::1]:3000,")
    assert conf.origins("CORS_ALLOWED_ORIGINS") == ["https://a.example", "http://localhost:3000", "http://[::1]:3000"]
