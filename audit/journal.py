"""The one door to the journal.

`with journal.writing(account_id, by=actor) as w:` opens the transaction; the action changes its tables and calls
`w.record(Fact(...))`; on leaving, what reacts to these facts adds its part (`audit.reactions`) and all facts are
appended by one statement, last, so that the account's head row is locked only for that statement. After the commit the
doorbell rings.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from audit import doorbell
from audit.actors import Actor
from audit.canonical import Entry, personal_digest
from audit.counters import ENTRIES
from audit.facts import Fact, storable
from audit.reactions import react_to_all
from driftsentry.api import tenancy, units
from driftsentry.api.ids import new_id

APPEND = "SELECT audit_append(%s, %s::jsonb, %s::text[], %s::text[], %s::text[])"
MAX_AGENT = 400


class Writer:
    """Collects the facts of one transaction.

    Attributes:
        account_id: The account whose journal it is.
        actor: Who does it.
        now: The transaction's time, for the tables that it changes.
        facts: What was recorded, each with the id of its entry.
        asides: What is left, beside the facts, for reactions that sum up (`audit.reactions.reacts_once_to`).
    """

    def __init__(self, account_id: UUID, actor: Actor) -> None:
        """Begin with no facts.

        Args:
            account_id: The account whose journal it is.
            actor: Who does it.
        """
        self.account_id = account_id
        self.actor = actor
        self.now: datetime = timezone.now()
        self.facts: list[tuple[UUID, Fact]] = []
        self.asides: list[object] = []

    def record(self, fact: Fact) -> UUID:
        """Add a fact; it is appended when the transaction ends.

        Args:
            fact: What happened.

        Returns:
            The id that its entry will have.
        """
        ident = new_id()
        self.facts.append((ident, fact))
        return ident


@contextmanager
def writing(account_id: UUID, *, by: Actor) -> Iterator[Writer]:
    """Open a transaction, behind the account's wall, whose facts are appended at its end.

    Args:
        account_id: The account.
        by: Who does it.

    Yields:
        The writer that collects the facts.
    """
    with tenancy.within(account_id), units.part():
        writer = Writer(account_id, by)
        yield writer
        react_to_all(writer)
        if writer.facts:
            seq = _append(writer)
            transaction.on_commit(lambda: _tell(writer, seq))


def _tell(writer: Writer, seq: int) -> None:
    for _, fact in writer.facts:
        ENTRIES.labels(kind=fact.kind).inc()
    doorbell.ring(writer.account_id, seq)


def _append(writer: Writer) -> int:
    """Append the writer's facts.

    Returns:
        The number of the last one.
    """
    rows, before, between, after = [], [], [], []
    for ident, fact in writer.facts:
        row, entry = _row(writer, ident, fact)
        rows.append(row)
        first, second, third = entry.pieces()
        before.append(first)
        between.append(second)
        after.append(third)
    with connection.cursor() as cursor:
        # Keys to other tables are checked now, which may wait for their rows: at the end, it would wait with the head
        # locked for somebody who waits for the head.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(APPEND, [writer.account_id, json.dumps(rows), before, between, after])
        (seq,) = cursor.fetchone()
    return int(seq)


def _row(writer: Writer, ident: UUID, fact: Fact) -> tuple[dict[str, object], Entry]:
    actor = writer.actor
    personal = {
        "actorEmail": storable(actor.email),
        "address": storable(actor.address),
        "text": storable(fact.text),
        "userAgent": storable(actor.user_agent[:MAX_AGENT]),
    }
    salt = os.urandom(16)
    digest = personal_digest(salt, personal).hex()
    drift = fact.drift()
    entry = Entry(
        account=str(writer.account_id),
        actor=str(actor.id) if actor.id else None,
        at="",
        correlation=storable(actor.correlation_id),
        data=fact.data(),
        drift=str(drift) if drift else None,
        id=str(ident),
        kind=fact.kind,
        personal=digest,
        role=actor.role,
        seq=0,
        v=fact.v,
    )
    row = {
        "id": entry.id,
        "kind": entry.kind,
        "v": entry.v,
        "drift_id": entry.drift,
        "actor_id": entry.actor,
        "actor_role": entry.role,
        "correlation_id": entry.correlation,
        "data": entry.data,
        "personal": personal,
        "salt": salt.hex(),
        "personal_digest": digest,
    }
    return row, entry


def begin_new_epoch() -> int:
    """Give every journal a new epoch: a restored backup lacks entries that readers have seen.

    The epoch is a part of what a backup holds, so only whoever restores one can tell that it has been restored.

    Returns:
        How many journals there are.
    """
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_head SET epoch = gen_random_uuid()")
        return int(cursor.rowcount)
