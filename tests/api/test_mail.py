"""Mails handed over to a mail server: whom it refused, and how long it may take."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.mail import EmailMessage
from django.test import override_settings

from alerts.actions.claiming import LEASE
from driftsentry.api import mail
from driftsentry.api.mail import MailNotSent, MailRefused, hand_over
from tests.accounts.smtp_server import Answers, smtp_server
from tests.api.answering import Server, answering
from tests.certificates import certificate

OPS, LEAD = "ops@acme.example", "lead@acme.example"


def mail_to(*recipients: str) -> EmailMessage:
    return EmailMessage("A port is open", "Port 22.", "driftsentry@acme.example", [*recipients])


@contextmanager
def over_smtp(port: int, **more: Any) -> Iterator[None]:
    backend = "django.core.mail.backends.smtp.EmailBackend"
    where = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": port, "EMAIL_HOST_USER": "", "EMAIL_HOST_PASSWORD": ""}
    plain = {"EMAIL_BACKEND": backend, "EMAIL_USE_TLS": False, "EMAIL_USE_SSL": False}
    with override_settings(**{**plain, **where, **more}):
        yield


def test_who_is_refused_among_others_is_told_with_the_code() -> None:
    with smtp_server(Answers(others={LEAD: "550 no such user"})) as server, over_smtp(server.port):
        assert hand_over(mail_to(LEAD, OPS)) == {LEAD: 550}
        assert hand_over(mail_to(OPS)) == {}
    assert len(server.mails) == 2


def test_where_all_are_refused_the_mail_is() -> None:
    answers = Answers(others={LEAD: "550 no such user", OPS: "551 no"})
    with smtp_server(answers) as server, over_smtp(server.port), pytest.raises(MailRefused, match="550") as error:
        hand_over(mail_to(LEAD, OPS))
    assert LEAD not in str(error.value)


def test_a_mail_that_goes_by_no_mail_server_is_refused_to_nobody() -> None:
    assert hand_over(mail_to(OPS)) == {}


def test_a_worker_that_sends_a_mail_keeps_others_from_it_for_longer() -> None:
    assert timedelta(seconds=mail.SECONDS + settings.EMAIL_TIMEOUT) < LEASE


def trickling(server: Server, connection: socket.socket) -> None:
    """A reply without end, bit by bit: none of them is late."""
    while not server.over.wait(0.02):
        connection.sendall(b"2")


def hesitating(server: Server, connection: socket.socket) -> None:
    """Each reply in its time, and with many recipients too much in all."""
    connection.sendall(b"220 hello\r\n")
    for line in connection.makefile("rb"):
        server.heads.append(line)
        if line.lower().startswith(b"rcpt"):
            server.over.wait(0.2)
        connection.sendall(b"250 ok\r\n")


def test_a_server_that_replies_bit_by_bit_gains_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "SECONDS", 0.5)
    with answering(trickling) as server, over_smtp(server.port), pytest.raises(MailNotSent, match="within"):
        hand_over(mail_to(OPS))


def test_not_even_within_tls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pem = certificate(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    monkeypatch.setattr(mail, "SECONDS", 2.0)
    tls = {"EMAIL_USE_SSL": True, "EMAIL_HOST": "localhost"}
    with answering(trickling, pem=pem) as server, over_smtp(server.port, **tls):
        with pytest.raises(MailNotSent, match="within"):
            hand_over(mail_to(OPS))
        assert server.names == ["localhost"]


def test_a_server_that_hesitates_at_each_of_many_recipients_gets_no_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "SECONDS", 1.0)
    with answering(hesitating) as server, over_smtp(server.port), pytest.raises(MailNotSent, match="within"):
        hand_over(mail_to(*(f"p{one}@acme.example" for one in range(50))))
    assert not any(line.lower().startswith(b"data") for line in server.heads)
