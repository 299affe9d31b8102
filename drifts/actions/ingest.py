"""A scan comes in: read, judged, recorded. The same bytes are one scan, and all of it counts or nothing."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from alerts.actions import Notice, raise_alerts
from alerts.actions.announcing import leave
from alerts.actions.cost_threshold import watch_costs
from alerts.models import Alert
from audit import journal
from audit.actors import Actor
from audit.journal import Writer
from drifts.actions.freshness import note_scanned
from drifts.actions.ignoring import note_hidden
from drifts.actions.locks import lock_stack
from drifts.actions.policies import policy_of
from drifts.actions.record import record_judged
from drifts.actions.recoveries import UNFINISHED, failed_before, recoveries
from drifts.actions.stacks import stack_for_scan, valid_name
from drifts.counters import SCANS
from drifts.facts import ScanCompleted, ScanFailed, ScanStarted
from drifts.findings import Assessment
from drifts.ingest.formats.base import Mode, ParseOptions
from drifts.ingest.pipeline import assess
from drifts.ingest.policy import judge
from drifts.models import Scan, Stack
from driftsentry.api import tenancy
from driftsentry.api.errors import Conflict

logger = structlog.get_logger(__name__)

ABANDONED = timedelta(minutes=15)
UNTAKEN = timedelta(hours=6)
"""How long a scan waits for a worker before it is given up, so that another one may be asked for."""
ABANDONED_BATCH = 100
ABANDONED_WORDS = "The process that recorded it ended before it was done; nothing of it was kept. Send it again."
UNFINISHED_WORDS = "The worker that ran it ended, or took longer than the stack's time limit; nothing of it was kept."
UNTAKEN_WORDS = "No worker took it in time; look at whether one runs."


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What a sender says beside the body.

    Attributes:
        stack: The stack's name; an unknown one is made.
        format_name: The format, or an empty string to recognise it.
        mode: Which part of a plan counts as drift.
        complete: Whether the sender vouches that nothing is missing; None: the format decides.
        environment: Fills in what the stack does not know yet.
        content_encoding: `gzip`, or an empty string.
        detected_by: One of `Scan.Sources`.
        observed_at: When the tool looked, where that was not now.
    """

    stack: str
    format_name: str = ""
    mode: Mode = Mode.DRIFT
    complete: bool | None = None
    environment: str = ""
    content_encoding: str = ""
    detected_by: str = Scan.Sources.API.value
    observed_at: datetime | None = None

    def digest(self, body: bytes) -> bytes:
        """What makes two submissions the same scan: the bytes, and what changes their meaning.

        Args:
            body: The bytes as received.
        """
        meaning = f"{self.format_name}\n{self.mode}\n{self.complete}\n{self.content_encoding}\n"
        hashed = hashlib.sha256(meaning.encode())
        hashed.update(body)
        return hashed.digest()


@dataclass(frozen=True, slots=True)
class Ingested:
    """A scan, and whether this submission made it."""

    scan: Scan
    created: bool


def ingest_scan(account_id: UUID, body: bytes, submission: Submission, *, by: Actor) -> Ingested:
    """Take a tool's own output in.

    Args:
        account_id: The tenant.
        body: The bytes as received.
        submission: What the sender says beside them.
        by: Who sends it.

    Raises:
        FormatError: The body is not what it should be; no row is written.
        Invalid: The stack's name is not usable.
        Conflict: The stack is disabled.
    """
    valid_name(submission.stack)
    digest = submission.digest(body)
    options = ParseOptions(mode=submission.mode, complete=submission.complete)
    assessment = assess(
        body,
        content_encoding=submission.content_encoding,
        limit=settings.MAX_SCAN_BODY_BYTES,
        format_name=submission.format_name,
        options=options,
    )
    scan, created = _begin(account_id, digest, assessment, submission, by=by)
    if scan.status == Scan.Statuses.RUNNING:
        # Not made here: its process has died, or is about to record it. Whoever comes first records it, once.
        try:
            record_assessment(scan, assessment, by=by, at=submission.observed_at)
        except Exception as error:
            recorded = _recorded_meanwhile(scan, error)
            if recorded is not None:
                return Ingested(recorded, created)
            logger.exception("scan_failed", scan=str(scan.pk))
            fail_scan(scan, f"It could not be recorded ({type(error).__name__}); nothing of it was kept.", by=by)
            raise
    return Ingested(scan, created)


def _recorded_meanwhile(scan: Scan, error: Exception) -> Scan | None:
    """The scan as another submission of the same bytes has recorded it; None where none has."""
    if not isinstance(error, Conflict):
        return None
    with tenancy.within(scan.account_id):
        return Scan.objects.select_related("stack").filter(pk=scan.pk, status=Scan.Statuses.SUCCEEDED).first()


def fail_abandoned_scans() -> int:
    """Fail the scans whose process ended before they were done, and those that no worker has taken.

    Returns:
        How many.
    """
    now = timezone.now()
    sent_and_late = Q(detector="", started_at__lt=now - ABANDONED)
    lost: list[tuple[QuerySet[Scan], str]] = [
        (Scan.objects.filter(sent_and_late, status=Scan.Statuses.RUNNING), ABANDONED_WORDS),
        (Scan.objects.filter(status=Scan.Statuses.RUNNING, deadline__lt=now), UNFINISHED_WORDS),
        (Scan.objects.filter(status=Scan.Statuses.PENDING, created_at__lt=now - UNTAKEN), UNTAKEN_WORDS),
    ]
    failed = 0
    for scans, words in lost:
        for scan in scans.select_related("stack").order_by("id")[:ABANDONED_BATCH]:
            failed += fail_scan(scan, words, by=Actor.system("sweeper"))
    return failed


