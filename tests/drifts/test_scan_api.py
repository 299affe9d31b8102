"""`POST /scans`, `GET /scans` and `GET /scans/{id}`: what is taken and what is answered."""

import gzip
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from drifts.models import Drift, Scan, Stack
from tests.drifts.ingest.plans import plan
from tests.drifts.scans import STACK, clean, drifted, head, ingest, instance, open_group, spelt_otherwise

URL = "/api/v1/scans"
CURLS_OWN = "application/x-www-form-urlencoded"


def send(world: Any, body: bytes, query: str = f"?stack={STACK}", *, user: Any = None, **more: Any) -> Any:
    client = world.client(user or world.engineer)
    content_type = more.pop("content_type", "application/json")
    return client.generic("POST", f"{URL}{query}", body, content_type=content_type, **more)


def test_a_plan_is_taken_and_its_scan_answered(world: Any) -> None:
    answer = send(world, drifted(instance(), open_group()))
    scan = Scan.objects.get()
    assert answer.status_code == 201
    assert answer["Location"] == f"{URL}/{scan.pk}"
    data = answer.json()["data"]
    assert (data["id"], data["stack"], data["format"], data["status"]) == (
        str(scan.pk),
        STACK,
        "terraform-plan",
        "succeeded",
    )
    assert (data["driftsNew"], data["driftsRecurring"], data["driftsChanged"], data["driftsResolved"]) == (2, 0, 0, 0)
    assert (data["resourcesChecked"], data["toolVersion"], data["detectedBy"], data["error"]) == (2, "1.9.5", "api", "")
    assert data["startedAt"].endswith("Z")
    assert data["finishedAt"].endswith("Z")
    assert world.client(world.viewer).get(answer["Location"]).json() == answer.json()


def test_the_same_body_again_answers_the_same_scan(world: Any) -> None:
    first = send(world, drifted(instance()))
    before = head(world)
    again = send(world, drifted(instance()))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert again["Location"] == first["Location"]
    assert head(world) >= before
    assert Scan.objects.count() == 1


@pytest.mark.parametrize("content_type", [CURLS_OWN, "application/octet-stream", "text/plain; charset=utf-8", ""])
def test_the_media_type_does_not_matter(world: Any, content_type: str) -> None:
    answer = send(world, drifted(instance()), content_type=content_type)
    assert (answer.status_code, answer.json()["data"]["driftsNew"]) == (201, 1)


@pytest.mark.parametrize("announced", [{"HTTP_CONTENT_ENCODING": "gzip"}, {}], ids=["announced", "unannounced"])
def test_gzip_is_taken(world: Any, announced: dict[str, str]) -> None:
    answer = send(world, gzip.compress(drifted(instance())), **announced)
    assert (answer.status_code, answer.json()["data"]["driftsNew"]) == (201, 1)


def test_an_idempotency_key_answers_the_first_response_again(world: Any) -> None:
    key = {"HTTP_IDEMPOTENCY_KEY": "a-key"}
    first = send(world, drifted(instance()), **key)
    again = send(world, drifted(instance()), **key)
    other = send(world, clean("aws_vpc.main"), **key)
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 409)
    assert again.json() == first.json()
    assert again["Location"] == first["Location"]
    assert Scan.objects.count() == 1


def test_what_the_query_says_counts(world: Any) -> None:
    query = (
        f"?stack={STACK}&format=terraform-plan&complete=false&environment=production&detectedBy=scheduler&mode=drift"
    )
    answer = send(world, drifted(instance()), query)
    data = answer.json()["data"]
    assert (answer.status_code, data["isComplete"], data["detectedBy"]) == (201, False, "scheduler")
    assert Drift.objects.get().stack.environment == "production"


def test_pending_changes_count_when_the_sender_says_so(world: Any) -> None:
    body = plan([], [instance()])
    assert send(world, body).json()["data"]["driftsNew"] == 0
    assert send(world, body, f"?stack={STACK}&mode=plan").json()["data"]["driftsNew"] == 1


def test_a_trailing_slash_drops_no_body(world: Any) -> None:
    answer = world.client(world.engineer).generic("POST", f"{URL}/?stack={STACK}", drifted(instance()))
    assert answer.status_code == 201


def test_a_viewer_sends_nothing(world: Any) -> None:
    answer = send(world, drifted(instance()), user=world.viewer)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "FORBIDDEN")
    assert not Scan.objects.exists()


def test_a_stranger_is_not_let_in(world: Any) -> None:
    assert APIClient().post(f"{URL}?stack={STACK}", drifted(instance()), content_type=CURLS_OWN).status_code == 401
    assert APIClient().get(URL).status_code == 401
    assert not Scan.objects.exists()


def test_a_disabled_stack_is_a_conflict(world: Any) -> None:
    send(world, clean("aws_vpc.main"))
    Stack.objects.update(is_enabled=False)
    answer = send(world, drifted(instance()))
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "CONFLICT")
    assert not Drift.objects.exists()


def test_an_outsider_finds_no_scan_and_makes_a_stack_of_their_own(world: Any) -> None:
    ours = send(world, drifted(instance())).json()["data"]["id"]
    client = world.client(world.outsider)
    answers = [client.get(f"{URL}/{ident}") for ident in (ours, uuid4(), "7", "%00")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.json()["error"]["message"] for answer in answers}) == 1
    assert client.get(URL).json()["data"]["items"] == []
    theirs = send(world, drifted(instance()), user=world.outsider)
    assert theirs.status_code == 201
    assert theirs.json()["data"]["id"] != ours


def test_scans_are_listed_newest_first_and_filtered(world: Any) -> None:
    first = ingest(world, drifted(instance())).scan
    second = ingest(world, spelt_otherwise(drifted(instance())), stack="another", detected_by="manual").scan
    client = world.client(world.viewer)

    def found(query: str) -> list[str]:
        answer = client.get(f"{URL}{query}")
        assert answer.status_code == 200
        return [item["id"] for item in answer.json()["data"]["items"]]

    assert found("") == [str(second.pk), str(first.pk)]
    assert found("?stack=another") == found("?detectedBy=manual") == [str(second.pk)]
    assert found("?status=succeeded&format=terraform-plan") == found("?status=all")
    assert found("?status=failed,pending") == []
    assert found("?limit=1&page=2") == [str(first.pk)]
    assert client.get(f"{URL}?state=failed").status_code == 400
    assert client.get(f"{URL}?status=fine").status_code == 400


def test_scans_are_read_on_by_cursor(world: Any) -> None:
    scans = [str(ingest(world, clean(f"aws_vpc.v{number}")).scan.pk) for number in range(3)]
    client = world.client(world.viewer)
    first = client.get(f"{URL}?cursor=&limit=2").json()["data"]
    assert first["pagination"] == {
        "nextCursor": first["pagination"]["nextCursor"],
        "pageSize": 2,
        "hasMore": True,
    }
    rest = client.get(f"{URL}?cursor={first['pagination']['nextCursor']}&limit=2").json()["data"]
    assert [item["id"] for item in first["items"] + rest["items"]] == scans[::-1]
    assert rest["pagination"] == {"nextCursor": None, "pageSize": 2, "hasMore": False}
