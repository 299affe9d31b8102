"""Every write to accounts, users and sessions."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import structlog
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import tokens
from accounts.facts import (
    AccountCreated,
    LoginFailed,
    SessionRevoked,
    UserChanged,
    UserCreated,
    UserLoggedIn,
    UserRoleChanged,
)
from accounts.models import Account, Session, User, normalised_email
from audit import journal
from audit.actors import Actor
from audit.journal import Writer
from driftsentry.api.access import Role
from driftsentry.api.errors import Conflict, NotFound, Unauthenticated

logger = structlog.get_logger(__name__)

WRONG_CREDENTIALS = "The e-mail or the password is wrong."
BAD_SESSION = "The session has ended; log in again."
PROFILE_FIELDS = frozenset({"name", "email_notifications", "slack_integration", "critical_alerts_only"})
ADMINISTERED_FIELDS = frozenset({"name", "role", "is_active"})


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A user and the tokens just made for one of their sessions."""

    user: User
    tokens: tokens.TokenPair


def create_account(name: str, *, by: Actor) -> Account:
    """Make a tenant.

    Args:
        name: Its name, unique.
        by: Who does it.

    Raises:
        Conflict: The name is taken.
    """
    account = Account(name=name)
    with journal.writing(account.pk, by=by) as w:
        try:
            with transaction.atomic():
                account.save(force_insert=True)
        except IntegrityError as error:
            raise Conflict("There is already an account with this name.") from error
        w.record(AccountCreated(id=account.pk))
    return account


def create_user(account: Account, *, email: str, name: str, role: Role, password: str | None, by: Actor) -> User:
    """Make a user.

    Args:
        account: The tenant.
        email: The log-in name.
        name: The person's name.
        role: The role.
        password: The password; none for a user who cannot log in yet.
        by: Who does it.

    Raises:
        Conflict: The e-mail is taken.
    """
    user = User(account=account, email=normalised_email(email), name=name, role=role.value)
    user.set_password(password)
    with journal.writing(account.pk, by=by) as w:
        try:
            with transaction.atomic():
                user.save(force_insert=True)
        except IntegrityError as error:
            raise Conflict("There is already a user with this e-mail.") from error
        w.record(UserCreated(id=user.pk, role=role.value))
    return user


def log_in(*, email: str, password: str, by: Actor) -> SignedIn:
    """Open a session; an unknown e-mail and a wrong password read alike and take equal time.

    Args:
        email: The log-in name.
        password: The password.
        by: Where it comes from: address and user agent; the rest is not known yet.

    Raises:
        Unauthenticated: They do not match an active user.
    """
    user = User.objects.select_related("account").filter(email=normalised_email(email)).first()
    if user is None:
        make_password(password)
        logger.info("login_failed", reason="unknown")
        raise Unauthenticated(WRONG_CREDENTIALS)
    actor = replace(by, id=user.pk, email=user.email, role=user.role)
    if not user.check_password(password) or not user.is_active:
        with journal.writing(user.account_id, by=actor) as w:
            w.record(LoginFailed(id=user.pk))
        raise Unauthenticated(WRONG_CREDENTIALS)
    session_id = uuid.uuid4()
    pair = tokens.issue(user, session_id)
    with journal.writing(user.account_id, by=actor) as w:
        # The check above took its time: a password changed or a user deactivated meanwhile must not get a session.
        unchanged = User.objects.filter(pk=user.pk, password=user.password, is_active=True)
        if not unchanged.select_for_update().exists():
            raise Unauthenticated(WRONG_CREDENTIALS)
        Session.objects.create(
            id=session_id,
            user=user,
            refresh_digest=pair.refresh_digest,
            address=by.address[:64],
            user_agent=by.user_agent[:400],
            refreshed_at=w.now,
            expires_at=pair.expires_at,
        )
        User.objects.filter(pk=user.pk).update(last_login=w.now)
        w.record(UserLoggedIn(id=user.pk, session_id=str(session_id)))
    return SignedIn(user, pair)


def refresh_session(refresh_token: str, *, by: Actor) -> SignedIn:
    """Rotate a session's tokens (RFC 9700 section 4.14.2); a used refresh token presented again revokes the session.

    Args:
        refresh_token: As the client sent it.
        by: Where it comes from.

    Raises:
        Unauthenticated: The token does not hold, is used, or its session has ended.
    """
    claims, session = _session_of(refresh_token)
    user = session.user
    if not user.is_active:
        raise Unauthenticated(BAD_SESSION)
    pair = tokens.issue(user, session.pk)
    now = timezone.now()
    # Only columns of the session's own row: with a join, a concurrent update would judge by its old snapshot.
    current = Session.objects.live(now).filter(pk=session.pk, refresh_digest=tokens.digest(claims.token_id))
    rotated = current.update(refresh_digest=pair.refresh_digest, refreshed_at=now, expires_at=pair.expires_at)
    if not rotated:
        actor = replace(by, id=user.pk, email=user.email, role=user.role)
        with journal.writing(user.account_id, by=actor) as w:
            _revoke(w, session, Session.RevokedBecause.REUSED)
        raise Unauthenticated(BAD_SESSION)
    return SignedIn(user, pair)


