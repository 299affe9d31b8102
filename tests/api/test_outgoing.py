"""Requests to addresses that tenants name: what is refused, what is taken, and when a host is looked at."""

import socket
from typing import Any

import pytest

from driftsentry.api.outgoing import Refused, Unanswered, post
from tests.drifts.remediation.pipeline import running

LOCAL = ("127.0.0.1",)


def test_the_answer_is_taken_whatever_its_status_and_no_redirect_is_followed() -> None:
    with running() as server:
        server.answers = [(302, b"over there")]
        answer = post(server.url, b"{}", headers={"x-a": "b"}, private_hosts=LOCAL)
    assert (answer.status, answer.body) == (302, b"over there")
    assert [(path, headers["x-a"]) for path, headers, _ in server.asked] == [("/hook", "b")]


def test_a_long_answer_is_taken_in_part() -> None:
    with running() as server:
        server.answers = [(200, b"x" * 100_000)]
        assert len(post(server.url, b"", headers={}, private_hosts=LOCAL, largest=1000).body) == 1000


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:10.0.0.1]", "[64:ff9b::a00:1]", "[2002:a00:1::]"],
)
def test_addresses_that_are_not_public_are_not_spoken_to(address: str) -> None:
    with pytest.raises(Refused, match="not on the public internet"):
        post(f"https://{address}/", b"", headers={}, private_hosts=())


def test_a_name_that_leads_to_a_private_address_is_refused_when_connecting(monkeypatch: pytest.MonkeyPatch) -> None:
    def lead(*_: Any, **__: Any) -> list[Any]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 443)),
        ]

    monkeypatch.setattr(socket, "getaddrinfo", lead)
    with pytest.raises(Refused, match="not on the public internet"):
        post("https://ci.example/", b"", headers={}, private_hosts=())


def test_without_tls_only_listed_hosts_are_asked() -> None:
    with pytest.raises(Refused, match="https"):
        post("http://example.com/", b"", headers={}, private_hosts=LOCAL)


def test_a_server_that_is_not_there_has_not_answered_and_no_header_is_told() -> None:
    with running() as server:
        gone = server.url
    with pytest.raises(Unanswered) as error:
        post(gone, b"", headers={"authorization": "Bearer hunter2-hunter2"}, private_hosts=LOCAL)
    assert "hunter2" not in str(error.value)


def test_an_address_that_is_none_has_not_answered() -> None:
    with pytest.raises((Refused, Unanswered)):
        post("https://[::1/", b"", headers={}, private_hosts=())
