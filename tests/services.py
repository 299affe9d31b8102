"""A pytest plugin: real PostgreSQL and Redis for the whole run, started before Django reads its settings.

Hooked by `-p tests.services` in pyproject.toml. What `DATABASE_URL` and `REDIS_URL` name is used as it is; what they do not
name is started in a temporary folder and removed at the end. xdist's workers inherit the addresses.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from driftsentry.local.errors import LocalServiceError
from driftsentry.local.running import throwaway

_until_the_end = ExitStack()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Iterator[None]:
    """Start what is missing. A wrapper, so that it runs before pytest-django loads the settings."""
    if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
        try:
            running = _until_the_end.enter_context(throwaway(redis_required=True))
        except LocalServiceError as error:
            raise pytest.UsageError(f"Tests need a real PostgreSQL and a real Redis. {error}") from error
        os.environ.update(running.environment())
    if "DRIFTSENTRY_DATA_DIR" not in os.environ:
        folder = tempfile.TemporaryDirectory(prefix="driftsentry-tests-")
        os.environ["DRIFTSENTRY_DATA_DIR"] = _until_the_end.enter_context(folder)
    try:
        return (yield)
    except BaseException:
        _until_the_end.close()
        raise


def pytest_unconfigure() -> None:
    """Stop what this process started."""
    _until_the_end.close()
