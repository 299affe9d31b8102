"""How fast the journal takes facts: numbered, hashed, chained and committed."""

from collections.abc import Iterator

from accounts.models import User
from audit import journal
from drifts.facts import DriftCommented
from driftsentry.api.ids import new_id
from tests.benchmarks.measured import Figure, copy_again, timed
from tests.drifts.reported import actor

SHAPES = ((1, 500), (100, 100))
"""Facts of a transaction, and transactions."""


def journalling(user: User) -> Iterator[Figure]:
    """Measure appends of each shape.

    Args:
        user: Who acts.
    """
    for facts, transactions in SHAPES:

        def append(facts: int = facts, transactions: int = transactions) -> None:
            for _ in range(transactions):
                with journal.writing(user.account_id, by=actor(user)) as w:
                    for _ in range(facts):
                        w.record(DriftCommented(id=new_id(), text="Seen and understood."))

        seconds, units = timed(append), facts * transactions
        last = f"SELECT * FROM audit_log WHERE kind = 'drift.commented' ORDER BY seq DESC LIMIT {units}"  # noqa: S608
        yield Figure(
            what=f"journal, {facts} a transaction",
            seconds=seconds,
            units=units,
            baseline="bare COPY",
            baseline_seconds=copy_again(last, table="audit_log"),
        )
