"""Where an archived journal begins: its signed checkpoints, and what they say."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from audit.export_format import Link
from audit.facts import iso
from audit.models import AuditCheckpoint
from audit.reading import UNREADABLE, Unreadable
from audit.signatures import Keyring, Purpose, fault_of

GENESIS = Link(0, bytes(32).hex())
"""Before the first entry."""


def archived_upto(account_id: UUID) -> int:
    """The number of the last archived entry; 0 where nothing is archived.

    Args:
        account_id: The account.
    """
    return _of(account_id).order_by("-seq").values_list("seq", flat=True).first() or 0


def latest(account_id: UUID) -> AuditCheckpoint | None:
    """The checkpoint that the chain hangs on, where something is archived.

    Args:
        account_id: The account.

    Raises:
        Unreadable: It was altered so that it cannot be read.
    """
    try:
        return _of(account_id).order_by("-seq").first()
    except UNREADABLE as error:
        raise Unreadable("the latest checkpoint") from error


def link_of(checkpoint: AuditCheckpoint | None) -> Link:
    """Where the chain that is left hangs on.

    Args:
        checkpoint: The latest; none where nothing is archived.
    """
    return Link(checkpoint.seq, bytes(checkpoint.hash).hex()) if checkpoint else GENESIS


def claims_of(checkpoint: AuditCheckpoint) -> dict[str, Any]:
    """What a checkpoint says, as it is signed.

    Args:
        checkpoint: The checkpoint.
    """
    return {
        "account": str(checkpoint.account_id),
        "archivedAt": iso(checkpoint.archived_at),
        "at": iso(checkpoint.at),
        "entries": checkpoint.entries,
        "fileDigest": bytes(checkpoint.file_digest).hex(),
        "fileName": checkpoint.file_name,
        "hash": bytes(checkpoint.hash).hex(),
        "id": str(checkpoint.pk),
        "seq": checkpoint.seq,
    }


def as_signed(checkpoint: AuditCheckpoint) -> dict[str, Any]:
    """A checkpoint with its signature, as exports and the API show it.

    Args:
        checkpoint: The checkpoint.
    """
    return {**claims_of(checkpoint), "keyId": checkpoint.key_id, "signature": checkpoint.signature}


def sign(checkpoint: AuditCheckpoint) -> AuditCheckpoint:
    """Sign a checkpoint that is not saved yet.

    Args:
        checkpoint: The checkpoint.

    Returns:
        The same.
    """
    signed = _keys().sign(Purpose.CHECKPOINT, claims_of(checkpoint))
    checkpoint.key_id, checkpoint.signature = signed["keyId"], signed["signature"]
    return checkpoint


def first_fault(account_id: UUID) -> tuple[int, str] | None:
    """The first checkpoint of an account that was altered or is missing, and in words; None where all hold.

    Args:
        account_id: The account.

    Raises:
        Unreadable: One was altered so that it cannot be read.
    """
    try:
        known = list(_of(account_id).order_by("seq"))
    except UNREADABLE as error:
        raise Unreadable("a checkpoint") from error
    before = 0
    for checkpoint in known:
        fault = fault_of(Purpose.CHECKPOINT, as_signed(checkpoint), _keys().public)
        if fault:
            return checkpoint.seq, f"the checkpoint at entry {checkpoint.seq} does not hold: {fault}"
        begins_after = checkpoint.seq - checkpoint.entries
        if begins_after != before:
            return begins_after, f"the checkpoint at entry {begins_after} is missing"
        before = checkpoint.seq
    return None


def _of(account_id: UUID) -> QuerySet[AuditCheckpoint]:
    return AuditCheckpoint.objects.filter(account_id=account_id)


def _keys() -> Keyring:
    keys: Keyring = settings.JOURNAL_KEYS
    return keys
