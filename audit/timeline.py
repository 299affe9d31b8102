"""A drift's story: the journal filtered by drift, oldest first."""

from uuid import UUID

from audit.models import AuditLog


def of_drift(account_id: UUID, drift_id: UUID, *, most: int) -> list[AuditLog]:
    """The newest journal entries of a drift, oldest of them first.

    Args:
        account_id: The tenant.
        drift_id: The drift.
        most: How many at most.
    """
    newest = AuditLog.objects.filter(account_id=account_id, drift_id=drift_id).order_by("-seq")[:most]
    return list(reversed(newest))


def entry(account_id: UUID, ident: UUID) -> AuditLog:
    """One journal entry.

    Args:
        account_id: The tenant.
        ident: The entry's id, as `Writer.record` returned it.
    """
    return AuditLog.objects.get(account_id=account_id, pk=ident)
