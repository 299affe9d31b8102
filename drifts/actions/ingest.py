"""A scan comes in: read, judged, recorded. The same bytes are one scan, and all of it counts or nothing."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from alerts.actions import Notice, raise_alerts
from alerts.models import Alert
from audit import journal
from audit.actors import Actor
from audit.journal import Writer
from drifts.actions.policies import policy_of
from drifts.actions.record import record_judged
from drifts.actions.stacks import stack_for_scan, valid_name
from drifts.counters import SCANS
from drifts.facts import ScanCompleted, ScanFailed, ScanStarted
from drifts.findings import Assessment
from drifts.ingest.formats.base import Mode, ParseOptions
from drifts.ingest.pipeline import assess
from drifts.ingest.policy import judge
from drifts.models import Scan, Stack
from driftsentry.api.errors import Conflict

logger = structlog.get_logger(__name__)

LOCK_WAIT = "55s"
ABANDONED = timedelta(minutes=15)
ABANDONED_BATCH = 100
ABANDONED_WORDS = "The process that recorded it ended before it was done; nothing of it was kept. Send it again."


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
    if created:
        try:
            _record(scan, assessment, submission, by=by)
        except Exception as error:
            logger.exception("scan_failed", scan=str(scan.pk))
            _fail(scan, f"It could not be recorded ({type(error).__name__}); nothing of it was kept.", by=by)
            raise
    return Ingested(scan, created)


def fail_abandoned_scans() -> int:
    """Fail the scans whose process ended before they were done.

    Returns:
        How many.
    """
    late = timezone.now() - ABANDONED
    scans = Scan.objects.filter(status=Scan.Statuses.RUNNING, started_at__lt=late).select_related("stack")
    failed = 0
    for scan in scans.order_by("id")[:ABANDONED_BATCH]:
        failed += _fail(scan, ABANDONED_WORDS, by=Actor.system("sweeper"))
    return failed


def lock_stack(stack_id: UUID) -> None:
    """Let no other scan of a stack be recorded until the transaction ends.

    Args:
        stack_id: The stack.

    Raises:
        OperationalError: Another scan of it has been recorded for longer than `LOCK_WAIT`.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"stack {stack_id}"])


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
        scan = Scan.objects.create(
            account_id=account_id,
            stack=stack,
            format=assessment.format,
            tool_version=assessment.tool_version[:60],
            detected_by=submission.detected_by,
            status=Scan.Statuses.RUNNING,
            started_at=w.now,
            body_digest=digest,
            is_complete=assessment.complete,
            incomplete_reason=assessment.incomplete_reason[:500],
            resources_checked=assessment.resources_checked,
            submitted_by_id=by.user_id,
        )
        w.record(ScanStarted(**_told(scan, stack)))
    return scan, True


def _record(scan: Scan, assessment: Assessment, submission: Submission, *, by: Actor) -> None:
    """Judge what the scan shows and record what it means, in one transaction."""
    judged = judge(
        assessment,
        account_id=str(scan.account_id),
        stack=str(scan.stack_id),
        environment=scan.stack.environment,
        masking_key=settings.MASKING_KEY,
        policy=policy_of(scan.account_id),
    )
    with journal.writing(scan.account_id, by=by) as w:
        lock_stack(scan.stack_id)
        if not Scan.objects.select_for_update().filter(pk=scan.pk, status=Scan.Statuses.RUNNING).exists():
            raise Conflict("This scan took so long that it was given up; send it again.")
        record_judged(w, scan, judged, at=submission.observed_at or w.now)
        scan.status, scan.finished_at = Scan.Statuses.SUCCEEDED, w.now
        scan.drifts_ignored = judged.ignored
        scan.save(update_fields=["status", "finished_at", "updated_at", *_COUNTS])
        w.record(ScanCompleted(**_told(scan, scan.stack), complete=scan.is_complete))
        transaction.on_commit(lambda: SCANS.labels(status="succeeded").inc())


_COUNTS = ("drifts_new", "drifts_recurring", "drifts_changed", "drifts_resolved", "drifts_ignored")


def _fail(scan: Scan, words: str, *, by: Actor) -> bool:
    """Mark a running scan as failed and tell somebody.

    Returns:
        Whether it was still running.
    """
    with journal.writing(scan.account_id, by=by) as w:
        running = Scan.objects.select_for_update().filter(pk=scan.pk, status=Scan.Statuses.RUNNING).first()
        if running is not None:
            _mark_failed(w, running, scan.stack, words)
    return running is not None


def _mark_failed(w: Writer, scan: Scan, stack: Stack, words: str) -> None:
    scan.status, scan.finished_at, scan.error = Scan.Statuses.FAILED, w.now, words
    for name in _COUNTS:
        setattr(scan, name, 0)
    scan.save(update_fields=["status", "finished_at", "error", "updated_at", *_COUNTS])
    w.record(ScanFailed(**_told(scan, stack), error=words))
    title = f"A scan of {stack.name} failed"
    raise_alerts(
        w, [Notice(type=Alert.Types.SCAN_FAILED, severity="high", title=title, message=words, scan_id=scan.pk)]
    )
    transaction.on_commit(lambda: SCANS.labels(status="failed").inc())


def _is_abandoned(scan: Scan, now: datetime) -> bool:
    return scan.status == Scan.Statuses.RUNNING and scan.started_at is not None and scan.started_at < now - ABANDONED


def _told(scan: Scan, stack: Stack) -> dict[str, Any]:
    """What every fact of a scan tells."""
    return {
        "id": scan.pk,
        "stack": stack.name,
        "status": str(scan.status),
        "format": scan.format,
        "counts": scan.counts,
    }
