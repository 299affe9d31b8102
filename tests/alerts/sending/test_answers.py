"""What an answer means: delivered, worth another try, refused for good, or the end of the channel."""

import json
from datetime import timedelta
from typing import Any

import pytest

from alerts.sending.answers import wait_of
from alerts.sending.base import MAX_WORDS, Meaning
from alerts.sending.registry import SENDERS
from driftsentry.api.outgoing import Answer

DELIVERED, AGAIN, REFUSED, GONE = Meaning.DELIVERED, Meaning.AGAIN, Meaning.REFUSED, Meaning.GONE
HTTP = [one for one in SENDERS if one != "email"]


def slack_says(error: str) -> bytes:
    return json.dumps({"ok": False, "error": error}).encode()


def workflow_says(code: str) -> bytes:
    return json.dumps({"error": {"code": code, "message": "hunter2"}}).encode()


def pagerduty_says(*errors: str) -> bytes:
    return json.dumps({"status": "invalid event", "message": "Event object is invalid", "errors": errors}).encode()


USUAL = [
    (200, DELIVERED),
    (202, DELIVERED),
    (204, DELIVERED),
    (301, AGAIN),
    (302, AGAIN),
    (307, AGAIN),
    (401, AGAIN),
    (403, AGAIN),
    (404, AGAIN),
    (408, AGAIN),
    (410, GONE),
    (413, REFUSED),
    (425, AGAIN),
    (429, AGAIN),
    (500, AGAIN),
    (502, AGAIN),
    (503, AGAIN),
    (599, AGAIN),
    (100, AGAIN),
    (799, AGAIN),
]


@pytest.mark.parametrize("medium", HTTP)
@pytest.mark.parametrize(("status", "meaning"), USUAL)
def test_a_status_means_the_same_everywhere(medium: str, status: int, meaning: Meaning) -> None:
    reading = SENDERS[medium].read(Answer(status, b"<html>hunter2</html>"))
    assert reading.meaning is meaning
    assert str(status) in reading.words
    assert "hunter2" not in reading.words
    assert ("redirects are not followed" in reading.words) is (300 <= status < 400)


OWN: list[tuple[str, int, bytes, Meaning, str]] = [
    ("slack", 200, b"ok", DELIVERED, "200"),
    ("slack", 200, b'{"ok": true, "channel": "C1", "ts": "1.2"}', DELIVERED, "200"),
    ("slack", 200, b'{"ok": false}', AGAIN, "does not say why"),
    ("slack", 200, slack_says("ratelimited"), AGAIN, "ratelimited"),
    ("slack", 200, slack_says("internal_error"), AGAIN, "internal_error"),
    ("slack", 200, slack_says("not_in_channel"), AGAIN, "invite the bot"),
    ("slack", 200, slack_says("channel_not_found"), AGAIN, "no such channel"),
    ("slack", 200, slack_says("missing_scope"), AGAIN, "chat:write"),
    ("slack", 200, slack_says("an_error_of_tomorrow"), AGAIN, "an_error_of_tomorrow"),
    ("slack", 200, slack_says("invalid_blocks"), REFUSED, "layout"),
    ("slack", 200, slack_says("msg_too_long"), REFUSED, "too long"),
    ("slack", 200, slack_says("invalid_auth"), GONE, "not valid"),
    ("slack", 200, slack_says("token_revoked"), GONE, "revoked"),
    ("slack", 200, slack_says("account_inactive"), GONE, "deleted"),
    ("slack", 200, slack_says("is_archived"), GONE, "archived"),
    ("slack", 200, slack_says("Hunter2 <!channel>"), AGAIN, "does not say why"),
    ("slack", 429, slack_says("ratelimited"), AGAIN, "ratelimited"),
    ("slack", 400, b"invalid_payload", REFUSED, "form"),
    ("slack", 403, b"action_prohibited", AGAIN, "forbids"),
    ("slack", 403, b"invalid_token", GONE, "not valid"),
    ("slack", 404, b"no_service", GONE, "removed"),
    ("slack", 404, b"channel_not_found", AGAIN, "no such channel"),
    ("slack", 410, b"channel_is_archived", GONE, "archived"),
    ("slack", 500, b"rollup_error", AGAIN, "rollup_error"),
    ("teams", 400, workflow_says("TriggerInputSchemaMismatch"), REFUSED, "TriggerInputSchemaMismatch"),
    ("teams", 400, workflow_says("WorkflowTriggerIsNotEnabled"), AGAIN, "turned off"),
    ("teams", 404, workflow_says("WorkflowNotFound"), GONE, "removed"),
    ("teams", 401, workflow_says("DirectApiAuthorizationRequired"), AGAIN, "copy it anew"),
    ("teams", 400, b"", REFUSED, "does not take this message"),
    ("pagerduty", 202, b'{"status": "success", "dedup_key": "x"}', DELIVERED, "202"),
    ("pagerduty", 400, pagerduty_says("'payload.summary' is missing or blank"), REFUSED, "does not take this event"),
    ("pagerduty", 400, pagerduty_says("Length of 'routing_key' is incorrect (should be 32 characters)"), GONE, "key"),
    ("pagerduty", 400, pagerduty_says("Invalid routing key hunter2"), GONE, "key"),
    ("pagerduty", 400, b"[]", REFUSED, "400"),
    ("email", 250, b"", DELIVERED, "250"),
    ("email", 451, b"", AGAIN, "451"),
    ("email", 550, b"", REFUSED, "550"),
]


