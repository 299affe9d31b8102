"""The journal as a signed file: JSON Lines, streamed, ending with a head."""

import hashlib
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.http import StreamingHttpResponse
from django.test import AsyncClient
from rest_framework.test import APIClient

from audit import exporting
from audit.export_verification import Outcome, lines_of, verify
from audit.models import AuditHead
from tests.audit.entries import append, entries, run, unprotected
from tests.conftest import World

EXPORT, KEYS = "/api/v1/audit-logs/export", "/api/v1/audit-logs/signing-keys"


def exported(client: APIClient, **query: int) -> bytes:
    answer = client.get(EXPORT, query)
    assert answer.status_code == 200, answer.content
    body: bytes = b"".join(answer)
    return body


def lines(body: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in body.splitlines()]


def verified(body: bytes) -> Outcome:
    return verify(lines_of(BytesIO(body)), trusted=settings.JOURNAL_KEYS.public)


def test_an_export_holds_every_entry_between_a_header_and_a_signed_head(world: World) -> None:
    client = world.client(world.owner)
    answer = client.get(EXPORT)
    rows = entries(world.account.pk)
    name = f"journal-{world.account.pk}-1-{len(rows)}.jsonl"
    assert answer["Content-Type"] == "application/x-ndjson"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    header, *told, head = lines(b"".join(answer))
    assert (header["type"], header["account"], header["checkpoint"]) == ("header", str(world.account.pk), None)
    assert header["after"] == {"seq": 0, "hash": "00" * 32}
    assert [line["seq"] for line in told] == [row.seq for row in rows]
    assert told[0]["personalPart"] == rows[0].personal
    assert [line["hash"] for line in told] == [bytes(row.hash).hex() for row in rows]
    assert (head["type"], head["seq"], head["hash"]) == ("head", rows[-1].seq, bytes(rows[-1].hash).hex())
    assert head["keyId"] == settings.JOURNAL_KEYS.signing_id


def test_it_verifies_with_the_key_that_the_server_publishes(world: World) -> None:
    client = world.client(world.owner)
    outcome = verified(exported(client))
    assert (outcome.valid, outcome.reason) == (True, "")
    assert outcome.entries == len(entries(world.account.pk))
    (key,) = client.get(KEYS).json()["data"]
    assert (key["keyId"], key["isSigning"], key["algorithm"]) == (outcome.key, True, "Ed25519")
    assert key["pem"].startswith("-----BEGIN PUBLIC KEY-----")


def test_it_ends_where_the_journal_ended_when_it_began(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "BATCH", 2)
    append(world.account.pk, *"abcdefgh")
    client = world.client(world.owner)
    head = AuditHead.objects.get(account_id=world.account.pk)
    body = b""
    for piece in client.get(EXPORT):
        append(world.account.pk, "meanwhile")
        body += piece
    outcome = verified(body)
    assert outcome.valid, outcome.reason
    assert outcome.up_to
    assert outcome.up_to.seq == head.seq


def test_parts_of_it_verify_each_and_hang_on_one_another(world: World) -> None:
    append(world.account.pk, *"abcdef")
    client = world.client(world.owner)
    last = AuditHead.objects.get(account_id=world.account.pk).seq
    first, second = verified(exported(client, upTo=4)), verified(exported(client, afterSeq=4))
    assert (first.valid, second.valid) == (True, True)
    assert (first.entries, second.entries) == (4, last - 4)
    assert first.up_to == second.after
    nothing = verified(exported(client, afterSeq=last))
    assert (nothing.valid, nothing.entries) == (True, 0)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"afterSeq": "999"}, "afterSeq"),
        ({"upTo": "999"}, "upTo"),
        ({"afterSeq": "3", "upTo": "2"}, "afterSeq"),
        ({"afterSeq": "x"}, "afterSeq"),
        ({"upTo": "-1"}, "upTo"),
        ({"upTo": "9" * 30}, "upTo"),
        ({"unheard": "1"}, "unheard"),
    ],
)
def test_a_range_that_is_not_there_is_refused_by_name(world: World, query: dict[str, str], field: str) -> None:
    answer = world.client(world.owner).get(EXPORT, query)
    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["error"]["details"]["errors"]] == [field]


