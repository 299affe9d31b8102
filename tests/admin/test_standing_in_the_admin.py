"""What the admin's lists say at a glance: not assessed, flapping, stale, in force."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from drifts.models import Drift, IgnoreRule, Scan, Stack
from tests.admin.conftest import browser
from tests.drifts.reported import report

DRIFTS = "/admin/drifts/drift/"


def page(world: Any, path: str, **query: str) -> str:
    found = browser(world.owner).get(path, query)
    assert found.status_code == 200
    return str(found.content.decode())


def test_a_drift_that_was_not_assessed_says_so_and_can_be_filtered_for(world: Any) -> None:
    report(world.owner, "i-seen", stack="payments")
    report(world.owner, "i-unseen", stack="payments")
    Drift.objects.filter(resource_id="i-unseen").update(not_assessed_since=timezone.now())
    assert page(world, DRIFTS).count("doubt-not-assessed") == 1
    assert "i-seen" not in page(world, DRIFTS, assessment="not_assessed")
    assert "i-unseen" not in page(world, DRIFTS, assessment="assessed")
    both = page(world, DRIFTS, assessment="whatever")
    assert "i-seen" in both
    assert "i-unseen" in both


def test_a_drift_that_flaps_says_so(world: Any) -> None:
    report(world.owner, "i-calm", stack="payments")
    assert "doubt-flapping" not in page(world, DRIFTS)
    Drift.objects.update(is_flapping=True)
    assert "doubt-flapping" in page(world, DRIFTS, is_flapping__exact="1")


def test_a_stale_stack_says_so_and_another_says_nothing(world: Any) -> None:
    report(world.owner, "i-1", stack="payments")
    assert "doubt-stale" not in page(world, "/admin/drifts/stack/")
    Stack.objects.update(is_stale=True)
    assert "doubt-stale" in page(world, "/admin/drifts/stack/")


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ({}, "rule-in-force"),
        ({"is_enabled": False}, "rule-off"),
        ({"expires_at": timezone.now() - timedelta(days=1)}, "rule-expired"),
        ({"deleted_at": timezone.now() - timedelta(days=1)}, "rule-gone"),
    ],
)
def test_an_ignore_rule_says_whether_it_is_in_force(world: Any, values: dict[str, Any], shown: str) -> None:
    rule = {"kinds": ["modified"], "reason": "Nobody looks at these."}
    IgnoreRule.objects.create(account_id=world.owner.account_id, **rule, **values)
    found = page(world, "/admin/drifts/ignorerule/")
    assert [name for name in ("in-force", "off", "expired", "gone") if f"rule-{name}" in found] == [
        shown.removeprefix("rule-")
    ]


def test_a_scan_is_called_by_its_stacks_name(world: Any) -> None:
    report(world.owner, "i-1", stack="payments")
    for scan in Scan.objects.all():
        assert "payments" in str(scan)
        assert f"{scan.stack.name}: {scan.status}" in page(world, f"/admin/drifts/scan/{scan.pk}/change/")
