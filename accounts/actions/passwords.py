"""Every write to passwords: by oneself, by a mailed link, by an admin."""

import json
from dataclasses import replace
from uuid import UUID, uuid4

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts import guard
from accounts.actions.admins import refuse_to_change_above
from accounts.actions.mailing import SEND_PASSWORD_CHANGED, SEND_PASSWORD_RESET, TAKE_RESET_REQUEST, enqueue
from accounts.actions.one_time import find_token, make_token, spend_token, void_tokens
from accounts.actions.sessions import revoke_all
from accounts.actions.users import locked_user
from accounts.even_time import even_time
from accounts.facts import PasswordChanged, PasswordChangeRefused, PasswordResetRequested
from accounts.models import OneTimeToken, Session, User, normalised_email
from audit import journal
from audit.actors import Actor
from audit.journal import Writer
from driftsentry.api import tenancy
from driftsentry.api.encryption import decrypt, encrypt
from driftsentry.api.errors import Conflict, Invalid

BAD_LINK = "The link has expired or was used before; ask for a new one."
BAD_PRESENT = "This is not your present password."
MOST_CHARACTERS = 1000


def check_rules(password: str, user: User, *, field: str = "newPassword") -> None:
    """Hold a password against the rules (`AUTH_PASSWORD_VALIDATORS`).

    Args:
        password: The password.
        user: Whose it is to be: it must not be like their e-mail or name.
        field: The field's wire name, for the refusal.

    Raises:
        Invalid: It breaks a rule.
    """
    if len(password) > MOST_CHARACTERS:
        raise Invalid.field(field, f"At most {MOST_CHARACTERS} characters.")
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid.field(field, " ".join(error.messages)) from error


def set_password(account_id: UUID, user_id: UUID, *, password: str, by: Actor) -> User:
    """Give a user another password, as an admin; they are signed out everywhere.

    Args:
        account_id: The tenant.
        user_id: Whose.
        password: The new one, already checked against the password rules.
        by: The admin.

    Raises:
        NotFound: The tenant has no such user.
        PermissionDenied: They are a superuser and the admin is not.
    """
    encoded = make_password(password)
    with journal.writing(account_id, by=by) as w:
        user = locked_user(account_id, user_id)
        refuse_to_change_above(user, by=by)
        _change(w, user, encoded, how="admin")
    return user


def change_own_password(user: User, *, current: str, new: str, session_id: UUID | None, by: Actor) -> None:
    """Give oneself another password; one's other sessions end.

    Args:
        user: Whose.
        current: The present one; tries are counted with the log-ins.
        new: The new one.
        session_id: The session that stays.
        by: The same user.

    Raises:
        Invalid: The present one is wrong, or the new one breaks a rule.
        TooMany: There were too many tries.
        Conflict: It was changed meanwhile.
    """
    attempt = guard.admit(user.email, by.address)
    if not user.check_password(current):
        with journal.writing(user.account_id, by=by) as w:
            w.record(PasswordChangeRefused(id=user.pk))
            for fact in attempt.failed(user):
                w.record(fact)
        raise Invalid.field("currentPassword", BAD_PRESENT)
    attempt.succeeded()
    check_rules(new, user)
    encoded = make_password(new)
    with journal.writing(user.account_id, by=by) as w:
        locked = locked_user(user.account_id, user.pk)
        if locked.password != user.password or not locked.is_active:
            raise Conflict("The password was changed meanwhile; log in again.")
        _change(w, locked, encoded, how="own", keep=session_id)


def forget_password(*, email: str, by: Actor) -> None:
    """Somebody has forgotten a password. Whoever it is, this does the same in equal time: it puts a job in the queue.

    The job (`take_reset_request`) finds out whether there is anybody to be sent a link.

    Args:
        email: As typed.
        by: Where it comes from, for the journal.

    Raises:
        TooMany: The address, or somebody for this e-mail, has asked too often.
    """
    guard.admit_reset(by.address, email)
    with even_time():
        with tenancy.lifted("whose e-mail it is"):
            found = User.objects.filter(email=normalised_email(email)).values_list("account_id", "pk").first()
        account_id, user_id = found or (uuid4(), uuid4())
        origin = json.dumps([by.address, by.user_agent, by.correlation_id])
        enqueue(TAKE_RESET_REQUEST, account_id, user_id, origin=encrypt(origin))


def take_reset_request(account_id: UUID, user_id: UUID, *, origin: str) -> bool:
    """Journal that a new password was asked for and have the link sent, if there is somebody who has a password.

    Args:
        account_id: The tenant.
        user_id: Whose password; nobody's, where the e-mail was unknown.
        origin: Where it came from, encrypted.

    Returns:
        Whether there is.
    """
    address, user_agent, correlation = json.loads(decrypt(origin))
    user = User.objects.filter(account_id=account_id, pk=user_id).first()
    if user is None:
        return False
    by = Actor(user.pk, user.email, user.role, address, user_agent, correlation)
    with journal.writing(account_id, by=by) as w:
        if _with_a_password(account_id, user_id) is None:
            return False
        w.record(PasswordResetRequested(id=user_id))
        enqueue(SEND_PASSWORD_RESET, account_id, user_id)
    return True


def renew_reset_token(account_id: UUID, user_id: UUID) -> tuple[User, str] | None:
    """Make the token of a mail that is about to be sent; one that an earlier try made is void.

    Args:
        account_id: The tenant.
        user_id: Whose.

    Returns:
        The user, with the account, and the token; none where they have no password any more.
    """
    with journal.writing(account_id, by=Actor.system("mail")) as w:
        user = _with_a_password(account_id, user_id)
        return None if user is None else (user, make_token(w, user, OneTimeToken.Purposes.PASSWORD_RESET))


def reset_password(*, token: str, new: str, by: Actor) -> None:
    """Set a password by a mailed link, once; the user is signed out everywhere.

    Args:
        token: From the link.
        new: The new password.
        by: Where it comes from; the token says who it is.

    Raises:
        Invalid: The link does not work any more, or the password breaks a rule.
    """
    found = find_token(token)
    if found is None or not found.user.is_active:
        raise Invalid.field("token", BAD_LINK)
    check_rules(new, found.user)
    encoded = make_password(new)
    actor = replace(by, id=found.user.pk, email=found.user.email, role=found.user.role)
    invited = found.purpose == OneTimeToken.Purposes.INVITATION
    with journal.writing(found.account_id, by=actor) as w:
        user = User.objects.select_for_update().get(pk=found.user_id)
        if not user.is_active or not spend_token(w, found):
            raise Invalid.field("token", BAD_LINK)
        _change(w, user, encoded, how="invitation" if invited else "reset")


def _change(w: Writer, user: User, encoded: str, *, how: str, keep: UUID | None = None) -> None:
    had_one = user.has_usable_password()
    user.password = encoded
    user.save(update_fields=["password", "updated_at"])
    void_tokens(w, user)
    w.record(PasswordChanged(id=user.pk, how=how))
    revoke_all(w, user, Session.RevokedBecause.PASSWORD, keep=keep)
    if had_one:
        enqueue(SEND_PASSWORD_CHANGED, user.account_id, user.pk, how=how)


def _with_a_password(account_id: UUID, user_id: UUID) -> User | None:
    """The user, if a new password is theirs to ask for: active, and one who logs in by password."""
    users = User.objects.select_related("account").filter(account_id=account_id, pk=user_id, is_active=True)
    found = users.select_for_update(of=("self",)).first()
    return found if found is not None and found.has_usable_password() else None
