"""Secrets in the names of things are hidden, and everything that names the thing names it alike."""

from __future__ import annotations

from dataclasses import replace

import pytest

from drifts.findings import Assessment, Consequence, Gap, Judged, Kind, NotAssessed, Step
from tests.drifts.ingest.plans import assessed as read
from tests.drifts.ingest.plans import entry, finding, judged, no_op, plan

TOKEN = "ghp_" + "a1B2" * 9
KEYED = f'module.a["x.y"].aws_x.y["{TOKEN}"]'


def said(**more: object) -> Assessment:
    one = finding({"id": "1", "a": 1}, {"id": "1", "a": 2}, address=KEYED)
    return replace(Assessment("terraform-plan", "1.9.5", (one,), complete=True), **more)  # type: ignore[arg-type]


def test_only_the_key_that_is_a_secret_gives_way() -> None:
    (one,) = judged(said()).observations
    assert one.address == one.identity
    assert one.address.startswith('module.a["x.y"].aws_x.y["(sensitive) ')


def test_whatever_names_the_thing_names_it_alike() -> None:
    gap = NotAssessed(Gap.RESOURCE, KEYED, "Denied.")
    found = judged(
        said(assessed_clean=frozenset({KEYED, "a.b"}), still_pending=frozenset({KEYED}), not_assessed=(gap,))
    )
    (one,) = found.observations
    assert found.assessment.assessed_clean == {one.identity, "a.b"}
    assert found.assessment.still_pending == {one.identity}
    assert [each.name for each in found.assessment.not_assessed] == [one.identity]


def test_different_secrets_stay_different_things() -> None:
    other = KEYED.replace("a1B2", "c3D4")
    found = judged(said(assessed_clean=frozenset({other})))
    assert found.observations[0].identity not in found.assessment.assessed_clean


def test_what_putting_it_back_would_do_tells_no_secret() -> None:
    told = Consequence(Step.REPLACE, forced_by=(f'a["{TOKEN}"]', "b"), dependents=(KEYED,), dependents_total=1)
    one = replace(finding({"id": "1", "a": 1}, {"id": "1", "a": 2}), consequence=told)
    (seen,) = judged(Assessment("terraform-plan", "1.9.5", (one,), complete=True)).observations
    assert TOKEN not in repr(seen)
    assert seen.consequence is not None
    assert seen.consequence.forced_by[1] == "b"


@pytest.mark.parametrize("kind", [Kind.DELETED, Kind.UNMANAGED])
def test_an_id_without_a_key_gives_way_as_a_whole(kind: Kind) -> None:
    named = "https://user:hunter2@example.org/"
    one = replace(
        finding({"id": "1"}, None), kind=kind, address=f"aws_sns_topic_subscription.{named}", resource_id=named
    )
    (seen,) = judged(Assessment("driftctl", "", (one,), complete=True)).observations
    assert "hunter2" not in repr(seen)
    assert seen.address.startswith("(sensitive) ")


def test_a_drift_that_is_over_is_still_told_to_be_over() -> None:
    drifted = judged(read(plan([entry(KEYED, type="aws_x", before={"a": 1}, after={"a": 2})], [no_op(KEYED)])))
    clean: Judged = judged(read(plan([], [no_op(KEYED)])))
    assert clean.assessment.assessed_clean == {drifted.observations[0].identity}
