"""A drift's story: the journal filtered by drift, oldest first."""

from datetime import datetime
from uuid import UUID

from audit import checkpoints
from audit.archive_facts import JournalArchived
from audit.models import AuditLog
from audit.reading import UNREADABLE, Unreadable, kept


def of_drift(account_id: UUID, drift_id: UUID, *, began: datetime, most: int) -> list[AuditLog]:
    """The newest journal entries of a drift that are not archived, oldest of them first.

    Where the journal is archived beyond the story's beginning, the entry that says so comes first.

    Args:
        account_id: The tenant.
        drift_id: The drift.
        began: When the drift was recorded.
        most: How many at most.

    Raises:
        Unreadable: An entry was altered so that it cannot be read.
    """
    try:
        story = list(reversed(kept(account_id).filter(drift_id=drift_id).order_by("-seq")[:most]))
        archived = _archived_since(account_id, began) if len(story) < most else None
    except UNREADABLE as error:
        raise Unreadable("an entry of this story") from error
    return [archived, *story] if archived else story


def _archived_since(account_id: UUID, began: datetime) -> AuditLog | None:
    checkpoint = checkpoints.latest(account_id)
    if checkpoint is None or checkpoint.at < began:
        return None
    told = kept(account_id).filter(kind=JournalArchived.kind)
    return told.order_by("-seq").first()


def entry(account_id: UUID, ident: UUID) -> AuditLog:
    """One journal entry.

    Args:
        account_id: The tenant.
        ident: The entry's id, as `Writer.record` returned it.
    """
    return AuditLog.objects.get(account_id=account_id, pk=ident)
