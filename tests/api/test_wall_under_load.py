"""Two tenants over connections that they share: no request sees a row of the other's, whatever its view asks for."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from rest_framework.test import APIClient

from drifts.models import Drift, Stack
from tests.conftest import World
from tests.laws.tenants import furnish

REQUESTS = 1000
THREADS = 8
CONNECTIONS = 2


@dataclass(frozen=True, slots=True)
class Turn:
    """One request: who asks for what, and what they own of it."""

    token: str
    path: str
    owned: frozenset[str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came, and over which connections."""

    turn: Turn
    seen: frozenset[str]
    backends: frozenset[int]


@pytest.fixture
def pool_of_two() -> Iterator[None]:
    """Every thread of the process shares two connections; the tests that follow have a pool of the usual size again."""
    wrapper: Any = connection
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(wrapper.settings_dict["OPTIONS"]["pool"], "max_size", CONNECTIONS)
        _close(wrapper)
        yield
    _close(wrapper)


def _close(wrapper: Any) -> None:
    """Close every connection: the next one opens a pool of the size that the settings have then."""
    wrapper.close()
    wrapper.close_pool()


@pytest.fixture
def turns(world: World) -> list[Turn]:
    """The requests of two tenants, in turn."""
    made = []
    for owner, user in (("acme", world.owner), ("rival", world.outsider)):
        furnish(world, user.account_id, owner=owner, number=3)
        token = world.access_token(user)
        drifts, stacks = Drift.objects.for_account(user.account_id), Stack.objects.for_account(user.account_id)
        for path, rows in (("/api/v1/drifts", drifts), ("/api/v1/stacks", stacks)):
            made.append(Turn(token, path, frozenset(map(str, rows.values_list("pk", flat=True)))))
    return list(islice(cycle(made), REQUESTS))


def ask(turn: Turn) -> Answer:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {turn.token}")
    backends: set[int] = set()
    try:
        with connection.execute_wrapper(partial(_note_backend, backends)):
            answer = client.get(f"{turn.path}?limit=100")
    finally:
        connection.close()
    assert answer.status_code == 200, answer.content
    return Answer(turn, frozenset(row["id"] for row in answer.json()["data"]["items"]), frozenset(backends))


def _note_backend(backends: set[int], execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    """Note it while a query runs: in other threads the test client may let Django close this connection at the end."""
    result = execute(sql, params, many, context)
    backends.add(context["connection"].connection.info.backend_pid)
    return result


def every_row(rows: Any, account_id: UUID) -> Any:
    """The first wall, torn down."""
    return rows.all()


def test_a_thousand_requests_over_two_connections_never_mix(
    turns: list[Turn], pool_of_two: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for model in (Drift, Stack):
        monkeypatch.setattr(type(model.objects.all()), "for_account", every_row)
    with ThreadPoolExecutor(THREADS) as threads:
        answers = list(threads.map(ask, turns))
    assert len(answers) == REQUESTS
    assert 1 <= len(frozenset().union(*(answer.backends for answer in answers))) <= CONNECTIONS
    assert [answer.turn for answer in answers if answer.seen != answer.turn.owned or not answer.seen] == []
