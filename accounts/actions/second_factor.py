"""Every write to second factors: begin, confirm, remove, reset; and other recovery codes."""

from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from accounts import guard, totp
from accounts.actions.admins import refuse_to_change_above
from accounts.actions.codes import has_second_factor, new_recovery_codes, spend_code
from accounts.actions.credentials import WRONG_CODE
from accounts.actions.sessions import revoke_all
from accounts.actions.users import locked_user
from accounts.facts import RecoveryCodesRenewed, SecondFactorConfirmed, SecondFactorRefused, SecondFactorRemoved
from accounts.models import RecoveryCode, SecondFactor, Session, User
from audit import journal
from audit.actors import Actor
from audit.journal import Writer
from driftsentry.api.errors import Conflict, Invalid

WRONG_PASSWORD = "This is not your present password."  # noqa: S105 - a message
NONE_YET = "You have no second factor."
ONE_ALREADY = "You have a second factor; remove it before you take another."
NOT_BEGUN = "Begin with a second factor first."
NOT_THIS_WAY = "Remove your own second factor with your password and a code of it."


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator needs; shown once.

    Attributes:
        secret: The seed, base32, for typing.
        uri: The same as an `otpauth://` address, for a QR code.
    """

    secret: str
    uri: str


def begin_second_factor(user: User, *, password: str, by: Actor) -> Enrolment:
    """Make a seed for a user's authenticator; it counts for nothing until a code of it was shown.

    Args:
        user: Whose.
        password: Their present password.
        by: The user.

    Raises:
        Invalid: The password is wrong.
        Conflict: They have a second factor.
    """
    _check_password(user, password, by=by)
    secret = totp.new_secret()
    with journal.writing(user.account_id, by=by):
        locked_user(user.account_id, user.pk)
        if has_second_factor(user.pk):
            raise Conflict(ONE_ALREADY)
        SecondFactor.objects.filter(user=user).delete()
        SecondFactor.objects.create(user=user, account_id=user.account_id, secret=secret)
    return Enrolment(secret, totp.uri(secret, email=user.email))


def confirm_second_factor(user: User, *, code: str, session_id: UUID, by: Actor) -> tuple[str, ...]:
    """Ask for a second factor from now on; the user is signed out everywhere else, where none was asked for.

    Args:
        user: Whose.
        code: The authenticator's present code.
        session_id: The session that this comes from, which stays.
        by: The user.

    Returns:
        The recovery codes, to be shown once.

    Raises:
        Invalid: The code is wrong.
        Conflict: Nothing was begun, or it is confirmed already.
    """
    with journal.writing(user.account_id, by=by) as w:
        locked_user(user.account_id, user.pk)
        factor = SecondFactor.objects.filter(user=user).first()
        if factor is None:
            raise Conflict(NOT_BEGUN)
        if factor.confirmed_at:
            raise Conflict(ONE_ALREADY)
        step = totp.matching_step(factor.secret, code, at=timezone.now().timestamp())
        if step is None:
            raise Invalid.field("code", WRONG_CODE)
        SecondFactor.objects.filter(user=user).update(confirmed_at=w.now, last_step=step)
        codes = new_recovery_codes(user)
        w.record(SecondFactorConfirmed(id=user.pk))
        revoke_all(w, user, Session.RevokedBecause.REVOKED, keep=session_id)
    return codes


def remove_second_factor(user: User, *, password: str, code: str, session_id: UUID, by: Actor) -> None:
    """Ask for no second factor any more; the user is signed out everywhere else.

    Args:
        user: Whose.
        password: Their present password.
        code: A code of the authenticator, or a recovery code.
        session_id: The session that this comes from, which stays.
        by: The user.

    Raises:
        Invalid: The password or the code is wrong.
        Conflict: They have none.
    """
    if not has_second_factor(user.pk):
        raise Conflict(NONE_YET)
    _check_password(user, password, by=by)
    _check_code(user, code, by=by)
    with journal.writing(user.account_id, by=by) as w:
        _forget(w, locked_user(user.account_id, user.pk), keep=session_id)


def renew_recovery_codes(user: User, *, code: str, by: Actor) -> tuple[str, ...]:
    """Give a user other recovery codes; the earlier ones stop.

    Args:
        user: Whose.
        code: A code of the authenticator, or one of the earlier recovery codes.
        by: The user.

    Returns:
        The codes, to be shown once.

    Raises:
        Invalid: The code is wrong.
        Conflict: They have no second factor.
    """
    if not has_second_factor(user.pk):
        raise Conflict(NONE_YET)
    _check_code(user, code, by=by)
    with journal.writing(user.account_id, by=by) as w:
        locked_user(user.account_id, user.pk)
        codes = new_recovery_codes(user)
        w.record(RecoveryCodesRenewed(id=user.pk))
    return codes


def reset_second_factor(account_id: UUID, user_id: UUID, *, by: Actor) -> None:
    """Take a user's second factor away, as an admin, for somebody who has lost it; they are signed out everywhere.

    Args:
        account_id: The tenant.
        user_id: Whose; having none is no error.
        by: The admin.

    Raises:
        NotFound: The tenant has no such user.
        Conflict: It is the admin's own.
        PermissionDenied: It is a superuser's and the admin is none.
    """
    with journal.writing(account_id, by=by) as w:
        user = locked_user(account_id, user_id)
        if user.pk == by.id:
            raise Conflict(NOT_THIS_WAY)
        refuse_to_change_above(user, by=by)
        _forget(w, user, keep=None)


def _forget(w: Writer, user: User, *, keep: UUID | None) -> None:
    confirmed = has_second_factor(user.pk)
    SecondFactor.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()
    if confirmed:
        w.record(SecondFactorRemoved(id=user.pk))
        revoke_all(w, user, Session.RevokedBecause.REVOKED, keep=keep)


def _check_password(user: User, password: str, *, by: Actor) -> None:
    """Judged as at a log-in: a stolen session must not be good for guessing without end."""
    attempt = guard.admit(user.email, by.address)
    if not user.check_password(password):
        _refuse(user, attempt, by=by)
        raise Invalid.field("currentPassword", WRONG_PASSWORD)
    attempt.released()


def _check_code(user: User, code: str, *, by: Actor) -> None:
    attempt = guard.admit(user.email, by.address)
    if not spend_code(user, code, by=by):
        _refuse(user, attempt, by=by)
        raise Invalid.field("code", WRONG_CODE)
    attempt.released()


def _refuse(user: User, attempt: guard.Attempt, *, by: Actor) -> None:
    with journal.writing(user.account_id, by=by) as w:
        w.record(SecondFactorRefused(id=user.pk))
        for fact in attempt.failed(user):
            w.record(fact)
