"""`manage.py` says what the environment lacks in one line, and `up` what it was asked wrongly."""

import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.local.background import Background
from tests.local.conftest import Start

PRODUCTION = {
    "DRIFTSENTRY_ENV": "production",
    "SECRET_KEY": "k" * 50,
    "ALLOWED_HOSTS": "drift.example.com",
    "DATABASE_URL": "postgres://user:word@127.0.0.1:1/driftsentry",
    "JOURNAL_SIGNING_KEYS": "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
}


def _refused(command: Background) -> str:
    assert command.wait_for_end(seconds=40) == 1
    return command.said()


@pytest.mark.parametrize("command", [["check"], ["check", "--deploy"], ["migrate"], ["up"], ["no-such-command"]])
def test_production_does_not_start_and_one_line_names_all_it_needs(background: Start, command: list[str]) -> None:
    manage = background(
        sys.executable, "manage.py", *command, DRIFTSENTRY_ENV="production", SECRET_KEY="", ALLOWED_HOSTS=""
    )
    assert _refused(manage) == (
        "DriftSentry cannot start in production: "
        "SECRET_KEY is not set; ALLOWED_HOSTS is not set; DATABASE_URL is not set; JOURNAL_SIGNING_KEYS is not set.\n"
    )


def test_the_servers_applications_do_not_load_in_production_either(background: Start) -> None:
    for module in ("driftsentry.asgi", "driftsentry.wsgi"):
        server = background(sys.executable, "-c", f"import {module}", DRIFTSENTRY_ENV="production", SECRET_KEY="")
        assert "ImproperlyConfigured: DriftSentry cannot start in production: SECRET_KEY is not set" in _refused(server)


def test_a_database_address_that_would_go_elsewhere_is_refused_without_showing_it(background: Start) -> None:
    url = "postgres://user:hid/den@db.example.com/driftsentry"
    said = _refused(background(sys.executable, "manage.py", "check", **PRODUCTION | {"DATABASE_URL": url}))
    assert said.startswith("DATABASE_URL has an unescaped character")
    assert said.count("\n") == 1
    assert "hid" not in said


def test_without_a_database_a_command_says_how_to_get_one(background: Start, folder: Path) -> None:
    said = _refused(background(sys.executable, "manage.py", "migrate", DRIFTSENTRY_DATA_DIR=str(folder)))
    assert said == "No database: start one with `make run` in another terminal, or set DATABASE_URL.\n"


def test_up_is_refused_in_production(background: Start) -> None:
    said = _refused(background(sys.executable, "manage.py", "up", **PRODUCTION))
    assert "CommandError: `up` is for development." in said
    assert "Traceback" not in said


@pytest.mark.parametrize("port", ["0", "65536", "-1", "eighty", "8000.5"])
@pytest.mark.parametrize("named", ["in the environment", "on the command line"])
def test_up_takes_only_a_port_that_there_is(named: str, port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", port if named == "in the environment" else "")
    arguments = [f"--port={port}"] if named == "on the command line" else []
    with pytest.raises(CommandError, match=f"PORT is '{port}'; it takes a number from 1 to 65535"):
        call_command("up", *arguments)
