"""Who was told that a stack is not scanned is told when it is again: an incident of it ends."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from drifts.actions.ingest import fail_scan
from drifts.actions.schedules import mark_stale_stacks
from drifts.models import Scan, Stack
from tests.alerts.telling.channels import channel, message, told, types
from tests.drifts.assessed_scans import scan_that_says


def a_scan_fails(world: Any) -> None:
    """A scan of the tests' stack fails."""
    stack, now = Stack.objects.get(), timezone.now()
    running = Scan.objects.create(
        account=world.account, stack=stack, detected_by="api", status=Scan.Statuses.RUNNING, started_at=now
    )
    fail_scan(running, "The tool said no.", by=world.actor(world.owner))


def scans_of(one: Any) -> list[str]:
    """What a channel is told of scans."""
    return [kind for kind in types(one) if kind.startswith("scan")]


def test_whoever_heard_of_a_failure_hears_of_its_end_once_and_a_pager_closes_it(world: Any) -> None:
    scan_that_says(world)
    team, pager = channel(world, stacks=["payments-*"], severities=["high"]), channel(world, "pager", kind="pagerduty")
    for _ in range(2):
        a_scan_fails(world)
    late = channel(world, "late")
    for _ in range(2):
        scan_that_says(world)
    assert scans_of(team) == scans_of(pager) == ["scan_failed", "scan_recovered"]
    assert scans_of(late) == []
    began, over = map(message, told(pager, type__startswith="scan"))
    assert (began.episode, began.resolves, over.resolves) == (over.episode, False, True)
    stack = Stack.objects.get()
    assert began.episode == f"stack:{stack.pk}:scan:sent"
    assert over.title == f"{stack.name} is scanned again"


def test_who_chose_failures_alone_hears_of_no_end(world: Any) -> None:
    scan_that_says(world)
    team = channel(world, types=["scan_failed"])
    a_scan_fails(world)
    scan_that_says(world)
    assert types(team) == ["scan_failed"]


def test_a_row_of_failures_that_begins_anew_is_told_anew(world: Any) -> None:
    scan_that_says(world)
    pager = channel(world, kind="pagerduty")
    for _ in range(2):
        a_scan_fails(world)
        scan_that_says(world)
    assert scans_of(pager) == ["scan_failed", "scan_recovered"] * 2


def test_a_stale_stack_that_is_scanned_again_is_stale_no_more(world: Any) -> None:
    scan_that_says(world)
    pager = channel(world, kind="pagerduty")
    long_ago = timezone.now() - timedelta(hours=1)
    Stack.objects.update(schedule="* * * * *", stale_at=long_ago)
    assert mark_stale_stacks() == 1
    scan_that_says(world)
    assert scans_of(pager) == ["scan_failed", "scan_recovered"]
    began, over = map(message, told(pager, type__startswith="scan"))
    assert began.episode == over.episode == f"stack:{Stack.objects.get().pk}:stale"
