"""Groups of drifts that share a cause: listed, decided by one call, undone by one call."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.actions import erase_user
from audit.models import AuditLog
from drifts.actions import groups
from drifts.actions.decide import approve_drift, resolve_drift
from drifts.actions.group_undo import COPIED, FRESH
from drifts.models import Drift, DriftGroupDecision
from tests.drifts.reported import REASON, report
from tests.drifts.scans import alerts, drifted, facts, ingest, instance
from tests.drifts.test_tables_equal_journal import assert_equal

GROUPS = "/api/v1/drift-groups"
DECISIONS = f"{GROUPS}/decisions"


def same_change(world: Any, number: int = 3, **more: Any) -> list[Drift]:
    """Drifts of as many stacks that changed alike."""
    return [report(world.engineer, f"i-{place}", stack=f"stack-{place}", **more) for place in range(number)]


def data(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content
    return answer.json()["data"]


def only_group(world: Any) -> dict[str, Any]:
    (group,) = data(world.client(world.viewer).get(GROUPS))["items"]
    found: dict[str, Any] = group
    return found


def decide(world: Any, action: str = "approve", **more: Any) -> Any:
    body = {"action": action, "reason": REASON, **more}
    return world.client(world.engineer).post(f"{GROUPS}/{only_group(world)['id']}/decide", body, format="json")


def undo(world: Any, decision: dict[str, Any], **body: Any) -> Any:
    return world.client(world.engineer).post(f"{DECISIONS}/{decision['id']}/undo", body, format="json")


def statuses(*drifts: Drift) -> list[str]:
    return [Drift.objects.get(pk=one.pk).status for one in drifts]


def outcomes(decision: dict[str, Any]) -> dict[str, str]:
    return {member["driftId"]: member["outcome"] for member in decision["members"]}


def at_once(clients: list[APIClient], path: str, body: dict[str, Any]) -> list[int]:
    """Let each client send the same at the same moment."""
    start = Barrier(len(clients))

    def send(client: APIClient) -> int:
        try:
            start.wait(timeout=30)
            return int(client.post(path, body, format="json").status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(clients)) as pool:
        return list(pool.map(send, clients))


# --- Offered ----------------------------------------------------------------------------------------------------


def test_a_group_tells_its_cause_reach_age_and_cost(world: Any) -> None:
    drifts = same_change(world, cost="12.50")
    group = only_group(world)
    assert group["cause"] == "same_change"
    assert group["sentence"] == "3 drifts in 3 stacks: the same change of instance_type, first seen just now"
    assert (group["size"], group["undecided"], group["stacksTotal"]) == (3, 3, 3)
    assert group["stacks"] == ["stack-0", "stack-1", "stack-2"]
    assert group["severities"] == {"critical": 0, "high": 3, "medium": 0, "low": 0}
    assert group["costImpactMonthly"] == 37.5
    assert group["sampleDriftIds"] == [str(one.pk) for one in drifts]
    assert data(world.client(world.viewer).get(f"{GROUPS}/{group['id']}")) == group


def test_its_members_are_listed_page_by_page(world: Any) -> None:
    drifts = same_change(world)
    page = data(world.client(world.viewer).get(f"{GROUPS}/{only_group(world)['id']}/drifts?limit=2&page=2"))
    assert [one["id"] for one in page["items"]] == [str(drifts[2].pk)]
    assert page["pagination"]["total"] == 3


def test_groups_with_something_to_decide_come_first_then_the_gravest(world: Any) -> None:
    same_change(world, severity="critical")
    decide(world, "reject")
    for place, size in enumerate(["t3.xlarge", "t3.xlarge", "t3.small", "t3.small"]):
        grave = "high" if size == "t3.small" else "low"
        report(world.engineer, f"o-{place}", actual_state={"instance_type": size}, severity=grave)
    found = data(world.client(world.viewer).get(GROUPS))["items"]
    assert [one["severities"]["high"] + 10 * one["severities"]["low"] for one in found] == [2, 20, 0]
    assert [one["undecided"] for one in found] == [2, 2, 0]


def test_one_sort_of_cause_may_be_asked_for(world: Any) -> None:
    same_change(world)
    client = world.client(world.viewer)
    assert len(data(client.get(f"{GROUPS}?cause=same_change"))["items"]) == 1
    assert data(client.get(f"{GROUPS}?cause=principal"))["items"] == []
    assert client.get(f"{GROUPS}?cause=weather").status_code == 400
    assert client.get(f"{GROUPS}?size=3").status_code == 400


def test_one_principal_and_one_step_of_the_tools_version_are_causes(world: Any) -> None:
    for stack, size in (("a", "m5.large"), ("b", "m5.xlarge")):
        ingest(world, drifted(clean=("aws_vpc.x",), terraform_version="1.8.5"), stack=stack)
        ingest(world, drifted(instance(size=size), terraform_version="1.9.0"), stack=stack)
    (step,) = data(world.client(world.viewer).get(GROUPS))["items"]
    assert step["sentence"].startswith(
        "2 drifts in 2 stacks: instance_type of aws_instance, first shown when the tool's version changed to 1.9.0"
    )
    Drift.objects.update(attribution={"principal": "arn:aws:iam::1:user/eve", "at": "2026-11-01T12:00:00Z"})
    (person,) = data(world.client(world.viewer).get(GROUPS))["items"]
    assert (person["cause"], "changed by arn:aws:iam::1:user/eve" in person["sentence"]) == ("principal", True)


# --- Decided ----------------------------------------------------------------------------------------------------


def test_one_decision_is_made_of_each_member_and_told_in_each_timeline(world: Any) -> None:
    drifts = same_change(world)
    made = data(decide(world), 201)
    assert (made["decided"], made["refused"], made["remaining"]) == (3, 0, 0)
    assert outcomes(made) == {str(one.pk): "decided" for one in drifts}
    for one in drifts:
        one.refresh_from_db()
        assert (one.status, one.approved_by_id, one.approval_reason) == ("approved", world.engineer.pk, REASON)
        assert one.decided_digests == one.attribute_digests != {}
        assert AuditLog.objects.filter(kind="drift.approved", drift_id=one.pk).count() == 1
    (fact,) = facts(world, "drift_group.decided")
    assert (fact.data["members"], fact.data["action"]) == (3, "approve")
    assert (fact.personal or {})["text"] == REASON
    assert_equal(world)


@pytest.mark.parametrize("action", ["triage", "approve", "reject", "acknowledge"])
def test_a_member_is_left_as_a_decision_for_it_alone_leaves_it(world: Any, action: str) -> None:
    """The columns are written by one statement for all: it forgets none."""
    drifts = same_change(world)
    client = world.client(world.engineer)
    how = {"how": "acknowledged", "note": REASON} if action == "acknowledge" else {"reason": REASON}
    path = {"acknowledge": "resolve"}.get(action, action)
    body = {"note": REASON} if action == "triage" else how
    data(client.post(f"/api/v1/drifts/{drifts[0].pk}/{path}", body, format="json"))
    data(decide(world, action), 201)
    rows: list[dict[str, Any]] = [dict(Drift.objects.values().get(pk=one.pk)) for one in drifts[:2]]
    alone, together = rows
    own = {"id", "stack_id", "fingerprint", "identity", "address", "resource_id", "difference_digest"}
    times = {name for name in alone if name.endswith("_at")}
    assert {name for name in alone if alone[name] != together[name]} <= own | times
    assert {name for name in times if alone[name] is None} == {name for name in times if together[name] is None}


def test_members_may_be_left_out_and_stay_as_they_are(world: Any) -> None:
    drifts = same_change(world)
    data(decide(world, excluding=[str(drifts[1].pk)]), 201)
    assert statuses(*drifts) == ["approved", "detected", "approved"]


def test_a_member_that_cannot_be_decided_so_stops_no_other(world: Any) -> None:
    drifts = same_change(world)
    approve_drift(world.account.pk, drifts[0].pk, reason=REASON, by=world.actor(world.owner))
    made = data(decide(world, "reject"), 201)
    assert (made["decided"], made["refused"]) == (2, 1)
    assert outcomes(made)[str(drifts[0].pk)] == "refused"
    assert statuses(*drifts) == ["approved", "rejected", "rejected"]
    assert decide(world, "reject").status_code == 409
    assert DriftGroupDecision.objects.count() == 1


def test_a_decision_is_bound_to_the_members_that_were_seen(world: Any) -> None:
    drifts = same_change(world)
    digest = only_group(world)["memberDigest"]
    report(world.engineer, "i-late", stack="stack-9")
    assert decide(world, memberDigest=digest).status_code == 409
    assert statuses(*drifts) == ["detected"] * 3
    data(decide(world, memberDigest=only_group(world)["memberDigest"]), 201)


def test_of_very_many_the_longest_known_are_decided_first_and_the_rest_are_counted(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "MOST", 2)
    drifts = same_change(world, 5)
    assert [data(decide(world), 201)["remaining"] for _ in range(3)] == [3, 1, 0]
    assert statuses(*drifts) == ["approved"] * 5


def test_triaging_many_tells_people_once(world: Any) -> None:
    same_change(world)
    data(decide(world, "triage"), 201)
    (alert,) = alerts(type="approval_needed")
    assert (alert.title, alert.drift_id) == ("Decision needed: 3 drifts in 3 stacks", None)


def test_a_viewer_decides_and_undoes_nothing(world: Any) -> None:
    same_change(world)
    client = world.client(world.viewer)
    body = {"action": "approve", "reason": REASON}
    assert client.post(f"{GROUPS}/{only_group(world)['id']}/decide", body, format="json").status_code == 403
    made = data(decide(world), 201)
    assert client.post(f"{DECISIONS}/{made['id']}/undo", {}, format="json").status_code == 403


# --- Undone -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["triage", "approve", "reject", "acknowledge"])
def test_one_call_undoes_it_for_every_member(world: Any, action: str) -> None:
    drifts = same_change(world, cost="12.50")
    made = data(decide(world, action), 201)
    gone = data(undo(world, made, note="Too soon."))
    assert (gone["undone"], gone["left"], gone["undoneBy"]) == (3, 0, str(world.engineer.pk))
    for one, member in zip(drifts, gone["members"], strict=True):
        one.refresh_from_db()
        anew = Drift.objects.get(pk=member["successorId"])
        assert (one.status, one.resolved_how) == (
            "resolved",
            "acknowledged" if action == "acknowledge" else "superseded",
        )
        assert (anew.status, anew.previous_id, anew.decided_digests) == ("detected", one.pk, {})
        assert [getattr(anew, name) for name in COPIED] == [getattr(one, name) for name in COPIED]
    assert facts(world, "drift_group.undone")[0].data["members"] == 3
    assert_equal(world)
    assert only_group(world)["undecided"] == 3


def test_what_has_become_of_a_member_otherwise_is_left_alone_and_told(world: Any) -> None:
    drifts = same_change(world)
    made = data(decide(world), 201)
    resolve_drift(world.account.pk, drifts[1].pk, how="manual-fix", by=world.actor(world.owner))
    gone = data(undo(world, made))
    assert (gone["undone"], gone["left"]) == (2, 1)
    (left,) = [member for member in gone["members"] if member["outcome"] == "left"]
    assert left["driftId"] == str(drifts[1].pk)
    assert left["error"] == "It no longer stands as the decision left it: it is resolved now."
    assert Drift.objects.get(pk=drifts[1].pk).resolved_how == "manual-fix"
    assert Drift.objects.filter(previous=drifts[1]).count() == 0


def test_an_acknowledged_resource_that_has_drifted_again_is_left_alone(world: Any) -> None:
    drifts = same_change(world)
    made = data(decide(world, "acknowledge"), 201)
    report(world.engineer, "i-1", stack="stack-1")
    gone = data(undo(world, made))
    assert outcomes(gone)[str(drifts[1].pk)] == "left"
    assert Drift.objects.open().count() == 3


def test_a_second_undo_is_refused_and_changes_nothing(world: Any) -> None:
    same_change(world)
    made = data(decide(world), 201)
    data(undo(world, made))
    before = sorted(Drift.objects.values_list("pk", "status"))
    assert undo(world, made).status_code == 409
    assert sorted(Drift.objects.values_list("pk", "status")) == before


def test_a_scan_that_shows_the_same_again_finds_the_drift_that_was_opened_anew(world: Any) -> None:
    for stack in ("a", "b"):
        ingest(world, drifted(instance()), stack=stack)
    data(undo(world, data(decide(world), 201)))
    scan = ingest(world, drifted(instance(), clean=("aws_vpc.x",)), stack="a").scan
    assert (scan.drifts_new, scan.drifts_changed, scan.drifts_recurring) == (0, 0, 1)


def test_the_successor_says_that_the_decision_no_longer_stands(world: Any) -> None:
    same_change(world)
    gone = data(undo(world, data(decide(world), 201)))
    successor = gone["members"][0]["successorId"]
    lapsed = data(world.client(world.viewer).get(f"/api/v1/drifts/{successor}"))["lapsedDecision"]
    assert (lapsed["decision"], lapsed["reason"]) == ("approved", "the decision for its group was undone")


def test_decisions_are_listed_newest_first_and_told_whole(world: Any) -> None:
    same_change(world)
    first, second = data(decide(world, "triage"), 201), data(decide(world), 201)
    client = world.client(world.viewer)
    assert [one["id"] for one in data(client.get(DECISIONS))["items"]] == [second["id"], first["id"]]
    assert len(data(client.get(f"{DECISIONS}/{first['id']}"))["members"]) == 3
    assert data(undo(world, first))["left"] == 3, "they have been approved since"


def test_of_two_decisions_or_undos_at_once_one_wins(world: Any) -> None:
    drifts, ident = same_change(world), only_group(world)["id"]
    clients = [world.client(world.engineer), world.client(world.owner)]
    body = {"action": "approve", "reason": REASON}
    answers = at_once(clients, f"{GROUPS}/{ident}/decide", body)
    assert sorted(answers) == [201, 409]
    assert len(facts(world, "drift.approved")) == len(drifts)
    made = DriftGroupDecision.objects.get()
    assert sorted(at_once(clients, f"{DECISIONS}/{made.pk}/undo", {})) == [200, 409]
    assert Drift.objects.open().count() == len(drifts)
    assert_equal(world)


def test_what_somebody_wrote_goes_with_them(world: Any) -> None:
    same_change(world)
    data(undo(world, data(decide(world), 201), note="Too soon."))
    erase_user(world.account.pk, world.engineer.pk, by=world.actor(world.owner))
    made = DriftGroupDecision.objects.get()
    assert (made.reason, made.undo_note, made.decided) == ("", "", 3)


def test_every_column_of_a_drift_is_copied_or_begins_anew() -> None:
    columns = {field.attname for field in Drift._meta.concrete_fields}
    assert {*COPIED, *FRESH} == columns
    assert not set(COPIED) & FRESH


# --- Many, named one by one -------------------------------------------------------------------------------------


def test_a_bad_id_stops_no_other(world: Any) -> None:
    drifts = same_change(world)
    approve_drift(world.account.pk, drifts[1].pk, reason=REASON, by=world.actor(world.owner))
    foreign = report(world.outsider, "i-theirs")
    ids = ["nonsense", str(foreign.pk), str(UUID(int=7)), *(str(one.pk) for one in drifts), str(drifts[0].pk)]
    body = {"ids": ids, "action": "reject", "reason": REASON}
    answer = data(world.client(world.engineer).post("/api/v1/drifts/bulk", body, format="json"))
    assert (answer["decided"], answer["refused"]) == (2, 4)
    assert [(one["id"], one["outcome"], one["status"]) for one in answer["outcomes"]] == [
        ("nonsense", "not_found", ""),
        (str(foreign.pk), "not_found", ""),
        (str(UUID(int=7)), "not_found", ""),
        (str(drifts[0].pk), "decided", "rejected"),
        (str(drifts[1].pk), "refused", "approved"),
        (str(drifts[2].pk), "decided", "rejected"),
    ]
    assert answer["outcomes"][4]["error"] == "A drift that is approved cannot be rejected."
    assert statuses(foreign) == ["detected"]
    assert_equal(world)


@pytest.mark.parametrize("body", [{"ids": []}, {"ids": ["x"] * 501}, {"action": "resolve"}, {"reason": "short"}])
def test_too_many_or_a_decision_without_reason_is_refused(world: Any, body: dict[str, Any]) -> None:
    whole = {"ids": ["x"], "action": "approve", "reason": REASON} | body
    assert world.client(world.engineer).post("/api/v1/drifts/bulk", whole, format="json").status_code == 400
