"""The tick: what is due is started, once however many workers tick, and what was not scanned for too long is told."""

from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone

from alerts.actions import Notice, raise_alerts
from alerts.models import Alert
from audit import journal
from audit.actors import Actor
from drifts import cron
from drifts.actions.recoveries import stale_title
from drifts.actions.scanning import is_busy, queue_scan
from drifts.counters import STALE
from drifts.facts import StackStale
from drifts.models import Scan, Stack

logger = structlog.get_logger(__name__)

BATCH = 200
MAX_BATCHES = 10
"""A tick ends after so many, and the next one goes on."""
SCHEDULER = Actor.system("scheduler")


def start_due_scans() -> int:
    """Have every stack scanned that is due; one that was due several times is scanned once.

    Returns:
        How many scans were asked for.
    """
    started = 0
    for _ in range(MAX_BATCHES):
        due = Stack.objects.filter(next_scan_at__lte=timezone.now()).order_by("next_scan_at")
        found = list(due.values_list("account_id", "id")[:BATCH])
        started += sum(_start_if_due(account_id, stack_id) for account_id, stack_id in found)
        if len(found) < BATCH:
            break
    return started


def _start_if_due(account_id: UUID, stack_id: UUID) -> bool:
    """Ask for one stack's scan, unless another worker just does or its last one is not over."""
    with journal.writing(account_id, by=SCHEDULER) as w:
        rows = Stack.objects.for_account(account_id).select_for_update(skip_locked=True, no_key=True)
        stack = rows.filter(pk=stack_id, next_scan_at__lte=w.now).first()
        if stack is None or stack.next_scan_at is None:
            return False
        try:
            stack.next_scan_at = cron.run_after(stack.schedule, stack.next_scan_at, w.now, stack.pk)
        except cron.BadSchedule as error:
            logger.warning("schedule_unusable", stack=str(stack_id), error=str(error))
            stack.next_scan_at = None
        stack.save(update_fields=["next_scan_at"])
        if is_busy(stack):
            logger.warning("scheduled_scan_skipped", stack=str(stack_id), reason="its last scan is not over")
            return False
        if stack.next_scan_at is None or not (stack.detector and stack.is_enabled):
            return False
        queue_scan(w, stack, detected_by=Scan.Sources.SCHEDULER)
    return True


def mark_stale_stacks() -> int:
    """Say of every stack that was not scanned for twice its interval that it is stale, and tell somebody, once.

    Returns:
        How many became stale.
    """
    late = Stack.objects.filter(stale_at__lte=timezone.now(), is_stale=False).order_by("stale_at")
    found = list(late.values_list("account_id", "id")[:BATCH])
    return sum(_mark_stale(account_id, stack_id) for account_id, stack_id in found)


def _mark_stale(account_id: UUID, stack_id: UUID) -> bool:
    with journal.writing(account_id, by=SCHEDULER) as w:
        rows = Stack.objects.for_account(account_id).select_for_update(skip_locked=True, no_key=True)
        stack = rows.filter(pk=stack_id, stale_at__lte=w.now, is_stale=False).first()
        if stack is None:
            return False
        stack.is_stale = True
        stack.save(update_fields=["is_stale"])
        w.record(StackStale(id=stack.pk, name=stack.name, schedule=stack.schedule, last_scan_at=stack.last_scan_at))
        raise_alerts(w, [_notice(stack)])
        transaction.on_commit(STALE.inc)
    return True


def _notice(stack: Stack) -> Notice:
    last = stack.last_scan_at
    since = f"The last scan that succeeded was at {last:%Y-%m-%d %H:%M} UTC" if last else "No scan has succeeded yet"
    return Notice(
        type=Alert.Types.SCAN_FAILED,
        severity="high",
        title=stale_title(stack.name),
        message=f"{since}, and its schedule is {stack.schedule} (UTC): two runs in a row are missing.",
    )
