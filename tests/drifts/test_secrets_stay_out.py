"""Secrets of a plan: in no column of any table, no answer, no log line, no printed table."""

import json
import logging
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from alerts.models import Alert
from audit.models import AuditLog
from costs.models import CostMetric
from drifts.actions import opening
from drifts.models import Drift, Scan
from tests.drifts.ingest.plans import entry
from tests.drifts.scans import REASON, drifted, ingest, instance

FLAGGED_BEFORE, FLAGGED_AFTER = "flagged-by-the-tool-9310", "flagged-by-the-tool-9311"
NAMED_BEFORE, NAMED_AFTER = "named-like-a-secret-5520", "named-like-a-secret-5521"
SHAPED_BEFORE, SHAPED_AFTER = "AKIAQ3EGTZ7W5V2NKL4P", "AKIAQ3EGTZ7W5V2NKL5R"
NESTED = "in-a-document-in-a-string-7744"
SECRETS = (FLAGGED_BEFORE, FLAGGED_AFTER, NAMED_BEFORE, NAMED_AFTER, SHAPED_BEFORE, SHAPED_AFTER, NESTED)


def database(size: str = "db.t3.micro") -> dict[str, Any]:
    """A database whose state holds a secret of each kind."""
    before = {
        "id": "ledger",
        "arn": "arn:aws:rds:us-east-1:123456789012:db:ledger",
        "engine": "postgres",
        "multi_az": False,
        "allocated_storage": 20,
        "storage_type": "gp2",
        "instance_class": "db.t3.micro",
        "license_key_blob": FLAGGED_BEFORE,
        "password": NAMED_BEFORE,
        "notes": SHAPED_BEFORE,
        "options": json.dumps({"user": "ledger", "db_password": NESTED}),
    }
    after = {
        **before,
        "instance_class": size,
        "license_key_blob": FLAGGED_AFTER,
        "password": NAMED_AFTER,
        "notes": SHAPED_AFTER,
    }
    mask = {"license_key_blob": True}
    return entry("aws_db_instance.ledger", before=before, after=after, before_sensitive=mask, after_sensitive=mask)


def columns() -> list[tuple[str, str]]:
    """Every column of every table of ours, as table and name."""
    query = """SELECT table_name, column_name FROM information_schema.columns
               WHERE table_schema = 'public' ORDER BY table_name, ordinal_position"""
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def found_in_tables() -> list[tuple[str, str, str]]:
    """Where in the database a planted secret stands, whatever the column's type."""
    found = []
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for table, column in columns():
            for secret in SECRETS:
                spelt = f"CAST({quote(column)} AS text)"
                hexed = "\\x" + secret.encode().hex()
                cursor.execute(
                    f"SELECT count(*) FROM {quote(table)} "  # noqa: S608 - names of columns
                    f"WHERE position(%s in {spelt}) > 0 OR position(%s in {spelt}) > 0",
                    [secret, hexed.removeprefix("\\x")],
                )
                if cursor.fetchone()[0]:
                    found.append((table, column, secret))
    return found


def assert_hidden(text: str) -> None:
    assert [secret for secret in SECRETS if secret in text] == []


def test_the_search_finds_what_is_there(world: Any) -> None:
    ingest(world, drifted(instance()))
    Drift.objects.update(address=f"x{SECRETS[0]}x", fingerprint=SECRETS[1].encode(), difference={"a": [SECRETS[2]]})
    assert {column for _, column, _ in found_in_tables()} == {"address", "fingerprint", "difference"}


def test_they_are_in_no_table(world: Any) -> None:
    ingest(world, drifted(database("db.r5.large")))
    ingest(world, drifted(database("db.r5.xlarge")))
    drift = Drift.objects.get()
    assert set(drift.difference) >= {"instance_class", "password", "license_key_blob"}
    assert drift.difference["password"] == {"expected": "(sensitive)", "actual": "(sensitive)"}
    assert Scan.objects.count() == 2
    assert AuditLog.objects.filter(kind="drift.updated").exists()
    assert CostMetric.objects.exists()
    assert found_in_tables() == []


def test_they_are_in_no_answer(world: Any) -> None:
    client = world.client(world.owner)
    sent = client.generic("POST", "/api/v1/scans?stack=a", drifted(database("db.r5.large")))
    assert sent.status_code == 201
    drift = Drift.objects.get()
    client.post(f"/api/v1/drifts/{drift.pk}/approve", {"reason": REASON}, format="json")
    paths = ["drifts", f"drifts/{drift.pk}", f"drifts/{drift.pk}/timeline", "scans", "alerts", "stacks", "audit-logs"]
    for path in paths:
        answer = client.get(f"/api/v1/{path}")
        assert answer.status_code == 200, path
        assert_hidden(answer.content.decode())
    assert_hidden(sent.content.decode())
    assert "db.r5.large" in client.get(f"/api/v1/drifts/{drift.pk}").content.decode()


@pytest.mark.parametrize("cut", [-1, -40, 400])
def test_they_are_in_no_refusal(world: Any, cut: int) -> None:
    body = drifted(database())
    answer = world.client(world.engineer).generic("POST", "/api/v1/scans?stack=a", body[:cut])
    assert answer.status_code in {400, 422}
    assert_hidden(answer.content.decode())
    assert found_in_tables() == []


def test_they_are_in_no_log_line_even_when_the_scan_fails(
    world: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    client = world.client(world.engineer)
    client.raise_request_exception = False

    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("it broke")

    with monkeypatch.context() as patch:
        patch.setattr(opening, "record_cost_changes", fail)
        answer = client.generic("POST", "/api/v1/scans?stack=a", drifted(database("db.r5.large")))
    assert answer.status_code == 500
    again = client.generic("POST", "/api/v1/scans?stack=a", drifted(database("db.r5.large")))
    assert again.status_code == 201
    printed = capfd.readouterr()
    logged = "\n".join(f"{line.getMessage()} {line.exc_text} {line.__dict__}" for line in caplog.records)
    assert "scan_failed" in logged + printed.out + printed.err
    for text in (logged, printed.out, printed.err, answer.content.decode()):
        assert_hidden(text)
    assert Alert.objects.filter(type="scan_failed").count() == 1
    assert found_in_tables() == []


def test_a_reported_drift_hides_them_too(world: Any) -> None:
    report = {
        "resourceId": "ledger",
        "resourceType": "RDS",
        "region": "us-east-1",
        "expectedState": {"password": NAMED_BEFORE, "notes": SHAPED_BEFORE},
        "actualState": {"password": NAMED_AFTER, "notes": SHAPED_AFTER, "class": "x"},
    }
    answer = world.client(world.engineer).post("/api/v1/drifts", report, format="json")
    assert answer.status_code == 201
    assert_hidden(answer.content.decode())
    assert found_in_tables() == []


def test_the_command_prints_none(world: Any, tmp_path: Any) -> None:
    path, out = tmp_path / "plan.json", StringIO()
    path.write_bytes(drifted(database("db.r5.large")))
    call_command("ingest", str(path), stack="a", account="acme", stdout=out)
    assert "aws_db_instance.ledger" in out.getvalue()
    assert_hidden(out.getvalue())
