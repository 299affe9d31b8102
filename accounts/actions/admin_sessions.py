"""Every write to the sessions of the admin site.

A browser that is logged in to the admin is a session like those of the API: it is listed and revoked with them, and
ends with them when the password, the role or the state of its user changes.
"""

import os
import uuid
from dataclasses import dataclass, replace
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from accounts.actions.credentials import WRONG_CREDENTIALS, check_credentials
from accounts.actions.sessions import end_session
from accounts.facts import AdminLoggedIn
from accounts.models import Session, User
from audit import journal
from audit.actors import Actor
from audit.journal import Writer
from driftsentry.api import tenancy
from driftsentry.api.access import ADMINS
from driftsentry.api.errors import Unauthenticated


@dataclass(frozen=True, slots=True)
class AdminSignedIn:
    """A user and the session just opened for their browser."""

    user: User
    session_id: uuid.UUID


def log_in_to_admin(*, email: str, password: str, code: str, by: Actor) -> AdminSignedIn:
    """Open a session of the admin site; whatever is wrong, it is judged and told as for the API.

    Args:
        email: The log-in name.
        password: The password.
        code: The second factor, for those who have one.
        by: Where it comes from: address and user agent; the rest is not known yet.

    Raises:
        Unauthenticated: They do not match an active admin.
    """
    proof = check_credentials(email=email, password=password, code=code, by=by, roles=ADMINS)
    user = proof.user
    with journal.writing(user.account_id, by=proof.actor) as w:
        if not proof.holds():
            raise Unauthenticated(WRONG_CREDENTIALS)
        session = _insert_session(w, user)
    return AdminSignedIn(user, session.pk)


def open_admin_session(user: User, *, by: Actor) -> AdminSignedIn:
    """Open a session of the admin site for somebody who has shown elsewhere who they are.

    Args:
        user: As they were when they showed it.
        by: Where it comes from: address and user agent.

    Raises:
        Unauthenticated: They are no longer an active admin.
    """
    actor = replace(by, id=user.pk, email=user.email, role=user.role)
    with journal.writing(user.account_id, by=actor) as w:
        admins = User.objects.filter(pk=user.pk, role__in=ADMINS, is_active=True)
        if not admins.select_for_update().exists():
            raise Unauthenticated(WRONG_CREDENTIALS)
        session = _insert_session(w, user)
    return AdminSignedIn(user, session.pk)


def _insert_session(w: Writer, user: User) -> Session:
    session = Session.objects.create(
        account_id=user.account_id,
        user=user,
        refresh_digest=os.urandom(32),  # of no token: it cannot be refreshed
        address=w.actor.address[:64],
        user_agent=w.actor.user_agent[:400],
        refreshed_at=w.now,
        expires_at=w.now + timedelta(seconds=settings.SESSION_COOKIE_AGE),
    )
    User.objects.filter(pk=user.pk).update(last_login=w.now)
    w.record(AdminLoggedIn(id=user.pk, session_id=str(session.pk)))
    return session


def log_out_of_admin(user: User, session_id: uuid.UUID, *, by: Actor) -> None:
    """End a session of the admin site. Ending it twice is no error.

    Args:
        user: Whose.
        session_id: The session.
        by: The user.
    """
    with journal.writing(user.account_id, by=by) as w:
        session = Session.objects.filter(pk=session_id, user=user).first()
        if session is not None:
            end_session(w, session, Session.RevokedBecause.LOGOUT)


def is_live(session_id: uuid.UUID, user_id: uuid.UUID) -> bool:
    """Whether a session of the admin site still holds, by one indexed query.

    Args:
        session_id: The session.
        user_id: Whose it must be.
    """
    with tenancy.lifted("the log-in page asks this too, for nobody yet"):
        return Session.objects.live(timezone.now()).filter(pk=session_id, user_id=user_id).exists()
