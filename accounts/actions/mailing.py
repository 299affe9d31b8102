"""Mails are jobs, put in the queue by the transaction that is their cause: none is lost, none is about a rollback.

A job names its user and no more: no token, no e-mail. `accounts.tasks` has the jobs.
"""

from uuid import UUID

from procrastinate.types import TimeDeltaParams

from driftsentry.api.jobs import job

SEND_INVITATION = "accounts.tasks.send_invitation"
TAKE_RESET_REQUEST = "accounts.tasks.take_reset_request"
SEND_PASSWORD_RESET = "accounts.tasks.send_password_reset"  # noqa: S105 - a job
SEND_PASSWORD_CHANGED = "accounts.tasks.send_password_changed"  # noqa: S105 - a job
ERASE_LEFTOVERS = "accounts.tasks.erase_leftovers"


def enqueue(
    task: str, account_id: UUID, user_id: UUID, *, after: TimeDeltaParams | None = None, **arguments: str
) -> None:
    """Put a job about a user in the queue, in the caller's transaction.

    Args:
        task: One of the names above.
        account_id: The tenant.
        user_id: The user.
        after: How long to wait before; none for at once.
        **arguments: What else the job must know; nothing secret or personal in clear.
    """
    asked = job(task, schedule_in=after) if after else job(task)
    asked.defer(account_id=str(account_id), user_id=str(user_id), **arguments)
