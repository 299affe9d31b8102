"""Each parser, a few seconds of odd bodies; `make fuzz` goes on for minutes."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drifts.ingest.formats.base import Mode
from drifts.ingest.formats.registry import FORMATS
from tests.fuzz.bodies import bodies, seeds
from tests.fuzz.held import hold

NAMES = [one.name for one in FORMATS]
FEW = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


def test_every_format_has_fixtures_to_start_from() -> None:
    assert {name for name in NAMES if not seeds().get(name)} == set()


@pytest.mark.parametrize("name", NAMES)
def test_whatever_is_said_to_be_of_a_format_is_read_or_refused(name: str) -> None:
    @FEW
    @given(bodies(name), st.sampled_from(Mode), st.sampled_from((None, True, False)))
    def read_or_refused(body: bytes, mode: Mode, complete: bool | None) -> None:
        hold(body, name, mode=mode, complete=complete)

    read_or_refused()


@pytest.mark.parametrize("name", NAMES)
def test_whatever_is_sent_without_a_word_is_read_or_refused(name: str) -> None:
    @FEW
    @given(bodies(name))
    def read_or_refused(body: bytes) -> None:
        hold(body, "")

    read_or_refused()


@pytest.mark.parametrize("name", NAMES)
def test_each_fixture_itself_is_read(name: str) -> None:
    assert [len(body) for body in seeds()[name] if not hold(body, name)] == []
