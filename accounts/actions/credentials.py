"""The one place where an e-mail, a password and a second factor are judged, for the API and the admin alike."""

from dataclasses import dataclass, replace

import structlog
from django.contrib.auth.hashers import make_password
from django.db import DatabaseError

from accounts import guard
from accounts.actions.codes import has_second_factor, spend_code
from accounts.even_time import even_time
from accounts.facts import LoginFailed, SecondFactorRefused
from accounts.models import User, normalised_email
from audit import journal
from audit.actors import Actor
from audit.facts import Fact
from driftsentry.api import tenancy
from driftsentry.api.access import EVERYONE, Role
from driftsentry.api.errors import Unauthenticated

logger = structlog.get_logger(__name__)

WRONG_CREDENTIALS = "The e-mail or the password is wrong."
CODE_NEEDED = "Send the code of your authenticator, or a recovery code, as well."
WRONG_CODE = "The code is wrong, or was used before."


@dataclass(frozen=True, slots=True)
class Proof:
    """Who somebody has shown to be.

    Attributes:
        user: The user.
        actor: The same for the journal, with where it comes from.
        second_factor: Whether a second factor was asked for.
    """

    user: User
    actor: Actor
    second_factor: bool

    def holds(self) -> bool:
        """Whether all is as it was when it was judged, which took its time; in a transaction, and until its end.

        A password changed, a user deactivated or a second factor enabled meanwhile must not get a session.
        """
        user = self.user
        unchanged = User.objects.filter(pk=user.pk, password=user.password, role=user.role, is_active=True)
        return unchanged.select_for_update().exists() and has_second_factor(user.pk) == self.second_factor


def check_credentials(*, email: str, password: str, code: str, by: Actor, roles: frozenset[Role] = EVERYONE) -> Proof:
    """Judge a log-in; an unknown e-mail and a wrong password read alike and take equal time.

    Args:
        email: The log-in name.
        password: The password.
        code: The second factor; empty where none was given.
        by: Where it comes from: address and user agent; the rest is not known yet.
        roles: Who may log in here.

    Raises:
        TooMany: The guard admits no attempt now.
        Unauthenticated: They do not match an active user; `details.secondFactor` is `required` or `wrong` where the
            password was right and only the code is not.
    """
    attempt = guard.admit(email, by.address)
    try:
        with tenancy.lifted("whose e-mail it is"):
            user = User.objects.select_related("account").filter(email=normalised_email(email)).first()
    except DatabaseError:  # nobody could be judged: while the database is away, people try again and again
        attempt.released()
        raise
    if user is None:
        make_password(password)
        with even_time():
            logger.info("login_failed", reason="unknown", address=by.address, user_agent=by.user_agent)
        raise Unauthenticated(WRONG_CREDENTIALS)
    tenancy.enter(user.account_id)
    actor = replace(by, id=user.pk, email=user.email, role=user.role)
    if not user.check_password(password) or not user.is_active or user.role not in roles:
        _refuse(user, LoginFailed(id=user.pk), *attempt.failed(user), by=actor)
        raise Unauthenticated(WRONG_CREDENTIALS)
    second_factor = has_second_factor(user.pk)
    if second_factor and not code.strip():
        attempt.released()
        raise Unauthenticated(CODE_NEEDED, details={"secondFactor": "required"})
    if second_factor and not spend_code(user, code, by=actor):
        _refuse(user, SecondFactorRefused(id=user.pk), *attempt.failed(user), by=actor)
        raise Unauthenticated(WRONG_CODE, details={"secondFactor": "wrong"})
    attempt.succeeded()
    return Proof(user, actor, second_factor)


def _refuse(user: User, *facts: Fact, by: Actor) -> None:
    with even_time(), journal.writing(user.account_id, by=by) as w:
        for fact in facts:
            w.record(fact)
