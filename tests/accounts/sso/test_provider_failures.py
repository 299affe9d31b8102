"""A provider that is away, slow, boundless or wrong: a page in plain words, a line in the log, no waiting for ever."""

import logging
import socket
from typing import Any

import pytest

from accounts.sso import http
from accounts.sso.http import LARGEST
from tests.accounts.sso.conftest import Browser, use
from tests.accounts.sso.idp import Idp

DISCOVERY = "/.well-known/openid-configuration"
HUGE = b'{"padding": "' + b"x" * (LARGEST + 1) + b'"}'


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "READ_SECONDS", 0.3)


def is_told(answer: Any, status: int) -> bool:
    assert b"Not logged in" in answer.content
    assert b"Trace id" in answer.content
    found: int = answer.status_code
    return found == status


def test_a_provider_that_is_away_is_told_of_and_logged(browser: Browser, caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        use(issuer=f"http://127.0.0.1:{unused.getsockname()[1]}")
        with caplog.at_level(logging.WARNING):
            assert is_told(browser.begin(), 503)
    assert "sso_refused" in caplog.text


@pytest.mark.parametrize("path", ["/token", "/jwks"])
def test_a_provider_that_falls_silent_half_way_is_told_of(
    browser: Browser, idp: Idp, impatient: None, path: str
) -> None:
    idp.slow.add(path)
    assert is_told(browser.sign_on(), 503)


def test_a_silent_provider_is_told_of(browser: Browser, idp: Idp, impatient: None) -> None:
    idp.slow.add(DISCOVERY)
    assert is_told(browser.begin(), 503)


@pytest.mark.parametrize("path", ["/token", "/jwks", "/userinfo"])
@pytest.mark.parametrize(
    "answer",
    [(200, HUGE), (500, b"{}"), (200, b"[]"), (200, b"not json"), (200, b""), (302, b"")],
    ids=["huge", "error", "list", "text", "empty", "redirect"],
)
def test_an_answer_that_is_none_is_told_of(browser: Browser, idp: Idp, path: str, answer: tuple[int, bytes]) -> None:
    idp.person = {"sub": "dana-1"}
    idp.userinfo = {"email": "dana@acme.example", "email_verified": True}
    idp.broken[path] = answer
    found = browser.sign_on()
    assert found.status_code in {403, 502}
    assert is_told(found, found.status_code)


@pytest.mark.parametrize("answer", [(200, HUGE), (500, b"{}"), (200, b"[]"), (200, b"not json")])
def test_a_discovery_document_that_is_none_is_told_of(browser: Browser, idp: Idp, answer: tuple[int, bytes]) -> None:
    idp.broken[DISCOVERY] = answer
    assert is_told(browser.begin(), 502)


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": "http://elsewhere.example/token"},
        {"token_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": "file:///etc/passwd"},
        {"userinfo_endpoint": "http://169.254.169.254/"},
    ],
    ids=lambda wrong: f"{next(iter(wrong.items()))}",
)
def test_a_discovery_document_that_leads_elsewhere_is_refused(
    browser: Browser, idp: Idp, wrong: dict[str, Any]
) -> None:
    idp.discovery = wrong
    assert is_told(browser.begin(), 502)
    assert idp.asked == [DISCOVERY]


def test_tokens_and_codes_of_the_provider_are_in_no_log(
    browser: Browser, idp: Idp, caplog: pytest.LogCaptureFixture
) -> None:
    idp.broken["/token"] = (400, b'{"leak": "a-token-of-the-provider"}')
    with caplog.at_level(logging.DEBUG):
        assert is_told(browser.sign_on(), 502)
    assert "a-token-of-the-provider" not in caplog.text
