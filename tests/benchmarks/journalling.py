"""How fast the journal takes facts (numbered, hashed, chained and committed), and gives them back."""

from collections.abc import Iterator

from accounts.models import User
from audit import journal
from audit.exporting import header_of, written
from audit.moments import first_seq
from audit.verification import verify
from drifts.facts import DriftCommented
from driftsentry.api.ids import new_id
from tests.benchmarks.measured import Figure, copy_again, execute, median_of, timed
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
    yield from _reading(user)


def _reading(user: User) -> Iterator[Figure]:
    """Measure a verification and an export of all that was appended, and how a time is found."""
    account_id = user.account_id
    entries = verify(account_id).entries
    bare = timed(lambda: execute(f"SELECT * FROM audit_log WHERE account_id = '{account_id}' ORDER BY seq"))  # noqa: S608
    measured = {
        "journal, verified": lambda: verify(account_id),
        "journal, exported": lambda: list(written(header_of(account_id))),
    }
    for what, work in measured.items():
        seconds = timed(work)
        yield Figure(what=what, seconds=seconds, units=entries, baseline="bare SELECT", baseline_seconds=bare)
    yield Figure(
        what="journal, a time looked up",
        seconds=median_of(lambda: first_seq(account_id, user.created_at, comparison="<"), times=25),
        units=1,
        baseline="bare SELECT 1",
        baseline_seconds=median_of(lambda: execute("SELECT 1"), times=25),
    )
