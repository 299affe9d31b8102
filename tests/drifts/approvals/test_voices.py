"""Several people say what is to be done: who counts, when it is decided, and what makes a voice count no longer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import product
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Domain, User
from alerts.models import Alert
from audit.actors import Actor
from drifts.actions.approval_lapses import sweep_approvals
from drifts.actions.approval_policies import remove_approval_policy
from drifts.actions.decide import approve_drift, triage_drift
from drifts.models import Drift, DriftApproval
from driftsentry.api.errors import Conflict
from tests.drifts.approvals.said import data, demand, engineer, made_by, post, say, shown, told, trail_tells, words
from tests.drifts.reported import REASON, actor, report
from tests.drifts.scans import drifted, facts, ingest, instance, only_drift

DONE = {"approve": "approved", "reject": "rejected"}
OVERTAKEN = "the drift was decided without it, or is over"


def status_of(drift: Drift) -> str:
    return Drift.objects.get(pk=drift.pk).status


def lapses(world: Any) -> list[str]:
    return [fact.data["reason"] for fact in facts(world, "drift.approvals_lapsed")]


def expire() -> None:
    DriftApproval.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_the_second_voice_decides(world: Any, decision: str) -> None:
    demand(world)
    drift = report(world.engineer)
    first = data(post(world, world.engineer, drift, decision))
    assert (first["status"], first["needed"]) == ("detected", 2)
    (voice,) = first["approvals"]
    assert (voice["by"], voice["decision"], voice["counts"]) == (str(world.engineer.pk), decision, True)
    assert voice["expiresAt"] > voice["at"]
    second = data(post(world, world.owner, drift, decision))
    assert (second["status"], second["needed"], second["review"]) == (DONE[decision], 2, None)
    assert second[f"{DONE[decision]}By"] == str(world.owner.pk)
    assert [one["by"] for one in second["approvals"]] == [str(world.engineer.pk), str(world.owner.pk)]
    given = [(fact.data["approvals"], fact.data["needed"]) for fact in facts(world, "drift.approval_given")]
    assert given == [(1, 2), (2, 2)]
    last = facts(world, "drift.approval_given")[-1]
    assert set(last.data["givers"]) == {str(world.engineer.pk), str(world.owner.pk)}
    assert len(facts(world, f"drift.{DONE[decision]}")) == 1


def test_the_timeline_tells_it_in_words(world: Any) -> None:
    demand(world)
    drift = report(world.engineer)
    say(world.engineer, drift)
    story = data(world.client(world.viewer).get(f"/api/v1/drifts/{drift.pk}/timeline"))
    (entry,) = [one for one in story if one["action"] == "drift.approval_given"]
    assert entry["message"] == f"To approve: 1 of 2 approvals: {REASON}"


def test_with_no_policy_one_decides_as_ever(world: Any) -> None:
    demand(world, severity="critical")
    drift = report(world.engineer)
    answer = data(post(world, world.engineer, drift))
    assert (answer["status"], answer["needed"]) == ("approved", 1)
    assert [one["by"] for one in answer["approvals"]] == [str(world.engineer.pk)]
    assert not DriftApproval.objects.exists()
    assert not facts(world, "drift.approval_given")


def test_the_same_person_is_told_that_others_must(world: Any) -> None:
    demand(world)
    drift = report(world.engineer)
    post(world, world.engineer, drift)
    assert "others" in words(post(world, world.engineer, drift))
    assert status_of(drift) == "detected"
    assert DriftApproval.objects.count() == 1


def test_a_triaged_drift_stays_triaged(world: Any) -> None:
    demand(world)
    drift = report(world.engineer)
    triage_drift(world.account.pk, drift.pk, by=actor(world.engineer))
    assert data(post(world, world.engineer, drift))["status"] == "triaged"
    assert data(post(world, world.owner, drift))["status"] == "approved"


def test_an_approval_and_a_rejection_decide_nothing_together(world: Any) -> None:
    demand(world)
    drift = report(world.engineer)
    say(world.engineer, drift, "approve")
    say(world.owner, drift, "reject")
    assert status_of(drift) == "detected"
    say(engineer(world, "dave"), drift, "reject")
    assert status_of(drift) == "rejected"
    ends = dict(DriftApproval.objects.values_list("user__name", "ended_because"))
    assert ends == {"Bob": "overtaken", "Alice": "decided", "Dave": "decided"}


def test_who_says_the_other_has_changed_their_mind(world: Any) -> None:
    demand(world)
    drift = report(world.engineer)
    say(world.engineer, drift, "approve")
    say(world.engineer, drift, "reject")
    assert lapses(world) == ["whoever gave it now says the other"]
    say(world.owner, drift, "approve")
    assert status_of(drift) == "detected"
    say(world.owner, drift, "reject")
    assert status_of(drift) == "rejected"


def test_fewer_than_are_needed_decide_nothing_whatever_they_say(world: Any) -> None:
    demand(world, needed=3)
    users = (world.engineer, world.owner)
    calls = list(product(users, ("approve", "reject")))
    for place, sequence in enumerate(product(calls, repeat=3)):
        drift = report(world.engineer, f"i-{place}")
        for user, decision in sequence:
            try:
                say(user, drift, decision)
            except Conflict:
                continue
    assert set(Drift.objects.values_list("status", flat=True)) == {"detected"}
    assert DriftApproval.objects.standing().count() <= 2 * Drift.objects.count()
    assert not facts(world, "drift.approved")
    assert not facts(world, "drift.rejected")


def test_a_voice_holds_for_the_difference_that_was_seen(world: Any) -> None:
    demand(world, severity="medium")
    ingest(world, drifted(instance()))
    drift = only_drift()
    say(world.engineer, drift)
    ingest(world, drifted(instance(size="m5.4xlarge")))
    assert DriftApproval.objects.get().ended_because == "difference"
    assert lapses(world) == ["what differs has changed since"]
    assert told(type="approval_needed")[-1].startswith("Approvals needed again: ")
    say(world.owner, drift)
    assert status_of(drift) == "detected"
    say(world.engineer, drift)
    assert status_of(drift) == "approved"


def test_a_scan_that_shows_the_same_leaves_voices_alone(world: Any) -> None:
    demand(world, severity="medium")
    ingest(world, drifted(instance()))
    say(world.engineer, only_drift())
    ingest(world, drifted(instance(), instance("aws_instance.other")))
    assert DriftApproval.objects.get().ended_at is None


def test_a_stale_digest_is_no_voice(world: Any) -> None:
    demand(world)
    drift = report(world.engineer)
    assert "look again" in words(post(world, world.engineer, drift, differenceDigest="0" * 64))
    assert not DriftApproval.objects.exists()


def test_an_expired_voice_counts_no_longer_and_can_be_given_anew(world: Any) -> None:
    demand(world)
    drift = report(world.engineer)
    say(world.engineer, drift)
    expire()
    (voice,) = shown(world, world.viewer, drift)["approvals"]
    assert (voice["counts"], voice["whyNot"]) == (False, "its time was over")
    say(world.owner, drift)
    assert status_of(drift) == "detected"
    assert lapses(world) == ["its time was over"]
    say(world.engineer, drift)
    assert status_of(drift) == "approved"


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": "viewer"}])
def test_who_may_no_longer_decide_counts_no_longer(world: Any, change: dict[str, Any]) -> None:
    demand(world)
    drift = report(world.engineer)
    say(world.engineer, drift)
    User.objects.filter(pk=world.engineer.pk).update(**change)
    (voice,) = shown(world, world.owner, drift)["approvals"]
    assert (voice["counts"], voice["whyNot"]) == (False, "whoever gave it may no longer decide")
    say(world.owner, drift)
    assert status_of(drift) == "detected"
    assert lapses(world) == ["whoever gave it may no longer decide"]


def test_the_sweep_makes_lapses_visible_once(world: Any) -> None:
    demand(world)
    late, left, standing, over = (report(world.engineer, f"i-{number}") for number in range(4))
    dave = engineer(world, "dave")
    for drift in (late, standing, over):
        say(world.engineer, drift)
    DriftApproval.objects.filter(drift=late).update(expires_at=timezone.now())
    say(dave, left)
    User.objects.filter(pk=dave.pk).update(is_active=False)
    Drift.objects.filter(pk=over.pk).update(status="resolved", resolved_at=timezone.now(), resolved_how="reconciled")
    assert sweep_approvals() == 3
    assert sweep_approvals() == 0
    assert sorted(lapses(world)) == ["its time was over", OVERTAKEN, "whoever gave it may no longer decide"]
    assert DriftApproval.objects.standing().get().drift_id == standing.pk
    assert DriftApproval.objects.get(drift=over).ended_because == "overtaken"


def test_a_voice_can_be_taken_back_while_others_are_missing(world: Any) -> None:
    demand(world)
    drift = report(world.engineer)
    client = world.client(world.engineer)
    url = f"/api/v1/drifts/{drift.pk}/approval"
    assert client.delete(url).status_code == 409
    say(world.engineer, drift)
    assert world.client(world.owner).delete(url).status_code == 409
    answer = data(client.delete(url))
    assert (answer["approvals"], answer["canApprove"]) == ([], True)
    assert lapses(world) == ["whoever gave it took it back"]
    say(world.owner, drift)
    assert status_of(drift) == "detected"


def test_lowering_the_number_decides_nothing_until_somebody_speaks(world: Any) -> None:
    demand(world, needed=3)
    drift = report(world.engineer)
    say(world.engineer, drift)
    say(world.owner, drift)
    demand(world, needed=2)
    assert status_of(drift) == "detected"
    assert data(post(world, world.engineer, drift))["status"] == "approved"
    assert set(DriftApproval.objects.values_list("ended_because", flat=True)) == {"decided"}


def test_without_a_policy_any_more_the_next_call_decides(world: Any) -> None:
    demand(world)
    drift = report(world.engineer)
    say(world.engineer, drift)
    remove_approval_policy(world.account.pk, "high", by=world.actor(world.owner))
    assert status_of(drift) == "detected"
    assert data(post(world, world.owner, drift))["status"] == "approved"


@pytest.mark.parametrize("needed", [1, 2])
def test_who_was_outvoted_is_told_in_the_timeline(world: Any, needed: int) -> None:
    demand(world)
    drift = report(world.engineer)
    dave = engineer(world, "dave")
    say(dave, drift, "reject")
    if needed == 2:
        say(world.engineer, drift)
    demand(world, needed=needed)
    say(world.owner, drift)
    assert status_of(drift) == "approved"
    assert lapses(world) == [OVERTAKEN]
    (lapse,) = facts(world, "drift.approvals_lapsed")
    assert lapse.data["givers"] == [str(dave.pk)]
    assert DriftApproval.objects.get(user=dave).ended_because == "overtaken"


def test_a_drift_that_became_graver_needs_more(world: Any) -> None:
    demand(world, needed=2, severity="high")
    demand(world, needed=3, severity="critical")
    drift = report(world.engineer)
    say(world.engineer, drift)
    Drift.objects.filter(pk=drift.pk).update(severity="critical")
    assert data(post(world, world.owner, drift))["needed"] == 3
    assert status_of(drift) == "detected"
    say(engineer(world, "dave"), drift)
    assert status_of(drift) == "approved"


def test_a_policy_for_approving_leaves_rejecting_to_one(world: Any) -> None:
    demand(world, applies_to="approve")
    first, second = report(world.engineer), report(world.engineer, "i-2")
    say(world.engineer, first, "approve")
    assert data(post(world, world.owner, first, "reject"))["status"] == "rejected"
    assert data(post(world, world.engineer, second, "reject"))["status"] == "rejected"


@pytest.mark.parametrize("decision", ["approve", "reject"])
@pytest.mark.parametrize("needed", [1, 2])
def test_nobody_decides_on_their_own_change(world: Any, decision: str, needed: int) -> None:
    demand(world, needed=needed)
    drift = report(world.engineer)
    made_by(drift, f"arn:aws:sts::1:assumed-role/Admin/{world.engineer.email}")
    detail = shown(world, world.engineer, drift)
    assert (detail["canApprove"], detail["canReject"]) == (False, False)
    assert "You made this change" in words(post(world, world.engineer, drift, decision))
    assert shown(world, world.owner, drift)["canApprove"] is True
    answer = data(post(world, world.owner, drift, decision))
    assert answer["status"] == (DONE[decision] if needed == 1 else "detected")


def test_a_local_part_is_somebody_of_the_accounts_own_domain_only(world: Any) -> None:
    demand(world)
    drift = report(world.engineer)
    made_by(drift, "arn:aws:iam::1:user/bob")
    assert shown(world, world.engineer, drift)["canApprove"] is True
    Domain.objects.create(account=world.account, name="acme.example")
    assert shown(world, world.engineer, drift)["canApprove"] is False
    assert "You made this change" in words(post(world, world.engineer, drift))


def test_somebody_is_known_by_a_local_part_whatever_stands_before_it(world: Any) -> None:
    demand(world)
    Domain.objects.create(account=world.account, name="acme.example")
    drift = report(world.engineer)
    made_by(drift, "arn:aws:sts::1:assumed-role/ops@acme/bob")
    assert shown(world, world.engineer, drift)["canApprove"] is False
    assert "You made this change" in words(post(world, world.engineer, drift))
    made_by(drift, "arn:aws:sts::1:assumed-role/ops@acme/bob@rival.example")
    assert shown(world, world.engineer, drift)["canApprove"] is True


def test_who_is_not_excluded_where_one_is_enough_may_decide(world: Any) -> None:
    demand(world, needed=1, exclude_principal=False)
    drift = report(world.engineer)
    made_by(drift, world.engineer.email)
    assert data(post(world, world.engineer, drift))["status"] == "approved"


def test_an_approval_of_who_is_later_known_to_have_done_it_counts_no_longer(world: Any) -> None:
    demand(world)
    drift = report(world.engineer)
    say(world.engineer, drift)
    made_by(drift, world.engineer.email)
    (voice,) = shown(world, world.owner, drift)["approvals"]
    assert (voice["counts"], voice["whyNot"]) == (False, "whoever gave it made the change")
    (voice,) = data(world.client(world.owner).get("/api/v1/drifts"))["items"][0]["approvals"]
    assert voice["counts"] is False
    say(world.owner, drift)
    assert status_of(drift) == "detected"
    assert lapses(world) == ["whoever gave it made the change"]


def test_that_it_counts_no_longer_is_told_when_the_trail_tells_who_it_was(world: Any) -> None:
    demand(world)
    drift = report(world.engineer)
    say(world.engineer, drift)
    say(engineer(world, "dave"), drift, "reject")
    trail_tells(drift, f"arn:aws:sts::1:assumed-role/Admin/{world.engineer.email}")
    assert lapses(world) == ["whoever gave it made the change"]
    assert DriftApproval.objects.standing().get().user.name == "Dave"
    (lapse,) = facts(world, "drift.approvals_lapsed")
    assert (lapse.drift_id, lapse.data["givers"]) == (drift.pk, [str(world.engineer.pk)])


def test_a_person_only_counts(world: Any) -> None:
    demand(world)
    drift = report(world.engineer)
    machine = Actor.system("robot")
    with pytest.raises(Conflict, match="only a person"):
        approve_drift(world.account.pk, drift.pk, reason=REASON, by=machine)


def test_others_are_asked_again_as_long_as_a_voice_is_missing(world: Any) -> None:
    demand(world, needed=3)
    drift = report(world.engineer)
    say(world.engineer, drift)
    say(world.owner, drift)
    where = f"i-1 in {drift.stack.name}"
    assert told(drift=drift) == [f"1 of 3 approvals: {where}", f"2 of 3 approvals: {where}"]
    assert "2 of 3 approvals given to approve it, one more is needed." in Alert.objects.latest("id").message
    say(engineer(world, "dave"), drift)
    assert len(told(drift=drift)) == 2, "the last one decides, and asks nobody"


def test_triage_says_how_many_it_takes(world: Any) -> None:
    demand(world)
    drift = report(world.engineer)
    post(world, world.engineer, drift, "triage")
    assert Alert.objects.get().message.endswith("It takes 2 people.")


def test_of_two_who_would_complete_it_at_once_one_does(world: Any) -> None:
    demand(world)
    drift = report(world.engineer)
    say(engineer(world, "dave"), drift)
    assert sorted(at_once(world, [world.engineer, world.owner], drift)) == [200, 409]
    assert len(facts(world, "drift.approved")) == 1
    assert len(facts(world, "drift.approval_given")) == 2


def test_one_person_twice_at_once_is_one_voice(world: Any) -> None:
    demand(world)
    drift = report(world.engineer)
    assert sorted(at_once(world, [world.engineer] * 6, drift)) == [200] + [409] * 5
    assert DriftApproval.objects.count() == 1
    assert status_of(drift) == "detected"


def at_once(world: Any, users: list[User], drift: Drift) -> list[int]:
    """Let each approve at the same moment."""
    clients = [world.client(user) for user in users]
    start = Barrier(len(clients))

    def approve(client: Any) -> int:
        try:
            start.wait(timeout=30)
            path = f"/api/v1/drifts/{drift.pk}/approve"
            return int(client.post(path, {"reason": REASON}, format="json").status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(clients)) as pool:
        return list(pool.map(approve, clients))
