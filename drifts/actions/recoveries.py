"""When a stack is scanned again: who was told that it was not hears of it, and an incident of that is closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from alerts.models import Alert
from alerts.occasions import Occasion, Type
from drifts.actions.episodes import Place
from drifts.models import Scan

SENT = "sent"
"""What is sent, not asked for by a detector, has a row of failures of its own."""
UNFINISHED = (Scan.Statuses.PENDING, Scan.Statuses.RUNNING)


def failing_episode(stack_id: UUID, detector: str) -> str:
    """What all that is told of a row of failed scans belongs to.

    Args:
        stack_id: The stack.
        detector: The detector whose scans fail; '' of what is sent.
    """
    return f"stack:{stack_id}:scan:{detector or SENT}"


def stale_episode(stack_id: UUID) -> str:
    """What all that is told of a stack that is not scanned in time belongs to.

    Args:
        stack_id: The stack.
    """
    return f"stack:{stack_id}:stale"


def stale_title(stack_name: str) -> str:
    """What an alert about a stack that is not scanned in time is called.

    Args:
        stack_name: Its name.
    """
    return f"{stack_name} is stale"


def failed_before(scan: Scan) -> bool:
    """Whether the scan before this one failed; what is sent, and each detector, has a row of its own.

    Args:
        scan: The scan.
    """
    before = Scan.objects.filter(stack_id=scan.stack_id, detector=scan.detector, pk__lt=scan.pk)
    status = before.exclude(status__in=UNFINISHED).order_by("-id").values_list("status", flat=True).first()
    return status == Scan.Statuses.FAILED


def recoveries(scan: Scan, stale_since: datetime | None) -> Iterator[Occasion]:
    """What a scan that succeeds ends: the row of failures before it, and that its stack was stale.

    Args:
        scan: The scan, with its stack.
        stale_since: Since when its stack was stale until now; None: it was not.
    """
    told = Alert.objects.for_account(scan.account_id).filter(type=Alert.Types.SCAN_FAILED).order_by("-id")
    if failed_before(scan):
        failing = told.filter(scan__stack_id=scan.stack_id, scan__detector=scan.detector).first()
        yield from _ended(failing, scan, failing_episode(scan.stack_id, scan.detector))
    if stale_since is not None:
        stale = told.filter(scan=None, title=stale_title(scan.stack.name), created_at__gte=stale_since).first()
        yield from _ended(stale, scan, stale_episode(scan.stack_id))


def _ended(began: Alert | None, scan: Scan, episode: str) -> Iterator[Occasion]:
    if began is None:
        return
    place = Place.of(scan.stack, scan.pk)
    yield Occasion(
        key=f"{episode}:{scan.pk}",
        type=Type.SCAN_RECOVERED,
        severity=began.severity,
        title=f"{place.stack} is scanned again",
        text=f"A scan of it has succeeded, for the first time since {began.created_at:%Y-%m-%d %H:%M} UTC.",
        stack=place.stack,
        environment=place.environment,
        episode=episode,
        resolves=True,
        scan_id=scan.pk,
        alert_id=began.pk,
    )
