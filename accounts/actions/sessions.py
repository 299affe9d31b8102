"""Every write to sessions: log in, stay in, log out."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from accounts import tokens
from accounts.actions.credentials import WRONG_CREDENTIALS, check_credentials
from accounts.facts import SessionRevoked, UserLoggedIn
from accounts.models import Session, User
from audit import journal
from audit.actors import Actor
from audit.journal import Writer
from driftsentry.api import tenancy
from driftsentry.api.errors import NotFound, Unauthenticated

BAD_SESSION = "The session has ended; log in again."


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A user and the tokens just made for one of their sessions."""

    user: User
    tokens: tokens.TokenPair


def log_in(*, email: str, password: str, code: str = "", by: Actor) -> SignedIn:
    """Open a session; an unknown e-mail and a wrong password read alike and take equal time.

    Args:
        email: The log-in name.
        password: The password.
        code: The second factor, for those who have one.
        by: Where it comes from: address and user agent; the rest is not known yet.

    Raises:
        Unauthenticated: They do not match an active user.
    """
    proof = check_credentials(email=email, password=password, code=code, by=by)
    user, session_id = proof.user, uuid.uuid4()
    pair = tokens.issue(user, session_id, at=timezone.now())
    with journal.writing(user.account_id, by=proof.actor) as w:
        if not proof.holds():
            raise Unauthenticated(WRONG_CREDENTIALS)
        _insert_session(w, user, session_id, pair)
    return SignedIn(user, pair)


def open_session(user: User, *, by: Actor) -> SignedIn:
    """Open a session for somebody who has shown elsewhere who they are.

    Args:
        user: As they were when they showed it.
        by: Where it comes from: address and user agent.

    Raises:
        Unauthenticated: They are no longer active, or have another role.
    """
    session_id, actor = uuid.uuid4(), replace(by, id=user.pk, email=user.email, role=user.role)
    pair = tokens.issue(user, session_id, at=timezone.now())
    with journal.writing(user.account_id, by=actor) as w:
        unchanged = User.objects.filter(pk=user.pk, role=user.role, is_active=True)
        if not unchanged.select_for_update().exists():
            raise Unauthenticated(BAD_SESSION)
        _insert_session(w, user, session_id, pair)
    return SignedIn(user, pair)


def _insert_session(w: Writer, user: User, session_id: uuid.UUID, pair: tokens.TokenPair) -> None:
    Session.objects.create(
        id=session_id,
        account_id=user.account_id,
        user=user,
        refresh_digest=pair.refresh_digest,
        address=w.actor.address[:64],
        user_agent=w.actor.user_agent[:400],
        refreshed_at=w.now,
        expires_at=pair.expires_at,
    )
    User.objects.filter(pk=user.pk).update(last_login=w.now)
    w.record(UserLoggedIn(id=user.pk, session_id=str(session_id)))


