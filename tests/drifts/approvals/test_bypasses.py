"""Every other way to a decision takes as many people: ending by hand, many at once, groups, the admin, the pipeline."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from drifts.actions.approval_policies import remove_approval_policy
from drifts.actions.deciding import Outcome, decide_drifts
from drifts.actions.groups import MOST_REASONS, NOBODY, why_nobody
from drifts.actions.ignore_rules import create_ignore_rule
from drifts.actions.remediating import SEND
from drifts.actions.remediation_hooks import set_hook
from drifts.models import Drift, DriftApproval, RemediationRun
from tests.admin.conftest import browser
from tests.drifts.approvals.said import (
    URL,
    data,
    demand,
    engineer,
    made_by,
    post,
    say,
    shown,
    told,
    trail_tells,
    words,
)
from tests.drifts.reported import REASON, actor, report
from tests.drifts.scans import drifted, facts, ingest, instance, only_drift

GROUPS = "/api/v1/drift-groups"


def status_of(drift: Drift) -> str:
    return Drift.objects.get(pk=drift.pk).status


@pytest.mark.parametrize(("how", "instead"), [("acknowledged", "reject"), ("auto-remediate", "approve")])
def test_ending_by_hand_what_takes_several_is_refused(world: Any, how: str, instead: str) -> None:
    demand(world)
    drift = report(world.engineer)
    assert f"{instead} it first" in words(post(world, world.engineer, drift, "resolve", how=how))
    assert status_of(drift) == "detected"
    for user in (world.engineer, world.owner):
        say(user, drift, instead)
    assert data(post(world, world.engineer, drift, "resolve", how=how))["status"] == "resolved"


def test_a_fix_by_hand_ends_it_and_what_was_said_of_it(world: Any) -> None:
    demand(world)
    drift = report(world.engineer)
    say(world.engineer, drift)
    assert data(post(world, world.owner, drift, "resolve", how="manual-fix"))["status"] == "resolved"
    assert DriftApproval.objects.get().ended_because == "overtaken"
    (lapse,) = facts(world, "drift.approvals_lapsed")
    assert lapse.data["reason"] == "the drift was decided without it, or is over"
    assert lapse.data["givers"] == [str(world.engineer.pk)]


def test_a_policy_for_approving_lets_one_acknowledge(world: Any) -> None:
    demand(world, applies_to="approve")
    drift = report(world.engineer)
    assert post(world, world.engineer, drift, "resolve", how="auto-remediate").status_code == 409
    assert data(post(world, world.engineer, drift, "resolve", how="acknowledged"))["status"] == "resolved"


def test_nobody_acknowledges_their_own_change(world: Any) -> None:
    demand(world, needed=1)
    drift = report(world.engineer)
    made_by(drift, world.engineer.email)
    answer = post(world, world.engineer, drift, "resolve", how="acknowledged")
    assert "You made this change" in words(answer)
    assert data(post(world, world.owner, drift, "resolve", how="acknowledged"))["status"] == "resolved"


def test_many_at_once_are_a_voice_each(world: Any) -> None:
    demand(world)
    grave = [report(world.engineer, f"i-{number}") for number in range(3)]
    small = report(world.engineer, "i-small", severity="low")
    say(world.owner, grave[0])
    before = told()
    body = {"ids": [str(one.pk) for one in (*grave, small)], "action": "approve", "reason": REASON}
    answer = data(world.client(world.engineer).post(f"{URL}/bulk", body, format="json"))
    assert (answer["decided"], answer["awaiting"], answer["refused"]) == (2, 2, 0)
    assert [one["outcome"] for one in answer["outcomes"]] == ["decided", "awaiting", "awaiting", "decided"]
    assert [status_of(one) for one in (*grave, small)] == ["approved", "detected", "detected", "approved"]
    assert told() == [*before, "More approvals needed: 2 drifts"]
    again = data(world.client(world.engineer).post(f"{URL}/bulk", body, format="json"))
    assert (again["decided"], again["awaiting"], again["refused"]) == (0, 0, 4)
    other = data(world.client(world.owner).post(f"{URL}/bulk", body, format="json"))
    assert (other["decided"], other["awaiting"], other["refused"]) == (2, 0, 2)
    assert {Drift.objects.get(pk=one.pk).approved_by_id for one in grave[1:]} == {world.owner.pk}


def test_acknowledging_many_at_once_is_no_way_around(world: Any) -> None:
    demand(world)
    drift = report(world.engineer)
    (outcome,) = decide_drifts(
        world.account.pk, [str(drift.pk)], action="acknowledge", reason=REASON, by=actor(world.engineer)
    )
    assert outcome.outcome == "refused"
    assert "reject it first" in outcome.error
    assert status_of(drift) == "detected"


def test_a_large_number_at_once_takes_no_more_statements(world: Any) -> None:
    demand(world)
    counts = []
    for number in (5, 20):
        drifts = [str(report(world.engineer, f"i-{number}-{place}").pk) for place in range(number)]
        with CaptureQueriesContext(connection) as queries:
            decide_drifts(world.account.pk, drifts, action="approve", reason=REASON, by=actor(world.engineer))
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert DriftApproval.objects.count() == 25


def group_of(world: Any) -> str:
    (group,) = data(world.client(world.viewer).get(GROUPS))["items"]
    return str(group["id"])


def decide_group(world: Any, user: Any, action: str = "approve") -> Any:
    body = {"action": action, "reason": REASON}
    return world.client(user).post(f"{GROUPS}/{group_of(world)}/decide", body, format="json")


def undo(world: Any, decision: Any) -> Any:
    path = f"{GROUPS}/decisions/{decision['id']}/undo"
    return data(world.client(world.engineer).post(path, {}, format="json"))


def test_a_group_waits_for_the_second_person(world: Any) -> None:
    demand(world)
    drifts = [report(world.engineer, f"i-{place}", stack=f"stack-{place}") for place in range(3)]
    first = data(decide_group(world, world.engineer), 201)
    assert (first["decided"], first["awaiting"], first["refused"], first["remaining"]) == (0, 3, 0, 0)
    assert {member["outcome"] for member in first["members"]} == {"awaiting"}
    assert decide_group(world, world.engineer).status_code == 409
    second = data(decide_group(world, world.owner), 201)
    assert (second["decided"], second["awaiting"], second["refused"]) == (3, 0, 0)
    assert {status_of(one) for one in drifts} == {"approved"}


def test_undoing_it_takes_back_what_was_said_where_that_stands(world: Any) -> None:
    demand(world)
    drifts = [report(world.engineer, f"i-{place}", stack=f"stack-{place}") for place in range(3)]
    first = data(decide_group(world, world.engineer), 201)
    say(world.owner, drifts[0])
    undone = undo(world, first)
    assert (undone["undone"], undone["left"]) == (2, 1)
    outcomes = {member["driftId"]: member["outcome"] for member in undone["members"]}
    assert outcomes == {str(one.pk): "left" if one == drifts[0] else "undone" for one in drifts}
    assert [status_of(one) for one in drifts] == ["approved", "detected", "detected"]
    assert not DriftApproval.objects.standing().exists()
    assert [fact.data["reason"] for fact in facts(world, "drift.approvals_lapsed")] == [
        "whoever gave it took it back"
    ] * 2
    say(world.owner, drifts[1])
    assert status_of(drifts[1]) == "detected"


def test_undoing_a_triage_leaves_what_somebody_has_said_since(world: Any) -> None:
    demand(world)
    drifts = [report(world.engineer, f"i-{place}", stack=f"stack-{place}") for place in range(3)]
    triaged = data(decide_group(world, world.engineer, "triage"), 201)
    say(world.owner, drifts[0])
    undone = undo(world, triaged)
    assert (undone["undone"], undone["left"]) == (2, 1)
    (left,) = [member for member in undone["members"] if member["outcome"] == "left"]
    assert (left["driftId"], left["successorId"]) == (str(drifts[0].pk), None)
    assert left["error"] == "Somebody has said what is to be done with it, and that would be lost."
    assert [status_of(one) for one in drifts] == ["triaged", "resolved", "resolved"]
    say(world.engineer, drifts[0])
    assert status_of(drifts[0]) == "approved"


def test_undoing_an_approval_is_not_stopped_by_voices_that_it_did_not_need(world: Any) -> None:
    demand(world)
    drifts = [report(world.engineer, f"i-{place}", stack=f"stack-{place}") for place in range(2)]
    say(world.engineer, drifts[0])
    remove_approval_policy(world.account.pk, "high", by=world.actor(world.owner))
    approved = data(decide_group(world, world.owner), 201)
    assert DriftApproval.objects.standing().count() == 1, "until the next sweep"
    assert undo(world, approved)["undone"] == 2


def test_the_journal_and_the_admin_tell_how_many_wait_for_others(world: Any) -> None:
    demand(world)
    report(world.engineer, "i-grave", stack="stack-0")
    for place in (1, 2):
        report(world.engineer, f"i-{place}", stack=f"stack-{place}", severity="low")
    done = report(world.engineer, "i-done", stack="stack-3", severity="low")
    say(world.owner, done)
    made = data(decide_group(world, world.engineer), 201)
    assert (made["decided"], made["awaiting"], made["refused"]) == (2, 1, 1)
    (fact,) = facts(world, "drift_group.decided")
    assert [fact.data[name] for name in ("members", "awaiting", "refused")] == [2, 1, 1]
    page = browser(world.owner).get("/admin/drifts/driftgroupdecision/").content.decode()
    assert '<td class="field-awaiting">1</td>' in page


def test_where_no_member_can_be_decided_so_the_answer_says_why(world: Any) -> None:
    demand(world)
    for place in range(3):
        report(world.engineer, f"i-{place}", stack=f"stack-{place}")
    refused = words(decide_group(world, world.engineer, "acknowledge"))
    assert refused.startswith("None of its members can be decided so. It takes 2 people to decide on a high drift:")
    assert refused.count("It takes 2 people") == 1, "what is said of each is said once"


def test_of_many_reasons_an_answer_names_some() -> None:
    some = [Outcome(str(number), "refused", "detected", f"Reason {number}.") for number in range(MOST_REASONS + 1)]
    assert why_nobody([*some, some[0]]) == f"{NOBODY} Reason 0. Reason 1. Reason 2."


def test_those_of_whom_one_has_spoken_come_last_so_that_the_rest_is_reached(world: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("drifts.actions.groups.MOST", 2)
    demand(world)
    drifts = [report(world.engineer, f"i-{place}", stack=f"stack-{place}") for place in range(4)]
    first = data(decide_group(world, world.engineer), 201)
    assert (first["awaiting"], first["remaining"]) == (2, 2)
    second = data(decide_group(world, world.engineer), 201)
    assert (second["awaiting"], second["remaining"]) == (2, 0)
    assert DriftApproval.objects.values("drift").distinct().count() == len(drifts)


def test_the_admin_goes_the_same_way(world: Any) -> None:
    demand(world)
    drift = report(world.engineer)
    form = {
        "action": "approve",
        "_selected_action": [str(drift.pk)],
        "confirmed": "yes",
        "reason": REASON,
        "index": "0",
    }
    client = browser(world.owner)
    page = client.post("/admin/drifts/drift/", form, follow=True).content.decode()
    assert "noted for 1; it takes others who say the same" in page
    assert status_of(drift) == "detected"
    assert "1 to approve; 2 needed" in client.get(f"/admin/drifts/drift/{drift.pk}/change/").content.decode()
    assert "others must come from others" in client.post("/admin/drifts/drift/", form, follow=True).content.decode()
    say(world.engineer, drift)
    assert status_of(drift) == "approved"


def test_the_admin_may_break_the_glass(world: Any) -> None:
    demand(world, break_glass=True)
    drift = report(world.engineer)
    form = {"action": "approve", "_selected_action": [str(drift.pk)], "confirmed": "yes", "index": "0"}
    browser(world.owner).post("/admin/drifts/drift/", {**form, "reason": "x" * 30, "break_glass": "on"})
    assert shown(world, world.engineer, drift)["review"]["brokenBy"] == str(world.owner.pk)


def test_the_pipeline_is_asked_when_it_is_decided_and_not_before(world: Any) -> None:
    demand(world)
    drift = report(world.engineer, stack="payments")
    values = {"kind": "generic", "url": "https://ci.example/", "secret": "whsec_" + "c2VjcmV0" * 4}
    set_hook(world.account.pk, drift.stack_id, values=values, by=world.actor(world.owner))
    say(world.engineer, drift)
    assert not RemediationRun.objects.exists()
    say(engineer(world, "dave"), drift)
    assert RemediationRun.objects.get().drift_id == drift.pk
    assert ProcrastinateJob.objects.filter(task_name=SEND).count() == 1


@pytest.mark.parametrize(
    ("decision", "turned", "as_decided"),
    [("approve", "acknowledged", "auto-remediate"), ("reject", "auto-remediate", "acknowledged")],
)
def test_nobody_turns_round_alone_what_several_have_decided(
    world: Any, decision: str, turned: str, as_decided: str
) -> None:
    demand(world)
    drift = report(world.engineer)
    for user in (world.engineer, world.owner):
        say(user, drift, decision)
    assert "end it as it was decided" in words(post(world, world.engineer, drift, "resolve", how=turned))
    assert data(post(world, world.engineer, drift, "resolve", how=as_decided))["status"] == "resolved"


def test_approving_is_no_way_to_acknowledge_what_it_takes_several_to_reject(world: Any) -> None:
    demand(world, applies_to="reject")
    drift = report(world.engineer)
    assert data(post(world, world.engineer, drift))["status"] == "approved"
    assert "2 people to reject" in words(post(world, world.engineer, drift, "resolve", how="acknowledged"))
    assert data(post(world, world.engineer, drift, "resolve", how="manual-fix"))["status"] == "resolved"


@pytest.mark.parametrize(
    ("applies_to", "ends"), [("both", "detected"), ("reject", "detected"), ("approve", "resolved")]
)
def test_an_ignore_rule_ends_nothing_that_it_takes_several_to_reject(world: Any, applies_to: str, ends: str) -> None:
    demand(world, severity="medium", applies_to=applies_to)
    ingest(world, drifted(instance()))
    values = {"reason": REASON, "types": ["aws_instance"]}
    create_ignore_rule(world.account.pk, values=values, by=actor(world.engineer))
    ingest(world, drifted(instance(), clean=("aws_vpc.v1",)))
    assert status_of(only_drift()) == ends


def test_what_several_have_rejected_is_ended_by_an_ignore_rule(world: Any) -> None:
    demand(world, severity="medium")
    ingest(world, drifted(instance()))
    for user in (world.engineer, world.owner):
        say(user, only_drift(), "reject")
    values = {"reason": REASON, "types": ["aws_instance"]}
    create_ignore_rule(world.account.pk, values=values, by=actor(world.engineer))
    ingest(world, drifted(instance(), clean=("aws_vpc.v1",)))
    assert status_of(only_drift()) == "resolved"


def test_who_reports_a_drift_does_not_choose_how_many_decide_on_it(world: Any) -> None:
    demand(world, severity="medium")
    drift = report(world.engineer, severity="low")
    assert drift.severity == "medium"
    assert drift.severity_reason.endswith("It was reported as low, which fewer people may decide on.")
    assert data(post(world, world.engineer, drift, "reject"))["status"] == "detected"
    assert report(world.engineer, "i-2", severity="high").severity == "high", "graver than ours is theirs to say"


@pytest.mark.parametrize("decision", ["approve", "reject"])
@pytest.mark.parametrize("needed", [1, 2])
def test_that_somebody_decided_on_their_own_change_is_told_when_it_becomes_known(
    world: Any, needed: int, decision: str
) -> None:
    demand(world, needed=needed)
    drift = report(world.engineer)
    for user in (world.engineer, world.owner)[:needed]:
        say(user, drift, decision)
    trail_tells(drift, world.engineer.email)
    assert told(drift=drift)[-1].startswith("Decided on their own change: i-1 in ")
    assert status_of(drift) in {"approved", "rejected"}, "what is decided stands"


@pytest.mark.parametrize("principal", ["somebody", "alice@acme.example"])
def test_nothing_is_told_where_others_decided(world: Any, principal: str) -> None:
    demand(world, needed=1)
    drift = report(world.engineer)
    say(world.engineer, drift)
    trail_tells(drift, principal)
    assert told(drift=drift) == []
