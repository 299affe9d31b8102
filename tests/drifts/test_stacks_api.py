"""`/stacks`: made, described, changed and removed by those who may, and seen by nobody else's account."""

from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from drifts.actions import stacks as actions
from drifts.models import Stack
from driftsentry.api.models import IdempotentRequest
from tests.drifts.reported import report
from tests.drifts.scans import clean, drifted, facts, head, ingest, instance

URL = "/api/v1/stacks"
WHOLE: dict[str, Any] = {
    "name": "payments-prod",
    "tool": "terraform",
    "environment": "production",
    "repositoryUrl": "https://git.example/payments",
    "owner": "team-payments",
    "labels": {"Cost Center": "42", "teamName": "pay"},
    "isEnabled": True,
}


def made(world: Any, **more: Any) -> str:
    answer = world.client(world.engineer).post(URL, {"name": "one", **more}, format="json")
    assert answer.status_code == 201, answer.content
    ident: str = answer.json()["data"]["id"]
    return ident


def test_a_stack_is_made_read_and_listed_by_name(world: Any) -> None:
    client = world.client(world.engineer)
    answer = client.post(URL, WHOLE, format="json")
    assert answer.status_code == 201
    data = answer.json()["data"]
    assert {name: data[name] for name in WHOLE} == WHOLE
    assert data["createdAt"].endswith("Z")
    made(world, name="a-first")
    viewer = world.client(world.viewer)
    assert viewer.get(f"{URL}/{data['id']}").json() == answer.json()
    listed = viewer.get(URL).json()["data"]
    assert [item["name"] for item in listed["items"]] == ["a-first", "payments-prod"]
    assert listed["pagination"]["total"] == 2
    assert [fact.data["name"] for fact in facts(world, "stack.created")] == ["payments-prod", "a-first"]


def test_put_describes_it_anew_and_the_journal_tells_old_and_new(world: Any) -> None:
    ident = made(world, owner="somebody")
    answer = world.client(world.engineer).put(f"{URL}/{ident}", WHOLE, format="json")
    assert answer.status_code == 200
    assert {name: answer.json()["data"][name] for name in WHOLE} == WHOLE
    (changed,) = facts(world, "stack.changed")
    assert changed.data["changes"]["owner"] == ["somebody", "team-payments"]
    assert changed.data["changes"]["name"] == ["one", "payments-prod"]


def test_put_needs_a_name_and_patch_does_not(world: Any) -> None:
    ident, client = made(world), world.client(world.engineer)
    assert client.put(f"{URL}/{ident}", {"owner": "me"}, format="json").status_code == 400
    answer = client.patch(f"{URL}/{ident}", {"owner": "me"}, format="json")
    assert (answer.status_code, answer.json()["data"]["owner"], answer.json()["data"]["name"]) == (200, "me", "one")


def test_a_change_that_changes_nothing_is_not_told(world: Any) -> None:
    ident = made(world, owner="me")
    before, client = head(world), world.client(world.engineer)
    assert client.patch(f"{URL}/{ident}", {"owner": "me"}, format="json").status_code == 200
    assert client.patch(f"{URL}/{ident}", {}, format="json").status_code == 200
    assert [fact.kind for fact in facts(world, "stack.") if fact.seq > before] == []


def test_disabling_it_keeps_scans_out_and_enabling_lets_them_in(world: Any) -> None:
    ident, client = made(world, name="payments-prod"), world.client(world.engineer)

    def scan() -> int:
        return int(client.generic("POST", "/api/v1/scans?stack=payments-prod", drifted(instance())).status_code)

    client.patch(f"{URL}/{ident}", {"isEnabled": False}, format="json")
    assert scan() == 409
    client.patch(f"{URL}/{ident}", {"isEnabled": True}, format="json")
    assert scan() == 201


