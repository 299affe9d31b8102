"""Pulumi's preview and its event log: what is subtle beyond what each file of `tests/fixtures/pulumi-*` shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from drifts.findings import SENSITIVE, Assessment, Consequence, Json, Kind, Step
from drifts.ingest.errors import FormatError, UnrecognisedFormat
from drifts.ingest.formats import pulumi_events, pulumi_preview, pulumi_reading
from drifts.ingest.formats.base import ParseOptions
from drifts.ingest.formats.pulumi_states import PropertyDiff
from drifts.ingest.formats.pulumi_values import SECRET, SIGNATURE, at, opened, opened_object
from tests.drifts.ingest.plans import assessed, judged

FIXTURES = Path(__file__).parents[2] / "fixtures"
P = "urn:pulumi:prod::shop::"
BUCKET, DB, WEB = (
    f"{P}aws:s3/bucketV2:BucketV2::assets",
    f"{P}aws:rds/instance:Instance::db",
    f"{P}aws:ec2/instance:Instance::web",
)
CASES = [
    path
    for folder in ("pulumi-preview", "pulumi-events")
    for path in sorted((FIXTURES / folder).iterdir())
    if path.name != "expected.json"
]


def preview(file: str, **options: Any) -> Assessment:
    return assessed((FIXTURES / "pulumi-preview" / file).read_bytes(), **options)


def events(file: str, **options: Any) -> Assessment:
    return assessed((FIXTURES / "pulumi-events" / file).read_bytes(), **options)


def state(inputs: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "urn": DB,
        "type": "aws:rds/instance:Instance",
        "custom": True,
        "id": "db-1",
        "inputs": inputs,
        "outputs": inputs,
        **more,
    }


def digest(*steps: dict[str, Any], **more: Any) -> bytes:
    root = {"op": "refresh", "urn": f"{P}pulumi:pulumi:Stack::shop-prod"}
    return json.dumps({"config": {}, "steps": [root, *steps], "changeSummary": {}, **more}).encode()


def update(old: dict[str, Any], new: dict[str, Any], *paths: str, **more: Any) -> dict[str, Any]:
    detailed = {path: {"kind": "update", "inputDiff": True} for path in paths}
    return {"op": "update", "urn": DB, "oldState": old, "newState": new, "detailedDiff": detailed, **more}


def test_the_document_and_the_log_of_one_refresh_say_the_same() -> None:
    said = [judged(preview("refresh_drift.json")).observations[0], judged(events("drifted.jsonl")).observations[0]]
    assert said[0].fingerprint == said[1].fingerprint
    assert said[0].difference_digest == said[1].difference_digest
    assert said[0].difference == {'tags["a.b"]': {"expected": "x", "actual": "y"}}


def test_expected_is_what_was_recorded_and_actual_what_is_there() -> None:
    found = judged(events("refresh_as_a_result.jsonl")).observations[0]
    assert found.difference == {"instanceClass": {"expected": "db.t3.small", "actual": "db.t3.large"}}


def test_where_it_lives_is_read_off_its_arn_or_the_configuration() -> None:
    found = preview("refresh_drift.json").findings[0]
    assert (found.region, found.resource_id, found.provider_type) == ("eu-west-1", "id-1", "aws:s3/bucketV2:BucketV2")
    arn = "arn:aws:rds:eu-north-1:123456789012:db:db"
    said = assessed(digest(update(state({"arn": arn, "a": 1}), state({"arn": arn, "a": 2}), "a")))
    assert (said.findings[0].region, said.findings[0].cloud_account) == ("eu-north-1", "123456789012")
    zone = {"availabilityZone": "us-east-1a"}
    assert assessed(digest(update(state({**zone, "a": 1}), state({**zone, "a": 2}), "a"))).findings[0].region == (
        "us-east-1"
    )


def test_a_refresh_alone_closes_nothing_unless_the_sender_vouches_for_it() -> None:
    for file in ("refresh_clean.json", "refresh_drift.json"):
        said = preview(file)
        assert (said.complete, said.absent_is_gone, said.assessed_clean) == (True, False, frozenset())
    assert preview("refresh_drift.json", complete=True).assessed_clean == {DB}
    assert preview("refresh_drift.json", complete=True).absent_is_gone


def test_with_the_program_the_scan_tells_what_is_clean_and_what_is_pending() -> None:
    said = preview("program_changed_too.json")
    assert (said.findings, said.assessed_clean, said.still_pending) == ((), frozenset({BUCKET}), frozenset({DB}))
    assert said.absent_is_gone


def test_the_sender_may_say_that_it_is_partial_and_not_that_a_failed_one_is_whole() -> None:
    assert not preview("refresh_clean.json", complete=False).complete
    assert not preview("hidden_drift.json", complete=True).complete
    assert not events("cut_off.jsonl", complete=True).complete


def test_what_the_program_would_do_is_what_putting_it_back_would_do() -> None:
    assert preview("refresh_and_program.json").findings[0].consequence == Consequence(Step.UPDATE)
    assert preview("refresh_drift.json").findings[0].consequence == Consequence(Step.UNKNOWN)
    assert preview("replacement.json").findings[0].consequence == Consequence(Step.REPLACE, forced_by=("ami",))


def test_who_depends_on_it_is_read_off_the_states() -> None:
    other = {**state({"b": 1}), "urn": WEB, "dependencies": [DB]}
    steps = update(state({"a": 1}), state({"a": 2}), "a"), {"op": "refresh", "urn": WEB, "oldState": other}
    one = assessed(digest(*steps)).findings[0].consequence
    assert one == Consequence(Step.UNKNOWN, dependents=(WEB,), dependents_total=1)


@pytest.mark.parametrize("urn", [f"{WEB}\0", WEB + "a" * 5000])
def test_a_dependent_that_cannot_be_stored_is_refused(urn: str) -> None:
    other = {"op": "refresh", "urn": urn, "oldState": {**state({"b": 1}), "urn": urn, "dependencies": [DB]}}
    with pytest.raises(FormatError, match="The name of a resource"):
        assessed(digest(update(state({"a": 1}), state({"a": 2}), "a"), other))


def test_a_secret_that_changed_shows_and_nothing_of_it() -> None:
    found = judged(preview("secret_that_changed.json")).observations[0]
    assert found.difference == {"password": {"expected": SENSITIVE, "actual": SENSITIVE}}
    again = judged(preview("secret_that_changed.json")).observations[0]
    assert again.difference_digest == found.difference_digest


@pytest.mark.parametrize("plain", ['"hunter2hunter2"', "hunter2hunter2"])
def test_a_secret_in_clear_is_opened_so_that_what_repeats_it_is_found(plain: str) -> None:
    found = opened({SIGNATURE: SECRET, "plaintext": plain})
    assert (found.value, found.sensitive) == ("hunter2hunter2", True)


def test_a_secret_in_clear_that_changes_again_is_another_difference() -> None:
    def digest_of(plain: str) -> bytes:
        secret = {SIGNATURE: SECRET, "plaintext": json.dumps(plain)}
        return (
            judged(assessed(digest(update(state({"key": "a"}), state({"key": secret}), "key"))))
            .observations[0]
            .difference_digest
        )

    assert digest_of("one") == digest_of("one") != digest_of("two")


def test_what_differs_and_nobody_shows_is_kept_without_values() -> None:
    found = judged(preview("changed_and_nothing_shown.json")).observations[0]
    assert (found.carries_values, found.kind) == (False, Kind.MODIFIED)


def test_the_hint_of_a_preview_without_a_refresh_says_what_to_run() -> None:
    assert "refresh --preview-only" in preview("without_a_refresh.json").incomplete_reason


def test_nothing_is_pulumis_own_of_what_is_compared() -> None:
    one = opened_object({"__defaults": ["a"], "a": {"__meta": 1, "b": [{SIGNATURE: SECRET, "ciphertext": "x"}]}})
    assert (one.value, one.sensitive) == ({"a": {"b": ["[secret]"]}}, {"a": {"b": [True]}})
    assert opened("04da6b54-80e4-46f7-96ec-b56ff0331ba9").unknown is True


def test_a_path_that_leads_nowhere_finds_nothing() -> None:
    value: Json = {"a": [{"b": 1}]}
    assert at(value, ("a", 0, "b")) == 1
    assert [at(value, path) for path in (("a", 5), ("a", "b"), ("c", "d"), ("a", 0, "b", "c"))] == [None] * 4


def test_too_many_paths_are_refused() -> None:
    old, new = state({"a": 1}), state({"a": 2})
    with pytest.raises(FormatError, match="changed paths"):
        assessed(digest(update(old, new, *(f"a{number}" for number in range(10_001)))))


def test_a_body_that_speaks_of_more_than_fits_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi_reading, "MAX_RESOURCES", 2)
    with pytest.raises(FormatError, match="more than 2 resources"):
        preview("refresh_drift.json")


def test_more_gaps_than_are_listed_make_the_scan_incomplete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi_reading, "MAX_NOT_ASSESSED", 0)
    assert events("could_not_be_read.jsonl").incomplete_reason == "1 resources could not be read."


def test_a_failed_step_of_the_program_makes_the_scan_incomplete() -> None:
    body = (FIXTURES / "pulumi-events" / "could_not_be_read.jsonl").read_text("utf-8").splitlines()
    kept = [line for line in body if not ("resourcePreEvent" in line and DB in line)]
    assert assessed("\n".join(kept).encode()).incomplete_reason == "A step of the run failed."


@pytest.mark.parametrize("parser", [pulumi_events.FORMAT, pulumi_preview.FORMAT])
def test_another_body_under_this_name_is_refused(parser: Any) -> None:
    with pytest.raises(UnrecognisedFormat):
        parser.parse(b'{"hello": "world"}', ParseOptions())


def test_differences_are_of_outputs_unless_they_say_otherwise() -> None:
    assert PropertyDiff() == PropertyDiff(input_diff=False)


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_ciphertext_and_no_signature_is_ever_kept(path: Path) -> None:
    try:
        found = judged(assessed(path.read_bytes()))
    except FormatError:
        return
    kept = json.dumps([[one.expected_state, one.actual_state, one.difference] for one in found.observations])
    assert SIGNATURE not in kept
    assert "v1:" not in kept


def test_a_log_cut_off_anywhere_before_the_end_of_its_summary_is_never_whole() -> None:
    body = (FIXTURES / "pulumi-events" / "no_detailed_difference.jsonl").read_bytes().rstrip()
    for end in range(0, len(body), 3):
        try:
            said = assessed(body[:end])
        except FormatError:
            continue
        assert not said.complete, end
