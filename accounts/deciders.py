"""Who may decide about drifts: the people whom drifts and alerts may be assigned to."""

from collections.abc import Collection
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from accounts.models import User
from driftsentry.api.access import MATRIX, Permission
from driftsentry.api.errors import Invalid

DECIDING = sorted(role.value for role in MATRIX[Permission.DECIDE].roles)
NO_DECIDER = "An active user of the account who may decide: an engineer or an admin; or null for nobody."
# Whoever takes a user's role or access away locks the row FOR UPDATE, so neither happens in the other's middle; of two
# who only hold a user none waits, and nor does a log-in.
HOLD = """
SELECT id FROM accounts_user
WHERE account_id = %s AND id = ANY(%s) AND is_active AND erased_at IS NULL AND role = ANY(%s)
ORDER BY id FOR KEY SHARE
"""


def deciders(account_id: UUID) -> QuerySet[User]:
    """The active users of a tenant who may decide.

    Args:
        account_id: The tenant.
    """
    return User.objects.filter(account_id=account_id, is_active=True, erased_at=None, role__in=DECIDING)


def hold_deciders(account_id: UUID, user_ids: Collection[UUID]) -> set[UUID]:
    """Let those of some users who may decide stay so until the transaction ends.

    Args:
        account_id: The tenant.
        user_ids: The users.

    Returns:
        Those who may.
    """
    if not user_ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(HOLD, [account_id, list(user_ids), DECIDING])
        return {ident for (ident,) in cursor.fetchall()}


def hold_decider(account_id: UUID, user_id: UUID | None) -> None:
    """Let a user to whom something is to be assigned stay one who may decide until the transaction ends.

    Args:
        account_id: The tenant.
        user_id: The user; None: nobody, which is always right.

    Raises:
        Invalid: They are not of this account, not active, or may not decide.
    """
    if user_id is not None and not hold_deciders(account_id, [user_id]):
        raise Invalid.field("assigneeId", NO_DECIDER)


def why_not(account_id: UUID, user_id: UUID) -> str:
    """Say why a user may not decide, in words; '' where they may.

    Args:
        account_id: The tenant.
        user_id: The user.
    """
    user = User.objects.filter(account_id=account_id, pk=user_id).first()
    if user is None or user.erased_at is not None:
        return "they were erased"
    if not user.is_active:
        return "they were deactivated"
    return "" if user.role in DECIDING else "they may no longer decide"
