"""The journal's rows in their order, batch by batch, as the chain sees them: bounded memory, no long transaction."""

from collections.abc import Iterator
from uuid import UUID

from django.db import DataError
from django.db.models import QuerySet, Subquery
from django.db.models.functions import Coalesce

from audit.canonical import Entry
from audit.export_format import Exported
from audit.facts import iso
from audit.models import AuditHead, AuditLog
from driftsentry.api import tenancy
from driftsentry.api.errors import Conflict

COLUMNS = (
    *("account_id", "seq", "at", "id", "kind", "v", "drift_id", "actor_id", "actor_role", "correlation_id", "data"),
    *("personal", "salt", "personal_digest", "prev_hash", "hash"),
)

UNREADABLE = (DataError, OverflowError, RecursionError, ValueError)
"""What reading a row ends in that holds what no entry holds: a time without end, a number of thousands of digits."""


class Unreadable(Conflict):
    """What the journal holds cannot be read: it was altered.

    Attributes:
        seq: The entry's number, where it is known.
        reason: What cannot be read, in words.
    """

    def __init__(self, what: str, *, seq: int = 0) -> None:
        """Say what cannot be read.

        Args:
            what: Which part of the journal.
            seq: The entry's number, where it is known.
        """
        self.seq, self.reason = seq, f"{what} cannot be read: it was altered"
        super().__init__(f"{self.reason[0].upper()}{self.reason[1:]}. Verify the journal.")


def kept(account_id: UUID) -> QuerySet[AuditLog]:
    """The entries that are not archived, as lists show them: what waits to be dropped is in its archive already.

    Nothing can then be put in where the chain is no longer here: it would not be shown.

    Args:
        account_id: The account.
    """
    head = AuditHead.objects.filter(account_id=account_id).values("archived_seq")
    return AuditLog.objects.filter(account_id=account_id, seq__gt=Coalesce(Subquery(head), 0))


def batches(account_id: UUID, *, after: int, up_to: int, size: int) -> Iterator[list[Exported]]:
    """Entries of an account in order; each batch is read by a query of its own, behind the account's wall.

    Between two batches nothing is held: whoever takes them may be as slow as they like.

    Args:
        account_id: The account.
        after: The number of the entry before the first one.
        up_to: The number of the last one.
        size: How many entries a batch has at most.

    Raises:
        Unreadable: An entry cannot be read; those before it were given.
    """
    while after < up_to:
        with tenancy.within(account_id):
            rows = AuditLog.objects.filter(account_id=account_id, seq__gt=after, seq__lte=up_to).order_by("seq")
            try:
                found = [_exported(*values) for values in rows.values_list(*COLUMNS)[:size]]
            except UNREADABLE as error:
                if size == 1:
                    raise Unreadable("the entry", seq=rows.values_list("seq", flat=True)[0]) from error
                size //= 2
                continue
        if not found:
            return
        after = found[-1].entry.seq
        yield found


def _exported(  # type: ignore[no-untyped-def]  # as COLUMNS; it is called for each of millions of rows
    account_id, seq, at, ident, kind, v, drift_id, actor_id, actor_role, correlation_id, data, *proof
) -> Exported:
    personal, salt, personal_digest, prev_hash, own_hash = proof
    entry = Entry(
        account=str(account_id),
        actor=str(actor_id) if actor_id else None,
        at=iso(at),
        correlation=correlation_id,
        data=data,
        drift=str(drift_id) if drift_id else None,
        id=str(ident),
        kind=kind,
        personal=personal_digest.hex(),
        role=actor_role,
        seq=seq,
        v=v,
    )
    salted = None if salt is None else salt.hex()
    return Exported(entry, personal, salted, prev_hash.hex(), own_hash.hex())
