"""The jobs that send mails. A job may run twice: each run makes a new token, and the one before is void.

What they call is imported when they run: procrastinate imports this module in every process, at its start.
"""

from uuid import UUID

import structlog
from django.conf import settings
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from accounts.mails import INVITATION, PASSWORD_CHANGED, PASSWORD_RESET, Mail, link, send
from accounts.models import User
from driftsentry.api import tenancy
from driftsentry.api.mail import MailNotSent, MailRefused

logger = structlog.get_logger(__name__)

AGAIN = RetryStrategy(max_attempts=6, wait=30, exponential_wait=5, retry_exceptions={MailNotSent})
"""After 35 seconds, then ever longer, for about six hours: a mail server that is being restarted loses nothing."""


@app.task(name="accounts.tasks.send_invitation", retry=AGAIN)
def send_invitation(account_id: str, user_id: str, inviter_id: str) -> None:
    """Send an invitation with a fresh link.

    Args:
        account_id: The tenant.
        user_id: Whom.
        inviter_id: The admin; empty for a part of the system.
    """
    from accounts.actions.invitations import renew_invitation_token  # noqa: PLC0415 - see above

    if not _can_send(user_id):
        return
    with tenancy.within(UUID(account_id)):
        made = renew_invitation_token(UUID(account_id), UUID(user_id))
        inviter = User.objects.filter(pk=inviter_id, account_id=account_id).first() if inviter_id else None
    if made is None:
        logger.info("mail_not_needed", user=user_id, mail=INVITATION.template)
        return
    name = inviter.name if inviter else "An administrator"
    _send(INVITATION, made[0], link=link(made[1]), inviter=name, lifetime="seven days")


@app.task(name="accounts.tasks.take_reset_request", retry=3)
def take_reset_request(account_id: str, user_id: str, origin: str) -> None:
    """Somebody has forgotten a password: have a link sent, if there is somebody to be sent one.

    Args:
        account_id: The tenant.
        user_id: Whose password; nobody's, where the e-mail was unknown.
        origin: Where it came from, encrypted.
    """
    from accounts.actions import passwords  # noqa: PLC0415 - see above

    with tenancy.within(UUID(account_id)):
        taken = passwords.take_reset_request(UUID(account_id), UUID(user_id), origin=origin)
    if not taken:
        logger.info("password_reset_refused", reason="no active user with a password")


@app.task(name="accounts.tasks.send_password_reset", retry=AGAIN)
def send_password_reset(account_id: str, user_id: str) -> None:
    """Send a link that sets a new password.

    Args:
        account_id: The tenant.
        user_id: Whom.
    """
    from accounts.actions.passwords import renew_reset_token  # noqa: PLC0415 - see above

    if not _can_send(user_id):
        return
    made = renew_reset_token(UUID(account_id), UUID(user_id))
    if made is None:
        logger.info("mail_not_needed", user=user_id, mail=PASSWORD_RESET.template)
        return
    _send(PASSWORD_RESET, made[0], link=link(made[1]), lifetime="one hour")


@app.task(name="accounts.tasks.send_password_changed", retry=AGAIN)
def send_password_changed(account_id: str, user_id: str, how: str) -> None:
    """Tell a user that their password was changed.

    Args:
        account_id: The tenant.
        user_id: Whom.
        how: As the fact has it.
    """
    with tenancy.within(UUID(account_id)):
        user = User.objects.select_related("account").filter(pk=user_id, account_id=account_id, erased_at=None).first()
    if user is None or not _can_send(user_id):
        return
    where = "everywhere else" if how == "own" else "everywhere"
    when = {"own": "by you", "reset": "by a link in a mail to you", "admin": "by an administrator"}.get(how, "")
    _send(PASSWORD_CHANGED, user, when=when, where=where)


@app.task(name="accounts.tasks.erase_leftovers", retry=3)
def erase_leftovers(account_id: str, user_id: str) -> None:
    """Erase what requests of an erased person wrote that were under way meanwhile.

    Args:
        account_id: The tenant.
        user_id: Who was erased.
    """
    from accounts.actions import erasure  # noqa: PLC0415 - see above

    erasure.erase_leftovers(UUID(account_id), UUID(user_id))


@app.periodic(cron="37 * * * *")
@app.task(name="accounts.tasks.forget_old_tokens", queueing_lock="forget_old_tokens")
def forget_old_tokens(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Drop one-time tokens that expired long ago.

    Args:
        timestamp: When it was due.
    """
    from accounts.actions import one_time  # noqa: PLC0415 - see above

    with tenancy.lifted("old tokens of every account"):
        logger.info("old_tokens_forgotten", tokens=one_time.forget_old_tokens())


def _can_send(user_id: str) -> bool:
    if not settings.MAIL_CAN_BE_SENT:
        logger.warning("mail_not_sent", user=user_id, reason="EMAIL_URL is not set")
    return bool(settings.MAIL_CAN_BE_SENT)


def _send(mail: Mail, user: User, **context: str) -> None:
    try:
        send(mail, user, **context)
    except MailRefused as error:
        logger.warning("mail_refused", user=str(user.pk), mail=mail.template, reason=str(error))
        return
    logger.info("mail_sent", user=str(user.pk), mail=mail.template)
