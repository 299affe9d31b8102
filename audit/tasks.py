"""The journal's periodic job.

What it calls is imported when it runs: procrastinate imports this module in every process, at its start.
"""

from procrastinate.contrib.django import app

from driftsentry.api import tenancy


@app.periodic(cron="47 3 * * *")
@app.task(name="audit.tasks.log_journal_heads", queueing_lock="log_journal_heads")
def log_journal_heads(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Write each account's signed head to the log.

    Args:
        timestamp: When it was due.
    """
    from audit import heads  # noqa: PLC0415 - see above

    with tenancy.lifted("the heads of every account"):
        heads.log_heads()
