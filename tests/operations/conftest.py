"""Each test looks for itself: nothing of an earlier look is kept."""

import pytest

from driftsentry.operations import probes, views


@pytest.fixture(autouse=True)
def fresh_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reading of its own for each test."""
    monkeypatch.setattr(views, "readiness", probes.Kept(probes.look, seconds=0))
