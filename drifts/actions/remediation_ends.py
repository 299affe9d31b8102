"""How a remediation run ends: the drift is over, or somebody is told that it is not."""

from typing import Any
from uuid import UUID

from alerts.actions import Notice, raise_alerts
from alerts.models import Alert
from audit.journal import Writer
from drifts.actions import decide
from drifts.actions.approving import Hearing
from drifts.models import Drift, RemediationRun
from drifts.remediation_facts import RemediationFailed, RemediationSucceeded
from drifts.transitions import Action, Status, can

MAX_MESSAGE = 1000
"""Characters of a pipeline's words that are kept."""
_ENDED = ("status", "finished_at", "message", "next_try_at", "deadline", "answer_status", "url")


def locked_run(w: Writer, run_id: UUID) -> RemediationRun | None:
    """A run with its drift and stack, its row locked; None where the tenant has no such run.

    Args:
        w: The open journal.
        run_id: The run.
    """
    return RemediationRun.objects.for_account(w.account_id).select_for_update(of=("self",)).filter(pk=run_id).first()


def succeed(w: Writer, run: RemediationRun, message: str) -> None:
    """End a run well. The drift is over, unless it is already: a scan may have seen it gone.

    Args:
        w: The open journal.
        run: The run, its row locked.
        message: What the pipeline says.
    """
    _finish(w, run, RemediationRun.Statuses.SUCCEEDED, message)
    w.record(RemediationSucceeded(**_told(run), url=run.url, text=message))
    drift = Drift.objects.for_account(w.account_id).select_for_update(of=("self",)).get(pk=run.drift_id)
    if can(drift.status, Action.RESOLVE):
        ending = decide.resolution(how=Drift.Resolutions.AUTO_REMEDIATE, note=message)
        decide.make(w, drift, ending, Hearing(w, [drift]))
        drift.save(update_fields=[*decide.DECISION_FIELDS, "updated_at"])


def fail(w: Writer, run: RemediationRun, reason: str, *, message: str = "") -> None:
    """End a run badly. The drift stays as it is; somebody is told, unless it is over anyway.

    Args:
        w: The open journal.
        run: The run with its drift, its row locked.
        reason: Why, in our words.
        message: What the pipeline says.
    """
    words = f"{reason} {message}".strip()
    _finish(w, run, RemediationRun.Statuses.FAILED, words)
    w.record(RemediationFailed(**_told(run), reason=reason, url=run.url, text=message))
    drift = run.drift
    if drift.status != Status.APPROVED.value:
        return
    notice = Notice(
        type=Alert.Types.REMEDIATION_FAILED,
        severity=drift.severity,
        title=f"Remediation failed: {drift.resource_id} in {drift.stack.name}",
        message=words,
        drift_id=drift.pk,
    )
    raise_alerts(w, [notice])


def _finish(w: Writer, run: RemediationRun, status: RemediationRun.Statuses, message: str) -> None:
    run.status, run.finished_at, run.message = status, w.now, message[: 2 * MAX_MESSAGE]
    run.next_try_at = run.deadline = None
    run.save(update_fields=list(_ENDED))


def _told(run: RemediationRun) -> dict[str, Any]:
    return {"id": run.pk, "drift_id": run.drift_id, "stack": run.drift.stack.name, "hook": run.kind}
