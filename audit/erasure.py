"""Forgetting a person in the journal: what names them goes, and the chain still verifies (see `audit.canonical`)."""

from uuid import UUID

from audit.models import AuditLog


def erase_entries(account_id: UUID, actor_id: UUID) -> int:
    """Erase the personal part, with its salt, of every entry of what somebody did; in the caller's transaction.

    The database refuses any other change to an entry (the trigger of the append-only journal).

    Args:
        account_id: The tenant.
        actor_id: Who did it.

    Returns:
        How many entries were erased now.
    """
    entries = AuditLog.objects.filter(account_id=account_id, actor_id=actor_id, personal__isnull=False)
    return entries.update(personal=None, salt=None)
