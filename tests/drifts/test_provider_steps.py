"""A provider's new version as the cause of drifts: kept with the scan, told by the API, found by the grouping."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from drifts.actions.grouping import drift_groups, open_rows
from drifts.models import Scan
from tests.drifts.ingest.plans import AWS
from tests.drifts.scans import clean, drifted, ingest, instance


def by(version: str) -> dict[str, Any]:
    """A configuration that pins the provider to a version."""
    return {"provider_config": {"aws": {"name": "aws", "full_name": AWS, "version_constraint": version}}}


def test_what_the_first_scan_by_another_version_of_the_provider_shows_is_a_group(world: Any) -> None:
    for place in range(3):
        stack, address = f"stack-{place}", f"aws_instance.web{place}"
        ingest(world, clean(address, configuration=by("5.30.0")), stack=stack)
        ingest(world, clean(address, configuration=by("~> 5.30")), stack=stack)
        shown = drifted(instance(address, size=f"t3.{place}xlarge"), configuration=by("5.31.0"))
        scan = ingest(world, shown, stack=stack).scan
    (offered,) = [one for one in drift_groups(world.account.pk) if one.cause == "version_step"]
    assert offered.sentence.startswith(
        "3 drifts in 3 stacks: instance_type of aws_instance, first shown when the provider aws changed "
        "from 5.30.0 to 5.31.0, first seen "
    )
    told = world.client(world.viewer).get(f"/api/v1/scans/{scan.pk}").json()["data"]
    assert told["providerVersions"] == {AWS: "5.31.0"}
    with CaptureQueriesContext(connection) as queries:
        assert len(open_rows(world.account.pk)) == 3
    assert len(queries) == 2


def test_a_scan_by_the_same_version_or_the_first_that_tells_one_is_no_step(world: Any) -> None:
    for place, (before, now) in enumerate([("5.31.0", "5.31.0"), ("~> 5.30", "5.31.0"), ("5.30.0", ">= 5.31")]):
        stack, address = f"stack-{place}", f"aws_instance.web{place}"
        ingest(world, clean(address, configuration=by(before)), stack=stack)
        ingest(world, drifted(instance(address, size=f"t3.{place}xlarge"), configuration=by(now)), stack=stack)
    assert Scan.objects.filter(provider_versions={}).count() == 2
    assert [one.cause for one in drift_groups(world.account.pk) if one.cause == "version_step"] == []
