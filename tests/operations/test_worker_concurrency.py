"""How many jobs a worker does at once."""

from typing import Any

import pytest
from django.core.management import call_command
from procrastinate.contrib.django.management.commands.procrastinate import Command as ProcrastinateCommand

Options = dict[str, Any]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Options:
    """What procrastinate's own command is told."""
    told: Options = {}
    settings.WORKER_METRICS_PORT, settings.WORKER_CONCURRENCY = 0, 5

    def listen(self: object, *args: object, **options: object) -> None:
        told.update(options)

    monkeypatch.setattr(ProcrastinateCommand, "handle", listen)
    return told


def test_it_does_as_many_as_the_setting_says(asked: Options) -> None:
    call_command("procrastinate", "worker")
    assert asked["concurrency"] == 5


def test_the_command_line_says_otherwise(asked: Options) -> None:
    call_command("procrastinate", "worker", "--concurrency", "2")
    assert asked["concurrency"] == 2


def test_other_commands_know_nothing_of_it(asked: Options) -> None:
    call_command("procrastinate", "healthchecks")
    assert asked.get("concurrency") is None
