"""How far a decision has come, where that is shown: lists, details, the stream, metrics; what erased people said."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actions import erase_user
from drifts.actions.approval_lapses import sweep_approvals
from drifts.actions.approval_policies import remove_approval_policy
from drifts.models import DriftApproval, DriftReview
from driftsentry.realtime.events import Entry, render
from tests.drifts.approvals.said import EMERGENCY, URL, data, demand, engineer, made_by, post, say, shown
from tests.drifts.reported import report
from tests.drifts.scans import facts

GIVEN = {"by", "at", "decision", "expiresAt", "counts", "whyNot"}


def test_a_list_shows_it_without_a_query_a_row(world: Any) -> None:
    demand(world)
    client = world.client(world.viewer)
    counts = []
    for number in (2, 8):
        for place in range(number):
            drift = report(world.engineer, f"i-{number}-{place}")
            say(world.engineer, drift)
            made_by(drift, "arn:aws:iam::1:user/alice")
            if place % 2:
                say(engineer(world, f"e-{number}-{place}"), drift)
        with CaptureQueriesContext(connection) as queries:
            items = data(client.get(URL))["items"]
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert len(items) == 10
    assert {len(item["approvals"]) for item in items} == {1, 2}
    assert {item["needed"] for item in items} == {2}
    assert all(set(one) == GIVEN for item in items for one in item["approvals"])


def test_the_members_of_a_group_show_it_too(world: Any) -> None:
    demand(world)
    drifts = [report(world.engineer, f"i-{place}", stack=f"stack-{place}") for place in range(2)]
    say(world.engineer, drifts[0])
    client = world.client(world.viewer)
    (group,) = data(client.get("/api/v1/drift-groups"))["items"]
    items = data(client.get(f"/api/v1/drift-groups/{group['id']}/drifts"))["items"]
    assert sorted(len(item["approvals"]) for item in items) == [0, 1]


def test_a_decided_drift_shows_only_who_decided_it(world: Any) -> None:
    demand(world, needed=3)
    drift = report(world.engineer)
    for user in (world.engineer, engineer(world, "dave")):
        say(user, drift)
    remove_approval_policy(world.account.pk, "high", by=world.actor(world.owner))
    say(world.owner, drift)
    found = shown(world, world.viewer, drift)
    assert DriftApproval.objects.standing().count() == 2, "until the next sweep"
    assert ([one["by"] for one in found["approvals"]], found["needed"]) == ([str(world.owner.pk)], 1)
    sweep_approvals()
    assert shown(world, world.viewer, drift)["approvals"] == found["approvals"]


@pytest.mark.parametrize(
    ("who", "may"), [("engineer", (False, True)), ("owner", (True, True)), ("viewer", (False,) * 2)]
)
def test_what_may_be_said_depends_on_what_was_said(world: Any, who: str, may: tuple[bool, bool]) -> None:
    demand(world)
    drift = report(world.engineer)
    say(world.engineer, drift)
    detail = shown(world, getattr(world, who), drift)
    assert (detail["canApprove"], detail["canReject"]) == may


def test_a_voice_is_an_update_on_the_stream_without_reasons(world: Any) -> None:
    demand(world)
    drift = report(world.engineer)
    say(world.engineer, drift)
    (fact,) = facts(world, "drift.approval_given")
    event = render(Entry(seq=1, at=datetime.now(UTC), kind=fact.kind, data=fact.data))
    assert event is not None
    frame = json.loads(event.text(0))
    assert frame["event"] == "drift:updated"
    assert frame["data"] == {
        "id": str(drift.pk),
        "status": "detected",
        "severity": "high",
        "stack": drift.stack.name,
        "decision": "approve",
        "approvals": 1,
        "needed": 2,
    }


def test_what_waits_for_others_is_pending_still(world: Any) -> None:
    demand(world)
    drift = report(world.engineer)
    say(world.engineer, drift)
    client = world.client(world.viewer)
    assert data(client.get("/api/v1/metrics/summary"))["drifts"]["pendingApproval"] == 1
    say(world.owner, drift)
    assert data(client.get("/api/v1/metrics/summary"))["drifts"]["pendingApproval"] == 0


def test_an_erased_persons_words_are_gone_and_what_they_said_counts_no_longer(world: Any) -> None:
    demand(world, break_glass=True)
    waiting, broken = report(world.engineer), report(world.engineer, "i-2")
    say(world.engineer, waiting)
    say(world.owner, broken, reason=EMERGENCY, break_glass=True)
    data(post(world, world.engineer, broken, "review", verdict="confirmed", note="Bob would have done it."))
    erase_user(world.account.pk, world.engineer.pk, by=world.actor(world.owner))
    assert DriftApproval.objects.get(user=world.engineer).reason == ""
    assert DriftReview.objects.get().note == ""
    assert DriftReview.objects.get().verdict == "confirmed"
    (voice,) = shown(world, world.owner, waiting)["approvals"]
    assert voice["counts"] is False


def test_the_approvals_of_another_account_are_nobodys(world: Any) -> None:
    demand(world)
    drift = report(world.engineer)
    say(world.engineer, drift)
    stranger = world.client(world.outsider)
    for path in (f"{URL}/{drift.pk}", f"{URL}/{drift.pk}/timeline"):
        assert stranger.get(path).status_code == 404
    assert stranger.delete(f"{URL}/{drift.pk}/approval").status_code == 404
    mine = report(world.outsider)
    assert data(post(world, world.outsider, mine))["status"] == "approved"
