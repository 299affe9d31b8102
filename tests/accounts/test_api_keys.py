"""API keys: shown once, known by their digest, ended at once, and told apart in the journal."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import api_keys
from accounts.actions import api_keys as actions
from accounts.models import ApiKey
from audit.models import AuditLog
from audit.verification import verify
from drifts.models import Scan
from driftsentry.api.access import Scope
from driftsentry.api.models import IdempotentRequest
from tests.accounts.keys import ALL, account_key, own_key, showing
from tests.admin.conftest import browser
from tests.conftest import World

KEYS = "/api/v1/api-keys"
OWN = "/api/v1/users/me/api-key"
NEW = {"name": "CI", "scopes": ["ingest", "read"]}
DRIFT = {
    "resourceId": "i-1",
    "resourceType": "EC2",
    "region": "eu-central-1",
    "expectedState": {"size": "a"},
    "actualState": {"size": "b"},
}


def kinds(world: World) -> list[str]:
    found = AuditLog.objects.filter(account_id=world.account.pk, kind__startswith="api_key.").order_by("seq")
    return [entry.kind for entry in found]


def make(world: World, **body: Any) -> Any:
    return world.client(world.owner).post(KEYS, NEW | body, format="json")


def fields_at_fault(answer: Any) -> list[str]:
    return [error["field"] for error in answer.json()["error"]["details"]["errors"]]


# --- The key itself ---------------------------------------------------------------------------------------------


def test_a_key_is_its_mark_its_prefix_and_a_long_secret() -> None:
    made = api_keys.new_key()
    mark, prefix, secret = made.text.split("_")
    assert (mark, len(prefix), len(secret)) == ("dsk", 10, 40)
    assert (prefix + secret).isalnum()
    assert (made.prefix, made.last4) == (f"dsk_{prefix}", secret[-4:])
    assert made.text not in repr(made)


def test_no_two_keys_are_alike() -> None:
    made = [api_keys.new_key() for _ in range(1000)]
    assert len({key.prefix for key in made}) == len({key.text[15:] for key in made}) == 1000


@pytest.mark.parametrize(
    "text",
    [
        *("", "dsk_", "dsk_short_x", "x" * 55),
        f"dsk_{'a' * 10}_{'b' * 41}",
        f" dsk_{'a' * 10}_{'b' * 40}",
        f"dsk_{'a' * 10}_{'b' * 40}\n",
        f"dsk_{'a' * 10}_{'é' * 40}",
        f"DSK_{'a' * 10}_{'b' * 40}",
    ],
)
def test_what_is_no_key_has_no_prefix(text: str) -> None:
    assert api_keys.prefix_of(text) is None


def test_only_the_key_itself_matches_its_digest() -> None:
    made = api_keys.new_key()
    assert api_keys.matches(made.text, made.digest)
    assert not api_keys.matches(made.text[:-1] + "~", made.digest)
    assert not api_keys.matches(made.text, None)


# --- Authentication ---------------------------------------------------------------------------------------------


def test_every_character_of_a_key_counts(world: World) -> None:
    key = account_key(world, Scope.READ)
    for place in (4, 13, 15, 34, 54):
        other = "A" if key.text[place] != "A" else "B"
        wrong = key.text[:place] + other + key.text[place + 1 :]
        assert showing(wrong).get("/api/v1/drifts").status_code == 401
    assert key.client.get("/api/v1/drifts").status_code == 200


def test_the_scheme_is_read_in_any_case_and_a_key_is_no_access_token(world: World) -> None:
    key = account_key(world, Scope.READ)
    for scheme, status in (("api-key", 200), ("API-KEY", 200), ("Bearer", 401), ("Token", 401), ("", 401)):
        answer = Client().get("/api/v1/drifts", headers={"authorization": f"{scheme} {key.text}".strip()})
        assert answer.status_code == status, scheme


def test_a_key_is_looked_up_by_one_indexed_query(world: World) -> None:
    key = account_key(world, Scope.READ)
    assert key.client.get("/api/v1/alerts/unread-count").status_code == 200
    with CaptureQueriesContext(connection) as queries:
        assert key.client.get("/api/v1/alerts/unread-count").status_code == 200
    asked = [query["sql"] for query in queries if "accounts_api_key" in query["sql"]]
    assert len(asked) == 1
    assert f"\"prefix\" = '{key.row.prefix}'" in asked[0]


def test_its_use_is_noted_once_a_minute(world: World) -> None:
    key = account_key(world, Scope.READ)
    key.client.get("/api/v1/drifts")
    first = ApiKey.objects.get(pk=key.row.pk).last_used_at
    assert first is not None
    key.client.get("/api/v1/drifts")
    assert ApiKey.objects.get(pk=key.row.pk).last_used_at == first
    ApiKey.objects.filter(pk=key.row.pk).update(last_used_at=first - timedelta(minutes=2))
    key.client.get("/api/v1/drifts")
    assert (ApiKey.objects.get(pk=key.row.pk).last_used_at or first) >= first


def test_a_request_does_not_wait_for_whoever_holds_the_keys_row(world: World) -> None:
    key = account_key(world, Scope.READ)
    holder = connection.copy()
    try:
        with holder.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT 1 FROM accounts_api_key WHERE id = %s FOR UPDATE", [key.row.pk])
            assert key.client.get("/api/v1/drifts").status_code == 200
            cursor.execute("ROLLBACK")
    finally:
        holder.close()
    assert ApiKey.objects.get(pk=key.row.pk).last_used_at is None


# --- What a key does is told ------------------------------------------------------------------------------------


def test_the_timeline_and_the_journal_tell_which_key_it_was(world: World) -> None:
    key = account_key(world, *ALL, name="network pipeline")
    made = key.client.post("/api/v1/drifts", DRIFT, format="json")
    assert made.status_code == 201
    data = made.json()["data"]
    assert not any(data[name] for name in ("canTriage", "canApprove", "canReject", "canResolve"))
    (entry,) = key.client.get(f"/api/v1/drifts/{data['id']}/timeline").json()["data"]
    assert entry["actorRole"] == "api_key"
    assert entry["actorEmail"] == f"network pipeline (API key …{key.row.last4})"
    (logged, *_) = key.client.get("/api/v1/audit-logs", {"actorId": str(key.row.pk)}).json()["data"]["items"]
    assert logged["actorId"] == str(key.row.pk)
    assert verify(world.account.pk).valid


def test_a_scan_that_a_users_own_key_sends_is_taken(world: World) -> None:
    plan = json.dumps({"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": []})
    client = own_key(world, world.engineer).client
    answer = client.generic("POST", "/api/v1/scans?stack=tour", plan, "application/json")
    assert answer.status_code == 201
    assert Scan.objects.get(pk=answer.json()["data"]["id"]).submitted_by is None


def test_refusals_beyond_ten_a_minute_are_not_journaled(world: World) -> None:
    key = account_key(world, Scope.AUDIT)
    for _ in range(15):
        assert key.client.get("/api/v1/drifts").status_code == 403
    assert AuditLog.objects.filter(kind="access.refused", actor_id=key.row.pk).count() == 10


def test_a_users_refusal_is_journaled_too(world: World) -> None:
    assert world.client(world.viewer).post(KEYS, NEW, format="json").status_code == 403
    (entry,) = AuditLog.objects.filter(kind="access.refused")
    assert (entry.actor_id, entry.actor_role) == (world.viewer.pk, "viewer")


# --- An account's keys ------------------------------------------------------------------------------------------


def test_a_key_is_shown_when_it_is_made_and_never_again(world: World) -> None:
    answer = make(world)
    assert answer.status_code == 201
    assert answer["Cache-Control"] == "no-store"
    made = answer.json()["data"]
    text = made.pop("apiKey")
    assert text.startswith(made["prefix"])
    assert text.endswith(made["last4"])
    assert (made["scopes"], made["stack"], made["expiresAt"], made["revokedAt"]) == (
        ["read", "ingest"],
        None,
        None,
        None,
    )
    assert made["createdById"] == str(world.owner.pk)
    client = world.client(world.owner)
    assert client.get(f"{KEYS}/{made['id']}").json()["data"] == made
    assert client.get(KEYS).json()["data"]["items"] == [made]
    assert showing(text).get("/api/v1/drifts").status_code == 200
    assert kinds(world) == ["api_key.created"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["admin"]}, "scopes"),
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt"),
        ({"stack": "no such stack"}, "stack"),
        ({"stack": "payments", "scopes": ["audit"]}, "scopes"),
        ({"role": "admin"}, "role"),
        ({"accountId": str(uuid4())}, "accountId"),
    ],
)
def test_a_wrong_wish_makes_no_key(world: World, body: dict[str, Any], field: str) -> None:
    world.client(world.owner).post("/api/v1/stacks", {"name": "payments"}, format="json")
    answer = make(world, **body)
    assert answer.status_code == 400
    assert fields_at_fault(answer) == [field]
    assert not ApiKey.objects.exists()


def test_a_key_is_for_a_stack_of_ones_own_account_only(world: World) -> None:
    world.client(world.outsider).post("/api/v1/stacks", {"name": "theirs"}, format="json")
    assert make(world, stack="theirs").status_code == 400
    world.client(world.owner).post("/api/v1/stacks", {"name": "mine"}, format="json")
    assert make(world, stack="mine").json()["data"]["stack"] == "mine"


def test_a_keys_name_and_expiry_can_be_changed_and_nothing_else(world: World) -> None:
    ident, client = make(world).json()["data"]["id"], world.client(world.owner)
    later = (timezone.now() + timedelta(days=1)).replace(microsecond=0)
    changed = client.patch(f"{KEYS}/{ident}", {"name": "new", "expiresAt": later.isoformat()}, format="json")
    assert changed.status_code == 200
    assert changed.json()["data"]["name"] == "new"
    assert changed.json()["data"]["expiresAt"] == later.isoformat().replace("+00:00", "Z")
    assert client.patch(f"{KEYS}/{ident}", {"scopes": ["audit"]}, format="json").status_code == 400
    assert client.patch(f"{KEYS}/{ident}", {"expiresAt": "2020-01-01T00:00:00Z"}, format="json").status_code == 400
    assert client.patch(f"{KEYS}/{ident}", {"expiresAt": None}, format="json").json()["data"]["expiresAt"] is None
    assert client.patch(f"{KEYS}/{ident}", {}, format="json").status_code == 200
    assert kinds(world) == ["api_key.created", "api_key.changed", "api_key.changed"]


def test_a_revoked_key_stops_at_once_and_stays_listed(world: World) -> None:
    made, client = make(world).json()["data"], world.client(world.owner)
    for _ in range(2):
        assert client.delete(f"{KEYS}/{made['id']}").status_code == 204
    assert showing(made["apiKey"]).get("/api/v1/drifts").status_code == 401
    assert client.get(KEYS).json()["data"]["items"][0]["revokedAt"]
    assert client.patch(f"{KEYS}/{made['id']}", {"name": "x"}, format="json").status_code == 409
    assert kinds(world) == ["api_key.created", "api_key.revoked"]


def test_an_account_has_so_many_live_keys_and_no_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST_LIVE", 2)
    first, second = make(world), make(world)
    assert (first.status_code, second.status_code, make(world).status_code) == (201, 201, 409)
    own_key(world, world.viewer)
    world.client(world.owner).delete(f"{KEYS}/{first.json()['data']['id']}")
    assert make(world).status_code == 201


def test_a_repeated_request_is_answered_again_without_the_key(world: World) -> None:
    client = world.client(world.owner)
    for path, body in ((KEYS, NEW), (f"{OWN}/regenerate", None)):
        first, second = (client.post(path, body, format="json", HTTP_IDEMPOTENCY_KEY=path) for _ in range(2))
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json()["data"]["apiKey"]
        assert second.json()["data"] == first.json()["data"] | {"apiKey": None}
    assert ApiKey.objects.count() == 2


# --- One's own key ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["owner", "engineer", "viewer"])
def test_everybody_has_one_key_of_their_own_and_a_new_one_ends_the_old(world: World, role: str) -> None:
    client = world.client(getattr(world, role))
    assert client.get(OWN).json()["data"] == {"current": None}
    old, new = (client.post(f"{OWN}/regenerate").json()["data"] for _ in range(2))
    assert set(new) == {"apiKey", "last4", "createdAt"}
    assert showing(old["apiKey"]).get("/api/v1/drifts").status_code == 401
    assert showing(new["apiKey"]).get("/api/v1/drifts").status_code == 200
    shown = client.get(OWN).json()["data"]["current"]
    assert (shown["last4"], shown["scopes"]) == (new["last4"], ["read", "ingest"])
    reported = showing(new["apiKey"]).post("/api/v1/drifts", DRIFT, format="json")
    assert reported.status_code == (403 if role == "viewer" else 201)
    assert kinds(world) == ["api_key.created", "api_key.revoked", "api_key.created"]
    assert client.delete(OWN).status_code == 204
    assert showing(new["apiKey"]).get("/api/v1/drifts").status_code == 401
    assert client.delete(OWN).status_code == 204


def test_an_own_key_loses_what_its_owner_loses(world: World) -> None:
    key = own_key(world, world.engineer)
    world.engineer.role = "viewer"
    world.engineer.save(update_fields=["role"])
    assert key.client.post("/api/v1/drifts", DRIFT, format="json").status_code == 403
    assert key.client.get("/api/v1/drifts").status_code == 200


def test_an_admin_sees_and_ends_the_keys_of_others(world: World) -> None:
    key, client = own_key(world, world.viewer), world.client(world.owner)
    assert client.get(f"{KEYS}/{key.row.pk}").json()["data"]["userId"] == str(world.viewer.pk)
    assert client.delete(f"{KEYS}/{key.row.pk}").status_code == 204
    assert key.client.get("/api/v1/drifts").status_code == 401


# --- Where a key must not be found ------------------------------------------------------------------------------


def test_a_key_is_nowhere_but_in_its_answer(world: World, caplog: pytest.LogCaptureFixture, capsys: Any) -> None:
    caplog.set_level("DEBUG")
    text = world.client(world.owner).post(KEYS, NEW, format="json", HTTP_IDEMPOTENCY_KEY="k").json()["data"]["apiKey"]
    own = world.client(world.owner).post(f"{OWN}/regenerate", HTTP_IDEMPOTENCY_KEY="o").json()["data"]["apiKey"]
    places = [caplog.text]
    for key in (text, own):
        showing(key).get("/api/v1/drifts")
        showing(key).get("/api/v1/audit-logs")
        showing(key[:-1] + "~").get("/api/v1/drifts")
    pages = browser(world.owner)
    for row in ApiKey.objects.all():
        page = pages.get(f"/admin/accounts/apikey/{row.pk}/change/").content.decode()
        assert row.last4 in page
        places += [page, str(row), repr(row), str(ApiKey.objects.filter(pk=row.pk).values().get())]
    places.append(pages.get("/admin/accounts/apikey/").content.decode())
    places += [str(entry) for entry in AuditLog.objects.values()]
    places += [bytes(answer.body).decode() for answer in IdempotentRequest.objects.all()]
    printed = capsys.readouterr()
    places += [caplog.text, printed.out, printed.err]
    assert len(IdempotentRequest.objects.exclude(body=b"")) == 2
    for secret in (text, text[15:], own, own[15:]):
        assert not [place for place in places if secret in place]
