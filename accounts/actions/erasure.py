"""Forgetting a person for ever: the user's row stays, under its id alone, so that what they did still has an actor."""

from uuid import UUID

from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.hashers import make_password

from accounts.actions.admins import keep_an_admin, refuse_to_change_above
from accounts.actions.key_revocation import revoke_keys_of
from accounts.actions.mailing import ERASE_LEFTOVERS, enqueue
from accounts.actions.sessions import revoke_all
from accounts.actions.users import locked_user
from accounts.facts import UserErased
from accounts.models import ApiKey, OneTimeToken, RecoveryCode, SecondFactor, Session, User
from audit import journal
from audit.actors import Actor
from audit.erasure import erase_entries
from audit.journal import Writer
from audit.reactions import react
from driftsentry.api import tenancy
from driftsentry.api.idempotency import forget_answers

ERASED_NAME = "Erased user"
LEFTOVERS_AFTER_MINUTES = 5
"""Requests that were under way when somebody was erased have ended by then (see `statement_timeout`)."""


def erase_user(account_id: UUID, user_id: UUID, *, by: Actor) -> None:
    """Erase a person: profile, sessions, keys, second factor, their part of the journal, and what they wrote.

    Args:
        account_id: The tenant.
        user_id: Whom.
        by: An admin, or the person.

    Raises:
        NotFound: The tenant has no such user.
        Conflict: They are the last admin.
        PermissionDenied: They are a superuser and the admin is not.
    """
    # What they do last must not bring back what it erases.
    actor = Actor(by.id, "", by.role, correlation_id=by.correlation_id) if by.id == user_id else by
    with journal.writing(account_id, by=actor) as w:
        keep_an_admin(account_id, leaving=user_id)
        user = locked_user(account_id, user_id)
        refuse_to_change_above(user, by=by)
        forget_answers(account_id, user_id, holding=user.email)
        revoke_all(w, user, Session.RevokedBecause.ERASED)
        _erase_credentials(w, user)
        _erase_profile(w, user)
        _erase_traces(account_id, user_id)
        w.record(UserErased(id=user_id))
        enqueue(ERASE_LEFTOVERS, account_id, user_id, after={"minutes": LEFTOVERS_AFTER_MINUTES})
    erase_leftovers(account_id, user_id)


def erase_leftovers(account_id: UUID, user_id: UUID) -> None:
    """Erase what was written by requests of an erased person that were under way meanwhile. Doing it twice is no error.

    Args:
        account_id: The tenant.
        user_id: Who was erased.
    """
    with journal.writing(account_id, by=Actor.system("erasure")) as w:
        if User.objects.filter(account_id=account_id, pk=user_id, erased_at__isnull=False).exists():
            _erase_traces(account_id, user_id)
            react(w, UserErased(id=user_id))


def _erase_profile(w: Writer, user: User) -> None:
    user.email = f"erased-{user.pk}@erased.invalid"
    user.name = ERASED_NAME
    user.password = make_password(None)
    user.is_active = user.is_superuser = False
    user.last_login, user.erased_at = None, w.now
    user.save()


def _erase_credentials(w: Writer, user: User) -> None:
    revoke_keys_of(w, user)
    ApiKey.objects.filter(user=user).update(name="")
    SecondFactor.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()
    OneTimeToken.objects.filter(user=user).delete()
    # The library's own tokens would hang on these rows, so it looks there too; walled work may not.
    with tenancy.lifted("the library's tables of single sign-on"):
        SocialAccount.objects.filter(user=user).delete()


def _erase_traces(account_id: UUID, user_id: UUID) -> None:
    Session.objects.filter(user_id=user_id).update(address="", user_agent="")
    for actor_id in (user_id, *ApiKey.objects.filter(user_id=user_id).values_list("pk", flat=True)):
        erase_entries(account_id, actor_id)
