"""What channels hear of drifts that wait for a decision again, since the one for their group was undone."""

from typing import Any

from tests.alerts.telling.channels import channel, message, told, types
from tests.drifts.test_groups_api import data, decide, same_change, undo


def test_they_are_told_anew_and_a_pager_closes_the_former_incidents(world: Any) -> None:
    team, pager = channel(world, "team"), channel(world, "pager", kind="pagerduty")
    same_change(world, 3)
    data(undo(world, data(decide(world), 201)))
    assert sorted(types(team)) == ["drift_detected"] * 3 + ["drift_recurred"] * 3
    assert sorted(types(pager)) == ["drift_detected"] * 3 + ["drift_recurred"] * 3 + ["drift_resolved"] * 3
    (again, *_) = (one for one in told(team) if one.type == "drift_recurred")
    assert message(again).text.endswith("The decision for its group was undone.")
