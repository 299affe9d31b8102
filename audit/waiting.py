"""Entries that are archived and not dropped yet: they must lead to the checkpoint, and nothing else may stand there.

They are dropped from the first one on, and maybe at this very moment: what is left begins anywhere. That it ends in the
hash that the checkpoint signs proves all of it.
"""

from collections.abc import Iterator
from uuid import UUID

from audit.checkpoints import GENESIS
from audit.export_format import Exported, Link
from audit.export_verification import link_fault
from audit.models import AuditLog
from audit.reading import Unreadable, batches

STRAY = "the entry stands where everything was archived and dropped"


def fault_of_waiting(account_id: UUID, checkpoint: Link, *, size: int) -> tuple[int, str] | None:
    """The first of these entries that does not lead to the checkpoint, and in words; None where all do or none is left.

    Args:
        account_id: The account.
        checkpoint: Where they end.
        size: How many are read at a time.
    """
    last: Link | None = None
    try:
        for one in _entries(account_id, checkpoint, size):
            if last is None or one.entry.seq != last.seq + 1:
                if last and _is_there(account_id, last.seq):
                    return last.seq, STRAY
                last = _before(one)
            fault = link_fault(one, last)
            if fault:
                return one.entry.seq, fault
            last = Link(one.entry.seq, one.hash)
    except Unreadable as error:
        return error.seq, error.reason
    if last in {None, checkpoint} or not _is_there(account_id, last.seq):
        return None
    return last.seq, STRAY if last.seq < checkpoint.seq else "the archived entries do not lead to the checkpoint"


def _entries(account_id: UUID, checkpoint: Link, size: int) -> Iterator[Exported]:
    for batch in batches(account_id, after=0, up_to=checkpoint.seq, size=size):
        yield from batch


def _before(one: Exported) -> Link:
    return GENESIS if one.entry.seq == 1 else Link(one.entry.seq - 1, one.prev_hash)


def _is_there(account_id: UUID, seq: int) -> bool:
    """Where it is not, the entries up to it were dropped while they were read."""
    return AuditLog.objects.filter(account_id=account_id, seq=seq).exists()
