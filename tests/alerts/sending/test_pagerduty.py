"""PagerDuty's alerts: one episode is one alert, which is opened, told again, acknowledged and closed."""

import json
from dataclasses import replace
from typing import Any

import pytest

from alerts.occasions import Type
from alerts.sending.base import HttpRequest
from alerts.sending.message import Message
from alerts.sending.registry import SENDERS
from tests.alerts.sending.messages import DIGEST, NOW, OPENED, RESOLVED, SETTINGS


def event(message: Message, region: str = "us") -> Any:
    made = SENDERS["pagerduty"].request(message, {"region": region}, SETTINGS["pagerduty"][1], NOW)
    assert isinstance(made, HttpRequest)
    return {"url": made.url, **json.loads(made.content)}


@pytest.mark.parametrize(
    ("message", "action"),
    [
        (OPENED, "trigger"),
        (replace(OPENED, type=Type.DRIFT_REMINDER), "trigger"),
        (replace(OPENED, type=Type.ASSIGNED), "acknowledge"),
        (RESOLVED, "resolve"),
        (replace(OPENED, type=Type.REMEDIATION_FAILED, resolves=True), "resolve"),
        (replace(RESOLVED, resolves=False), "resolve"),
    ],
)
def test_messages_of_one_episode_are_about_one_alert(message: Message, action: str) -> None:
    made = event(message)
    assert (made["event_action"], made["dedup_key"]) == (action, OPENED.episode)


def test_a_message_without_an_episode_is_an_alert_of_its_own() -> None:
    assert event(replace(OPENED, episode=""))["dedup_key"] == OPENED.id


def test_a_key_that_is_too_long_stays_the_same_and_differs_from_others() -> None:
    first, second = (event(replace(OPENED, episode="x" * 300 + one))["dedup_key"] for one in "ab")
    assert first == event(replace(RESOLVED, episode="x" * 300 + "a"))["dedup_key"]
    assert first != second


@pytest.mark.parametrize(
    ("severity", "told"),
    [("critical", "critical"), ("high", "error"), ("medium", "warning"), ("low", "info"), ("", "warning")],
)
def test_severities_are_pagerdutys(severity: str, told: str) -> None:
    assert event(replace(OPENED, severity=severity))["payload"]["severity"] == told


def test_a_digest_links_to_each_of_its_drifts() -> None:
    made = event(DIGEST)
    assert [one["href"] for one in made["links"]] == [DIGEST.link, *(one.link for one in DIGEST.items)]
    assert made["payload"]["custom_details"]["Not listed"] == 11


@pytest.mark.parametrize(("region", "host"), [("us", "events.pagerduty.com"), ("eu", "events.eu.pagerduty.com")])
def test_each_region_has_its_own_address(region: str, host: str) -> None:
    assert event(OPENED, region)["url"] == f"https://{host}/v2/enqueue"
