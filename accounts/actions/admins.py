"""Who may change whom: an account keeps an admin who can log in, and superusers are changed by superusers only."""

from uuid import UUID

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Q, QuerySet
from rest_framework.exceptions import PermissionDenied

from accounts.models import Account, User
from audit.actors import Actor
from driftsentry.api.access import Role
from driftsentry.api.errors import Conflict

LAST_ADMIN = "This is the account's last active admin; make somebody else an admin first."
ABOVE = "Only a superuser may change a superuser."


def admins_who_can_log_in(account_id: UUID) -> QuerySet[User]:
    """An account's active admins; not those who are invited and have never come.

    Args:
        account_id: The tenant.
    """
    has_come = ~Q(password__startswith=UNUSABLE_PASSWORD_PREFIX) | Q(last_login__isnull=False)
    return User.objects.filter(has_come, account_id=account_id, role=Role.ADMIN.value, is_active=True, erased_at=None)


def keep_an_admin(account_id: UUID, *, leaving: UUID) -> None:
    """Refuse to take the last admin from an account, whatever the way: role, deactivation, erasure, a role claim.

    To be called inside the transaction that changes the user, before it locks them: the account's row is locked until
    its end, so that of two admins who demote each other at once only one succeeds.

    Args:
        account_id: The tenant.
        leaving: Who will be no active admin any more; nothing is refused where they are none now.

    Raises:
        Conflict: There would be none.
    """
    Account.objects.select_for_update(no_key=True).get(pk=account_id)
    admins = set(admins_who_can_log_in(account_id).values_list("pk", flat=True))
    if admins == {leaving}:
        raise Conflict(LAST_ADMIN)


def refuse_to_change_above(user: User, *, by: Actor) -> None:
    """Refuse to let anybody but a superuser change a superuser.

    Args:
        user: Who is to be changed.
        by: Who does it; a part of the system may.

    Raises:
        PermissionDenied: They may not.
    """
    if user.is_superuser and by.id is not None and not User.objects.filter(pk=by.id, is_superuser=True).exists():
        raise PermissionDenied(ABOVE)
