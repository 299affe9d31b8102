"""driftctl's output: what the fixtures do not say already."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drifts.findings import Assessment, Kind
from drifts.ingest.errors import FormatError
from drifts.ingest.reconcile import Known, Reconciliation, Seen, reconcile
from drifts.ingest.scope import scope_of
from drifts.transitions import Status
from tests.drifts.ingest.cases import READ, Case
from tests.drifts.ingest.plans import assessed, judged

CASES = [case for case in READ if case.folder == "driftctl"]
BUCKET = {"id": "logs", "type": "aws_s3_bucket"}


def scan(complete: bool | None = None, **more: Any) -> Assessment:
    """What a scan says."""
    body = {"summary": {}, "managed": None, "unmanaged": None, "missing": None, "coverage": 0, **more}
    return assessed(json.dumps(body).encode(), complete=complete)


def known(kind: Kind, identity: str = "aws_s3_bucket.logs") -> Known:
    """A drift on record."""
    return Known(b"1", b"d", Status.DETECTED, identity, identity, identity.partition(".")[0], kind)


def compared(drift: Known, said: Assessment) -> Reconciliation[Known, Seen]:
    """What a scan that shows nothing means for a drift."""
    return reconcile([drift], [], scope_of(said))


def test_where_no_difference_can_be_shown_a_modified_drift_stays_and_the_others_close() -> None:
    modern = scan(managed=[BUCKET])
    held = compared(known(Kind.MODIFIED), modern)
    assert [one.reason for one in held.not_assessed] == [
        "A scan of this kind cannot show whether a resource is modified."
    ]
    for kind in (Kind.DELETED, Kind.UNMANAGED):
        assert compared(known(kind), modern).reconciled == (known(kind),)


def test_a_deep_scan_that_shows_no_difference_closes_a_modified_drift() -> None:
    deep = scan(managed=[BUCKET], differences=[])
    assert compared(known(Kind.MODIFIED), deep).reconciled == (known(Kind.MODIFIED),)


def test_a_type_that_was_denied_closes_nothing() -> None:
    alerts = {"": [{"message": "An error occured listing aws_s3_bucket: listing aws_s3_bucket is forbidden: 403"}]}
    said = scan(managed=[{"id": "i", "type": "aws_instance"}], differences=[], alerts=alerts)
    found = compared(known(Kind.DELETED), said)
    assert "is forbidden" in found.not_assessed[0].reason


def test_advice_in_an_alert_takes_nothing_away() -> None:
    alerts = {"": [{"message": "You have diffs on computed fields, check the documentation"}]}
    assert scan(managed=[BUCKET], differences=[], alerts=alerts).complete


def test_an_id_that_is_an_arn_tells_region_and_account() -> None:
    (one,) = judged(
        scan(unmanaged=[{"id": "arn:aws:sns:eu-west-1:111122223333:t", "type": "aws_sns_topic"}])
    ).observations
    assert (one.kind, one.region, one.cloud_account) == (Kind.UNMANAGED, "eu-west-1", "111122223333")


def test_the_sender_may_say_that_a_scan_is_partial() -> None:
    assert not scan(complete=False, managed=[BUCKET]).complete


def test_several_scans_in_one_body_are_all_of_it_only_by_the_senders_word() -> None:
    body = b"\n".join(case.body.strip() for case in CASES if case.file in {"all_kinds.json", "null_lists.json"})
    assert "several scans" in assessed(body).incomplete_reason
    assert assessed(body, complete=True).complete


@pytest.mark.parametrize(
    "broken",
    [
        {"unmanaged": [{"id": "x"}]},
        {"unmanaged": [{"type": "aws_x"}]},
        {"unmanaged": "all"},
        {"missing": [5]},
        {"differences": [{"res": BUCKET, "changelog": [{"path": [], "from": 1, "to": 2}]}]},
        {"differences": [{"res": BUCKET, "changelog": [{"path": ["a"] * 101, "from": 1, "to": 2}]}]},
        {"differences": [{"res": BUCKET, "changelog": [{"path": ["a\0"], "from": 1, "to": 2}]}]},
        {"alerts": {"": [{"message": 5}]}},
        {"options": []},
    ],
    ids=str,
)
def test_what_driftctl_never_writes_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        scan(**broken)


def test_steps_that_are_absurd_indices_take_no_memory() -> None:
    changes = [{"path": ["a", "500"] * 40 + [str(n)], "from": 1, "to": 2} for n in range(500)]
    with pytest.raises(FormatError, match="values"):
        scan(differences=[{"res": BUCKET, "changelog": changes}] * 50)


@given(st.sampled_from(CASES), st.randoms())
def test_the_order_of_the_resources_says_nothing(case: Case, random: Any) -> None:
    document = json.loads(case.body)
    for listed in document.values():
        if isinstance(listed, list):
            random.shuffle(listed)
    before, after = assessed(case.body), assessed(json.dumps(document).encode())
    assert {one.identity: one for one in before.findings} == {one.identity: one for one in after.findings}
    assert (before.assessed_clean, before.not_assessed) == (after.assessed_clean, after.not_assessed)
