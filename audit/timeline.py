"""A drift's story: the journal filtered by drift, oldest first."""

from uuid import UUID

from django.db.models import QuerySet

from audit.models import AuditLog


def of_drift(account_id: UUID, drift_id: UUID) -> QuerySet[AuditLog]:
    """The journal entries of a drift, oldest first.

    Args:
        account_id: The tenant.
        drift_id: The drift.
    """
    return AuditLog.objects.filter(account_id=account_id, drift_id=drift_id).order_by("seq")


def entry(account_id: UUID, ident: UUID) -> AuditLog:
    """One journal entry.

    Args:
        account_id: The tenant.
        ident: The entry's id, as `Writer.record` returned it.
    """
    return AuditLog.objects.get(account_id=account_id, pk=ident)
