"""The jobs of scanning.

What they call is imported when they run: procrastinate imports this module in every process, at its start.
"""

from uuid import UUID

import structlog
from procrastinate.contrib.django import app

from driftsentry.api import tenancy

logger = structlog.get_logger(__name__)


@app.task(name="drifts.tasks.run_scan")
def run_scan(account_id: str, scan_id: str) -> None:
    """Run the detector of a scan. A second run of the job changes nothing that the first has recorded.

    Args:
        account_id: The tenant.
        scan_id: The scan.
    """
    from drifts.actions import scanning  # noqa: PLC0415 - see above

    with tenancy.within(UUID(account_id)):
        scanning.run_scan(UUID(account_id), UUID(scan_id))


@app.periodic(cron="* * * * *")
@app.task(name="drifts.tasks.tick_schedules", queueing_lock="tick_schedules")
def tick_schedules(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Start what is due, and tell of what was not scanned for too long.

    Args:
        timestamp: When it was due.
    """
    from drifts.actions import schedules  # noqa: PLC0415 - see above

    with tenancy.lifted("schedules of every account"):
        started, stale = schedules.start_due_scans(), schedules.mark_stale_stacks()
    if started or stale:
        logger.info("schedules_ticked", started=started, stale=stale)


@app.task(name="drifts.tasks.attribute_drifts")
def attribute_drifts(account_id: str, scan_id: str, drift_ids: list[str], attempt: int) -> None:
    """Ask who changed what a scan found. A second run of the job changes nothing that the first has recorded.

    Args:
        account_id: The tenant.
        scan_id: The scan.
        drift_ids: The drifts.
        attempt: 0 at first.
    """
    from drifts.actions import attributing  # noqa: PLC0415 - see above

    with tenancy.within(UUID(account_id)):
        ids = [UUID(one) for one in drift_ids]
        found = attributing.attribute_drifts(UUID(account_id), UUID(scan_id), ids, attempt=attempt)
    logger.info("drifts_attributed", scan=scan_id, asked=len(drift_ids), found=found)


@app.task(name="drifts.tasks.send_remediation")
def send_remediation(account_id: str, run_id: str) -> None:
    """Ask a stack's pipeline to put a resource back. A second run of the job finds it done.

    Args:
        account_id: The tenant.
        run_id: The remediation run.
    """
    from drifts.actions import remediating  # noqa: PLC0415 - see above

    with tenancy.within(UUID(account_id)):
        remediating.send_remediation(UUID(account_id), UUID(run_id))


@app.periodic(cron="* * * * *")
@app.task(name="drifts.tasks.end_snoozes", queueing_lock="end_snoozes")
def end_snoozes(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """End the snoozes whose time is over, and tell people that these drifts are back; alerts are unread again.

    Args:
        timestamp: When it was due.
    """
    from alerts.actions import snooze_ends  # noqa: PLC0415 - see above
    from drifts.actions import snoozing  # noqa: PLC0415 - see above

    with tenancy.lifted("snoozes of every account"):
        ended = snoozing.end_expired_snoozes()
        alerts = snooze_ends.end_expired_snoozes()
    if ended or alerts:
        logger.info("snoozes_ended", drifts=ended, alerts=alerts)


@app.task(name="drifts.tasks.release_assignments")
def release_assignments(account_id: str, user_id: str, attempt: int) -> None:
    """Take from a user who may no longer decide what is theirs still. A second run of the job finds it done.

    Args:
        account_id: The tenant.
        user_id: Who.
        attempt: 0 at first.
    """
    from drifts.actions import assigning  # noqa: PLC0415 - see above

    with tenancy.within(UUID(account_id)):
        released = assigning.release_the_rest(UUID(account_id), UUID(user_id), attempt=attempt)
    if released:
        logger.info("assignments_released", user=user_id, released=released)


@app.periodic(cron="* * * * *")
@app.task(name="drifts.tasks.sweep_approvals", queueing_lock="sweep_approvals")
def sweep_approvals(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """End the approvals that no longer count, and tell of reviews that nobody has done in time.

    Args:
        timestamp: When it was due.
    """
    from drifts.actions import approval_lapses, reviewing  # noqa: PLC0415 - see above

    with tenancy.lifted("approvals and reviews of every account"):
        swept, overdue = approval_lapses.sweep_approvals(), reviewing.tell_overdue_reviews()
    if swept or overdue:
        logger.info("approvals_swept", drifts=swept, overdue_reviews=overdue)


@app.periodic(cron="*/5 * * * *")
@app.task(name="drifts.tasks.remind_of_undecided", queueing_lock="remind_of_undecided")
def remind_of_undecided(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Remind people of grave drifts that nobody decides on.

    Args:
        timestamp: When it was due.
    """
    from drifts.actions import reminders  # noqa: PLC0415 - see above

    with tenancy.lifted("reminders of every account"):
        reminded = reminders.remind()
    if reminded:
        logger.info("reminders_sent", drifts=reminded)


@app.periodic(cron="* * * * *")
@app.task(name="drifts.tasks.sweep_remediations", queueing_lock="sweep_remediations")
def sweep_remediations(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Send what was not sent in time, and fail what was not answered in time.

    Args:
        timestamp: When it was due.
    """
    from drifts.actions import remediating  # noqa: PLC0415 - see above

    with tenancy.lifted("remediation runs of every account"):
        swept = remediating.sweep_remediations()
    if swept:
        logger.info("remediations_swept", runs=swept)
