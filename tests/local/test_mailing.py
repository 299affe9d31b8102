"""What the environment says of mail."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from driftsentry.mailing import mailing

FOLDER = Path("/data")


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EMAIL_URL", "EMAIL_FROM", "PUBLIC_URL", "PORT"):
        monkeypatch.delenv(name, raising=False)


def test_in_development_mails_are_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8123")
    found = mailing("development", FOLDER)
    assert (found.can_send, found.public_url) == (True, "http://127.0.0.1:8123")
    assert found.django["EMAIL_FILE_PATH"] == "/data/mail"
    assert found.sender == "DriftSentry <driftsentry@localhost>"


def test_in_production_none_is_sent_unless_told_how() -> None:
    assert not mailing("production", FOLDER).can_send


@pytest.mark.parametrize(
    ("url", "host", "port", "tls", "ssl"),
    [
        ("smtp+tls://me:p%40ss@mail.example:2525", "mail.example", 2525, True, None),
        ("smtp+tls://me:p%40ss@mail.example", "mail.example", 587, True, None),
        ("smtp+ssl://me:p%40ss@mail.example", "mail.example", 465, None, True),
        ("smtp://me:p%40ss@mail.example", "mail.example", 25, None, None),
    ],
)
def test_a_mail_server(
    monkeypatch: pytest.MonkeyPatch, url: str, host: str, port: int, tls: bool | None, ssl: bool | None
) -> None:
    monkeypatch.setenv("EMAIL_URL", url)
    monkeypatch.setenv("PUBLIC_URL", "https://drift.example.com/")
    found = mailing("production", FOLDER)
    told = found.django
    assert (told["EMAIL_HOST"], told["EMAIL_PORT"]) == (host, port)
    assert (told.get("EMAIL_USE_TLS"), told.get("EMAIL_USE_SSL")) == (tls, ssl)
    assert (told["EMAIL_HOST_USER"], told["EMAIL_HOST_PASSWORD"]) == ("me", "p@ss")
    assert (found.can_send, found.public_url) == (True, "https://drift.example.com")
    assert found.sender == "DriftSentry <driftsentry@drift.example.com>"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EMAIL_URL", "mail.example"),
        ("EMAIL_URL", "http://mail.example"),
        ("EMAIL_URL", "smtp+tls://me:se#cret@mail.example"),
        ("EMAIL_URL", "smtp+tls://me:se/cret@mail.example"),
        ("EMAIL_URL", "smtp+tls://me:secret@mail.example:port"),
        ("EMAIL_FROM", "nobody"),
        ("EMAIL_FROM", "a@b.example\nBcc: c@d.example"),
        ("PUBLIC_URL", "drift.example.com"),
        ("PUBLIC_URL", "javascript:alert(1)"),
        ("PUBLIC_URL", "https://drift.example.com/?a=b"),
        ("PUBLIC_URL", "https://me:secret@drift.example.com"),
    ],
)
def test_what_cannot_be_stops_the_start_and_shows_no_secret(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=name) as refused:
        mailing("development", FOLDER)
    assert "cret" not in str(refused.value)


def test_links_need_an_address_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_URL", "smtp://mail.example")
    with pytest.raises(ImproperlyConfigured, match="PUBLIC_URL is not set"):
        mailing("production", FOLDER)
