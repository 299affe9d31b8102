"""Decisions about drifts in the admin: asked for a reason, written through the actions."""

from typing import Any

import pytest

from drifts.models import Drift
from driftsentry.api import admin as base
from tests.admin.conftest import HOSTILE, alerts_unread, browser, entries
from tests.alerts.raised import raise_alert
from tests.drifts.reported import REASON, report

LIST = "/admin/drifts/drift/"


def post(world: Any, drifts: list[Drift], action: str, **more: str) -> Any:
    data = {"action": action, "index": "0", "_selected_action": [str(one.pk) for one in drifts], **more}
    return browser(world.owner).post(LIST, data, follow=True)


def status(drift: Drift) -> str:
    drift.refresh_from_db()
    return drift.status


def test_an_approval_asks_for_a_reason_first(world: Any) -> None:
    drift = report(world.engineer, HOSTILE)
    page = post(world, [drift], "approve").content.decode()
    assert 'name="reason"' in page
    assert str(drift.pk) in page
    assert HOSTILE not in page
    assert status(drift) == "detected"


def test_an_approval_with_a_reason_is_written_and_journaled(world: Any) -> None:
    drift = report(world.engineer)
    page = post(world, [drift], "approve", confirmed="yes", reason=REASON)
    assert "Approve: done for 1." in page.content.decode()
    assert status(drift) == "approved"
    assert (drift.approved_by_id, drift.approval_reason) == (world.owner.pk, REASON)
    (entry,) = entries(world.account.pk, "drift.approved")
    assert (entry.actor_id, entry.drift_id) == (world.owner.pk, drift.pk)
    assert entry.personal is not None
    assert entry.personal["text"] == REASON


def test_a_short_reason_is_asked_for_again(world: Any) -> None:
    drift = report(world.engineer)
    page = post(world, [drift], "reject", confirmed="yes", reason="no")
    assert "at least 10 characters" in page.content.decode()
    assert status(drift) == "detected"


@pytest.mark.parametrize("action", ["approve", "reject"])
def test_what_differs_otherwise_since_it_was_looked_at_is_not_decided(world: Any, action: str) -> None:
    drift = report(world.engineer)
    seen = {f"seen-{drift.pk}": bytes(drift.difference_digest).hex()}
    page = browser(world.owner).get(f"{LIST}{drift.pk}/change/").content.decode()
    assert f'name="seen-{drift.pk}" value="{seen[f"seen-{drift.pk}"]}"' in page
    Drift.objects.filter(pk=drift.pk).update(difference_digest=b"another")
    asked = post(world, [drift], action, **seen).content.decode()
    assert seen[f"seen-{drift.pk}"] in asked
    answer = post(world, [drift], action, confirmed="yes", reason=REASON, **seen).content.decode()
    assert "Not done for i-1: What differs has changed since you looked at it" in answer
    assert status(drift) == "detected"


@pytest.mark.parametrize(
    ("action", "values", "after", "kind"),
    [
        ("triage", {"note": ""}, "triaged", "drift.triaged"),
        ("reject", {"reason": REASON}, "rejected", "drift.rejected"),
        ("resolve", {"how": "manual-fix", "note": "Put back."}, "resolved", "drift.resolved"),
    ],
)
def test_the_other_decisions_too(world: Any, action: str, values: dict[str, str], after: str, kind: str) -> None:
    drift = report(world.engineer)
    post(world, [drift], action, confirmed="yes", **values)
    assert status(drift) == after
    assert len(entries(world.account.pk, kind)) == 1


def test_one_that_cannot_be_decided_does_not_stop_the_others(world: Any) -> None:
    first, second = report(world.engineer, "i-1"), report(world.engineer, "i-2")
    post(world, [first], "reject", confirmed="yes", reason=REASON)
    page = post(world, [first, second], "approve", confirmed="yes", reason=REASON).content.decode()
    assert "Not done for i-1: A drift that is rejected cannot be approved." in page
    assert "Approve: done for 1." in page
    assert (status(first), status(second)) == ("rejected", "approved")


def test_another_accounts_drift_is_left_alone(world: Any) -> None:
    theirs = report(world.outsider)
    post(world, [theirs], "approve", confirmed="yes", reason=REASON)
    assert status(theirs) == "detected"


def test_a_superuser_decides_in_the_drifts_own_account(world: Any, superuser: Any) -> None:
    theirs = report(world.outsider)
    post(world, [theirs], "approve", confirmed="yes", reason=REASON)
    assert status(theirs) == "approved"
    assert len(entries(world.other_account.pk, "drift.approved")) == 1
    assert entries(world.account.pk, "drift.approved") == []


def test_too_many_at_once_are_refused(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "MAX_SELECTED", 1)
    drifts = [report(world.engineer, "i-1"), report(world.engineer, "i-2")]
    page = post(world, drifts, "approve", confirmed="yes", reason=REASON).content.decode()
    assert "Select at most 1 at a time." in page
    assert [status(one) for one in drifts] == ["detected", "detected"]


def test_a_drifts_page_offers_what_its_status_allows(world: Any) -> None:
    drift = report(world.engineer)
    client = browser(world.owner)
    page = client.get(f"{LIST}{drift.pk}/change/").content.decode()
    assert [f'value="{one}"' in page for one in ("triage", "approve", "reject", "resolve")] == [True] * 4
    post(world, [drift], "approve", confirmed="yes", reason=REASON)
    page = client.get(f"{LIST}{drift.pk}/change/").content.decode()
    assert [f'value="{one}"' in page for one in ("triage", "approve", "reject", "resolve")] == [False] * 3 + [True]
    assert "Remediation approved" in page
    assert REASON in page


def test_alerts_are_marked_as_read(world: Any) -> None:
    mine, theirs = raise_alert(world.engineer), raise_alert(world.outsider)
    data = {"action": "mark_read", "index": "0", "_selected_action": [str(mine.pk), str(theirs.pk)]}
    client = browser(world.owner)
    unread = f"/admin/alerts/alert/{mine.pk}/change/"
    assert unread in client.get("/admin/alerts/alert/?read=no").content.decode()
    page = client.post("/admin/alerts/alert/", data, follow=True)
    assert "Marked as read: 1." in page.content.decode()
    assert (alerts_unread(world.account.pk), alerts_unread(world.other_account.pk)) == (0, 1)
    (entry,) = entries(world.account.pk, "alert.read")
    assert entry.actor_id == world.owner.pk
    assert unread not in client.get("/admin/alerts/alert/?read=no").content.decode()
    assert unread in client.get("/admin/alerts/alert/?read=yes").content.decode()
