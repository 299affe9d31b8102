"""Rules written at the same moment: together they are never more than an account may have."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from drifts.actions.ignore_rules import create_ignore_rule
from drifts.actions.severity_rules import create_severity_rule
from drifts.models import IgnoreRule, SeverityRule
from driftsentry.api.errors import Conflict
from tests.drifts.scans import REASON

AT_ONCE = 4


def ignoring(world: Any, number: int) -> None:
    values = {"reason": REASON, "name": f"n{number}"}
    create_ignore_rule(world.account.pk, values=values, by=world.actor(world.engineer))


def judging(world: Any, number: int) -> None:
    values = {"name": f"n{number}", "severity": "low", "because": "we say so"}
    create_severity_rule(world.account.pk, values=values, by=world.actor(world.engineer))


@pytest.mark.parametrize(
    ("write", "place", "model"),
    [(ignoring, "ignore_rules", IgnoreRule), (judging, "severity_rules", SeverityRule)],
)
def test_the_last_place_is_given_once(
    world: Any, monkeypatch: pytest.MonkeyPatch, write: Callable[[Any, int], None], place: str, model: Any
) -> None:
    monkeypatch.setattr(f"drifts.actions.{place}.MAX_RULES", 1)
    start = Barrier(AT_ONCE)

    def one(number: int) -> bool:
        try:
            start.wait(timeout=30)
            write(world, number)
        except Conflict:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert sum(pool.map(one, range(AT_ONCE))) == 1
    assert model.objects.count() == 1