def _begin(
    account_id: UUID, digest: bytes, assessment: Assessment, submission: Submission, *, by: Actor
) -> tuple[Scan, bool]:
    """Find the scan that these bytes are already, or begin one."""
    with journal.writing(account_id, by=by) as w:
        tool = assessment.format.partition("-")[0] if assessment.format != "api" else ""
        stack = stack_for_scan(w, submission.stack, environment=submission.environment.strip(), tool=tool)
        lock_stack(stack.pk)
        same = Scan.objects.filter(stack=stack, body_digest=digest).exclude(status=Scan.Statuses.FAILED).first()
        if same is not None and not _is_abandoned(same, w.now):
            same.stack = stack
            return same, False
        if same is not None:
            _mark_failed(w, same, stack, ABANDONED_WORDS)
        scan = Scan(
            account_id=account_id,
            stack=stack,
            detected_by=submission.detected_by,
            status=Scan.Statuses.RUNNING,
            started_at=w.now,
            body_digest=digest,
            submitted_by_id=by.user_id,
        )
        _describe(scan, assessment)
        scan.save(force_insert=True)
        w.record(ScanStarted(**told_of(scan, stack)))
    return scan, True


def record_assessment(scan: Scan, assessment: Assessment, *, by: Actor, at: datetime | None = None) -> None:
    """Judge what a running scan shows and record what it means, in one transaction.

    Args:
        scan: The scan, with its stack; its counts are set.
        assessment: What it shows.
        by: Who had it made.
        at: When the tool looked, where that was not now.

    Raises:
        Conflict: The scan was given up meanwhile.
    """
    _describe(scan, assessment)
    judged = judge(
        assessment,
        account_id=str(scan.account_id),
        stack=str(scan.stack_id),
        environment=scan.stack.environment,
        masking_key=settings.MASKING_KEY,
        policy=policy_of(scan.account_id, stack=scan.stack.name),
    )
    with journal.writing(scan.account_id, by=by) as w:
        lock_stack(scan.stack_id)
        if not Scan.objects.select_for_update().filter(pk=scan.pk, status=Scan.Statuses.RUNNING).exists():
            raise Conflict("This scan took so long that it was given up; send it again.")
        record_judged(w, scan, judged, at=at or w.now)
        note_hidden(w, scan, judged, at=at or w.now)
        watch_costs(w, stack_name=scan.stack.name, scan_id=scan.pk)
        scan.status, scan.finished_at = Scan.Statuses.SUCCEEDED, w.now
        scan.drifts_ignored = judged.ignored
        scan.save(update_fields=["status", "finished_at", "updated_at", *_DESCRIBED, *_COUNTS])
        stale_since = note_scanned(scan.stack_id, now=w.now)
        leave(w, partial(recoveries, scan, stale_since))
        w.record(ScanCompleted(**told_of(scan, scan.stack), complete=scan.is_complete))
        transaction.on_commit(lambda: SCANS.labels(status="succeeded").inc())


_DESCRIBED = ("format", "tool_version", "provider_versions", "is_complete", "incomplete_reason", "resources_checked")
_COUNTS = ("drifts_new", "drifts_recurring", "drifts_changed", "drifts_resolved", "drifts_ignored", "hidden_by_rules")


def _describe(scan: Scan, assessment: Assessment) -> None:
    """Say on the scan what its body is, once it is known."""
    scan.format, scan.tool_version = assessment.format, assessment.tool_version[:60]
    scan.provider_versions = assessment.provider_versions
    scan.is_complete, scan.incomplete_reason = assessment.complete, assessment.incomplete_reason[:500]
    scan.resources_checked = assessment.resources_checked


def fail_scan(scan: Scan, words: str, *, by: Actor) -> bool:
    """Mark a scan that is not over as failed and tell somebody, unless the one before it failed too.

    Args:
        scan: The scan, with its stack.
        words: Why, for a person; no secret.
        by: Who found it out.

    Returns:
        Whether it was not over yet.
    """
    with journal.writing(scan.account_id, by=by) as w:
        unfinished = Scan.objects.select_for_update().filter(pk=scan.pk, status__in=UNFINISHED).first()
        if unfinished is not None:
            _mark_failed(w, unfinished, scan.stack, words)
    return unfinished is not None


def _mark_failed(w: Writer, scan: Scan, stack: Stack, words: str) -> None:
    scan.status, scan.finished_at, scan.error = Scan.Statuses.FAILED, w.now, words
    for name in _COUNTS:
        setattr(scan, name, 0)
    scan.save(update_fields=["status", "finished_at", "error", "updated_at", *_COUNTS])
    w.record(ScanFailed(**told_of(scan, stack), error=words))
    if not failed_before(scan):
        title = f"A scan of {stack.name} failed"
        notice = Notice(type=Alert.Types.SCAN_FAILED, severity="high", title=title, message=words, scan_id=scan.pk)
        raise_alerts(w, [notice])
    transaction.on_commit(lambda: SCANS.labels(status="failed").inc())


def _is_abandoned(scan: Scan, now: datetime) -> bool:
    return scan.status == Scan.Statuses.RUNNING and scan.started_at is not None and scan.started_at < now - ABANDONED


def told_of(scan: Scan, stack: Stack) -> dict[str, Any]:
    """What every fact of a scan tells.

    Args:
        scan: The scan.
        stack: Its stack.
    """
    return {
        "id": scan.pk,
        "stack": stack.name,
        "status": str(scan.status),
        "format": scan.format,
        "counts": scan.counts,
    }
