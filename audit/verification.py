"""Does the chain hold? Reads an account's journal in order and finds the first entry that does not fit."""

from dataclasses import dataclass, replace
from typing import Any, TypeAlias
from uuid import UUID

from django.apps import apps
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from audit import checkpoints
from audit.erasure import Erasures
from audit.export_format import Link
from audit.export_verification import link_fault
from audit.models import AuditCheckpoint, AuditHead, AuditLog
from audit.reading import Unreadable, batches
from audit.waiting import fault_of_waiting

Fault: TypeAlias = tuple[int, str]
"""The number of an entry, and why it does not hold."""

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


def every_account() -> list[UUID]:
    """Every account that there is, or whose entries or head there are: nothing that was removed may be overlooked."""
    accounts = _accounts().values_list("pk", flat=True)
    heads = AuditHead.objects.values_list("account_id", flat=True)
    entries = AuditLog.objects.order_by().values_list("account_id", flat=True).distinct()
    return sorted({*accounts, *heads, *entries})


def _verify(account_id: UUID) -> Verdict:
    # The checkpoint first: one that is made meanwhile is then seen by whoever asks whether to look again.
    try:
        checkpoint, fault = checkpoints.latest(account_id), checkpoints.first_fault(account_id)
    except Unreadable as error:
        checkpoint, fault = None, (checkpoints.archived_upto(account_id), error.reason)
    head = AuditHead.objects.filter(account_id=account_id).first() or AuditHead(account_id=account_id)
    begun = _begun(head, checkpoint)
    start = checkpoints.link_of(checkpoint)
    fault = fault or _fault_of_archived_seq(head, start.seq) or _fault_before(account_id, start)
    if fault:
        return _broken(begun, *fault)
    reached = _walk(head, start, begun, Erasures(checkpoint))
    if not reached.valid:
        return reached
    fault = _fault_after(account_id, head)
    return _broken(reached, *fault) if fault else reached


def _broken(verdict: Verdict, seq: int, reason: str) -> Verdict:
    return replace(verdict, valid=False, first_broken_seq=seq, reason=reason)


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


def _fault_of_archived_seq(head: AuditHead, archived: int) -> Fault | None:
    if head.archived_seq == archived:
        return None
    words = f"the head says that it is archived up to entry {head.archived_seq}, the checkpoints say {archived}"
    return max(archived, head.archived_seq), words


def _fault_before(account_id: UUID, start: Link) -> Fault | None:
    """What stands before the entries that are walked."""
    numbers = AuditLog.objects.filter(account_id=account_id, seq__lt=1).order_by("seq").values_list("seq", flat=True)
    zeroth = numbers.first()
    if zeroth is not None:
        return zeroth, "the entry stands before the first one"
    return fault_of_waiting(account_id, start, size=BATCH) if start.seq else None


def _walk(head: AuditHead, last: Link, begun: Verdict, erasures: Erasures) -> Verdict:
    entries = 0
    fault: Fault | None = None
    try:
        for batch in batches(head.account_id, after=last.seq, up_to=head.seq, size=BATCH):
            for one in batch:
                is_next = one.entry.seq == last.seq + 1
                reason = link_fault(one, last) if is_next else "an entry is missing"
                if reason:
                    return _broken(replace(begun, entries=entries, erased=erasures.entries), last.seq + 1, reason)
                entries += 1
                if one.personal_part is None:
                    erasures.add(one.entry)
                last = Link(one.entry.seq, one.hash)
    except Unreadable as error:
        fault = error.seq, error.reason
    reached = replace(begun, entries=entries, erased=erasures.entries)
    fault = fault or _fault_at_the_end(head, last, erasures)
    return _broken(reached, *fault) if fault else reached


def _fault_at_the_end(head: AuditHead, last: Link, erasures: Erasures) -> Fault | None:
    if last.seq != head.seq:
        return last.seq + 1, "the last entries are missing"
    if last.hash != bytes(head.hash).hex():
        return max(head.seq, 1), "the head does not match the chain"
    untold = erasures.first_untold(head.account_id)
    if untold:
        return untold, "the entry's personal part was taken out, and no entry says that its actor was erased"
    return None


def _fault_after(account_id: UUID, head: AuditHead) -> Fault | None:
    beyond = _first_beyond_the_head(account_id)
    if beyond is not None:
        return beyond, "there are entries after the head"
    if not head.seq and _accounts().filter(pk=account_id).exists():
        return 1, "the account has no journal, which begins when an account is made"
    return None


def _first_beyond_the_head(account_id: UUID) -> int | None:
    """In one statement, since the journal may be growing: an append moves the head with its entries."""
    end = AuditHead.objects.filter(account_id=OuterRef("account_id")).values("seq")
    beyond = AuditLog.objects.filter(account_id=account_id, seq__gt=Coalesce(Subquery(end), 0))
    return beyond.order_by("seq").values_list("seq", flat=True).first()


def _accounts() -> QuerySet[Any]:
    """By name: accounts stand on the journal, not the journal on them."""
    accounts: QuerySet[Any] = apps.get_model("accounts", "Account").objects.all()
    return accounts
