"""Our own corpus: nothing is found that is none, and nothing is missed."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from drifts.ingest.errors import FormatError
from tests.drifts.ingest.cases import (
    FIXTURES,
    READ,
    README,
    REFUSED,
    STATUSES,
    Case,
    cases,
    kinds_told,
    name,
    with_table,
)
from tests.drifts.ingest.plans import assessed


@pytest.mark.parametrize("case", READ, ids=name)
def test_exactly_what_is_in_a_file_is_found(case: Case) -> None:
    assert case.shown == case.wanted
    assert sorted(case.found().noise) == sorted(case.noise)


@pytest.mark.parametrize("case", READ, ids=name)
def test_a_file_says_how_far_it_speaks(case: Case) -> None:
    said = case.read()
    assert said.complete is (not case.incomplete), said.incomplete_reason
    assert case.incomplete in said.incomplete_reason
    assert sorted(one.name for one in said.not_assessed) == sorted(case.not_assessed)
    assert all(one.reason for one in said.not_assessed)
    assert kinds_told(said) == case.cannot_tell
    if case.clean:
        assert sorted(said.assessed_clean) == case.clean
    assert said.assessed_clean.isdisjoint(one["resource"] for one in case.drifts)
    assert said.assessed_clean.isdisjoint(case.not_assessed)


@pytest.mark.parametrize("case", [case for case in cases() if case.secrets], ids=name)
def test_no_secret_of_a_file_survives(case: Case) -> None:
    body = case.body.decode(errors="replace")
    assert [secret for secret in case.secrets if secret not in body] == []
    everything = json.dumps(asdict(case.found()), default=str)
    assert [secret for secret in case.secrets if secret in everything] == []


@pytest.mark.parametrize("case", REFUSED, ids=name)
def test_a_file_that_is_something_else_is_refused_in_words(case: Case) -> None:
    with pytest.raises(FormatError) as refused:
        assessed(case.body)
    assert type(refused.value) is STATUSES[case.status]
    assert case.refused in refused.value.message
    if case.status != "malformed":
        assert refused.value.hint


def test_every_file_is_a_case_and_every_case_is_a_file() -> None:
    listed = {case.name for case in cases()}
    assert len(listed) == len(cases()) >= 60
    folders = {case.folder for case in cases()}
    kept = {f"{path.parent.name}/{path.name}" for folder in folders for path in (FIXTURES / folder).iterdir()}
    assert {one for one in kept if not one.endswith(("/expected.json", "/README.md"))} == listed


def test_the_table_of_all_cases_is_current() -> None:
    page = README.read_text("utf-8")
    assert page == with_table(page), "python -m tests.drifts.ingest.cases"
    assert "False positives: 0. Misses: 0." in page
