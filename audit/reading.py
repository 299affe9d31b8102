"""The journal's rows in their order, batch by batch, as the chain sees them: bounded memory, no long transaction."""

from collections.abc import Iterator
from uuid import UUID

from audit.canonical import Entry
from audit.export_format import Exported
from audit.facts import iso
from audit.models import AuditLog
from driftsentry.api import tenancy

COLUMNS = (
    *("account_id", "seq", "at", "id", "kind", "v", "drift_id", "actor_id", "actor_role", "correlation_id", "data"),
    *("personal", "salt", "personal_digest", "prev_hash", "hash"),
)


def batches(account_id: UUID, *, after: int, up_to: int, size: int) -> Iterator[list[Exported]]:
    """Entries of an account in order; each batch is read by a query of its own, behind the account's wall.

    Between two batches nothing is held: whoever takes them may be as slow as they like.

    Args:
        account_id: The account.
        after: The number of the entry before the first one.
        up_to: The number of the last one.
        size: How many entries a batch has at most.
    """
    while after < up_to:
        with tenancy.within(account_id):
            rows = AuditLog.objects.filter(account_id=account_id, seq__gt=after, seq__lte=up_to).order_by("seq")
            found = [_exported(*values) for values in rows.values_list(*COLUMNS)[:size]]
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
