"""Every line of a request carries its correlation id, and no line carries a secret."""

import contextlib
import io
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from django.conf import settings as project
from django.test import Client
from pytest_django import Settings

from driftsentry.logs import logging_config
from tests.operations import secrets_of_a_request as secret

IDENT = "trace-0123"


@dataclass(slots=True)
class Log:
    """What the project's logging has written in one of its modes."""

    mode: str
    stream: io.StringIO = field(default_factory=io.StringIO)

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def entries(self) -> list[str]:
        """Its entries; a readable one is followed by its traceback."""
        lines = self.text.splitlines()
        if self.mode == "json":
            return lines
        found: list[str] = []
        for line in lines:
            if re.match(r"\d{4}-\d\d-\d\dT", line):
                found.append(line)
            else:
                found[-1] += f"\n{line}"
        return found

    def forget(self) -> None:
        self.stream.seek(0)
        self.stream.truncate()


@pytest.fixture(params=["json", "readable"])
def log(request: pytest.FixtureRequest, settings: Settings, transactional_db: None) -> Iterator[Log]:
    """The project's logging in one of its modes, written to where this test can read it."""
    settings.ROOT_URLCONF = "tests.operations.failing_urls"
    found = Log(request.param)
    with contextlib.redirect_stderr(found.stream):
        logging_config(production=found.mode == "json", level="INFO")
    yield found
    logging_config(production=False, level=project.LOG_LEVEL)


def ask(path: str) -> None:
    client = Client(raise_request_exception=False)
    client.get(
        path,
        headers={
            "x-correlation-id": IDENT,
            "Authorization": f"Bearer {secret.ACCESS_TOKEN}",
            "Cookie": f"sessionid={secret.PASSWORD}",
            "User-Agent": f"curl Api-Key {secret.API_KEY}",
        },
    )


@pytest.mark.parametrize(
    "path",
    ["/talk", f"/talk?token={secret.ACCESS_TOKEN}", "/fail", "/report", f"/nowhere?token={secret.REFRESH_TOKEN}"],
)
def test_every_line_of_a_request_has_its_id_and_none_has_a_secret(log: Log, path: str) -> None:
    ask(path)
    assert len(log.entries) >= 2
    for entry in log.entries:
        if log.mode == "json":
            assert json.loads(entry)["correlation_id"] == IDENT, entry
        else:
            assert f"correlation_id={IDENT}" in entry
        assert not [word for word in secret.FORBIDDEN if word in entry], entry


def test_what_is_no_secret_is_kept(log: Log) -> None:
    ask("/talk")
    for kept in ("db.internal:5432", "redis.internal", "drift_id", "kept", "request_finished", "GET /talk"):
        assert kept in log.text


def test_a_failure_is_logged_with_its_traceback(log: Log) -> None:
    ask("/fail")
    assert "Traceback (most recent call last)" in log.text
    assert "RuntimeError: cannot log in to postgres://(redacted)@db.internal" in log.text
    assert "failing_urls.py" in log.text


def test_two_requests_of_one_thread_do_not_mix(log: Log) -> None:
    ask("/nowhere")
    log.forget()
    Client().get("/talk", headers={"x-correlation-id": "another"})
    assert IDENT not in log.text
    assert "another" in log.text


def test_a_line_outside_a_request_has_no_id(log: Log) -> None:
    ask("/talk")
    log.forget()
    logging.getLogger("some.library").warning("alone")
    assert "correlation_id" not in log.text


@pytest.mark.parametrize("piece", ["token", "eyJ", "password=", 'token="', "://", "bearer ", "a", " ", "\\"])
def test_a_long_hostile_line_is_written_all_the_same(log: Log, piece: str) -> None:
    """A line whose cost grew with the square of its length would run into the test's time limit."""
    logging.getLogger("some.library").warning("start %s end", piece * (500_000 // len(piece)))
    assert "start" in log.text
