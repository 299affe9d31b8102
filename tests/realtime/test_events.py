"""The table of what goes out, against the facts there are."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import orjson
import pytest

from alerts import facts as alert_facts
from audit.facts import REGISTRY, Fact
from drifts import facts as drift_facts
from driftsentry.realtime.events import CREATION, EVENTS, FACETS, FILTERS, OF_ORIGIN, Entry, render
from tests.realtime.happenings import (
    alert_created,
    alert_read,
    drift_created,
    drift_updated,
    scan_completed,
    scan_failed,
)

SILENT = {"scan.queued", "drift.commented", "drift.reminded", "alert.created_for_user", "alert.read_by_user"}
"""Of drifts, alerts and scans, what is only in the journal: a comment is personal text."""
OF_NO_CHANNEL = {
    "access",
    "account",
    "api_key",
    "approval_policy",
    "channel",
    "cost_threshold",
    "delivery",
    "detection_settings",
    "domain",
    "drift_group",  # each of its drifts tells the decision too
    "ignore_rule",
    "journal",
    "noise_rule",
    "notification_settings",
    "remediation",
    "session",
    "severity_rule",
    "stack",
    "user",
}
"""Whose facts are of no drift, alert or scan, and are for the journal's readers alone."""
STATES = {"expectedState", "actualState", "difference", "differenceDigest", "severityReason", "text", "error"}


def entry(fact: Fact) -> Entry:
    return Entry(seq=7, at=datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC), kind=fact.kind, data=fact.data())


def sent(fact: Fact) -> dict[str, Any]:
    event = render(entry(fact))
    assert event
    frame: dict[str, Any] = orjson.loads(event.text(3))
    return frame


def test_every_kind_of_drifts_alerts_and_scans_goes_out_or_is_known_to_be_silent() -> None:
    assert drift_facts
    assert alert_facts
    kinds = {kind for kind, _ in REGISTRY if kind.split(".")[0] not in OF_NO_CHANNEL}
    assert set(EVENTS) == kinds - SILENT


@pytest.mark.parametrize("kind", sorted(EVENTS))
def test_an_event_shows_fields_that_its_fact_has_and_no_state(kind: str) -> None:
    from dataclasses import fields

    from driftsentry.api.casing import camel

    shown = set(EVENTS[kind].fields)
    for (name, _), fact in REGISTRY.items():
        if name == kind:
            assert shown <= {camel(field.name) for field in fields(fact)}
    assert not shown & STATES


@pytest.mark.parametrize("kind", sorted(EVENTS))
def test_an_event_shows_what_its_channels_filters_go_by(kind: str) -> None:
    if kind == "alert.read":  # it is of no severity: it goes to all who listen to alerts
        return
    channel = EVENTS[kind].channel
    for facet in FILTERS[channel] - OF_ORIGIN[channel]:
        assert set(FACETS[facet]) & set(EVENTS[kind].fields)


def test_what_only_its_creation_tells_of_a_drift_is_a_field_of_that_and_a_facet() -> None:
    for channel, facets in OF_ORIGIN.items():
        assert facets <= FILTERS[channel]
        assert facets <= set(EVENTS[CREATION].fields)


def test_a_later_fact_has_the_facets_of_its_drifts_creation() -> None:
    created = drift_created(region="eu-west-1", resource_type="EC2", severity="low", stack="payments")
    event = render(replace(entry(drift_updated(severity="high", previous_severity="low")), origin=created.data()))
    assert event
    assert event.facets["region"] == {"eu-west-1"}
    assert event.facets["resourceType"] == {"EC2"}
    assert event.facets["severity"] == {"high", "low"}
    raised = render(replace(entry(alert_created(severity="critical")), origin=created.data()))
    assert raised
    assert raised.facets["stack"] == {"payments"}
    assert raised.facets["severity"] == {"critical"}


def test_what_is_empty_is_not_known_and_is_no_facet() -> None:
    event = render(entry(drift_created(region="")))
    assert event
    assert "region" not in event.facets


def test_a_frame_reads_as_the_contract_says() -> None:
    frame = sent(drift_created())
    assert list(frame) == ["event", "seq", "prev", "at", "data"]
    assert (frame["event"], frame["seq"], frame["prev"]) == ("drift:created", 7, 3)
    assert frame["at"] == "2026-01-02T03:04:05.000006Z"


@pytest.mark.parametrize(
    ("cost", "wire"), [(Decimal("12.50"), 12.5), (Decimal(-3), -3.0), (Decimal(0), 0.0), (None, None)]
)
def test_money_is_a_number_on_the_wire(cost: Decimal | None, wire: float | None) -> None:
    assert sent(drift_created(cost_impact_monthly=cost))["data"]["costImpactMonthly"] == wire


def test_reasons_and_parsers_words_stay_behind() -> None:
    assert "203.0.113.9" not in str(sent(drift_created()))
    assert "hunter2" not in str(sent(scan_failed()))


def test_other_kinds_do_not_go_out() -> None:
    assert render(Entry(seq=1, at=datetime.now(UTC), kind="user.logged_in", data={"id": str(uuid4())})) is None


def test_an_entry_of_an_older_version_may_lack_a_field() -> None:
    event = render(Entry(seq=1, at=datetime.now(UTC), kind="drift.created", data={"id": "x", "severity": "low"}))
    assert event
    assert orjson.loads(event.text(0))["data"] == {"id": "x", "severity": "low"}


def test_readers_at_one_place_share_one_text() -> None:
    event = render(entry(alert_created()))
    assert event
    assert event.text(3) is event.text(3)
    assert event.text(3) != event.text(4)


@pytest.mark.parametrize("fact", [alert_read(), scan_completed()])
def test_a_fact_without_severity_has_no_such_facet(fact: Fact) -> None:
    event = render(entry(fact))
    assert event
    assert "severity" not in event.facets
