"""A scan that looks in other places than one before it does not end what that one found there."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from drifts.actions.scanning import request_scan
from drifts.detectors.base import Detection
from drifts.findings import Assessment, Finding, Kind, Search
from drifts.models import Drift
from tests.drifts.detectors.pretend import doing, make_stack, pretend, run_waiting

__all__ = ["pretend"]
pytestmark = pytest.mark.usefixtures("pretend")
ACCOUNT = "123456789012"


def looking(region: str, *found: str) -> Callable[[Detection], Assessment]:
    """Look for unmanaged instances in one region."""
    findings = tuple(
        Finding(f"aws_instance.{name}", "aws_instance", Kind.UNMANAGED, None, {"id": name}, region=region)
        for name in found
    )
    search = Search(ACCOUNT, {"aws_instance": frozenset({region})})

    def detect(_: Detection) -> Assessment:
        return Assessment("aws-scan", "1.9.5", findings, complete=True, searched=search)

    return detect


def test_unmanaged_resources_of_a_region_that_is_not_looked_at_any_more_stay_open(world: Any) -> None:
    stack = make_stack(world)
    for behaviour, status, left_out in (
        (looking("eu-west-1", "i-1"), "detected", 0),
        (looking("eu-west-2"), "detected", 1),
        (looking("eu-west-1"), "resolved", 0),
    ):
        request_scan(world.account.pk, stack.pk, by=world.actor(world.engineer))
        with doing(behaviour):
            scan = run_waiting()[-1]
        assert (Drift.objects.get().status, scan.drifts_not_assessed) == (status, left_out)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")