def refresh_session(refresh_token: str, *, by: Actor) -> SignedIn:
    """Rotate a session's tokens (RFC 9700 section 4.14.2); a used refresh token presented again revokes the session.

    A client that lost the answer may ask again with the token it has used up, for `REFRESH_GRACE_SECONDS` and from
    where it asked first, until the new tokens are used: it gets the same new pair, so there is never a second one.

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
    now = timezone.now()
    pair = tokens.issue(user, session.pk, at=now, after=claims.token_id)
    # Only columns of the session's own row: with a join, a concurrent update would judge by its old snapshot.
    current = Session.objects.live(now).filter(pk=session.pk, refresh_digest=tokens.digest(claims.token_id))
    rotated = current.update(
        refresh_digest=pair.refresh_digest,
        previous_digest=tokens.digest(claims.token_id),
        refreshed_at=now,
        taken_up_at=None,
        expires_at=pair.expires_at,
        address=by.address[:64],
        user_agent=by.user_agent[:400],
    )
    return SignedIn(user, pair if rotated else _same_pair_again(session, claims, by=by))


def _same_pair_again(session: Session, claims: tokens.Claims, *, by: Actor) -> tokens.TokenPair:
    """The pair that a used token was exchanged for, where an honest client lost it; otherwise the session ends."""
    session.refresh_from_db(from_queryset=Session.objects.defer("user"))
    user = session.user
    if session.revoked_at is None and _lost_its_answer(session, claims, by):
        pair = tokens.issue(user, session.pk, at=session.refreshed_at, after=claims.token_id)
        if pair.refresh_digest == bytes(session.refresh_digest):
            return pair
    actor = replace(by, id=user.pk, email=user.email, role=user.role)
    with journal.writing(user.account_id, by=actor) as w:
        end_session(w, session, Session.RevokedBecause.REUSED)
    raise Unauthenticated(BAD_SESSION)


def _lost_its_answer(session: Session, claims: tokens.Claims, by: Actor) -> bool:
    """Whether this may be the client that refreshed last: same place, just now, and nobody has used the new tokens."""
    return (
        session.taken_up_at is None
        and bytes(session.previous_digest or b"") == tokens.digest(claims.token_id)
        and timezone.now() - session.refreshed_at <= timedelta(seconds=settings.REFRESH_GRACE_SECONDS)
        and (session.address, session.user_agent) == (by.address[:64], by.user_agent[:400])
    )


def take_up(session: Session, issued_at: datetime) -> None:
    """Note that the tokens of the last rotation have arrived: from now on a used refresh token has no grace.

    Args:
        session: As an access token named it.
        issued_at: When that access token was made, to the second.
    """
    if (
        session.taken_up_at is None
        and session.previous_digest
        and issued_at >= session.refreshed_at.replace(microsecond=0)
    ):
        Session.objects.filter(pk=session.pk, refreshed_at=session.refreshed_at).update(taken_up_at=timezone.now())


def revoke_session(user: User, session_id: uuid.UUID, *, by: Actor) -> None:
    """Sign a user out in one place.

    Args:
        user: Whose session.
        session_id: Which.
        by: Who does it.

    Raises:
        NotFound: The user has no such live session.
    """
    with journal.writing(user.account_id, by=by) as w:
        session = Session.objects.live(w.now).filter(user=user, pk=session_id).first()
        if session is None:
            raise NotFound
        end_session(w, session, Session.RevokedBecause.REVOKED)


def revoke_other_sessions(user: User, *, keep: uuid.UUID, by: Actor) -> int:
    """Sign a user out everywhere but here.

    Args:
        user: Whose sessions.
        keep: The one that stays.
        by: Who does it.

    Returns:
        How many ended.
    """
    with journal.writing(user.account_id, by=by) as w:
        revoke_all(w, user, Session.RevokedBecause.REVOKED, keep=keep)
    return len(w.facts)


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
        end_session(w, session, Session.RevokedBecause.LOGOUT)


def revoke_all(w: Writer, user: User, because: Session.RevokedBecause, *, keep: uuid.UUID | None = None) -> None:
    """End every session of a user, in the writer's transaction.

    Args:
        w: The open journal.
        user: Whose.
        because: Why.
        keep: The one that stays, where one does.
    """
    for session in Session.objects.live(w.now).filter(user=user).order_by("created_at"):
        if session.pk != keep:
            end_session(w, session, because)


def end_session(w: Writer, session: Session, because: Session.RevokedBecause) -> None:
    """End one session, in the writer's transaction. Ending it twice is no error.

    Args:
        w: The open journal.
        session: Which.
        because: Why.
    """
    revoked = Session.objects.filter(pk=session.pk, revoked_at=None).update(revoked_at=w.now, revoked_because=because)
    if revoked:
        w.record(SessionRevoked(id=session.pk, user_id=str(session.user_id), because=because.value))


def _session_of(refresh_token: str) -> tuple[tokens.Claims, Session]:
    try:
        claims = tokens.read_refresh(refresh_token)
        with tenancy.lifted("whose session it is, only the session says"):
            session = Session.objects.select_related("user__account").get(pk=claims.session_id, user_id=claims.user_id)
    except (tokens.BadToken, Session.DoesNotExist) as error:
        raise Unauthenticated(BAD_SESSION) from error
    tenancy.enter(session.account_id)
    return claims, session
