"""Assigning, snoozing and acknowledging in the admin: the same actions as over the API."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from alerts.models import Alert
from drifts.models import Drift
from tests.admin.conftest import browser
from tests.alerts.raised import raise_alert
from tests.drifts.reported import REASON, report
from tests.drifts.scans import facts

LIST = "/admin/drifts/drift/"


def post(world: Any, rows: list[Any], action: str, *, model: str = "drifts/drift", **values: str) -> str:
    sent = {"action": action, "index": "0", "_selected_action": [str(one.pk) for one in rows], **values}
    page: str = browser(world.owner).post(f"/admin/{model}/", sent, follow=True).content.decode()
    return page


def shown(world: Any, drift: Drift) -> str:
    page: str = browser(world.owner).get(f"{LIST}{drift.pk}/change/").content.decode()
    return page


def test_a_drift_is_given_to_somebody_who_may_decide(world: Any) -> None:
    drift = report(world.engineer)
    asked = post(world, [drift], "assign")
    assert "bob@acme.example" in asked
    assert "carol@acme.example" not in asked, "a viewer decides nothing"
    assert "mallory" not in asked
    page = post(world, [drift], "assign", confirmed="yes", assignee_id=str(world.engineer.pk), note="Yours.")
    assert "Assign: done for 1." in page
    drift.refresh_from_db()
    assert (drift.assignee_id, drift.assigned_by_id) == (world.engineer.pk, world.owner.pk)
    assert "Assigned to Bob: Yours." in shown(world, drift)
    post(world, [drift], "assign", confirmed="yes", assignee_id="", note="")
    drift.refresh_from_db()
    assert drift.assignee_id is None


def test_somebody_who_is_not_offered_is_refused(world: Any) -> None:
    drift = report(world.engineer)
    page = post(world, [drift], "assign", confirmed="yes", assignee_id=str(world.viewer.pk))
    assert "Select a valid choice" in page
    drift.refresh_from_db()
    assert drift.assignee_id is None


def test_the_list_is_narrowed_by_whose_they_are(world: Any) -> None:
    mine, nobodys = report(world.engineer, "i-mine"), report(world.engineer, "i-nobodys")
    post(world, [mine], "assign", confirmed="yes", assignee_id=str(world.owner.pk))
    client = browser(world.owner)
    pages = {whose: client.get(f"{LIST}?whose={whose}").content.decode() for whose in ("mine", "somebodys", "nobodys")}
    found = {
        whose: {one.resource_id for one in (mine, nobodys) if str(one.pk) in page} for whose, page in pages.items()
    }
    assert found == {"mine": {"i-mine"}, "somebodys": {"i-mine"}, "nobodys": {"i-nobodys"}}


def test_a_drift_is_snoozed_and_woken(world: Any) -> None:
    drift = report(world.engineer)
    assert 'type="datetime-local"' in post(world, [drift], "snooze")
    until = timezone.now() + timedelta(days=2)
    values = {"confirmed": "yes", "reason": REASON}
    page = post(world, [drift], "snooze", **values, until=f"{until:%Y-%m-%dT%H:%M}")
    assert "Snooze: done for 1." in page
    drift.refresh_from_db()
    assert (drift.snoozed_until, drift.snoozed_by_id) == (until.replace(second=0, microsecond=0), world.owner.pk)
    assert "End the snooze: done for 1." in post(world, [drift], "unsnooze", confirmed="yes")
    assert [one.kind for one in facts(world, "drift.")][-2:] == ["drift.snoozed", "drift.unsnoozed"]


def test_what_differs_otherwise_since_it_was_looked_at_is_not_snoozed(world: Any) -> None:
    drift = report(world.engineer)
    seen = {f"seen-{drift.pk}": bytes(drift.difference_digest).hex()}
    Drift.objects.filter(pk=drift.pk).update(difference_digest=b"another")
    page = post(world, [drift], "snooze", confirmed="yes", reason=REASON, **seen)
    assert "Not done for i-1: What differs has changed since you looked at it" in page


def test_a_drifts_page_offers_what_fits(world: Any) -> None:
    drift = report(world.engineer)
    names = ("assign", "snooze", "unsnooze")

    def offered() -> list[bool]:
        page = shown(world, drift)
        return [f'value="{one}"' in page for one in names]

    assert offered() == [True, True, False]
    post(world, [drift], "snooze", confirmed="yes", reason=REASON)
    assert offered() == [True, True, True]
    post(world, [drift], "approve", confirmed="yes", reason=REASON)
    assert offered() == [True, False, False]
    post(world, [drift], "resolve", confirmed="yes", how="manual-fix")
    assert offered() == [False, False, False]


def test_alerts_are_acknowledged_taken_and_woken(world: Any) -> None:
    mine, theirs = raise_alert(world.engineer), raise_alert(world.outsider)
    for action, words in (("acknowledge", "Acknowledged: 1."), ("take", "Assigned to you: 1.")):
        assert words in post(world, [mine, theirs], action, model="alerts/alert")
    Alert.objects.filter(pk=mine.pk).update(snoozed_at=timezone.now())
    assert "Snooze ended: 1." in post(world, [mine], "unsnooze", model="alerts/alert")
    assert "Not done for Look at this: It is not snoozed." in post(world, [mine], "unsnooze", model="alerts/alert")
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert (mine.acknowledged_by_id, mine.assignee_id) == (world.owner.pk, world.owner.pk)
    assert (theirs.acknowledged_by_id, theirs.assignee_id) == (None, None)
