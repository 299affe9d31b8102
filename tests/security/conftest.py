"""A real server for the whole run."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from tests.realtime.server import Server, environment, serving


@pytest.fixture(scope="session")
def server(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A real server on the test database and the run's Redis."""
    with serving(tmp_path_factory.mktemp("server"), environment()) as running:
        yield running
