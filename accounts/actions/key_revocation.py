"""Ending API keys within somebody else's transaction: whatever ends a user ends their key."""

from accounts.facts import ApiKeyRevoked
from accounts.models import ApiKey, User
from audit.journal import Writer


def revoke_keys_of(w: Writer, user: User) -> None:
    """End a user's own key, in the writer's transaction.

    Args:
        w: The open journal.
        user: Whose; locked.
    """
    for key in ApiKey.objects.for_account(w.account_id).filter(user=user, revoked_at=None).select_for_update():
        revoke_key(w, key)


def revoke_key(w: Writer, key: ApiKey) -> None:
    """End a key, in the writer's transaction. Ending it twice changes nothing.

    Args:
        w: The open journal.
        key: Locked.
    """
    if key.revoked_at is None:
        key.revoked_at = w.now
        key.save(update_fields=["revoked_at"])
        w.record(ApiKeyRevoked(id=key.pk))
