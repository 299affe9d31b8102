"""A pytest plugin: real PostgreSQL and Redis for the whole run, started before Django reads its settings.

Hooked by `-p tests.services` in pyproject.toml. What `DATABASE_URL` and `REDIS_URL` name is used as it is; what they do
not name is started in a temporary folder and removed at the end. xdist's workers inherit the addresses: pytest-django
gives each a database of its own, and each gets a Redis of its own here, because messages do not know Redis's databases.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from execnet import XSpec

from driftsentry.local.errors import LocalServiceError
from driftsentry.local.redis import LocalRedis
from driftsentry.local.running import Running, throwaway

THROTTLES = [f"THROTTLE_{name}" for name in ("USER", "KEY", "INGEST", "ADDRESS", "REFUSED")]
"""Off but in the tests that are about them: all the others come from one address."""
_until_the_end = ExitStack()
_started: list[Running] = []


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Iterator[None]:
    """Start what is missing. A wrapper, so that it runs before pytest-django loads the settings."""
    if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
        try:
            running = _until_the_end.enter_context(throwaway(redis_required=True))
        except LocalServiceError as error:
            raise pytest.UsageError(f"Tests need a real PostgreSQL and a real Redis. {error}") from error
        _started.append(running)
        os.environ.update(running.environment())
    os.environ.update(dict.fromkeys(THROTTLES, "off"), THROTTLE_LOGIN="1000000/minute")
    if "DRIFTSENTRY_DATA_DIR" not in os.environ:
        folder = tempfile.TemporaryDirectory(prefix="driftsentry-tests-")
        os.environ["DRIFTSENTRY_DATA_DIR"] = _until_the_end.enter_context(folder)
    try:
        return (yield)
    except BaseException:
        _until_the_end.close()
        raise


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(specs: Sequence[XSpec]) -> None:
    """Give every worker but the first a Redis of its own, unless `REDIS_URL` named one for all."""
    for number, spec in enumerate(specs[1:], start=1):
        for redis in (running.redis for running in _started if running.redis):
            folder = Path(_until_the_end.enter_context(tempfile.TemporaryDirectory(prefix=f"driftsentry-{number}-")))
            another = LocalRedis(folder, redis.program)
            another.start()
            _until_the_end.callback(another.stop)
            spec.env["REDIS_URL"] = another.url


def pytest_unconfigure() -> None:
    """Stop what this process started."""
    _until_the_end.close()
