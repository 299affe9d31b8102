"""Values of any shape under masks of any shape: what is masked reaches no table, journal, event, answer or log line."""

import json
import logging
from typing import Any

import pytest
from django.db import connection
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from audit.models import AuditLog
from drifts.models import Drift
from driftsentry.realtime.events import Entry, render
from tests.drifts.ingest.plans import assessed, judged, plan
from tests.drifts.ingest.secrets import FIRST, hidden, marked
from tests.drifts.ingest.test_laws import Marked, body_of
from tests.drifts.scans import REASON

CASES = 12


def samples(number: int) -> list[Marked]:
    """So many resources, the same ones at every run."""
    found: list[Marked] = []

    @settings(max_examples=60, derandomize=True, database=None, phases=[Phase.generate])
    @given(st.data())
    def take(data: st.DataObject) -> None:
        one = data.draw(marked(FIRST + 1000 * len(found)))
        if hidden(*one) and judged(assessed(plan([body_of(one)]))).observations:
            found.append(one)

    take()
    return found[:number]


def stored() -> str:
    """Every row of every table as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        rows: list[str] = []
        for name in tables:
            quoted = connection.ops.quote_name(name)
            cursor.execute(f"SELECT t::text FROM {quoted} t")  # noqa: S608 - a table's name
            rows.extend(text for (text,) in cursor.fetchall())
    return "\n".join(rows)


def events(world: Any) -> str:
    """What goes out on the live stream, as text."""
    entries = AuditLog.objects.filter(account=world.account).order_by("seq")
    sent = [render(Entry(one.seq, one.at, one.kind, one.data)) for one in entries]
    return "\n".join(one.text(0) for one in sent if one is not None)


def test_what_is_masked_is_nowhere(
    world: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    found = samples(CASES)
    secrets = {leaf for one in found for leaf in hidden(*one)}
    assert len(found) == CASES
    client = world.client(world.owner)
    entries = [body_of(one, f"aws_x_thing.n{number}") for number, one in enumerate(found)]
    answers = [client.generic("POST", "/api/v1/scans?stack=a", plan(entries))]
    answers += [client.generic("POST", "/api/v1/scans?stack=a", plan(entries, timestamp="2026-01-01T00:00:00Z")[:-9])]
    assert Drift.objects.count() == CASES
    first = Drift.objects.order_by("id")[0]
    answers += [client.post(f"/api/v1/drifts/{first.pk}/approve", {"reason": REASON}, format="json")]
    pages = ["drifts", "scans", "alerts", "audit-logs", *(f"drifts/{drift.pk}" for drift in Drift.objects.all())]
    answers += [client.get(f"/api/v1/{page}") for page in pages]
    assert {answer.status_code for answer in answers} <= {200, 201, 400}
    printed = capfd.readouterr()
    texts = {
        "tables": stored(),
        "events": events(world),
        "answers": "\n".join(answer.content.decode() for answer in answers),
        "log": "\n".join(f"{line.getMessage()} {line.__dict__}" for line in caplog.records),
        "printed": printed.out + printed.err,
    }
    assert "aws_x_thing.n0" in texts["tables"]
    assert "drift:created" in texts["events"]
    assert [(where, one) for where, text in texts.items() for one in secrets if one in text] == []


def test_the_search_finds_what_is_there(world: Any) -> None:
    (one,) = samples(1)
    before, after, *_ = one
    client = world.client(world.owner)
    entries = [body_of((before, after, False, False))]
    assert client.generic("POST", "/api/v1/scans?stack=a", plan(entries)).status_code == 201
    everything = stored()
    assert [leaf for leaf in hidden(before, after, True) if leaf not in everything] == []
    assert json.loads(json.dumps(Drift.objects.get().expected_state))
