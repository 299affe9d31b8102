"""Who did it: after a scan, what AWS's own trail tells of the drifts that it opened or changed.

Nothing depends on it: without the permission, or without an event that fits, a drift has no attribution.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import close_old_connections

from audit import journal
from audit.actors import Actor
from audit.journal import Writer
from drifts.actions.detection import trust_of
from drifts.actions.locks import lock_stack
from drifts.attribution import (
    Change,
    TrailEvent,
    attribution_of,
    explaining,
    is_global,
    resource_names,
)
from drifts.detectors.aws.trail_config import trail_config
from drifts.detectors.base import Detection, DetectionError
from drifts.facts import DriftAttributed
from drifts.findings import Kind
from drifts.models import Drift, Scan
from driftsentry.api import tenancy
from driftsentry.api.jobs import job

logger = structlog.get_logger(__name__)

ATTRIBUTE = "drifts.tasks.attribute_drifts"
TRAIL = Actor.system("trail")
MAX_DRIFTS = 50
WAITS = (timedelta(minutes=2), timedelta(minutes=20))
"""How long after a scan the trail is asked, and how long after that once more: an event takes minutes to get there."""
SECONDS = 120.0
BEFORE_A_SCAN = timedelta(hours=1)
"""How long a tool may have looked before its scan was sent."""


def request_attribution(w: Writer, scan: Scan, drifts: Iterable[Drift]) -> None:
    """Have the trail asked about drifts that a scan opened or changed, where the stack says how, the gravest first.

    Args:
        w: The open journal of the scan.
        scan: The scan, with its stack.
        drifts: The drifts.
    """
    if trail_config(scan.stack.detector, scan.stack.detector_config) is None:
        return
    gravest = sorted(drifts, key=lambda drift: list(Drift.Severities).index(Drift.Severities(drift.severity)))
    if gravest:
        _defer(w.account_id, scan.pk, [drift.pk for drift in gravest[:MAX_DRIFTS]], attempt=0)


def attribute_drifts(account_id: UUID, scan_id: UUID, drift_ids: Sequence[UUID], *, attempt: int) -> int:
    """Ask the trail about some drifts, outside any transaction, and keep what explains them.

    Args:
        account_id: The tenant.
        scan_id: The scan that opened or changed them.
        drift_ids: The drifts.
        attempt: 0 at first.

    Returns:
        How many it explained.
    """
    scan = Scan.objects.for_account(account_id).filter(pk=scan_id).first()
    if scan is None:
        return 0
    asked = Drift.objects.for_account(account_id).filter(pk__in=drift_ids[:MAX_DRIFTS], stack_id=scan.stack_id)
    drifts = sorted(asked.open(), key=lambda drift: drift_ids.index(drift.pk))
    since, until = _window(scan)
    close_old_connections()  # asking takes a while: it holds none meanwhile
    found = _ask(scan, drifts, since, until)
    close_old_connections()
    if found:
        _keep(scan, found)
    rest = [drift.pk for drift in drifts if drift.pk not in found]
    if rest and attempt + 1 < len(WAITS):
        with tenancy.within(account_id):
            _defer(account_id, scan_id, rest, attempt=attempt + 1)
    return len(found)


def _window(scan: Scan) -> tuple[datetime, datetime]:
    """From the stack's last complete scan before, which did not show it, until this one looked."""
    until = scan.finished_at or scan.created_at
    whole = Scan.objects.filter(stack_id=scan.stack_id, status=Scan.Statuses.SUCCEEDED, is_complete=True)
    before = whole.filter(pk__lt=scan.pk)
    last = before.order_by("-id").values_list("created_at", flat=True).first()
    oldest = until - timedelta(days=90)
    return (oldest if last is None else max(oldest, last - BEFORE_A_SCAN)), until


def _ask(scan: Scan, drifts: Sequence[Drift], since: datetime, until: datetime) -> Mapping[UUID, TrailEvent]:
    """What explains each drift; as much of it as AWS lets itself be asked."""
    from drifts.detectors.aws.trail import (  # noqa: PLC0415 - boto3 loads slowly
        CallFailed,
        OutOfTime,
        Trail,
        Trailed,
        open_trail,
    )

    def explained(trail: Trail, drift: Drift, region: str) -> TrailEvent | None:
        change = Change(provider_type=drift.provider_type, kind=Kind(drift.kind), paths=tuple(drift.difference))
        names = resource_names(drift.provider_type, drift.resource_id, drift.expected_state, drift.actual_state)
        for name in names:
            one = Trailed(name=name, region=region, since=since, until=until)
            event = explaining(change, trail.events(one), until=until)
            if event is not None:
                return event
        return None

    config = trail_config(scan.stack.detector, scan.stack.detector_config)
    found: dict[UUID, TrailEvent] = {}
    if config is None or not drifts or not scan.stack.is_enabled:
        return found
    detection = Detection(
        config={},
        private_hosts=settings.DETECTOR_PRIVATE_HOSTS,
        seconds=SECONDS,
        trust=trust_of(scan.account_id),
    )
    try:
        trail = open_trail(detection, config)
        for drift in drifts:
            home = is_global(drift.provider_type)
            region = trail.access.home_region if home else drift.region or next(iter(config.regions), "")
            event = explained(trail, drift, region) if region and not trail.is_used_up else None
            if event is not None:
                found[drift.pk] = event
    except (DetectionError, CallFailed, OutOfTime) as error:
        logger.info("trail_not_read", scan=str(scan.pk), reason=str(error) or type(error).__name__)
    return found


def _keep(scan: Scan, found: Mapping[UUID, TrailEvent]) -> None:
    """Store what explains each drift of a scan's stack; what is attributed to the same event already stays as it is."""
    with journal.writing(scan.account_id, by=TRAIL) as w:
        lock_stack(scan.stack_id)  # a scan locks the same rows in an order of its own
        rows = Drift.objects.for_account(scan.account_id).select_for_update(of=("self",)).filter(pk__in=list(found))
        for drift in rows.order_by("pk"):
            event = found[drift.pk]
            if (drift.attribution or {}).get("eventId") == event.id:
                continue
            drift.attribution = attribution_of(event)
            drift.save(update_fields=["attribution"])
            w.record(DriftAttributed(**_told(drift, event)))


def _told(drift: Drift, event: TrailEvent) -> dict[str, Any]:
    return {
        "id": drift.pk,
        "status": drift.status,
        "stack": drift.stack.name,
        "severity": drift.severity,
        "event_name": event.name,
        "event_source": event.source,
        "event_id": event.id,
        "via": event.via.value,
        "at": event.at,
        "text": f"{event.principal} from {event.source_address or 'an unknown address'}",
    }


def _defer(account_id: UUID, scan_id: UUID, drift_ids: Sequence[UUID], *, attempt: int) -> None:
    job(ATTRIBUTE, schedule_in={"seconds": int(WAITS[attempt].total_seconds())}).defer(
        account_id=str(account_id),
        scan_id=str(scan_id),
        drift_ids=[str(one) for one in drift_ids],
        attempt=attempt,
    )
