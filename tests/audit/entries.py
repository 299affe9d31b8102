"""Entries to look at, and a second opinion on their hashes that shares no code with the journal's."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction

from audit import journal
from audit.actors import Actor
from audit.models import AuditLog
from drifts.facts import StackCreated


def append(account_id: UUID, *names: str, by: Actor | None = None) -> None:
    """One transaction with an entry for each name."""
    with journal.writing(account_id, by=by or Actor.system("test")) as w:
        for name in names:
            w.record(StackCreated(name=name))


def entries(account_id: UUID) -> list[AuditLog]:
    return list(AuditLog.objects.filter(account_id=account_id).order_by("seq"))


def forge(account_id: UUID, seq: int) -> None:
    """Put a copy of the account's last entry in where it does not belong."""
    forged = entries(account_id)[-1]
    forged.pk, forged.seq = uuid4(), seq
    forged.save(force_insert=True)


def canonical(value: Any) -> bytes:
    """RFC 8785 for what the journal holds: strings, whole numbers, booleans, null, lists and objects of these."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def hash_by_hand(previous: bytes, row: AuditLog) -> bytes:
    moment = row.at.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"
    text = canonical(
        {
            "account": str(row.account_id),
            "actor": str(row.actor_id) if row.actor_id else None,
            "at": moment,
            "correlation": row.correlation_id,
            "data": row.data,
            "drift": str(row.drift_id) if row.drift_id else None,
            "id": str(row.id),
            "kind": row.kind,
            "personal": bytes(row.personal_digest).hex(),
            "role": row.actor_role,
            "seq": row.seq,
            "v": row.v,
        }
    )
    return hashlib.sha256(previous + text).digest()


@contextmanager
def unprotected() -> Iterator[None]:
    """A transaction, undone at the end, in which the journal can be tampered with, as its owner could."""
    with transaction.atomic():
        run("ALTER TABLE audit_log DISABLE TRIGGER audit_log_append_only")
        yield
        transaction.set_rollback(True)


def run(statement: str, *parameters: UUID | int | datetime) -> int:
    """Run SQL.

    Returns:
        How many rows it touched.
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)