def log_out(refresh_token: str, *, by: Actor) -> None:
    """End a session, so that its access tokens stop too. Ending it twice is no error.

    Args:
        refresh_token: The session's refresh token.
        by: Who does it: only one's own sessions can be ended with it.

    Raises:
        Unauthenticated: The token does not hold, or is somebody else's.
    """
    _, session = _session_of(refresh_token)
    if session.user_id != by.id:
        raise Unauthenticated(BAD_SESSION)
    with journal.writing(session.user.account_id, by=by) as w:
        _revoke(w, session, Session.RevokedBecause.LOGOUT)


def change_profile(user: User, *, changes: Mapping[str, Any], by: Actor) -> User:
    """Change a user's name or settings.

    Args:
        user: Whose.
        changes: New values by field; only those of `PROFILE_FIELDS` are allowed.
        by: Who does it.

    Raises:
        ValueError: A field is not one that this action changes.
    """
    if not PROFILE_FIELDS.issuperset(changes):
        raise ValueError(f"change_profile does not change {sorted(set(changes) - PROFILE_FIELDS)}")
    changed = tuple(sorted(name for name, value in changes.items() if getattr(user, name) != value))
    with journal.writing(user.account_id, by=by) as w:
        for name in changed:
            setattr(user, name, changes[name])
        if changed:
            user.save(update_fields=[*changed, "updated_at"])
            w.record(UserChanged(id=user.pk, fields=changed))
    return user


def administer_user(account_id: UUID, user_id: UUID, *, changes: Mapping[str, Any], by: Actor) -> User:
    """Change what an admin may change of a user; a deactivated one is signed out everywhere.

    Args:
        account_id: The tenant.
        user_id: Whose.
        changes: New values by field, of `ADMINISTERED_FIELDS`.
        by: The admin.

    Raises:
        NotFound: The tenant has no such user.
        Conflict: The admin would shut themselves out.
        ValueError: A field is not one that this action changes.
    """
    if not ADMINISTERED_FIELDS.issuperset(changes):
        raise ValueError(f"administer_user does not change {sorted(set(changes) - ADMINISTERED_FIELDS)}")
    with journal.writing(account_id, by=by) as w:
        user = _locked(account_id, user_id)
        before = {name: getattr(user, name) for name, value in changes.items() if getattr(user, name) != value}
        if user.pk == by.id and before.keys() & {"role", "is_active"}:
            raise Conflict("You cannot change your own role or deactivate yourself; ask another admin.")
        for name in before:
            setattr(user, name, changes[name])
        if before:
            user.save(update_fields=[*before, "updated_at"])
            _record_changes(w, user, before)
    return user


def set_password(account_id: UUID, user_id: UUID, *, password: str, by: Actor) -> User:
    """Give a user another password, as an admin; they are signed out everywhere.

    Args:
        account_id: The tenant.
        user_id: Whose.
        password: The new one, already checked against the password rules.
        by: The admin.

    Raises:
        NotFound: The tenant has no such user.
    """
    encoded = make_password(password)
    with journal.writing(account_id, by=by) as w:
        user = _locked(account_id, user_id)
        user.password = encoded
        user.save(update_fields=["password", "updated_at"])
        w.record(UserChanged(id=user.pk, fields=("password",)))
        _revoke_all(w, user, Session.RevokedBecause.PASSWORD)
    return user


def _record_changes(w: Writer, user: User, before: Mapping[str, Any]) -> None:
    w.record(UserChanged(id=user.pk, fields=tuple(sorted(before))))
    if "role" in before:
        w.record(UserRoleChanged(id=user.pk, previous_role=before["role"], role=user.role))
    if "is_active" in before and not user.is_active:
        _revoke_all(w, user, Session.RevokedBecause.DEACTIVATED)


def _locked(account_id: UUID, user_id: UUID) -> User:
    user = User.objects.select_for_update().filter(account_id=account_id, pk=user_id).first()
    if user is None:
        raise NotFound
    return user


def _revoke_all(w: Writer, user: User, because: Session.RevokedBecause) -> None:
    for session in Session.objects.live(w.now).filter(user=user).order_by("created_at"):
        _revoke(w, session, because)


def _session_of(refresh_token: str) -> tuple[tokens.Claims, Session]:
    try:
        claims = tokens.read_refresh(refresh_token)
        session = Session.objects.select_related("user__account").get(pk=claims.session_id, user_id=claims.user_id)
    except (tokens.BadToken, Session.DoesNotExist) as error:
        raise Unauthenticated(BAD_SESSION) from error
    return claims, session


def _revoke(w: Writer, session: Session, because: Session.RevokedBecause) -> None:
    revoked = Session.objects.filter(pk=session.pk, revoked_at=None).update(revoked_at=w.now, revoked_because=because)
    if revoked:
        w.record(SessionRevoked(id=session.pk, user_id=str(session.user_id), because=because.value))
