"""Does the chain hold? Reads an account's journal in order and finds the first entry that does not fit."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce

from audit import checkpoints
from audit.export_format import Link
from audit.export_verification import link_fault
from audit.models import AuditCheckpoint, AuditHead, AuditLog
from audit.reading import batches

BATCH = 2000
MOST_TRIES = 3
"""How often a journal is read again because it was archived meanwhile."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found.

    Attributes:
        valid: The chain holds, hangs on its latest checkpoint and ends where the head says.
        entries: How many entries were read.
        erased: How many of them have had their personal part erased.
        head_seq: The number that the head says is last.
        head_hash: Hex of the hash that the head says is last.
        first_broken_seq: The first entry that is altered, missing or out of place; none where all hold.
        reason: The same in words.
        archived_seq: Up to this number the entries are in archives, and no longer here.
        checkpoint: The signed checkpoint that the chain hangs on, where something is archived.
    """

    valid: bool
    entries: int
    erased: int
    head_seq: int
    head_hash: str
    first_broken_seq: int | None
    reason: str
    archived_seq: int = 0
    checkpoint: dict[str, Any] | None = None


def verify(account_id: UUID) -> Verdict:
    """Check every entry of an account against the chain, and the chain against its checkpoints and its head.

    Args:
        account_id: The account.
    """
    verdict = _verify(account_id)
    for _ in range(MOST_TRIES - 1):
        if verdict.valid or checkpoints.archived_upto(account_id) == verdict.archived_seq:
            break
        verdict = _verify(account_id)
    return verdict


def accounts_with_a_journal() -> list[UUID]:
    """Every account that has entries or a head: a chain whose head was removed must not be overlooked."""
    heads = AuditHead.objects.values_list("account_id", flat=True)
    entries = AuditLog.objects.order_by().values_list("account_id", flat=True).distinct()
    return sorted({*heads, *entries})


def _verify(account_id: UUID) -> Verdict:
    head = AuditHead.objects.filter(account_id=account_id).first() or AuditHead(account_id=account_id)
    checkpoint = checkpoints.latest(account_id)
    begun = _begun(head, checkpoint)
    fault = _fault_of_checkpoints(head, checkpoint)
    if fault:
        return replace(begun, valid=False, first_broken_seq=fault[0], reason=fault[1])
    verdict = _walk(head, checkpoints.link_of(checkpoint), begun)
    beyond = _first_beyond_the_head(account_id) if verdict.valid else None
    if beyond is None:
        return verdict
    return replace(verdict, valid=False, first_broken_seq=beyond, reason="there are entries after the head")


def _begun(head: AuditHead, checkpoint: AuditCheckpoint | None) -> Verdict:
    return Verdict(
        valid=True,
        entries=0,
        erased=0,
        head_seq=head.seq,
        head_hash=bytes(head.hash).hex(),
        first_broken_seq=None,
        reason="",
        archived_seq=checkpoint.seq if checkpoint else 0,
        checkpoint=checkpoints.as_signed(checkpoint) if checkpoint else None,
    )


def _fault_of_checkpoints(head: AuditHead, checkpoint: AuditCheckpoint | None) -> tuple[int, str] | None:
    fault = checkpoints.first_fault(head.account_id)
    if fault:
        return fault
    archived = checkpoint.seq if checkpoint else 0
    if head.archived_seq != archived:
        words = f"the head says that it is archived up to entry {head.archived_seq}, the checkpoints say {archived}"
        return max(archived, head.archived_seq), words
    return None


def _walk(head: AuditHead, last: Link, begun: Verdict) -> Verdict:
    entries = erased = 0
    for batch in batches(head.account_id, after=last.seq, up_to=head.seq, size=BATCH):
        for one in batch:
            is_next = one.entry.seq == last.seq + 1
            fault = link_fault(one, last) if is_next else "an entry is missing"
            if fault:
                reached = replace(begun, entries=entries, erased=erased)
                return replace(reached, valid=False, first_broken_seq=last.seq + 1, reason=fault)
            entries += 1
            erased += one.personal_part is None
            last = Link(one.entry.seq, one.hash)
    return _at_the_end(head, last, replace(begun, entries=entries, erased=erased))


def _at_the_end(head: AuditHead, last: Link, reached: Verdict) -> Verdict:
    if last.seq != head.seq:
        return replace(reached, valid=False, first_broken_seq=last.seq + 1, reason="the last entries are missing")
    if last.hash != bytes(head.hash).hex():
        reason = "the head does not match the chain"
        return replace(reached, valid=False, first_broken_seq=max(head.seq, 1), reason=reason)
    return reached


def _first_beyond_the_head(account_id: UUID) -> int | None:
    """In one statement, since the journal may be growing: an append moves the head with its entries."""
    end = AuditHead.objects.filter(account_id=OuterRef("account_id")).values("seq")
    beyond = AuditLog.objects.filter(account_id=account_id, seq__gt=Coalesce(Subquery(end), 0))
    return beyond.order_by("seq").values_list("seq", flat=True).first()
