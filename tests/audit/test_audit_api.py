"""The audit API: the journal for an account's admins."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from audit.models import AuditLog
from audit.verification import verify
from drifts.actions.decide import comment_on_drift
from tests.audit.entries import append, entries, run, unprotected
from tests.conftest import World
from tests.laws.tenants import furnish

LOGS, VERIFY = "/api/v1/audit-logs", "/api/v1/audit-logs/verify"


def listed(client: APIClient, **query: str | int) -> list[dict[str, Any]]:
    answer = client.get(LOGS, query)
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["data"]["items"]
    return found


def test_an_admin_reads_every_field_of_an_entry_newest_first(world: World) -> None:
    client = world.client(world.owner)
    rows = listed(client)
    assert [row["seq"] for row in rows] == list(range(len(rows), 0, -1))
    entry = AuditLog.objects.get(account_id=world.account.pk, kind="user.logged_in")
    assert rows[0] == {
        "id": str(entry.pk),
        "seq": entry.seq,
        "at": rows[0]["at"],
        "action": "user.logged_in",
        "v": 1,
        "driftId": None,
        "actorId": str(world.owner.pk),
        "actorEmail": world.owner.email,
        "actorRole": "admin",
        "message": "Logged in",
        "data": entry.data,
        "address": "127.0.0.1",
        "userAgent": "",
        "correlationId": "",
        "prevHash": bytes(entry.prev_hash).hex(),
        "hash": bytes(entry.hash).hex(),
    }
    assert rows[0]["at"].endswith("Z")


def test_only_admins_read_it(world: World) -> None:
    for user in (world.engineer, world.viewer):
        client = world.client(user)
        for path in (LOGS, VERIFY):
            assert client.get(path).status_code == 403
    assert APIClient().get(LOGS).status_code == 401


def test_nobody_writes_it(world: World) -> None:
    client = world.client(world.owner)
    for method in ("post", "put", "patch", "delete"):
        assert client.generic(method.upper(), LOGS, "{}", "application/json").status_code == 405


def test_another_tenant_sees_nothing_of_it(world: World) -> None:
    append(world.account.pk, "one", "two", "three")
    mine = {str(row.pk) for row in entries(world.account.pk)}
    client = world.client(world.outsider)
    assert not mine & {row["id"] for row in listed(client, limit=100)}
    assert not listed(client, actorId=str(world.owner.pk))
    assert client.get(VERIFY).json()["data"]["entries"] == len(entries(world.other_account.pk))


def test_it_is_filtered_by_kind_actor_and_drift(world: World) -> None:
    furnish(world, world.account.pk, owner="acme", number=2)
    entry = AuditLog.objects.filter(account_id=world.account.pk, kind="drift.created").earliest("seq")
    assert entry.drift_id is not None
    comment_on_drift(world.account.pk, entry.drift_id, text="Who did this?", by=world.actor(world.engineer))
    client = world.client(world.owner)
    assert {row["action"] for row in listed(client, action="drift.created,drift.commented")} == {
        "drift.created",
        "drift.commented",
    }
    assert {row["actorEmail"] for row in listed(client, actorId=str(world.engineer.pk))} == {world.engineer.email}
    of_drift = listed(client, driftId=str(entry.drift_id))
    assert {row["driftId"] for row in of_drift} == {str(entry.drift_id)}
    commented = [row for row in of_drift if row["action"] == "drift.commented"]
    assert [row["message"] for row in commented] == ["Comment: Who did this?"]
    assert not listed(client, action="drift.created", actorId=str(world.viewer.pk))


def test_it_is_filtered_by_time_and_number(world: World) -> None:
    client = world.client(world.owner)
    third = entries(world.account.pk)[2]
    at = third.at.isoformat()
    assert [row["seq"] for row in listed(client, before=at)] == [2, 1]
    assert {row["seq"] for row in listed(client, after=at)} == {4, 5}
    assert [row["seq"] for row in listed(client, afterSeq=3)] == [5, 4]
    late = (third.at + timedelta(days=1)).isoformat().replace("+00:00", "Z")
    assert not listed(client, after=late)
    assert not listed(client, afterSeq=2**62)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("driftId", "x"), ("actorId", "1"), ("after", "yesterday"), ("before", "2026-13-01"), ("afterSeq", "-1")),
        *(("afterSeq", "1.5"), ("afterSeq", "x"), ("afterSeq", str(2**63)), ("afterSeq", "NaN"), ("afterSeq", "1e400")),
        *(("before", "9999999999"), ("actor", "x"), ("cursor", "garbage"), ("limit", "101")),
    ],
)
def test_a_filter_that_means_nothing_is_refused_by_name(world: World, name: str, value: str) -> None:
    answer = world.client(world.owner).get(LOGS, {name: value})
    assert answer.status_code == 400
    assert {one["field"] for one in answer.json()["error"]["details"]["errors"]} == {name}


def test_a_cursor_walks_it_backwards_without_gap_or_repeat_while_it_grows(world: World) -> None:
    client = world.client(world.owner)
    append(world.account.pk, *(str(number) for number in range(20)))
    last = verify(world.account.pk).entries
    seen: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        data = client.get(f"{LOGS}?cursor={cursor}&limit=7").json()["data"]
        seen += [row["seq"] for row in data["items"]]
        cursor = data["pagination"]["nextCursor"]
        append(world.account.pk, "meanwhile")
    assert seen == list(range(last, 0, -1))


def test_an_erased_entry_says_so(world: World) -> None:
    client = world.client(world.owner)
    run("UPDATE audit_log SET personal = NULL, salt = NULL WHERE actor_id = %s", world.owner.pk)
    row = next(row for row in listed(client) if row["action"] == "user.logged_in")
    assert (row["actorEmail"], row["address"], row["userAgent"]) == ("(erased)", "(erased)", "(erased)")
    assert row["actorId"] == str(world.owner.pk)
    assert client.get(VERIFY).json()["data"]["erased"] == 1


def test_verify_gives_the_head_and_that_all_holds(world: World) -> None:
    data = world.client(world.owner).get(VERIFY).json()["data"]
    last = entries(world.account.pk)[-1]
    assert data == {
        "valid": True,
        "entries": last.seq,
        "erased": 0,
        "headSeq": last.seq,
        "headHash": bytes(last.hash).hex(),
        "firstBrokenSeq": None,
        "reason": "",
        "archivedSeq": 0,
        "checkpoint": None,
    }


def test_verify_names_the_first_entry_that_does_not_fit(world: World) -> None:
    client = world.client(world.owner)
    with unprotected():
        run("UPDATE audit_log SET actor_role = 'viewer' WHERE account_id = %s AND seq >= 3", world.account.pk)
        data = client.get(VERIFY).json()["data"]
    assert (data["valid"], data["firstBrokenSeq"], data["reason"]) == (False, 3, "the entry was altered")