@pytest.mark.parametrize(("medium", "status", "body", "meaning", "words"), OWN)
def test_each_medium_has_words_of_its_own(medium: str, status: int, body: bytes, meaning: Meaning, words: str) -> None:
    reading = SENDERS[medium].read(Answer(status, body))
    assert (reading.meaning, words in reading.words) == (meaning, True), reading.words
    assert "unter2" not in reading.words


@pytest.mark.parametrize("medium", SENDERS)
@pytest.mark.parametrize("body", [b"[" * 60_000, b"\xff\x00", b'{"error": []}', b'{"ok": "no", "error": 7}', b"null"])
def test_no_body_breaks_the_reading(medium: str, body: bytes) -> None:
    for status in (200, 400, 500):
        assert len(SENDERS[medium].read(Answer(status, body)).words) <= MAX_WORDS


@pytest.mark.parametrize(
    ("asked", "wait"),
    [
        ({"retry-after": "120"}, timedelta(minutes=2)),
        ({"retry-after": " 0 "}, timedelta()),
        ({"retry-after": "9" * 100}, timedelta(days=1)),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "1.5"}, None),
        ({"retry-after": "²"}, None),
        ({"retry-after": "soon"}, None),
        ({}, None),
        (
            {"retry-after": "Wed, 04 Mar 2026 05:10:00 GMT", "date": "Wed, 04 Mar 2026 05:06:00 GMT"},
            timedelta(minutes=4),
        ),
        ({"retry-after": "Wed, 04 Mar 2020 05:10:00 GMT"}, timedelta()),
        ({"retry-after": "Wed, 04 Mar 9999 05:10:00 GMT"}, timedelta(days=1)),
        ({"retry-after": "Wed, 04 Mar 99999 05:10:00 GMT"}, None),
    ],
)
def test_how_long_a_receiver_asks_to_be_left_alone(asked: dict[str, str], wait: timedelta | None) -> None:
    assert wait_of(Answer(429, b"", asked)) == wait


@pytest.mark.parametrize("medium", HTTP)
def test_a_wait_is_told_where_another_try_may_help(medium: str) -> None:
    asked: dict[str, Any] = {"retry-after": "30"}
    assert SENDERS[medium].read(Answer(429, b"", asked)).wait == timedelta(seconds=30)
    assert SENDERS[medium].read(Answer(410, b"", asked)).wait is None
