"""A decision is bound to what was seen, attribute by attribute: it lapses when just that changed, and says so."""

from typing import Any

import pytest

from drifts.actions.decide import approve_drift, reject_drift
from drifts.models import Drift
from tests.drifts.assessed_scans import differing, gone, scan_that_says
from tests.drifts.scans import REASON, alerts, facts, only_drift

OWNER = {"owner": "nobody"}


def decide(world: Any, action: Any = approve_drift) -> Drift:
    found: Drift = action(world.account.pk, only_drift().pk, reason=REASON, by=world.actor(world.engineer))
    return found


def test_a_decision_is_bound_to_each_attribute(world: Any) -> None:
    scan_that_says(world, differing(monitoring=False, tags=OWNER))
    drift = decide(world)
    assert set(drift.decided_digests) == {"monitoring", "tags.owner"}
    assert drift.decided_digests == Drift.objects.get().attribute_digests


def test_it_stands_when_a_part_is_put_back_and_when_that_comes_again(world: Any) -> None:
    scan_that_says(world, differing(monitoring=False, tags=OWNER))
    decided = decide(world)
    for shown in ({"tags": OWNER}, {"monitoring": False, "tags": OWNER}):
        scan = scan_that_says(world, differing(**shown))
        drift = only_drift()
        assert (scan.drifts_changed, scan.drifts_new) == (1, 0)
        assert (drift.pk, drift.status, drift.approval_reason) == (decided.pk, "approved", REASON)
        assert len(drift.difference) == len(shown)
    assert alerts() == []


@pytest.mark.parametrize(("action", "word"), [(approve_drift, "approval"), (reject_drift, "rejection")])
def test_it_lapses_when_an_attribute_changes_and_says_which(world: Any, action: Any, word: str) -> None:
    scan_that_says(world, differing(instance_type="t3.large", tags=OWNER))
    decided = decide(world, action)
    scan_that_says(world, differing(instance_type="m5.large", monitoring=False, tags=OWNER))
    new = only_drift(status="detected")
    reason = "instance_type changed again; monitoring differs too"
    assert new.lapsed == {"paths": ["instance_type", "monitoring"], "reason": reason}
    (fact,) = facts(world, "drift.decision_lapsed")
    assert (fact.data["id"], fact.data["formerDriftId"]) == (str(new.pk), str(decided.pk))
    assert (fact.data["decision"], fact.data["paths"]) == (word, ["instance_type", "monitoring"])
    (alert,) = alerts()
    assert (alert.type, alert.drift_id) == ("approval_needed", new.pk)
    assert f"The {word} of id of aws_instance.web lapsed: {reason}." in alert.message


def test_both_timelines_say_why(world: Any) -> None:
    scan_that_says(world, differing(monitoring=False))
    decided = decide(world)
    scan_that_says(world, differing(monitoring=False, tags=OWNER))
    client, new = world.client(world.viewer), only_drift(status="detected")
    told = [
        [one["message"] for one in client.get(f"/api/v1/drifts/{drift.pk}/timeline").json()["data"]]
        for drift in (decided, new)
    ]
    assert told[0][-1] == "Resolved (superseded): tags.owner differs too"
    assert told[1][1] == "The former approval lapsed: tags.owner differs too"


def test_the_new_drift_shows_what_lapsed(world: Any) -> None:
    scan_that_says(world, differing(monitoring=False))
    decided = decide(world)
    scan_that_says(world, differing(monitoring=False, tags=OWNER))
    new = only_drift(status="detected")
    data = world.client(world.viewer).get(f"/api/v1/drifts/{new.pk}").json()["data"]
    decided.refresh_from_db()
    assert decided.approved_at
    assert data["lapsedDecision"] == {
        "driftId": str(decided.pk),
        "decision": "approved",
        "by": str(world.engineer.pk),
        "at": decided.approved_at.isoformat().replace("+00:00", "Z"),
        "paths": ["tags.owner"],
        "reason": "tags.owner differs too",
    }
    other = world.client(world.viewer).get(f"/api/v1/drifts/{decided.pk}").json()["data"]
    assert other["lapsedDecision"] is None


def test_it_always_lapses_when_something_else_happens(world: Any) -> None:
    scan_that_says(world, differing(monitoring=False))
    decide(world)
    scan_that_says(world, gone())
    new = only_drift(status="detected")
    assert new.lapsed is not None
    assert (new.kind, new.lapsed["paths"]) == ("deleted", [])
    assert "something else has happened" in alerts()[-1].message


@pytest.mark.parametrize("action", ["approve", "reject"])
def test_a_decision_may_carry_what_was_looked_at(world: Any, action: str) -> None:
    scan_that_says(world, differing(monitoring=False))
    client, drift = world.client(world.engineer), only_drift()
    seen = client.get(f"/api/v1/drifts/{drift.pk}").json()["data"]["differenceDigest"]
    scan_that_says(world, differing(monitoring=False, tags=OWNER))
    path = f"/api/v1/drifts/{drift.pk}/{action}"
    late = client.post(path, {"reason": REASON, "differenceDigest": seen}, format="json")
    assert (late.status_code, late.json()["error"]["code"]) == (409, "CONFLICT")
    assert "look again" in late.json()["error"]["message"]
    assert only_drift().status == "detected"
    now = bytes(only_drift().difference_digest).hex()
    assert client.post(path, {"reason": REASON, "differenceDigest": now}, format="json").status_code == 200


@pytest.mark.parametrize("digest", ["", "abc", "g" * 64, 7])
def test_what_is_no_digest_is_refused(world: Any, digest: Any) -> None:
    scan_that_says(world, differing(monitoring=False))
    path = f"/api/v1/drifts/{only_drift().pk}/approve"
    body = {"reason": REASON, "differenceDigest": digest}
    assert world.client(world.engineer).post(path, body, format="json").status_code == 400
