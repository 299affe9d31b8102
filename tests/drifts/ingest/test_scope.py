"""What it means that a scan does not show a drift: the cases by name; the laws are in `tests/laws`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from drifts.findings import Assessment, Gap, Kind, NotAssessed, Search
from drifts.ingest.scope import INCOMPLETE, NOT_NAMED, NOT_NAMED_HERE, Scope, Silence, Silences, scope_of

OVER = (Silence.OVER, "")
DEPOSED = "aws_instance.web (deposed object 1f)"


@dataclass(frozen=True, slots=True)
class OfDrift:
    """A drift by its names."""

    identity: str = "aws_instance.web"
    address: str = "aws_instance.web"
    provider_type: str = "aws_instance"
    kind: Kind = Kind.MODIFIED
    region: str = ""
    cloud_account: str = ""
    found_by: str = ""


def said(known: OfDrift | None = None, **scope: Any) -> tuple[Silence, str]:
    """What a scope says of an unseen drift."""
    return Silences(Scope(**{"complete": True, **scope})).about(known or OfDrift())


def denied(what: Gap, name: str, reason: str = "denied") -> dict[str, Any]:
    return {"not_assessed": (NotAssessed(what, name, reason),)}


def test_what_a_complete_scan_does_not_show_is_over() -> None:
    assert said() == OVER


@pytest.mark.parametrize(
    ("gap", "name"),
    [
        (Gap.RESOURCE, "aws_instance.web"),
        (Gap.TYPE, "aws_instance"),
        (Gap.TYPE, "aws_*"),
        (Gap.TYPE, "*"),
        (Gap.ALL, ""),
    ],
)
def test_a_gap_that_covers_it_holds_it_with_the_gaps_reason(gap: Gap, name: str) -> None:
    assert said(**denied(gap, name)) == (Silence.NOT_ASSESSED, "denied")


@pytest.mark.parametrize(
    ("gap", "name"), [(Gap.RESOURCE, "aws_instance.other"), (Gap.TYPE, "aws_iam_*"), (Gap.TYPE, "aws_instanc")]
)
def test_a_gap_elsewhere_does_not(gap: Gap, name: str) -> None:
    assert said(**denied(gap, name)) == OVER


def test_an_address_stands_for_its_leftovers_too_and_a_leftover_for_itself_only() -> None:
    leftover = OfDrift(identity=DEPOSED)
    assert said(leftover, **denied(Gap.RESOURCE, "aws_instance.web"))[0] is Silence.NOT_ASSESSED
    assert said(leftover, **denied(Gap.RESOURCE, DEPOSED))[0] is Silence.NOT_ASSESSED
    assert said(**denied(Gap.RESOURCE, DEPOSED)) == OVER


@pytest.mark.parametrize("gap", [Gap.RESOURCE, Gap.TYPE])
def test_a_gap_counts_even_where_the_scan_calls_it_clean_or_pending(gap: Gap) -> None:
    name = "aws_instance.web" if gap is Gap.RESOURCE else "aws_instance"
    for claimed in ("clean", "pending"):
        claims: dict[str, Any] = {claimed: frozenset({"aws_instance.web"})}
        assert said(**denied(gap, name), **claims) == (Silence.NOT_ASSESSED, "denied")


def test_what_is_named_clean_is_over_where_the_rest_was_cut() -> None:
    assert said(clean=frozenset({"aws_instance.web"}), **denied(Gap.ALL, "")) == OVER


def test_where_the_absent_is_not_gone_only_what_is_named_clean_is_over() -> None:
    assert said(absent_is_gone=False) == (Silence.NOT_ASSESSED, NOT_NAMED)
    assert said(absent_is_gone=False, clean=frozenset({"aws_instance.web"})) == OVER


def test_what_still_pends_was_looked_at() -> None:
    for complete in (True, False):
        assert said(complete=complete, pending=frozenset({"aws_instance.web"})) == (Silence.PENDING, "")


def test_what_a_scan_of_this_kind_cannot_show_is_not_over() -> None:
    kinds = frozenset({Kind.DELETED, Kind.UNMANAGED})
    silence, why = said(kinds=kinds)
    assert (silence, "cannot show" in why) == (Silence.NOT_ASSESSED, True)
    assert said(OfDrift(kind=Kind.DELETED), kinds=kinds) == OVER


def test_an_incomplete_scan_says_why() -> None:
    assert said(complete=False, incomplete_reason="It was targeted.") == (Silence.NOT_ASSESSED, "It was targeted.")
    assert said(complete=False, clean=frozenset({"aws_instance.web"})) == (Silence.NOT_ASSESSED, INCOMPLETE)


def test_the_first_gap_that_fits_gives_the_reason_and_a_resources_own_comes_first() -> None:
    gaps = (
        NotAssessed(Gap.TYPE, "aws_*", "first"),
        NotAssessed(Gap.TYPE, "aws_instance", "second"),
        NotAssessed(Gap.RESOURCE, "aws_instance.web", "its own"),
        NotAssessed(Gap.RESOURCE, "aws_instance.web", "again"),
    )
    assert said(not_assessed=gaps)[1] == "its own"
    assert said(not_assessed=gaps[:2])[1] == "first"


SEARCHED = Search("123456789012", {"aws_instance": frozenset({"eu-west-1"}), "aws_iam_role": frozenset()})


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (OfDrift(region="eu-west-1", cloud_account="123456789012"), ""),
        (OfDrift(), ""),
        (OfDrift(provider_type="aws_iam_role", cloud_account="123456789012"), ""),
        (OfDrift(provider_type="aws_lambda_function", region="eu-west-1"), "did not look among aws_lambda_function"),
        (OfDrift(provider_type=""), "among resources of no known type"),
        (OfDrift(region="eu-west-2"), "did not look in eu-west-2"),
        (OfDrift(region="eu-west-1", cloud_account="999999999999"), "did not look in the account 999999999999"),
    ],
)
def test_what_no_code_wants_is_over_only_where_the_scan_looked_for_it(known: OfDrift, words: str) -> None:
    silence, why = said(replace(known, kind=Kind.UNMANAGED), searched=SEARCHED)
    assert (silence is Silence.OVER, words in why) == (not words, True)
    assert said(known, searched=SEARCHED) == OVER


def test_an_assessment_gives_its_scope() -> None:
    assessment = Assessment(
        format="aws",
        tool_version="1",
        findings=(),
        complete=False,
        incomplete_reason="cut",
        assessed_clean=frozenset({"a"}),
        still_pending=frozenset({"b"}),
        absent_is_gone=False,
        not_assessed=(NotAssessed(Gap.ALL, "", "c"),),
    )
    assert scope_of(assessment) == Scope(
        complete=False,
        clean=frozenset({"a"}),
        pending=frozenset({"b"}),
        absent_is_gone=False,
        not_assessed=(NotAssessed(Gap.ALL, "", "c"),),
        incomplete_reason="cut",
        format="aws",
    )


@pytest.mark.parametrize("clean", [frozenset[str](), frozenset({"aws_instance.web"})])
def test_a_scan_that_calls_resources_otherwise_does_not_speak_of_it(clean: frozenset[str]) -> None:
    silence, why = said(OfDrift(found_by="driftctl"), format="terraform-plan", clean=clean)
    assert (silence, "driftctl" in why and "terraform-plan" in why) == (Silence.NOT_ASSESSED, True)


@pytest.mark.parametrize(
    ("found_by", "format_name"),
    [
        ("terraform-plan-stream", "terraform-plan"),
        ("terraform-plan", "aws-scan"),
        ("pulumi-preview", "pulumi-events"),
        ("surveyor", "surveyor"),
        ("", "driftctl"),
        ("driftctl", ""),
    ],
)
def test_one_that_calls_them_the_same_does(found_by: str, format_name: str) -> None:
    assert said(OfDrift(found_by=found_by), format=format_name) == OVER


def test_what_no_code_wants_is_called_by_its_id_and_no_plan_speaks_of_that() -> None:
    extra = OfDrift(kind=Kind.UNMANAGED, found_by="aws-scan")
    assert said(extra, format="terraform-plan")[0] is Silence.NOT_ASSESSED
    assert said(extra, format="aws-scan") == OVER
    planned = OfDrift(kind=Kind.UNMANAGED, found_by="terraform-plan")
    assert said(planned, format="aws-scan", clean=frozenset({planned.identity}))[0] is Silence.NOT_ASSESSED


def test_what_a_client_reported_is_over_only_where_a_scan_names_it_clean() -> None:
    reported = OfDrift(found_by="api")
    assert said(reported, format="terraform-plan") == (Silence.NOT_ASSESSED, NOT_NAMED_HERE)
    assert said(reported, format="terraform-plan", clean=frozenset({reported.identity})) == OVER