def test_a_filtered_export_is_refused_since_it_would_be_no_chain(world: World) -> None:
    answer = world.client(world.owner).get(EXPORT, {"action": "drift.created"})
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/json")
    assert "would not be" in answer.json()["error"]["message"]


def test_only_admins_and_audit_keys_get_it_and_only_of_their_own_account(world: World) -> None:
    for user in (world.engineer, world.viewer):
        assert world.client(user).get(EXPORT).status_code == 403
        assert world.client(user).get(KEYS).status_code == 403
    body = exported(world.client(world.outsider))
    assert str(world.account.pk).encode() not in body
    assert verified(body).account == str(world.other_account.pk)


def test_an_erased_person_is_not_in_it_and_it_still_verifies(world: World) -> None:
    client = world.client(world.owner)
    run("UPDATE audit_log SET personal = NULL, salt = NULL WHERE actor_id = %s", world.owner.pk)
    body = exported(client)
    assert world.owner.email.encode() not in body
    outcome = verified(body)
    assert (outcome.valid, outcome.erased) == (True, 1)


def test_an_export_that_fails_in_the_middle_has_no_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "BATCH", 2)
    append(world.account.pk, *"abcd")
    client = world.client(world.owner)
    with unprotected():
        run("DELETE FROM audit_log WHERE account_id = %s AND seq = 6", world.account.pk)
        pieces = iter(client.get(EXPORT))
        body = b"".join(next(pieces) for _ in range(3))
        with pytest.raises(exporting.ExportBroken, match="Entry 6"):
            list(pieces)
    assert verified(body).reason.startswith("the file is cut off")


def test_whatever_is_accepted_it_is_the_same_file_and_refusals_are_json(world: World) -> None:
    client = world.client(world.owner)
    assert client.get(EXPORT, headers={"accept": "application/x-ndjson"}).status_code == 200
    refused = client.get(EXPORT, {"upTo": "x"}, headers={"accept": "application/x-ndjson"})
    assert (refused.status_code, refused["Content-Type"]) == (400, "application/json")
    assert b"".join(client.head(EXPORT)) == b""


@pytest.mark.parametrize("size", [1, 500])
async def test_under_asgi_it_is_sent_piece_by_piece_too(
    world: World, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    from asgiref.sync import sync_to_async

    monkeypatch.setattr(exporting, "BATCH", size)
    token = await sync_to_async(world.access_token)(world.owner)
    answer: Any = await AsyncClient().get(EXPORT, headers={"authorization": f"Bearer {token}"})
    assert isinstance(answer, StreamingHttpResponse)
    assert answer.is_async
    pieces = [piece async for piece in answer]
    await sync_to_async(connections.close_all)()  # those of the loop's own thread
    outcome = verified(b"".join(pieces))
    assert outcome.valid, outcome.reason
    assert len(pieces) == 2 + -(-outcome.entries // size)


def test_the_readme_verifies_an_export_by_hand(world: World, tmp_path: Path) -> None:
    """The program in `audit/README.md`, as it stands there."""
    append(world.account.pk, "one", "Zwölf \U0001f98a", by=world.actor(world.owner))
    path = tmp_path / "journal.jsonl"
    path.write_bytes(exported(world.client(world.owner)))
    program = (Path(settings.BASE_DIR) / "audit" / "README.md").read_text().split("```python\n")[1].split("```")[0]
    names: dict[str, Any] = {}
    exec(compile(program, "README.md", "exec"), names)  # noqa: S102 - a program of ours
    key = settings.JOURNAL_KEYS
    names["verify"](path, key.public[key.signing_id])
    changed = path.read_bytes().replace(b'"name":"one"', b'"name":"two"')
    path.write_bytes(changed)
    with pytest.raises(AssertionError):
        names["verify"](path, key.public[key.signing_id])
    assert hashlib.sha256(changed)
