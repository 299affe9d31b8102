"""A drift is put back by the team's own pipeline: asked once somebody has approved, and its answer followed.

A run is asked for in the transaction of the approval. A worker sends it outside any transaction, again and again where
that may help, each time under the same id. The pipeline answers with the token of the run, once.
"""

import hashlib
import hmac
import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from procrastinate.exceptions import AlreadyEnqueued

from audit import journal
from audit.actors import Actor
from audit.journal import Writer
from drifts.actions.remediation_ends import MAX_MESSAGE, fail, locked_run, succeed
from drifts.detectors.transcript import Masker
from drifts.models import RemediationHook, RemediationRun
from drifts.remediation.requests import Asking, BadHook, Target, asking, check, is_web, should_retry, told_in
from drifts.remediation_facts import RemediationRequested
from drifts.transitions import Status
from driftsentry.api import outgoing, tenancy
from driftsentry.api.encryption import Undecipherable
from driftsentry.api.errors import NotFound
from driftsentry.api.ids import new_id
from driftsentry.api.jobs import job

logger = structlog.get_logger(__name__)

SEND = "drifts.tasks.send_remediation"
SENDER = Actor.system("remediation")
PIPELINE = Actor.system("remediation pipeline")
DELAYS = tuple(timedelta(seconds=one) for one in (10, 30, 120, 300, 900))
"""How long to wait after each try that failed; after one more it is given up."""
JITTER = 0.2
LEASE = timedelta(minutes=2)
"""How long a worker that is sending keeps others from it; more than sending may take."""
SEND_SECONDS = 20.0
SWEEP = 100
MAX_PATHS = 100
OPEN_RUNS = (RemediationRun.Statuses.PENDING, RemediationRun.Statuses.SENT)
_jitter = random.SystemRandom()


def request_remediation(w: Writer, drift_id: UUID) -> None:
    """Have the pipeline of a drift's stack asked to put it back, where the stack has one that is enabled.

    Args:
        w: The open journal of the approval.
        drift_id: The drift.
    """
    of_account = RemediationHook.objects.filter(account_id=w.account_id, is_enabled=True)
    found = of_account.filter(stack__drifts=drift_id).values_list("kind", "stack__name").first()
    if found is None:
        return
    kind, stack = found
    ident = new_id()
    run = RemediationRun.objects.create(
        id=ident,
        account_id=w.account_id,
        drift_id=drift_id,
        kind=kind,
        token_digest=_digest(_token(ident)),
        next_try_at=w.now,
    )
    w.record(RemediationRequested(id=run.pk, drift_id=drift_id, stack=stack, hook=kind))
    _defer(run)


def send_remediation(account_id: UUID, run_id: UUID) -> None:
    """Ask the pipeline. A second job for the same run finds it taken, or done.

    Args:
        account_id: The tenant.
        run_id: The run.
    """
    run = _claim(account_id, run_id)
    if run is None:
        return
    try:
        made = _request_of(run)
        answer = outgoing.post(
            made.url,
            made.content,
            headers=made.headers,
            private_hosts=settings.REMEDIATION_PRIVATE_HOSTS,
            seconds=SEND_SECONDS,
        )
    except (outgoing.Unresolved, outgoing.Unanswered) as error:
        _note_trouble(run, str(error), status=None)
    except (BadHook, outgoing.Refused, Undecipherable) as error:
        _note_refused(run, f"The pipeline cannot be asked. {error}")
    else:
        _note_answer(run, answer)


def take_result(run_id: UUID, *, token: str, succeeded: bool, message: str = "", url: str = "") -> None:
    """Take a pipeline's answer, once.

    Args:
        run_id: The run.
        token: As it was given to the pipeline.
        succeeded: Whether the resource was put back.
        message: What it says.
        url: Where people can look at it.

    Raises:
        NotFound: There is no such run, it is over, was never sent, or this is not its token.
    """
    with tenancy.lifted("a pipeline's answer names its run, which says whose it is"):
        run = RemediationRun.objects.filter(pk=run_id, status__in=OPEN_RUNS, attempts__gt=0).first()
    if run is None or not hmac.compare_digest(bytes(run.token_digest), _digest(token)):
        raise NotFound
    message = Masker().words(message, MAX_MESSAGE)
    with journal.writing(run.account_id, by=PIPELINE) as w:
        run = locked_run(w, run_id)
        if run is None or run.status not in OPEN_RUNS:
            raise NotFound
        run.url = url if is_web(url) else run.url
        if succeeded:
            succeed(w, run, message)
        else:
            fail(w, run, "The pipeline says that it failed.", message=message)


def sweep_remediations() -> int:
    """Send what no worker has sent in time, and fail what no pipeline has answered in time.

    Returns:
        How many.
    """
    now = timezone.now()
    late = RemediationRun.objects.filter(status=RemediationRun.Statuses.SENT, deadline__lt=now).order_by("deadline")
    forgotten = RemediationRun.objects.filter(
        status=RemediationRun.Statuses.PENDING, next_try_at__lt=now - timedelta(minutes=1)
    ).order_by("next_try_at")
    done = 0
    for run in late[:SWEEP]:
        with journal.writing(run.account_id, by=SENDER) as w:
            locked = locked_run(w, run.pk)
            if locked is not None and locked.status == RemediationRun.Statuses.SENT:
                fail(w, locked, f"The pipeline did not answer within {settings.REMEDIATION_ANSWER_SECONDS} seconds.")
                done += 1
    for run in forgotten[:SWEEP]:
        _defer(run)
        done += 1
    return done


