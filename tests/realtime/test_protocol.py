"""Requests and their filters."""

from datetime import UTC, datetime
from typing import Any

import pytest

from audit.facts import Fact
from driftsentry.realtime import protocol
from driftsentry.realtime.events import Entry, render
from driftsentry.realtime.protocol import BadRequest, Filter, Ping, Resume, Subscribe, parse
from tests.realtime.happenings import alert_created, alert_read, drift_created, drift_updated


def test_requests_are_read() -> None:
    assert parse('{"action": "ping", "ref": "a"}') == Ping(ref="a")
    assert parse('{"action": "resume", "after": 5, "epoch": "e", "ref": 1}') == Resume(after=5, epoch="e", ref=1)
    wanted = parse('{"action": "subscribe", "channel": "drifts", "filter": {"stack": ["a", "b"]}}')
    assert wanted == Subscribe(channel="drifts", filter=Filter(stack=["a", "b"]))


@pytest.mark.parametrize(
    "text",
    [
        '{"action": "ping", "ref": 7, "extra": 1}',
        '{"action": "subscribe", "channel": "scans", "filter": {"severity": "low"}, "ref": 7}',
        '{"action": "subscribe", "channel": "drifts", "filter": {"severity": "grave"}, "ref": 7}',
        '{"action": "subscribe", "channel": "drifts", "filter": {"severity": []}, "ref": 7}',
        '{"action": "subscribe", "channel": "drifts", "filter": {"stack": [""]}, "ref": 7}',
        '{"action": "subscribe", "channel": "drifts", "filter": {"type": "scan_failed"}, "ref": 7}',
        '{"action": "subscribe", "channel": "alerts", "filter": {"type": ["scan_failed", "nonsense"]}, "ref": 7}',
        '{"action": "subscribe", "channel": "alerts", "filter": {"region": "eu-west-1"}, "ref": 7}',
        '{"action": "subscribe", "channel": "drifts", "filter": {"stack": [' + '"a",' * 50 + '"b"]}, "ref": 7}',
        '{"action": "resume", "after": 9223372036854775808, "epoch": "", "ref": 7}',
        '{"action": "authenticate", "token": "' + "x" * 5000 + '", "ref": 7}',
    ],
)
def test_what_is_no_request_is_refused_with_its_ref(text: str) -> None:
    with pytest.raises(BadRequest) as refused:
        parse(text)
    assert refused.value.ref == 7
    assert refused.value.message


@pytest.mark.parametrize("ref", ['"' + "x" * 101 + '"', "1.5", "18446744073709551616", "{}", "true"])
def test_a_ref_that_cannot_be_sent_back_is_refused_without_it(ref: str) -> None:
    with pytest.raises(BadRequest) as refused:
        parse(f'{{"action": "ping", "ref": {ref}}}')
    assert refused.value.ref is None


def test_a_refusal_of_a_token_does_not_repeat_it() -> None:
    with pytest.raises(BadRequest) as refused:
        parse('{"action": "authenticate", "token": "' + "secret" * 1000 + '"}')
    assert "secret" not in refused.value.message


def covered(fact: Fact, wanted: Filter) -> bool:
    event = render(Entry(seq=1, at=datetime.now(UTC), kind=fact.kind, data=fact.data()))
    assert event
    return protocol.wants({event.channel: wanted.wanted()}, event)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, True),
        ({"severity": "high"}, True),
        ({"severity": "all", "stack": "all"}, True),
        ({"severity": ["critical", "high"], "stack": "payments"}, True),
        ({"severity": "low"}, False),
        ({"severity": "high", "stack": ["other"]}, False),
        ({"resource_type": ["EC2", "SECURITY_GROUP"], "region": "eu-west-1"}, True),
        ({"resource_type": "EC2"}, False),
        ({"region": ["us-east-1", "eu-central-1"]}, False),
    ],
)
def test_a_filter_covers_what_matches_every_facet_it_names(wanted: dict[str, Any], expected: bool) -> None:
    assert covered(drift_created(severity="high", stack="payments"), Filter(**wanted)) is expected


def test_who_watches_a_severity_learns_of_a_drift_that_leaves_it_and_one_that_reaches_it() -> None:
    change = drift_updated(severity="low", previous_severity="critical")
    assert covered(change, Filter(severity="critical"))
    assert covered(change, Filter(severity="low"))
    assert not covered(change, Filter(severity="high"))


def test_an_event_without_the_facet_is_not_ruled_out_by_it() -> None:
    assert covered(alert_read(), Filter(severity="critical"))
    assert covered(alert_read(), Filter(type="scan_failed"))
    assert covered(drift_updated(), Filter(region="us-east-1", resource_type="RDS"))


def test_alerts_can_be_asked_for_by_their_type() -> None:
    assert covered(alert_created(type="drift_detected"), Filter(type=["drift_detected", "scan_failed"]))
    assert not covered(alert_created(type="drift_detected"), Filter(type="scan_failed"))


def test_what_is_not_subscribed_to_is_not_wanted() -> None:
    event = render(Entry(seq=1, at=datetime.now(UTC), kind="drift.created", data=drift_created().data()))
    assert event
    assert not protocol.wants({"alerts": {}}, event)
