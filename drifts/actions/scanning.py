"""A detector's scan: asked for, run by a worker outside any transaction, and recorded as one that was sent."""

import hashlib
import json
import traceback
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import close_old_connections

from audit import journal
from audit.actors import Actor
from audit.journal import Writer
from drifts.actions.detection import field_of, is_alone, trust_of
from drifts.actions.freshness import limit_of
from drifts.actions.ingest import fail_scan, record_assessment, told_of
from drifts.actions.outputs import Watched, forget_old_outputs
from drifts.actions.recoveries import UNFINISHED
from drifts.detectors.base import BadConfig, Detection, DetectionError
from drifts.detectors.registry import detecting
from drifts.detectors.transcript import Masker, Transcript
from drifts.facts import ScanQueued, ScanStarted
from drifts.findings import Assessment
from drifts.ingest.errors import FormatError
from drifts.models import Scan, Stack, StackSecrets
from driftsentry.api.encryption import Undecipherable
from driftsentry.api.errors import Conflict, NotFound
from driftsentry.api.ids import new_id
from driftsentry.api.jobs import job

logger = structlog.get_logger(__name__)

RUN_SCAN = "drifts.tasks.run_scan"
WORKER = Actor.system("worker")
SLACK = timedelta(minutes=3)
"""Beyond the stack's time limit, for what a detector does last and for recording."""
MAX_WORDS = 1000
MAX_FRAMES = 6
LOST = "The worker that ran it ended before it was done; nothing of it was kept."
UNREADABLE = "The stack's secrets cannot be decrypted with this server's ENCRYPTION_KEYS."
SEVERAL_ACCOUNTS = (
    "DRIFTSENTRY_TERRAFORM_ROOT is one folder for several accounts: put {account} into it, so that each has its own."
)


class ScanCrashed(Exception):
    """A detector or the recording failed in a way that nobody foresaw; the log has what may be told of it."""


@dataclass(frozen=True, slots=True)
class Told:
    """Why a scan could not be made, in words for a person."""

    words: str


def request_scan(account_id: UUID, stack_id: UUID, *, by: Actor) -> Scan:
    """Have a stack scanned now, by its detector.

    Args:
        account_id: The tenant.
        stack_id: The stack.
        by: Who asks.

    Raises:
        NotFound: The tenant has no such stack.
        Conflict: It has no detector, is disabled, or its last scan is not over.
    """
    with journal.writing(account_id, by=by) as w:
        stack = Stack.objects.for_account(account_id).select_for_update(no_key=True).filter(pk=stack_id).first()
        if stack is None:
            raise NotFound
        if not stack.detector:
            raise Conflict(f"The stack {stack.name} has no detector: its scans are sent. Set one to scan it from here.")
        if not stack.is_enabled:
            raise Conflict(f"The stack {stack.name} is disabled; enable it before scanning it.")
        if is_busy(stack):
            raise Conflict(f"A scan of {stack.name} is waiting or running already.")
        return queue_scan(w, stack, detected_by=Scan.Sources.MANUAL)


def is_busy(stack: Stack) -> bool:
    """Whether a detector's scan of a stack waits or runs.

    Args:
        stack: The stack, its row locked.
    """
    return Scan.objects.filter(stack=stack, status__in=UNFINISHED).exclude(detector="").exists()


def queue_scan(w: Writer, stack: Stack, *, detected_by: Scan.Sources) -> Scan:
    """Make a scan that waits, and the job that runs it, in the writer's transaction.

    Args:
        w: The open journal.
        stack: The stack, its row locked and not busy.
        detected_by: Who had it made.
    """
    ident = new_id()
    scan = Scan.objects.create(
        id=ident,
        account_id=w.account_id,
        stack=stack,
        format=stack.detector,
        detector=stack.detector,
        detected_by=detected_by,
        status=Scan.Statuses.PENDING,
        body_digest=hashlib.sha256(b"detector " + ident.bytes).digest(),
        submitted_by_id=w.actor.user_id,
    )
    w.record(ScanQueued(**told_of(scan, stack)))
    job(RUN_SCAN).defer(account_id=str(w.account_id), scan_id=str(scan.pk))
    return scan