def _claim(account_id: UUID, run_id: UUID) -> RemediationRun | None:
    """Take a run that is due, for as long as sending it may take."""
    with journal.writing(account_id, by=SENDER) as w:
        run = locked_run(w, run_id)
        if run is None or run.status != RemediationRun.Statuses.PENDING:
            return None
        if run.next_try_at is None or run.next_try_at > w.now:
            return None
        if run.drift.status != Status.APPROVED.value:
            fail(w, run, "The drift was no longer approved when its pipeline was to be asked.")
            return None
        run.attempts += 1
        run.next_try_at = w.now + LEASE
        run.token_digest = _digest(_token(run.pk))  # anew: the server's key may have been changed
        run.save(update_fields=["attempts", "next_try_at", "token_digest"])
    return run


def _request_of(run: RemediationRun) -> Asking:
    """The request of a run, made anew for each try: the hook may have been mended meanwhile.

    Raises:
        BadHook: There is no hook any more, or it cannot work.
        Undecipherable: Its secret cannot be read.
    """
    with tenancy.within(run.account_id):
        hook = RemediationHook.objects.filter(account_id=run.account_id, stack_id=run.drift.stack_id).first()
    if hook is None or not hook.is_enabled:
        raise BadHook("", "The stack's hook was removed or disabled.")
    target = Target(kind=hook.kind, url=hook.url, project=hook.project, ref=hook.ref, secret=hook.secret)
    check(target, private_hosts=settings.REMEDIATION_PRIVATE_HOSTS)
    return asking(target, str(run.pk), payload_of(run), at=timezone.now().astimezone(UTC))


def payload_of(run: RemediationRun) -> dict[str, Any]:
    """What a pipeline is told: names and paths, no value of any state.

    Args:
        run: The run, with its drift and stack.
    """
    drift, base = run.drift, settings.PUBLIC_URL
    return {
        "runId": str(run.pk),
        "driftId": str(drift.pk),
        "stack": drift.stack.name,
        "environment": drift.stack.environment,
        "address": drift.address,
        "resourceId": drift.resource_id,
        "providerType": drift.provider_type,
        "kind": drift.kind,
        "severity": drift.severity,
        "reason": drift.approval_reason,
        "paths": sorted(drift.difference)[:MAX_PATHS],
        "url": f"{base}/api/v1/drifts/{drift.pk}",
        "result": {"url": f"{base}/api/v1/remediation-runs/{run.pk}/result", "token": _token(run.pk)},
    }


def _note_answer(run: RemediationRun, answer: outgoing.Answer) -> None:
    if not 200 <= answer.status < 300:
        words = f"The pipeline answers with {answer.status}."
        if should_retry(answer.status):
            _note_trouble(run, words, status=answer.status)
        else:
            _note_refused(run, words, status=answer.status)
        return
    told = told_in(answer.body)
    with journal.writing(run.account_id, by=SENDER) as w:
        locked = locked_run(w, run.pk)
        if locked is None or locked.status != RemediationRun.Statuses.PENDING:
            return  # it has answered already, or was given up
        locked.status, locked.sent_at, locked.next_try_at = RemediationRun.Statuses.SENT, w.now, None
        locked.deadline = w.now + timedelta(seconds=settings.REMEDIATION_ANSWER_SECONDS)
        locked.answer_status, locked.external_id, locked.url = answer.status, told.external_id, told.url
        locked.save(
            update_fields=["status", "sent_at", "next_try_at", "deadline", "answer_status", "external_id", "url"]
        )


def _note_trouble(run: RemediationRun, words: str, *, status: int | None) -> None:
    """Try again later, unless it was tried often enough."""
    with journal.writing(run.account_id, by=SENDER) as w:
        locked = locked_run(w, run.pk)
        if locked is None or locked.status != RemediationRun.Statuses.PENDING:
            return
        locked.answer_status = status
        if locked.attempts > len(DELAYS):
            fail(w, locked, f"{words} It was tried {locked.attempts} times.")
            return
        wait = DELAYS[max(locked.attempts, 1) - 1]
        locked.next_try_at = w.now + wait * _jitter.uniform(1 - JITTER, 1 + JITTER)
        locked.save(update_fields=["answer_status", "next_try_at"])
        _defer(locked, at=locked.next_try_at)
    logger.info("remediation_not_sent", run=str(run.pk), attempts=run.attempts, reason=words)


def _note_refused(run: RemediationRun, words: str, *, status: int | None = None) -> None:
    """Another try would not help."""
    with journal.writing(run.account_id, by=SENDER) as w:
        locked = locked_run(w, run.pk)
        if locked is not None and locked.status == RemediationRun.Statuses.PENDING:
            locked.answer_status = status
            fail(w, locked, words)


def _defer(run: RemediationRun, *, at: datetime | None = None) -> None:
    """Put a job into the queue, unless one waits there already."""
    with suppress(AlreadyEnqueued), transaction.atomic():
        task = job(SEND, queueing_lock=f"remediation {run.pk}", schedule_at=at)
        task.defer(account_id=str(run.account_id), run_id=str(run.pk))


def _token(run_id: UUID) -> str:
    """The token that a run's answer must show: the same for each try, and kept nowhere."""
    return salted_hmac("drifts.remediation.result", str(run_id), algorithm="sha256").hexdigest()


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
