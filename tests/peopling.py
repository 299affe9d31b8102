"""The people of the tests, made once by the actions that make people, and then put into the emptied database as rows.

Made so, they take a tenth of the time, before each of some ten thousand tests. Nothing else differs: each test has ids
of its own, which no cache has seen before, and a journal whose chain holds.
"""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import connection, transaction
from django.utils import timezone

from audit.canonical import GENESIS, Entry, chained
from audit.facts import iso
from driftsentry.api.ids import new_id

TABLES = ("accounts_account", "accounts_user", "audit_log", "audit_head")
Rows = dict[str, list[dict[str, Any]]]


def taken() -> Rows:
    """The rows as they are now, by their table."""
    found: Rows = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            order = "seq" if table == "audit_log" else "1"
            cursor.execute(f"SELECT to_jsonb(t)::text FROM {table} t ORDER BY {order}")  # noqa: S608 - our own names
            found[table] = [json.loads(row) for (row,) in cursor.fetchall()]
    return found


def put(template: Rows) -> dict[str, str]:
    """Put rows like those into the database, as if they were made now.

    Args:
        template: What `taken` gave.

    Returns:
        The new id of each old one.
    """
    ids = {str(row["id"]): str(uuid4()) for table in TABLES[:2] for row in template[table]}
    ids |= {str(row["id"]): str(new_id()) for row in template["audit_log"]}
    text = json.dumps(template)
    for old, new in ids.items():
        text = text.replace(old, new)
    rows: Rows = json.loads(text)
    now = iso(timezone.now())
    for table in TABLES[:2]:
        for row in rows[table]:
            row.update(dict.fromkeys(("created_at", "updated_at"), now))
    _chain(rows)
    with transaction.atomic(), connection.cursor() as cursor:
        for table in TABLES:
            statement = f"INSERT INTO {table} SELECT * FROM jsonb_populate_recordset(NULL::{table}, %s)"  # noqa: S608
            cursor.execute(statement, [json.dumps(rows[table])])
    return ids


def _chain(rows: Rows) -> None:
    """Let the entries be appended now, one after the other: each hash hangs on the one before."""
    at = timezone.now() - timedelta(microseconds=len(rows["audit_log"]))
    ends = {str(head["account_id"]): head for head in rows["audit_head"]}
    for head in ends.values():
        head.update(hash=_bytea(GENESIS), epoch=str(uuid4()))
    for row in rows["audit_log"]:
        head = ends[str(row["account_id"])]
        previous = bytes.fromhex(str(head["hash"])[2:])
        at += timedelta(microseconds=1)
        row.update(at=iso(at), prev_hash=head["hash"])
        head["hash"] = row["hash"] = _bytea(chained(previous, _entry(row)))


def _entry(row: dict[str, Any]) -> Entry:
    return Entry(
        account=row["account_id"],
        actor=row["actor_id"],
        at=row["at"],
        correlation=row["correlation_id"],
        data=row["data"],
        drift=row["drift_id"],
        id=row["id"],
        kind=row["kind"],
        personal=row["personal_digest"][2:],
        role=row["actor_role"],
        seq=row["seq"],
        v=row["v"],
    )


def _bytea(value: bytes) -> str:
    return "\\x" + value.hex()
