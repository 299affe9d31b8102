"""`GET /drifts/{id}/timeline`: every step, who and when, oldest first."""

from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from drifts.actions.decide import comment_on_drift
from tests.drifts.reported import REASON, report
from tests.drifts.scans import WEB, clean, drifted, ingest, instance, only_drift, open_group

URL = "/api/v1/drifts"


def timeline(world: Any, ident: Any) -> list[dict[str, Any]]:
    answer = world.client(world.viewer).get(f"{URL}/{ident}/timeline")
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def test_it_tells_every_step_who_and_when(world: Any) -> None:
    ingest(world, drifted(open_group()))
    drift = only_drift()
    engineer, owner = world.client(world.engineer), world.client(world.owner)
    engineer.post(f"{URL}/{drift.pk}/triage", {"note": "Somebody tested."}, format="json")
    engineer.post(f"{URL}/{drift.pk}/comments", {"text": "Asked the team."}, format="json")
    owner.post(f"{URL}/{drift.pk}/approve", {"reason": REASON}, format="json")
    ingest(world, clean(drift.address))
    steps = timeline(world, drift.pk)
    assert [(step["action"], step["actorEmail"], step["actorRole"]) for step in steps] == [
        ("drift.created", world.engineer.email, "engineer"),
        ("alert.created", world.engineer.email, "engineer"),
        ("drift.triaged", world.engineer.email, "engineer"),
        ("alert.created", world.engineer.email, "engineer"),
        ("drift.commented", world.engineer.email, "engineer"),
        ("drift.approved", world.owner.email, "admin"),
        ("drift.resolved", world.engineer.email, "engineer"),
    ]
    assert all(before["timestamp"] <= after["timestamp"] for before, after in pairwise(steps))
    assert all(step["timestamp"].endswith("Z") and set(step) == set(steps[0]) for step in steps)
    messages = [step["message"] for step in steps]
    assert messages[0].startswith("Detected as critical: ")
    assert messages[2] == "Triaged: Somebody tested."
    assert messages[4] == "Comment: Asked the team."
    assert messages[5] == f"Remediation approved: {REASON}"
    assert messages[6] == "Resolved (reconciled)"


def test_it_tells_of_no_other_drift(world: Any) -> None:
    ingest(world, drifted(instance(), open_group()))
    first = only_drift(address=WEB)
    assert [step["metadata"]["id"] for step in timeline(world, first.pk)] == [str(first.pk)]


def test_a_drift_that_changed_says_what(world: Any) -> None:
    ingest(world, drifted(instance()))
    ingest(world, drifted(instance(size="m5.4xlarge")))
    (_, changed) = timeline(world, only_drift().pk)
    assert changed["action"] == "drift.updated"
    assert changed["metadata"]["changedPaths"] == ["instance_type"]
    assert "m5.4xlarge" not in str(changed["metadata"])


def test_the_story_of_a_superseded_drift_ends_and_a_new_one_begins(world: Any) -> None:
    ingest(world, drifted(instance()))
    first = only_drift()
    world.client(world.engineer).post(f"{URL}/{first.pk}/reject", {"reason": REASON}, format="json")
    ingest(world, drifted(instance(size="m5.4xlarge")))
    new = only_drift(status="detected")
    assert timeline(world, first.pk)[-1]["metadata"]["resolvedHow"] == "superseded"
    assert timeline(world, new.pk)[0]["metadata"]["previousDriftId"] == str(first.pk)


def test_an_outsider_finds_no_story(world: Any) -> None:
    drift = report(world.engineer)
    client = world.client(world.outsider)
    answers = [client.get(f"{URL}/{ident}/timeline") for ident in (drift.pk, uuid4(), "7")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.json()["error"]["message"] for answer in answers}) == 1


def test_a_stranger_is_not_let_in(world: Any) -> None:
    assert APIClient().get(f"{URL}/{report(world.engineer).pk}/timeline").status_code == 401


def test_a_long_story_shows_its_newest_steps_oldest_first(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drifts.views.drifts.MAX_TIMELINE", 3)
    ingest(world, drifted(instance()))
    drift, by = only_drift(), world.actor(world.engineer)
    for words in ("first", "second", "third", "fourth"):
        comment_on_drift(world.account.pk, drift.pk, text=words, by=by)
    told = world.client(world.viewer).get(f"/api/v1/drifts/{drift.pk}/timeline").json()["data"]
    assert [one["message"] for one in told] == ["Comment: second", "Comment: third", "Comment: fourth"]