def run_scan(account_id: UUID, scan_id: UUID) -> None:
    """Run the detector of a scan that waits, and record what it finds.

    A job may come twice: the second time the scan is running or over. It runs where the worker of the first time has
    ended, so it is failed then; that worker, should it live after all, is refused when it records.

    Args:
        account_id: The tenant.
        scan_id: The scan.

    Raises:
        ScanCrashed: Something failed in a way that nobody foresaw; the scan is failed.
    """
    scan = _start(account_id, scan_id)
    if scan is None:
        return
    forget_old_outputs(scan.stack_id)
    secrets = _secrets(scan.stack)
    masker = Masker(secrets.values() if isinstance(secrets, dict) else ())
    try:
        close_old_connections()  # a detector may take long: recording begins with a live one
        found = secrets if isinstance(secrets, Told) else _detect(scan, secrets, masker)
        close_old_connections()
        if isinstance(found, Assessment):
            record_assessment(scan, found, by=WORKER)
        else:
            fail_scan(scan, found.words, by=WORKER)
    except Conflict as error:  # it was given up meanwhile
        logger.warning("scan_not_recorded", scan=str(scan_id), reason=error.message)
    except Exception as error:  # noqa: BLE001 - raised anew below, without its words: they may hold a secret
        logger.error("scan_crashed", scan=str(scan_id), **_safely(error, masker))  # noqa: TRY400
        fail_scan(scan, f"It could not be made ({type(error).__name__}); the worker's log tells more.", by=WORKER)
        raise ScanCrashed(type(error).__name__) from None


def _start(account_id: UUID, scan_id: UUID) -> Scan | None:
    """Take the scan: from now on it runs, and is given up when it runs for too long."""
    scan = Scan.objects.for_account(account_id).filter(pk=scan_id, status__in=UNFINISHED).first()
    if scan is None:
        return None
    if scan.status == Scan.Statuses.RUNNING:
        fail_scan(scan, LOST, by=WORKER)
        return None
    with journal.writing(account_id, by=WORKER) as w:
        waiting = Scan.objects.select_for_update().filter(pk=scan_id, status=Scan.Statuses.PENDING)
        if not waiting.exists():
            return None
        scan.status, scan.started_at = Scan.Statuses.RUNNING, w.now
        scan.deadline = w.now + limit_of(scan.stack) + SLACK
        scan.save(update_fields=["status", "started_at", "deadline", "updated_at"])
        w.record(ScanStarted(**told_of(scan, scan.stack)))
    return scan


def _secrets(stack: Stack) -> dict[str, str] | Told:
    """The stack's secrets; decrypted here and nowhere else."""
    try:
        kept = StackSecrets.objects.filter(stack=stack).first()
    except Undecipherable:
        return Told(UNREADABLE)
    return {} if kept is None else dict(json.loads(kept.secrets))


def _detect(scan: Scan, secrets: dict[str, str], masker: Masker) -> Assessment | Told:
    """Run the detector, outside any transaction."""
    stack = scan.stack
    if not stack.is_enabled or stack.detector != scan.detector:
        return Told("The stack was disabled, or given another detector, before its scan began.")
    watched = Watched(scan.account_id, scan.pk, Transcript(masker))
    try:
        chosen = detecting(scan.detector)
        chosen.check(stack.detector_config, secrets.keys())
        return chosen.detect(
            Detection(
                config=stack.detector_config,
                secrets=secrets,
                trust=trust_of(scan.account_id),
                private_hosts=settings.DETECTOR_PRIVATE_HOSTS,
                seconds=limit_of(stack).total_seconds(),
                files_root=_files_root(scan.account_id),
                largest=settings.MAX_SCAN_BODY_BYTES,
                say=watched.say,
            )
        )
    except BadConfig as error:
        return Told(masker.words(f"{field_of(error)}: {error.message}", MAX_WORDS))
    except DetectionError as error:
        return Told(masker.words(str(error), MAX_WORDS))
    except FormatError as error:
        return Told(masker.words(f"What it read could not be understood: {error.message}", MAX_WORDS))
    finally:
        watched.close()


def _files_root(account_id: UUID) -> str:
    """The folder of local files that an account's detectors may read: never one that another account's may read too.

    Raises:
        DetectionError: There are several accounts and one folder.
    """
    root: str = settings.TERRAFORM_ROOT
    if root and "{account}" not in root and not is_alone(account_id):
        raise DetectionError(SEVERAL_ACCOUNTS)
    return root.replace("{account}", str(account_id))


def _safely(error: Exception, masker: Masker) -> dict[str, object]:
    """An unforeseen error for the log: its words masked, and where it was, without any value."""
    frames = traceback.extract_tb(error.__traceback__)[-MAX_FRAMES:]
    where = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames]
    return {"error": type(error).__name__, "words": masker.words(str(error), MAX_WORDS), "where": where}
