"""A daphne for the whole run, and the parts of which other tests build their own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from driftsentry.local.programs import redis_program
from driftsentry.local.redis import LocalRedis
from driftsentry.realtime.consumer import LiveStream
from driftsentry.realtime.hub import Hub
from tests.realtime.server import Server, environment, serving


@pytest.fixture(scope="session")
def server(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A real daphne on the test database and the run's Redis."""
    with serving(tmp_path_factory.mktemp("daphne"), environment()) as running:
        yield running


@pytest.fixture
def token(world: Any) -> str:
    """The viewer's access token."""
    found: str = world.access_token(world.viewer)
    return found


@pytest.fixture
def stream() -> LiveStream:
    """A stream in this process, with a hub of its own."""
    return LiveStream(Hub())


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[LocalRedis]:
    """A Redis of this test's own, to stop and start."""
    program = redis_program()
    assert program
    own = LocalRedis(tmp_path, program)
    own.start()
    yield own
    own.stop()
