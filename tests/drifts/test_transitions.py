"""Which decision may follow which state."""

from __future__ import annotations

import pytest

from drifts.transitions import DECIDED, LEADS_TO, OPEN, TRANSITIONS, Action, Status, can

ALLOWED = {
    ("detected", "triage"),
    ("detected", "approve"),
    ("detected", "reject"),
    ("detected", "resolve"),
    ("triaged", "approve"),
    ("triaged", "reject"),
    ("triaged", "resolve"),
    ("approved", "resolve"),
    ("rejected", "resolve"),
}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("action", Action)
def test_the_contract_allows_these_and_no_others(status: Status, action: Action) -> None:
    assert can(status, action) is ((status.value, action.value) in ALLOWED)
    assert can(status.value, action.value) is can(status, action)


def test_resolved_is_final_and_every_open_state_can_get_there() -> None:
    assert TRANSITIONS[Status.RESOLVED] == frozenset()
    assert {status for status in Status if Status.RESOLVED in TRANSITIONS[status]} == OPEN


def test_the_tables_speak_of_every_state_and_action() -> None:
    assert TRANSITIONS.keys() == set(Status)
    assert LEADS_TO.keys() == set(Action)
    assert DECIDED < OPEN


def test_what_does_not_exist_is_an_error() -> None:
    with pytest.raises(ValueError, match="closed"):
        can("closed", "approve")
    with pytest.raises(ValueError, match="close"):
        can("detected", "close")
