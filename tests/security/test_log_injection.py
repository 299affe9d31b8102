"""What a client sends never begins a line of the log, nor speaks to the terminal that shows it."""

import contextlib
import io
import json
import re
from collections.abc import Iterator

import pytest
from django.conf import settings as project
from django.test import Client

from driftsentry.logs import logging_config

FORGED = "2026-01-01T00:00:00Z [info] forged line"
BREAKS = ["\n", "\r\n", "\x1b[2J", "\x0b", "\x0c", "\x85", "\u2028", "\x00"]
ENTRY = re.compile(r"\d{4}-\d\d-\d\dT")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


@pytest.fixture(params=["json", "readable"])
def log(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[io.StringIO]:
    """The project's logging in one of its modes, written to where this test can read it."""
    found = io.StringIO()
    with contextlib.redirect_stderr(found):
        logging_config(production=request.param == "json", level="INFO")
    yield found
    logging_config(production=False, level=project.LOG_LEVEL)


@pytest.mark.parametrize("mark", BREAKS, ids=ascii)
def test_no_text_of_a_client_makes_a_line_of_its_own(log: io.StringIO, mark: str) -> None:
    hostile = f"x{mark}{FORGED}"
    client = Client(raise_request_exception=False)
    headers = {"User-Agent": hostile, "x-correlation-id": hostile, "Referer": hostile, "X-Forwarded-For": hostile}
    client.get("/health", headers=headers)
    client.get("/api/v1/drifts", {"search": hostile, hostile: hostile}, headers=headers)
    client.get(f"/nothing/{hostile}", headers=headers)
    body = json.dumps({"email": hostile, "password": hostile})
    client.post("/api/v1/auth/login", body, "application/json", headers=headers)
    lines = log.getvalue().split("\n")[:-1]
    assert len(lines) >= 4, "there is a log"
    for line in lines:
        assert not CONTROL.search(line), ascii(line)
        assert not line.startswith(FORGED[:10]), ascii(line)
        assert line.startswith("{") or ENTRY.match(line), ascii(line)
