"""Retention: old entries go to a file, a signed checkpoint says so, and only then are they dropped.

Each step can be cut off and the next run goes on: a file without a checkpoint is written again, and entries that a
checkpoint covers are dropped as soon as its file is seen to be there. Only the operator's command does any of it:
walled work may neither make a checkpoint nor drop an entry.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from audit import checkpoints, journal
from audit.actors import Actor
from audit.archive_facts import JournalArchived
from audit.export_format import Exported, Header
from audit.export_verification import Outcome, lines_of, verify
from audit.exporting import as_it_is, file_name, header_of, written
from audit.models import AuditCheckpoint, AuditHead, AuditLog
from audit.moments import first_seq
from driftsentry.api.errors import Conflict
from driftsentry.api.ids import new_id

DROP_BATCH = 5000
"""Entries dropped in one transaction."""


class Personal(Enum):
    """What becomes of the part of old entries that names people."""

    KEPT = auto()
    LEFT_OUT = auto()


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be archived of one account.

    Attributes:
        account_id: The account.
        after: The number of the entry before the first one.
        up_to: The number of the last one.
        waiting: How many entries an earlier run has archived and not dropped yet.
    """

    account_id: UUID
    after: int
    up_to: int
    waiting: int

    @property
    def entries(self) -> int:
        """How many entries would be archived."""
        return self.up_to - self.after


def plan(account_id: UUID, *, before: datetime) -> Plan:
    """What would be archived: all that is older, but never the last entry, since the next one takes its time from it.

    Args:
        account_id: The account.
        before: Older entries are archived.
    """
    head = AuditHead.objects.filter(account_id=account_id).first() or AuditHead(account_id=account_id)
    archived = checkpoints.archived_upto(account_id)
    older = first_seq(account_id, before, comparison="<") - 1
    waiting = AuditLog.objects.filter(account_id=account_id, seq__lte=archived).count()
    return Plan(account_id, after=archived, up_to=max(archived, min(older, head.seq - 1)), waiting=waiting)


def archive(planned: Plan, *, folder: Path, personal: Personal, by: Actor) -> AuditCheckpoint:
    """Write the entries to a file, read it back, and record a signed checkpoint; they are not dropped yet.

    Args:
        planned: What is archived; at least one entry.
        folder: Where the file goes.
        personal: What becomes of what names people.
        by: Who archives.

    Returns:
        The checkpoint.

    Raises:
        Conflict: The journal does not verify, or somebody else has archived meanwhile.
        OSError: The file cannot be written.
    """
    header = header_of(planned.account_id, after=planned.after, up_to=planned.up_to)
    path = folder / file_name(header)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        _write(partial, written(header, told=without_personal if personal is Personal.LEFT_OUT else as_it_is))
        digest = _read_back(partial, header)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    _flush_folder(folder)
    return _record(header, path.name, digest, by)


def without_personal(entry: Exported) -> Exported:
    """An entry without what names people; the chain still verifies.

    Args:
        entry: The entry.
    """
    return replace(entry, personal_part=None, salt=None)


def drop_archived(account_id: UUID, *, folder: Path, said: Callable[[int], object] = int) -> int:
    """Drop the entries that the latest checkpoint covers, in batches, if its file is there.

    Args:
        account_id: The account.
        folder: Where its file must be.
        said: Is told of each batch how many entries it had.

    Returns:
        How many entries were dropped.

    Raises:
        Conflict: The file is not there, or not what the checkpoint says.
    """
    checkpoint = checkpoints.latest(account_id)
    if checkpoint is None:
        return 0
    _require_file(checkpoint, folder / checkpoint.file_name)
    dropped = 0
    while batch := _drop_batch(account_id):
        dropped += batch
        said(batch)
    return dropped


def _write(path: Path, pieces: Iterator[bytes]) -> None:
    """It may name people: only its owner may read it."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def _read_back(path: Path, header: Header) -> bytes:
    """Verify what is on the disk before anything is recorded of it.

    Returns:
        The file's sha256.
    """
    with path.open("rb") as file:
        outcome: Outcome = verify(lines_of(file), trusted=settings.JOURNAL_KEYS.public)
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").digest()
    if not outcome.valid:
        raise Conflict(f"Nothing was archived: the journal of {header.account} does not verify. {_where(outcome)}")
    return digest


def _where(outcome: Outcome) -> str:
    return f"At entry {outcome.seq}: {outcome.reason}." if outcome.seq else f"{outcome.reason.capitalize()}."


def _flush_folder(folder: Path) -> None:
    """So that the name survives a loss of power too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _record(header: Header, name: str, digest: bytes, by: Actor) -> AuditCheckpoint:
    account_id = UUID(header.account)
    last = AuditLog.objects.get(account_id=account_id, seq=header.up_to.seq)
    with journal.writing(account_id, by=by) as w:
        head = AuditHead.objects.filter(account_id=account_id, archived_seq=header.after.seq)
        if not head.update(archived_seq=header.up_to.seq):
            raise Conflict("Somebody else has archived this journal meanwhile.")
        checkpoint = checkpoints.sign(
            AuditCheckpoint(
                id=new_id(),
                account_id=account_id,
                seq=last.seq,
                hash=bytes.fromhex(header.up_to.hash),
                at=last.at,
                archived_at=w.now,
                entries=header.up_to.seq - header.after.seq,
                file_name=name,
                file_digest=digest,
            )
        )
        checkpoint.save(force_insert=True)
        w.record(
            JournalArchived(
                id=checkpoint.pk,
                seq=checkpoint.seq,
                hash=header.up_to.hash,
                entries=checkpoint.entries,
                file_name=name,
                file_digest=digest.hex(),
            )
        )
    return checkpoint


def _require_file(checkpoint: AuditCheckpoint, path: Path) -> None:
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise Conflict(f"Nothing was dropped: {path} is needed, and cannot be read: {error.strerror}.") from error
    if digest != bytes(checkpoint.file_digest):
        raise Conflict(f"Nothing was dropped: {path} is not the file that was archived.")


def _drop_batch(account_id: UUID) -> int:
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SELECT audit_drop_archived(%s, %s)", [account_id, DROP_BATCH])
        return int(cursor.fetchone()[0])
