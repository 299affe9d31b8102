"""Nobody says where they come from but the proxies that are named."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.test import Client, override_settings

from accounts.actors import actor_of
from driftsentry import conf
from driftsentry.api.proxies import Proxies, TrustedProxiesMiddleware, address_of
from tests.realtime.server import Server, environment, serving
from tests.security.wire import get

pytestmark = pytest.mark.django_db
OURS = ["10.0.0.0/8", "192.0.2.7", "fd00::/8"]
SPOOFS = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Port": "444",
    "X-Forwarded-Prefix": "/evil",
    "Forwarded": "for=203.0.113.9;proto=https;host=evil.example",
    "X-Real-IP": "203.0.113.9",
    "X-Client-IP": "203.0.113.9",
    "X-Cluster-Client-IP": "203.0.113.9",
    "True-Client-IP": "203.0.113.9",
    "CF-Connecting-IP": "203.0.113.9",
    "Client-IP": "203.0.113.9",
    "X-Original-URL": "/admin/",
    "X-Rewrite-URL": "/admin/",
    "Via": "203.0.113.9",
}


def judged(peer: str, trusted: list[str], **headers: str) -> HttpRequest:
    """A request after the middleware."""
    request = HttpRequest()
    request.META = {"REMOTE_ADDR": peer} | headers
    seen: list[HttpRequest] = []

    def rest(request: HttpRequest) -> Any:
        seen.append(request)

    with override_settings(TRUSTED_PROXIES=trusted):
        TrustedProxiesMiddleware(rest)(request)
    return seen[0]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("198.51.100.1", "203.0.113.9", "198.51.100.1"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.9, 10.9.9.9,192.0.2.7", "203.0.113.9"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        ("10.0.0.1", '"[2001:db8::1]:4711"', "2001:db8::1"),
        ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
        ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("fd00::1", "2001:DB8:0::1", "2001:db8::1"),
        ("fd00::1%eth0", "2001:db8::1", "2001:db8::1"),
        ("10.0.0.1", "203.0.113.9, nonsense, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "203.0.113.9, ", "10.0.0.1"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "999.1.1.1", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9\r\nx", "10.0.0.1"),
        ("", "203.0.113.9", ""),
        ("nonsense", "203.0.113.9", ""),
    ],
)
def test_the_client_is_the_nearest_hop_that_is_not_ours(peer: str, forwarded: str, client: str) -> None:
    request = judged(peer, OURS, HTTP_X_FORWARDED_FOR=forwarded)
    assert request.META["REMOTE_ADDR"] == client
    assert "HTTP_X_FORWARDED_FOR" not in request.META


def test_whoever_comes_over_a_socket_of_this_machine_is_believed_when_that_is_said() -> None:
    assert judged("", ["unix"], HTTP_X_FORWARDED_FOR="1.1.1.1, 203.0.113.9").META["REMOTE_ADDR"] == "203.0.113.9"
    assert judged("", ["unix", "10.0.0.1"], HTTP_X_FORWARDED_FOR="1.1.1.1, 10.0.0.1").META["REMOTE_ADDR"] == "1.1.1.1"
    assert judged("", ["unix"]).META["REMOTE_ADDR"] == ""
    assert judged("nonsense", ["unix"], HTTP_X_FORWARDED_FOR="203.0.113.9").META["REMOTE_ADDR"] == ""


@pytest.mark.parametrize(
    ("peer", "proto", "secure"),
    [
        ("10.0.0.1", "https", True),
        ("10.0.0.1", "HTTPS", True),
        ("10.0.0.1", "http", False),
        ("10.0.0.1", "https, http", False),
        ("10.0.0.1", "http, https", True),
        ("10.0.0.1", "wss", False),
        ("10.0.0.1", "", False),
        ("198.51.100.1", "https", False),
        ("", "https", False),
    ],
)
@override_settings(SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"))
def test_the_scheme_is_what_the_nearest_proxy_says(peer: str, proto: str, secure: bool) -> None:
    assert judged(peer, OURS, HTTP_X_FORWARDED_PROTO=proto).is_secure() is secure


@pytest.mark.parametrize("peer", ["198.51.100.1", "10.0.0.1"])
def test_no_other_claim_is_left_whoever_makes_it(peer: str) -> None:
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in SPOOFS.items()}
    request = judged(peer, OURS, **headers, HTTP_HOST="localhost", HTTP_ACCEPT="*/*")
    left = {name for name in request.META if name.startswith("HTTP_")}
    assert left - {"HTTP_X_FORWARDED_PROTO"} == {"HTTP_HOST", "HTTP_ACCEPT"}
    assert ("HTTP_X_FORWARDED_PROTO" in left) is (peer == "10.0.0.1")


def test_the_journal_is_told_the_judged_address() -> None:
    assert actor_of(judged("10.0.0.1", OURS, HTTP_X_FORWARDED_FOR="203.0.113.9")).address == "203.0.113.9"
    assert actor_of(judged("198.51.100.1", OURS, HTTP_X_FORWARDED_FOR="203.0.113.9")).address == "198.51.100.1"


def test_a_spoofed_scheme_or_host_does_not_change_what_is_answered(client: Client) -> None:
    with override_settings(SECURE_SSL_REDIRECT=True, SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https")):
        answer = client.get("/api/docs/", headers=SPOOFS, REMOTE_ADDR="198.51.100.1")
        assert (answer.status_code, answer["Location"]) == (301, "https://testserver/api/docs/")
        assert client.get("/health", headers=SPOOFS).status_code == 200
        with override_settings(TRUSTED_PROXIES=["198.51.100.1"]):
            assert client.get("/api/docs/", headers=SPOOFS, REMOTE_ADDR="198.51.100.1").status_code == 200


@pytest.mark.parametrize(
    "text", ["", "a", "1.2.3", "1.2.3.4.5", "1.2.3.4:", "1.2.3.4:x", "[1::2", "1::2]", "[]", "-", "1 2"]
)
def test_what_is_no_address_is_none(text: str) -> None:
    assert address_of(text) is None


def test_a_network_of_one_family_does_not_hold_an_address_of_the_other() -> None:
    assert not Proxies(["0.0.0.0/1"]).trust(address_of("::1"))


@pytest.mark.parametrize(
    "wrong", ["true", "proxy.example", "10.0.0.1/8", "10.0.0.0/33", "*", "0.0.0.0/0", "::/0", "[::1]"]
)
def test_a_server_does_not_start_with_proxies_it_cannot_read(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", f"10.0.0.1, {wrong}")
    with pytest.raises(ImproperlyConfigured, match="TRUSTED_PROXIES has"):
        conf.trusted_proxies()


def test_nobody_is_trusted_unless_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRUSTED_PROXIES", raising=False)
    assert conf.trusted_proxies() == ()
    monkeypatch.setenv("TRUSTED_PROXIES", " 10.0.0.1, fd00::/8,unix ,")
    assert conf.trusted_proxies() == ("10.0.0.1", "fd00::/8", "unix")


@pytest.fixture(scope="module")
def proxied(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that takes this machine for a proxy, sends plain HTTP to HTTPS, and logs as in production."""
    env = environment(TRUSTED_PROXIES="127.0.0.1,10.0.0.0/8", SECURE_SSL_REDIRECT="true", LOG_LEVEL="INFO")
    with serving(tmp_path_factory.mktemp("proxied"), env) as running:
        yield running