def test_a_stack_without_scans_is_removed(world: Any) -> None:
    ident, client = made(world), world.client(world.engineer)
    answer = client.delete(f"{URL}/{ident}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert client.get(f"{URL}/{ident}").status_code == 404
    (deleted,) = facts(world, "stack.deleted")
    assert (deleted.data["id"], deleted.data["name"]) == (ident, "one")


def test_a_stack_with_scans_or_drifts_is_kept(world: Any) -> None:
    ingest(world, clean("aws_vpc.main"), stack="scanned")
    report(world.engineer, stack="reported")
    client = world.client(world.engineer)
    for stack in Stack.objects.all():
        answer = client.delete(f"{URL}/{stack.pk}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "CONFLICT")
    assert Stack.objects.count() == 2
    assert not facts(world, "stack.deleted")


def test_a_name_is_taken_once_an_account(world: Any) -> None:
    made(world, name="taken")
    other, client = made(world, name="other"), world.client(world.engineer)
    assert client.post(URL, {"name": "taken"}, format="json").status_code == 409
    assert client.patch(f"{URL}/{other}", {"name": "taken"}, format="json").status_code == 409
    assert world.client(world.outsider).post(URL, {"name": "taken"}, format="json").status_code == 201
    assert Stack.objects.get(pk=other).name == "other"


WRONG: list[tuple[str, Any]] = [
    ("name", ""),
    ("name", "   "),
    ("name", "x" * 201),
    ("name", "a\nb"),
    ("name", None),
    ("name", {}),
    ("environment", "x" * 61),
    ("labels", []),
    ("labels", "a"),
    ("labels", {"a": 1}),
    ("labels", {"a": {"b": "c"}}),
    ("labels", {f"l{number}": "x" for number in range(51)}),
    ("labels", {"a": "x" * 1001}),
    ("isEnabled", "perhaps"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_what_is_wrong_is_named(world: Any, name: str, value: Any) -> None:
    answer = world.client(world.engineer).post(URL, {"name": "one", name: value}, format="json")
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["error"]["details"]["errors"]] == [name]
    assert not Stack.objects.exists()


def test_what_is_not_to_be_set_is_left_alone(world: Any) -> None:
    ident = made(world, id=str(uuid4()), createdAt="2001-01-01T00:00:00Z")
    stack = Stack.objects.get()
    assert (str(stack.pk), stack.account, stack.created_at.year > 2001) == (ident, world.account, True)


def test_what_was_read_can_be_written_back(world: Any) -> None:
    client = world.client(world.engineer)
    path = f"{URL}/{made(world, labels={'Cost Center': '42'})}"
    read = client.get(path).json()["data"]
    answer = client.put(path, read, format="json")
    assert (answer.status_code, answer.json()["data"]) == (200, read)


def test_another_account_cannot_be_named(world: Any) -> None:
    body = {"name": "one", "account": str(world.other_account.pk)}
    answer = world.client(world.engineer).post(URL, body, format="json")
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["error"]["details"]["errors"]] == ["account"]


def test_a_viewer_changes_nothing(world: Any) -> None:
    ident, client = made(world), world.client(world.viewer)
    answers = [
        client.post(URL, {"name": "two"}, format="json"),
        client.put(f"{URL}/{ident}", WHOLE, format="json"),
        client.patch(f"{URL}/{ident}", {"owner": "me"}, format="json"),
        client.delete(f"{URL}/{ident}"),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4
    assert Stack.objects.get().name == "one"


def test_an_outsider_finds_nothing(world: Any) -> None:
    ours, client = made(world), world.client(world.outsider)
    answers = []
    for ident in (ours, uuid4(), "7", "%00"):
        answers += [
            client.get(f"{URL}/{ident}"),
            client.put(f"{URL}/{ident}", WHOLE, format="json"),
            client.patch(f"{URL}/{ident}", {"owner": "me"}, format="json"),
            client.delete(f"{URL}/{ident}"),
        ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.json()["error"]["message"] for answer in answers}) == 1
    assert client.get(URL).json()["data"]["items"] == []
    assert Stack.objects.get().owner == ""


def test_a_stranger_is_not_let_in(world: Any) -> None:
    client = APIClient()
    assert client.get(URL).status_code == 401
    assert client.post(URL, {"name": "two"}, format="json").status_code == 401
    assert not Stack.objects.exists()


@pytest.mark.parametrize("name", ["all", "a,b"])
def test_a_name_that_no_filter_could_ask_for_is_refused_at_every_door(world: Any, name: str) -> None:
    client = world.client(world.engineer)
    made = client.post("/api/v1/stacks", {"name": name}, format="json")
    assert made.json()["error"]["details"]["errors"][0]["field"] == "name"
    stack = client.post("/api/v1/stacks", {"name": "fine"}, format="json").json()["data"]
    assert client.patch(f"/api/v1/stacks/{stack['id']}", {"name": name}, format="json").status_code == 400
    assert client.post(f"/api/v1/scans?stack={name}", b"{}", content_type="application/json").status_code == 400


def test_an_answer_whose_key_was_given_away_meanwhile_is_still_answered(world: Any) -> None:
    client, key = world.client(world.engineer), str(uuid4())
    create = actions.create_stack

    def slowly(*args: Any, **kwargs: Any) -> Any:
        IdempotentRequest.objects.all().delete()
        return create(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(actions, "create_stack", slowly)
        answer = client.post("/api/v1/stacks", {"name": "slow"}, format="json", headers={"Idempotency-Key": key})
    assert answer.status_code == 201
