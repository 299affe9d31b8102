"""`POST /alerts/{id}/acknowledge`: somebody says that they have it."""

from typing import Any

import pytest

from accounts.actions import erase_user
from alerts import actions
from alerts.models import Alert
from tests.alerts.handling.alert_stories import (
    ask,
    assert_journaled,
    handled,
    raise_about,
    shown,
    titles,
    unread,
)
from tests.alerts.raised import raise_alert
from tests.drifts.reported import report


def test_whoever_has_it_says_so_and_has_read_it(world: Any) -> None:
    drift = report(world.engineer)
    alert = raise_about(world, drift)
    told = shown(ask(world, alert, "acknowledge", note="After lunch."))
    assert (told["acknowledgedBy"], told["acknowledgementNote"]) == (str(world.engineer.pk), "After lunch.")
    assert told["acknowledgedAt"] == told["readAt"]
    assert (told["isRead"], told["readBy"], unread(world)) == (True, str(world.engineer.pk), 0)
    (entry,) = handled(world)
    assert (entry.kind, entry.drift_id, entry.data["severity"]) == ("alert.acknowledged", drift.pk, "high")
    story = shown(world.client(world.viewer).get(f"/api/v1/drifts/{drift.pk}/timeline"))
    assert [one["message"] for one in story[-2:]] == ["Alert read", "Alert acknowledged: After lunch."]
    assert_journaled(world)


def test_what_somebody_has_stays_theirs(world: Any) -> None:
    alert = raise_alert(world.engineer)
    first = shown(ask(world, alert, "acknowledge"))
    assert shown(ask(world, alert, "acknowledge", world.owner, note="Mine!")) == first
    assert len(handled(world)) == 1


def test_who_had_read_it_before_stays_so(world: Any) -> None:
    alert = raise_alert(world.engineer)
    actions.mark_read(world.account.pk, alert.pk, by=world.actor(world.viewer))
    assert shown(ask(world, alert, "acknowledge"))["readBy"] == str(world.viewer.pk)
    assert len(handled(world, "alert.read")) == 1


def test_a_viewer_may_not_and_another_tenant_finds_nothing(world: Any) -> None:
    alert = raise_alert(world.engineer)
    assert ask(world, alert, "acknowledge", world.viewer).status_code == 403
    assert ask(world, alert, "acknowledge", world.outsider).status_code == 404
    assert ask(world, alert, "acknowledge", note="x" * 2001).status_code == 400
    assert handled(world) == []


@pytest.mark.parametrize("what", ["acknowledge", "assign", "snooze"])
def test_an_alert_for_one_user_alone_is_read_and_no_more(world: Any, what: str) -> None:
    bodies: dict[str, Any] = {"assign": {"assigneeId": None}, "snooze": {"reason": "Not before the release."}}
    mine, theirs = raise_alert(world.engineer, "mine"), raise_alert(world.engineer, "theirs")
    Alert.objects.filter(pk=mine.pk).update(recipient=world.engineer)
    Alert.objects.filter(pk=theirs.pk).update(recipient=world.owner)
    assert ask(world, mine, what, **bodies.get(what, {})).status_code == 409
    assert ask(world, theirs, what, **bodies.get(what, {})).status_code == 404
    assert handled(world) == []


def test_the_list_tells_those_that_somebody_has(world: Any) -> None:
    ask(world, raise_alert(world.engineer, "taken"), "acknowledge")
    raise_alert(world.engineer, "free")
    assert titles(world, isAcknowledged="true") == ["taken"]
    assert titles(world, isAcknowledged="false") == ["free"]
    assert titles(world, isAcknowledged="all") == titles(world) == ["free", "taken"]


def test_the_note_goes_with_whoever_wrote_it(world: Any) -> None:
    alert = raise_alert(world.engineer)
    ask(world, alert, "acknowledge", note="My telephone is 555.")
    erase_user(world.account.pk, world.engineer.pk, by=world.actor(world.owner))
    alert.refresh_from_db()
    assert (alert.acknowledgement_note, alert.acknowledged_by_id) == ("", world.engineer.pk)
    (entry,) = handled(world)
    assert entry.personal is None
