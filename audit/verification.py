"""Does the chain hold? Reads an account's journal in order and finds the first entry that does not fit."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce

from audit.canonical import GENESIS, Entry, chained, personal_digest
from audit.facts import iso
from audit.models import AuditHead, AuditLog

BATCH = 2000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found.

    Attributes:
        valid: The chain holds and ends where the head says.
        entries: How many entries were read.
        erased: How many of them have had their personal part erased.
        head_seq: The number that the head says is last.
        head_hash: Hex of the hash that the head says is last.
        first_broken_seq: The first entry that is altered, missing or out of place; none where all hold.
        reason: The same in words.
    """

    valid: bool
    entries: int
    erased: int
    head_seq: int
    head_hash: str
    first_broken_seq: int | None
    reason: str


def verify(account_id: UUID) -> Verdict:
    """Check every entry of an account against the chain.

    Args:
        account_id: The account.
    """
    head = AuditHead.objects.filter(account_id=account_id).first() or AuditHead(account_id=account_id)
    rows = AuditLog.objects.filter(account_id=account_id, seq__lte=head.seq).order_by("seq")
    verdict = _walk(rows.iterator(chunk_size=BATCH), head)
    beyond = _first_beyond_the_head(account_id) if verdict.valid else None
    if beyond is None:
        return verdict
    return replace(verdict, valid=False, first_broken_seq=beyond, reason="there are entries after the head")


def _first_beyond_the_head(account_id: UUID) -> int | None:
    """In one statement, since the journal may be growing: an append moves the head with its entries."""
    end = AuditHead.objects.filter(account_id=OuterRef("account_id")).values("seq")
    beyond = AuditLog.objects.filter(account_id=account_id, seq__gt=Coalesce(Subquery(end), 0))
    return beyond.order_by("seq").values_list("seq", flat=True).first()


def accounts_with_a_journal() -> list[UUID]:
    """Every account that has entries or a head: a chain whose head was removed must not be overlooked."""
    heads = AuditHead.objects.values_list("account_id", flat=True)
    entries = AuditLog.objects.order_by().values_list("account_id", flat=True).distinct()
    return sorted({*heads, *entries})


def _walk(rows: Iterable[AuditLog], head: AuditHead) -> Verdict:
    previous, expected, erased = GENESIS, 1, 0
    for row in rows:
        fault = _fault(row, expected, previous)
        if fault:
            return _verdict(head, expected - 1, erased, broken=expected, reason=fault)
        erased += row.personal is None
        previous = bytes(row.hash)
        expected += 1
    if expected - 1 != head.seq:
        return _verdict(head, expected - 1, erased, broken=expected, reason="the last entries are missing")
    if previous != bytes(head.hash):
        return _verdict(head, expected - 1, erased, broken=max(head.seq, 1), reason="the head does not match the chain")
    return _verdict(head, expected - 1, erased, broken=None, reason="")


def _verdict(head: AuditHead, entries: int, erased: int, *, broken: int | None, reason: str) -> Verdict:
    return Verdict(
        valid=broken is None,
        entries=entries,
        erased=erased,
        head_seq=head.seq,
        head_hash=bytes(head.hash).hex(),
        first_broken_seq=broken,
        reason=reason,
    )


def _fault(row: AuditLog, expected: int, previous: bytes) -> str:
    """Why an entry does not fit, in words; empty where it does."""
    if row.seq != expected:
        return "an entry is missing"
    if bytes(row.prev_hash) != previous:
        return "the entry does not follow the one before it"
    if bytes(row.hash) != chained(previous, as_entry(row)):
        return "the entry was altered"
    if row.personal is not None and (
        row.salt is None or personal_digest(bytes(row.salt), row.personal) != bytes(row.personal_digest)
    ):
        return "the entry's personal part was altered"
    return ""


def as_entry(row: AuditLog) -> Entry:
    """A row as the chain sees it.

    Args:
        row: A journal entry.
    """
    return Entry(
        account=str(row.account_id),
        actor=str(row.actor_id) if row.actor_id else None,
        at=iso(row.at),
        correlation=row.correlation_id,
        data=row.data,
        drift=str(row.drift_id) if row.drift_id else None,
        id=str(row.id),
        kind=row.kind,
        personal=bytes(row.personal_digest).hex(),
        role=row.actor_role,
        seq=row.seq,
        v=row.v,
    )