def test_behind_a_proxy_the_real_server_believes_it(proxied: Server) -> None:
    assert get(proxied.port, "/api/docs/").status == 301
    assert get(proxied.port, "/api/docs/", "X-Forwarded-Proto: https").status == 200
    assert get(proxied.port, "/health").status == 200
    spoofed = ("X-Forwarded-Proto: https", "X-Forwarded-For: 1.1.1.1", "X-Forwarded-For: 203.0.113.9, 10.0.0.2")
    assert get(proxied.port, "/api/v1/drifts", *spoofed, "x-correlation-id: behind-a-proxy").status == 401
    assert logged(proxied, "behind-a-proxy") == {"203.0.113.9"}


def test_without_a_proxy_the_real_server_logs_its_peer(server: Server) -> None:
    claims = [f"{name}: {value}" for name, value in SPOOFS.items()]
    assert get(server.port, "/api/v1/drifts", *claims, "x-correlation-id: without-a-proxy").status == 401
    assert logged(server, "without-a-proxy") == {"127.0.0.1"}


def logged(server: Server, correlation: str) -> set[str]:
    """The addresses in the log lines of a request, in either of the two formats."""
    lines = [line for line in server.log_lines().splitlines() if correlation in line]
    assert lines
    if lines[0].startswith("{"):
        return {json.loads(line)["ip"] for line in lines}
    return {piece.removeprefix("ip=") for line in lines for piece in line.split() if piece.startswith("ip=")}
