"""Periodic jobs that keep the house: whichever worker wakes first does them, once.

What they call is imported when they run: procrastinate imports this module in every process, at its start.
"""

from importlib import import_module

import structlog
from django.conf import settings
from procrastinate import JobContext, exceptions
from procrastinate.contrib.django import app
from procrastinate.jobs import Job, Status

logger = structlog.get_logger(__name__)

MAX_SWEEPS = 5
"""How often a job may lose its worker: one that kills every worker must not do so for ever."""
FINISHED_JOBS_KEPT_HOURS = 7 * 24


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="sweep_stalled_jobs", pass_context=True)
async def sweep_stalled_jobs(context: JobContext, timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Let the jobs of workers that died be done by others.

    Args:
        context: Gives the job manager.
        timestamp: When it was due.
    """
    for job in await context.app.job_manager.get_stalled_jobs():
        try:
            await _sweep(context, job)
        except exceptions.ConnectorException as error:  # it ended meanwhile: its worker was only slow
            logger.info("job_not_swept", job=job.id, task=job.task_name, error=type(error).__name__)


async def _sweep(context: JobContext, job: Job) -> None:
    manager = context.app.job_manager
    if job.attempts >= MAX_SWEEPS:
        await manager.finish_job(job, Status.FAILED, delete_job=False)
        logger.error("job_given_up", job=job.id, task=job.task_name, attempts=job.attempts)
        return
    try:
        await manager.retry_job(job)
    except exceptions.UniqueViolation:
        # The same job waits already, under the same queueing lock.
        await manager.finish_job(job, Status.ABORTED, delete_job=False)
    logger.warning("job_swept", job=job.id, task=job.task_name, attempts=job.attempts)


@app.periodic(cron="7 * * * *")
@app.task(queueing_lock="remove_finished_jobs", pass_context=True)
async def remove_finished_jobs(context: JobContext, timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Remove jobs that ended, in whatever way, a week ago.

    Args:
        context: Gives the job manager.
        timestamp: When it was due.
    """
    await context.app.job_manager.delete_old_jobs(
        nb_hours=FINISHED_JOBS_KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )


@app.periodic(cron="17 * * * *")
@app.task(queueing_lock="forget_old_requests")
def forget_old_requests(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Drop the answers kept for `Idempotency-Key`s that are no longer honoured.

    Args:
        timestamp: When it was due.
    """
    from driftsentry.api import idempotency  # noqa: PLC0415 - see above

    logger.info("old_requests_forgotten", requests=idempotency.forget_old_requests())


@app.periodic(cron="27 * * * *")
@app.task(queueing_lock="clear_browser_sessions")
def clear_browser_sessions(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Drop the admin's expired browser sessions.

    Args:
        timestamp: When it was due.
    """
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="fail_abandoned_scans")
def fail_abandoned_scans(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Fail the scans whose process ended in the middle.

    Args:
        timestamp: When it was due.
    """
    from drifts.actions import ingest  # noqa: PLC0415 - see above

    ingest.fail_abandoned_scans()
