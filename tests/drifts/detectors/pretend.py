"""A detector for tests that does what a test says, in the place of a real one."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest

from drifts.actions.stacks import change_stack, create_stack
from drifts.detectors import registry
from drifts.detectors.base import BadConfig, BadSecrets, Detecting, Detection
from drifts.findings import Assessment, JsonObject
from drifts.ingest.pipeline import assess
from drifts.models import Scan, Stack
from drifts.tasks import run_scan
from driftsentry.api import tenancy
from tests.drifts.scans import WEB, clean, drifted, instance

Behaviour = Callable[[Detection], Assessment]
SECRET = "correct-horse-battery"
behaviours: list[Behaviour] = []


def finds_nothing(detection: Detection) -> Assessment:
    return assess(clean(WEB), limit=1 << 20)


def finds_drift(detection: Detection) -> Assessment:
    return assess(drifted(instance()), limit=1 << 20)


def check(config: JsonObject, secrets: Collection[str]) -> None:
    if set(config) - {"place", "Cost Center"}:
        raise BadConfig("place", "Known are: place.")
    if "FORBIDDEN" in secrets:
        raise BadSecrets("FORBIDDEN is no name of a secret here.")


def detect(detection: Detection) -> Assessment:
    return behaviours[-1](detection)


DETECTOR = Detecting(check=check, detect=detect)


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put it in the place of `aws`; it finds nothing until a test says otherwise."""
    monkeypatch.setitem(registry.DETECTORS, "aws", ("pretended", __name__))
    registry.detecting.cache_clear()
    with doing(finds_nothing):
        yield
    registry.detecting.cache_clear()


@contextmanager
def doing(behaviour: Behaviour) -> Iterator[None]:
    """Let it do something else."""
    behaviours.append(behaviour)
    yield
    behaviours.remove(behaviour)


def make_stack(world: Any, name: str = "payments", **values: Any) -> Stack:
    """A stack with the pretended detector."""
    told = {"name": name, "detector": "aws", "detector_config": {"place": "here"}, **values}
    return create_stack(world.account.pk, values=told, by=world.actor(world.engineer))


def change(world: Any, stack: Stack, **values: Any) -> Stack:
    """Change a stack as the engineer."""
    return change_stack(world.account.pk, stack.pk, values=values, by=world.actor(world.engineer))


def run_waiting() -> list[Scan]:
    """Do what a worker does, behind the wall of each account: run every scan that waits, in their order."""
    waiting: list[tuple[UUID, UUID]] = list(
        Scan.objects.filter(status="pending").order_by("id").values_list("account_id", "id")
    )
    for account_id, scan_id in waiting:
        with tenancy.behind():
            run_scan(account_id=str(account_id), scan_id=str(scan_id))
    return [Scan.objects.get(pk=scan_id) for _, scan_id in waiting]
