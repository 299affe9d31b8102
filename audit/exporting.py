"""An account's journal as a file: read in batches, sealed with a signed head (`audit.export_format`)."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import UUID

import structlog
from django.conf import settings

from audit import checkpoints
from audit.export_format import Exported, Header, Link, Sealing
from audit.facts import iso
from audit.models import AuditHead, AuditLog
from audit.reading import Unreadable, batches
from driftsentry.api.errors import Conflict, Invalid

logger = structlog.get_logger(__name__)

JSON_LINES = "application/x-ndjson"
BATCH = 500
"""Entries read and sent at a time."""
MISSING = "is missing: archived meanwhile, or removed"


class ExportBroken(RuntimeError):
    """The journal has changed its past while it was exported, or before: the file is left without its end."""


def header_of(account_id: UUID, *, after: int | None = None, up_to: int | None = None) -> Header:
    """What an export will hold. It ends at the head as it is now, however the journal grows meanwhile.

    Args:
        account_id: The account.
        after: The number of the entry before the first one; none begins where the journal does.
        up_to: The number of the last one; none ends at the head.

    Raises:
        Invalid: The range is archived, or beyond the head.
        Conflict: An entry at an end of the range is missing.
    """
    head = AuditHead.objects.filter(account_id=account_id).first() or AuditHead(account_id=account_id)
    checkpoint = checkpoints.latest(account_id)
    start, end = checkpoints.link_of(checkpoint), Link(head.seq, bytes(head.hash).hex())
    last = end.seq if up_to is None else up_to
    if not start.seq <= last <= end.seq:
        raise Invalid.field("upTo", f"This journal holds the entries {start.seq + 1} to {end.seq}.")
    first = start.seq if after is None else after
    if not start.seq <= first <= last:
        raise Invalid.field("afterSeq", f"This journal holds the entries {start.seq + 1} to {end.seq}.")
    return Header(
        account=str(account_id),
        epoch=str(head.epoch),
        after=start if first == start.seq else _link_at(account_id, first, end),
        up_to=start if last == start.seq else _link_at(account_id, last, end),
        at=iso(datetime.now(UTC)),
        checkpoint=checkpoints.as_signed(checkpoint) if checkpoint else None,
    )


def _link_at(account_id: UUID, seq: int, end: Link) -> Link:
    if seq == end.seq:
        return end
    found = AuditLog.objects.filter(account_id=account_id, seq=seq).values_list("hash", flat=True).first()
    if found is None:
        raise Conflict(f"The journal lacks entry {seq}: verify it.")
    return Link(seq, bytes(found).hex())


def as_it_is(entry: Exported) -> Exported:
    """An entry with its personal part.

    Args:
        entry: The entry.
    """
    return entry


def written(header: Header, *, told: Callable[[Exported], Exported] = as_it_is) -> Iterator[bytes]:
    """The file, piece by piece. Where something goes wrong it has no last line, so it cannot look like a whole one.

    Args:
        header: What it begins with.
        told: What is told of each entry.

    Raises:
        ExportBroken: An entry is missing, or holds what no entry holds.
    """
    sealing, expected = Sealing(header), header.after.seq + 1
    yield sealing.begin()
    for batch in _batches(header):
        for place, one in enumerate(batch):
            if one.entry.seq != expected + place:
                raise _broken(header, expected + place, MISSING)
        try:
            lines = sealing.add(map(told, batch))
        except (RecursionError, ValueError) as error:
            raise _broken(header, expected, "or one soon after it has no canonical text: it was altered") from error
        expected += len(batch)
        yield lines
    if expected != header.up_to.seq + 1:
        raise _broken(header, expected, MISSING)
    yield sealing.end(settings.JOURNAL_KEYS)


def _batches(header: Header) -> Iterator[list[Exported]]:
    account_id = UUID(header.account)
    try:
        yield from batches(account_id, after=header.after.seq, up_to=header.up_to.seq, size=BATCH)
    except Unreadable as error:
        raise _broken(header, error.seq, "cannot be read: it was altered") from error


def _broken(header: Header, seq: int, why: str) -> ExportBroken:
    logger.error("journal_export_broken", account=header.account, seq=seq, up_to=header.up_to.seq, why=why)
    return ExportBroken(f"Entry {seq} of {header.account} {why}.")


def file_name(header: Header) -> str:
    """What the file is called.

    Args:
        header: What it begins with.
    """
    return f"journal-{header.account}-{header.after.seq + 1}-{header.up_to.seq}.jsonl"
