"""A clock that goes backwards changes no order: lists, times, exports and the stream go by the numbers."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.export_verification import verify as verify_file
from audit.exporting import header_of, written
from audit.moments import first_seq
from audit.verification import verify
from driftsentry.api import tenancy
from tests.audit.entries import append, entries
from tests.conftest import World

NOBODY = "00000000-0000-4000-8000-000000000000"
NOON = datetime(2031, 5, 6, 12, tzinfo=UTC)


@contextmanager
def clock(moment: datetime) -> Iterator[None]:
    """Let the database's clock show a time, for this connection: its own function is found after one of ours."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA set_clock")
        cursor.execute(
            "CREATE FUNCTION set_clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql"
            f" AS $$ SELECT '{moment.isoformat()}'::timestamptz $$"
        )
        cursor.execute("SET search_path = set_clock, pg_catalog, public")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET search_path")
            cursor.execute("DROP SCHEMA set_clock CASCADE")


def at_hours(world: World, *hours: int) -> None:
    """One entry a clock; clocks may go back."""
    for hour in hours:
        with clock(NOON + timedelta(hours=hour)):
            append(world.account.pk, f"clock at {hour:+}")


def test_the_times_never_go_back_and_the_chain_holds(world: World) -> None:
    at_hours(world, 0, 1, -3, 2, 1)
    told = [(row.at - NOON) / timedelta(hours=1) for row in entries(world.account.pk)[-5:]]
    assert told == [0, 1, 1, 2, 2]
    assert verify(world.account.pk).valid


def test_lists_times_exports_and_the_stream_go_by_the_numbers(world: World) -> None:
    at_hours(world, 0, 1, -3, 2)
    first = entries(world.account.pk)[-4].seq
    numbers = list(range(first, first + 4))
    client = world.client(world.owner)

    def listed(**query: str) -> list[int]:
        rows = client.get("/api/v1/audit-logs", {"action": "stack.created", **query}).json()["data"]["items"]
        return [row["seq"] for row in rows]

    one = (NOON + timedelta(hours=1)).isoformat()
    assert listed() == numbers[::-1]
    assert listed(after=NOON.isoformat()) == numbers[:0:-1]
    assert listed(before=one) == [first]
    assert listed(after=one) == [first + 3]
    outcome = verify_file(b"".join(written(header_of(world.account.pk))).splitlines(keepends=True))
    assert outcome.valid, outcome.reason


def test_a_time_is_found_as_a_look_at_every_entry_would(world: World) -> None:
    at_hours(world, 0, 1, -3, 2, 2, 5)
    rows = entries(world.account.pk)
    moments = {row.at + timedelta(microseconds=step) for row in rows for step in (-1, 0, 1)}
    for moment in [*moments, datetime(1999, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)]:
        later = [row.seq for row in rows if row.at > moment]
        reached = [row.seq for row in rows if row.at >= moment]
        beyond = rows[-1].seq + 1
        assert first_seq(world.account.pk, moment, comparison="<=") == min(later, default=beyond)
        assert first_seq(world.account.pk, moment, comparison="<") == min(reached, default=beyond)


def test_behind_the_wall_a_time_is_looked_up_by_the_index(world: World) -> None:
    """Row-level security keeps what a function computes away from an index."""
    fill_up(world, entries=20_000)
    with tenancy.behind(), tenancy.within(world.account.pk), CaptureQueriesContext(connection) as asked:
        first_seq(world.account.pk, NOON, comparison="<")
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {asked.captured_queries[-1]['sql']}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Scan using audit_log_account_seq" in plan, plan
    assert "Seq Scan on audit_log" not in plan


@pytest.mark.parametrize(
    ("query", "index"),
    [
        *(("", "account_seq"), ("beforeSeq=5000", "account_seq"), ("before=2031-01-01T00:00:00Z", "account_seq")),
        *(("action=stack.deleted", "kind"), (f"actorId={NOBODY}", "actor"), (f"driftId={NOBODY}", "drift")),
        ("action=stack.deleted&after=2031-01-01T00:00:00Z", "kind"),
    ],
)
def test_a_page_reads_by_an_index_whatever_it_filters_by(world: World, query: str, index: str) -> None:
    fill_up(world, entries=20_000)
    client = world.client(world.owner)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(f"/api/v1/audit-logs?cursor=&{query}").status_code == 200
    statements = [
        one["sql"] for one in asked.captured_queries if "ORDER BY" in one["sql"] and "audit_log" in one["sql"]
    ]
    assert len(statements) == 1
    assert not [one for one in asked.captured_queries if "OFFSET" in one["sql"] or "COUNT(" in one["sql"]]
    with tenancy.behind(), tenancy.within(world.account.pk), connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statements[0]}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert f"using audit_log_{index}" in plan, plan


def fill_up(world: World, *, entries: int) -> None:
    """Entries for the planner: their chain is none, so nothing else may be looked at."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_log (id, account_id, seq, at, kind, v, drift_id, actor_id, actor_role, correlation_id,"
            " data, personal, salt, personal_digest, prev_hash, hash)"
            " SELECT gen_random_uuid(), account_id, seq + n, at + n * interval '1 second', 'scan.completed', v,"
            " gen_random_uuid(), gen_random_uuid(), actor_role, '', data, personal, salt, personal_digest, prev_hash,"
            " hash FROM audit_log, generate_series(1, %s) AS n WHERE account_id = %s AND seq = 4",
            [entries, world.account.pk],
        )
        cursor.execute("UPDATE audit_head SET seq = seq + %s WHERE account_id = %s", [entries, world.account.pk])
        cursor.execute("ANALYZE audit_log")


def test_in_an_account_without_a_journal_there_is_nothing_to_find(world: World) -> None:

    assert first_seq(uuid4(), NOON, comparison="<") == 1


@pytest.mark.parametrize(("query", "found"), [({"afterSeq": 3, "beforeSeq": 6}, [5, 4]), ({"beforeSeq": 2}, [1])])
def test_numbers_bound_a_list_on_both_sides(world: World, query: dict[str, int], found: list[int]) -> None:
    append(world.account.pk, "one", "two", "three")
    rows = world.client(world.owner).get("/api/v1/audit-logs", query).json()["data"]["items"]
    assert [row["seq"] for row in rows] == found
