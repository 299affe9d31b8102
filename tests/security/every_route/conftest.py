"""Two tenants who stay for a whole module: attacks are many, and change nothing that the next one needs."""

import logging
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from pytest_django import DjangoDbBlocker

from accounts import even_time
from tests.conftest import World, people
from tests.security.every_route.scene import Scene, set_up


@pytest.fixture(scope="module")
def transactional_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The database, emptied after the module rather than after each test."""
    with django_db_blocker.unblock():
        yield
        call_command("flush", verbosity=0, interactive=False)


@pytest.fixture(scope="module")
def world(transactional_db: None) -> Iterator[World]:
    """The people; refusals, of which there are thousands here, come at once and fill no log."""
    patch = pytest.MonkeyPatch()
    patch.setattr(even_time, "STEP_SECONDS", 0.001)
    logging.disable(logging.ERROR)
    yield people()
    logging.disable(logging.NOTSET)
    patch.undo()


@pytest.fixture(scope="module")
def scene(world: World) -> Scene:
    """The people with one of everything, and whoever may attack."""
    return set_up(world)
