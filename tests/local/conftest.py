"""What the tests of local services share: a data folder of their own, and no service but those they start."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from driftsentry.local.postgres import EmbeddedPostgres
from tests.local.background import Background, end, start

collect_ignore = [] if os.geteuid() == 0 else ["test_as_root.py"]

Start: TypeAlias = Callable[..., Background]


@pytest.fixture(autouse=True)
def _no_service_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run's own services stay out of it: what is tested here starts others."""
    for name in ("DATABASE_URL", "REDIS_URL", "PORT", "DRIFTSENTRY_ENV"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A data folder, not made yet; what its PostgreSQL keeps elsewhere goes with it."""
    folder = tmp_path / "data"
    yield folder
    EmbeddedPostgres(folder).remove()


@pytest.fixture
def background(tmp_path: Path) -> Iterator[Start]:
    """Starts a command beside the test: `background(program, argument, …, VARIABLE="value")`."""
    started: list[Background] = []

    def begin(*command: object, **environment: str) -> Background:
        output = tmp_path / f"output-{len(started)}"
        started.append(start([str(part) for part in command], output=output, environment=environment))
        return started[-1]

    yield begin
    for each in started:
        end(each)
