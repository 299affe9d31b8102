"""What a stack's detector is told: schedule, config and secrets, over the API; secrets are never shown again."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from audit.models import AuditLog
from drifts.models import Stack, StackSecrets
from driftsentry.api import encryption
from tests.drifts.detectors.pretend import SECRET, make_stack, pretend
from tests.drifts.scans import clean, facts, ingest

__all__ = ["pretend"]
URL = "/api/v1/stacks"
pytestmark = pytest.mark.usefixtures("pretend")
BODY: dict[str, Any] = {
    "name": "payments",
    "detector": "aws",
    "detectorConfig": {"place": "here", "Cost Center": {"snake_case": 1.5}},
    "detectorSecrets": {"STATE_TOKEN": SECRET},
    "schedule": "0  3 * * *",
    "scanTimeLimitSeconds": 60,
}


def made(world: Any, **more: Any) -> Any:
    return world.client(world.engineer).post(URL, BODY | more, format="json")


def patched(world: Any, **values: Any) -> Any:
    return world.client(world.engineer).patch(f"{URL}/{Stack.objects.get().pk}", values, format="json")


def secrets() -> dict[str, str]:
    kept = StackSecrets.objects.first()
    return dict(json.loads(kept.secrets)) if kept else {}


def test_it_is_told_with_the_stack_and_shown_but_for_its_secrets(world: Any) -> None:
    answer = made(world)
    assert answer.status_code == 201, answer.content
    data = answer.json()["data"]
    assert data["detectorConfig"] == BODY["detectorConfig"]
    assert (data["schedule"], data["detector"], data["scanTimeLimitSeconds"]) == ("0 3 * * *", "aws", 60)
    assert data["detectorSecretNames"] == ["STATE_TOKEN"]
    assert data["nextScanAt"] > data["createdAt"]
    assert (data["lastScanAt"], data["isStale"]) == (None, False)
    assert "detectorSecrets" not in data
    assert secrets() == {"STATE_TOKEN": SECRET}


def test_a_secret_is_in_no_answer_and_nowhere_in_the_database_in_clear(world: Any) -> None:
    answers = [made(world), patched(world, detectorSecrets={"OTHER": f"{SECRET}-2", "STATE_TOKEN": None})]
    answers.append(world.client(world.viewer).get(URL))
    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert not any(SECRET in answer.content.decode() for answer in answers)
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()")
        for (table,) in cursor.fetchall():
            query = sql.SQL("SELECT count(*) FROM {} t WHERE t::text LIKE %s").format(sql.Identifier(table))
            cursor.execute(query, [f"%{SECRET}%"])
            assert cursor.fetchone() == (0,), table


def test_the_journal_names_what_changed_of_config_and_secrets_and_no_value(world: Any) -> None:
    made(world)
    patched(world, detectorSecrets={"NEW": "a-new-secret", "STATE_TOKEN": None}, detectorConfig={"place": "there"})
    (fact,) = facts(world, "stack.changed")
    assert fact.data["changes"] == {
        "detector_config": [["Cost Center", "place"], ["place"]],
        "detector_secrets": [["STATE_TOKEN"], ["NEW"]],
    }
    assert "a-new-secret" not in str(list(AuditLog.objects.values()))


def test_secrets_are_set_one_by_one_and_those_not_named_stay(world: Any) -> None:
    made(world)
    assert patched(world, detectorSecrets={"B": "two"}).json()["data"]["detectorSecretNames"] == ["B", "STATE_TOKEN"]
    assert patched(world, owner="me").json()["data"]["detectorSecretNames"] == ["B", "STATE_TOKEN"]
    assert secrets() == {"B": "two", "STATE_TOKEN": SECRET}
    assert patched(world, detectorSecrets={"B": None, "STATE_TOKEN": None}).json()["data"]["detectorSecretNames"] == []
    assert not StackSecrets.objects.exists()


def test_what_was_read_can_be_written_back_and_keeps_the_secrets(world: Any) -> None:
    read = made(world).json()["data"]
    answer = world.client(world.engineer).put(f"{URL}/{read['id']}", read, format="json")
    assert (answer.status_code, answer.json()["data"]) == (200, read)
    assert secrets() == {"STATE_TOKEN": SECRET}


def test_its_secrets_go_with_the_stack(world: Any) -> None:
    made(world)
    assert world.client(world.engineer).delete(f"{URL}/{Stack.objects.get().pk}").status_code == 204
    assert not StackSecrets.objects.exists()


def test_secrets_are_written_anew_with_the_newest_key(world: Any, settings: Any) -> None:
    made(world)
    settings.ENCRYPTION_KEYS = ("n" * 40, *settings.ENCRYPTION_KEYS)
    call_command("rotate_secrets", stdout=StringIO())
    with connection.cursor() as cursor:
        cursor.execute("SELECT secrets FROM drifts_stack_secrets")
        assert encryption.is_newest(cursor.fetchone()[0])
    assert secrets() == {"STATE_TOKEN": SECRET}


WRONG: list[tuple[str, Any, str]] = [
    ("schedule", "@daily", "schedule"),
    ("schedule", "0 0 3 * * *", "schedule"),
    ("schedule", "0 0 30 2 *", "schedule"),
    ("schedule", "* " * 60, "schedule"),
    ("schedule", 5, "schedule"),
    ("detector", "azure", "detector"),
    ("detectorConfig", [], "detectorConfig"),
    ("detectorConfig", "x", "detectorConfig"),
    ("detectorConfig", {"a": "x" * 17_000}, "detectorConfig"),
    ("detectorConfig", {"elsewhere": 1}, "detectorConfig.place"),
    ("detectorSecrets", {"FORBIDDEN": "x"}, "detectorSecrets"),
    ("detectorSecrets", {"a b": "x"}, "detectorSecrets"),
    ("detectorSecrets", {"a\n": "x"}, "detectorSecrets"),
    ("detectorSecrets", {"A": ""}, "detectorSecrets"),
    ("detectorSecrets", {"A": 5}, "detectorSecrets"),
    ("detectorSecrets", {"A": "x" * 16_385}, "detectorSecrets"),
    ("detectorSecrets", {f"A{number}": "x" for number in range(33)}, "detectorSecrets"),
    ("detectorSecrets", {f"A{number}": "x" * 16_000 for number in range(5)}, "detectorSecrets"),
    ("detectorSecrets", "A=B", "detectorSecrets"),
    ("scanTimeLimitSeconds", 29, "scanTimeLimitSeconds"),
    ("scanTimeLimitSeconds", 7201, "scanTimeLimitSeconds"),
    ("scanTimeLimitSeconds", "60", "scanTimeLimitSeconds"),
]


@pytest.mark.parametrize(("name", "value", "field"), WRONG)
def test_what_is_wrong_is_named_and_nothing_is_kept(world: Any, name: str, value: Any, field: str) -> None:
    answer = made(world, **{name: value})
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["error"]["details"]["errors"]] == [field]
    assert not Stack.objects.exists()
    assert not StackSecrets.objects.exists()


def test_a_config_waits_unread_while_there_is_no_detector(world: Any) -> None:
    assert made(world, detector="", detectorConfig={"elsewhere": 1}).status_code == 201
    answer = patched(world, detector="aws")
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["errors"][0]["field"] == "detectorConfig.place"


def test_without_a_detector_or_disabled_it_is_never_due(world: Any) -> None:
    made(world)
    for values in ({"detector": ""}, {"detector": "aws", "isEnabled": False}, {"isEnabled": True, "schedule": ""}):
        assert patched(world, **values).json()["data"]["nextScanAt"] is None
    assert patched(world, schedule="0 3 * * *").json()["data"]["nextScanAt"] is not None


def test_a_scan_is_told_and_does_not_count_as_a_change_of_the_stack(world: Any) -> None:
    made(world)
    before = Stack.objects.get()
    ingest(world, clean("aws_vpc.main"), stack="payments")
    after = Stack.objects.get()
    assert after.last_scan_at is not None
    assert after.updated_at == before.updated_at
    assert patched(world, owner="me").json()["data"]["updatedAt"] != before.updated_at
    assert Stack.objects.get().updated_at > before.updated_at


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("isStale=true", ["late"]),
        ("isStale=false", ["payments"]),
        ("isStale=all", ["late", "payments"]),
        ("detector=aws", ["late", "payments"]),
        ("detector=terraform", []),
        ("isEnabled=false", []),
    ],
)
def test_stacks_are_filtered(world: Any, query: str, names: list[str]) -> None:
    made(world)
    make_stack(world, "late")
    Stack.objects.filter(name="late").update(is_stale=True)
    answer = world.client(world.viewer).get(f"{URL}?{query}")
    assert [item["name"] for item in answer.json()["data"]["items"]] == names
