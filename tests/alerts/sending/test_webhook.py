"""A webhook's signature, as a receiver checks it, and what happens while keys are changed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from alerts import sending
from alerts.sending.base import BadChannel, HttpRequest
from alerts.sending.registry import SENDERS
from driftsentry.api.outgoing import post
from tests.alerts.receiver import LOCAL, receiving
from tests.alerts.sending.messages import DIGEST, KEY, OPENED, OTHER_KEY

LATER, EARLIER = ((datetime.now(UTC) + timedelta(days=days)).isoformat() for days in (1, -1))


def request(*keys: dict[str, Any], now: datetime | None = None, **more: Any) -> HttpRequest:
    secrets = {"url": "https://hooks.example.com/in", "signingSecrets": list(keys), **more}
    made = SENDERS["webhook"].request(OPENED, {}, secrets, now or datetime.now(UTC))
    assert isinstance(made, HttpRequest)
    return made


def is_signed(made: HttpRequest, key: str) -> bool:
    try:
        Webhook(key).verify(made.content, dict(made.headers))
    except WebhookVerificationError:
        return False
    return True


def test_a_receiver_can_check_what_it_is_sent() -> None:
    made = request({"secret": KEY})
    assert is_signed(made, KEY)
    assert not is_signed(made, OTHER_KEY)
    assert not is_signed(replace(made, content=made.content + b" "), KEY)
    assert not is_signed(replace(made, headers={**made.headers, "webhook-id": "another"}), KEY)


def test_while_keys_are_changed_each_of_them_signs() -> None:
    made = request({"secret": KEY, "until": LATER}, {"secret": OTHER_KEY})
    assert (is_signed(made, KEY), is_signed(made, OTHER_KEY)) == (True, True)


def test_a_key_that_has_come_to_its_end_signs_no_more() -> None:
    made = request({"secret": KEY, "until": EARLIER}, {"secret": OTHER_KEY})
    assert (is_signed(made, KEY), is_signed(made, OTHER_KEY)) == (False, True)


def test_without_a_key_nothing_is_sent() -> None:
    with pytest.raises(BadChannel):
        request({"secret": KEY, "until": EARLIER})


def test_the_time_that_is_signed_is_of_the_try_whatever_zone_it_is_told_in() -> None:
    now = datetime.now(UTC)
    made = request({"secret": KEY}, now=now.astimezone(timezone(timedelta(hours=9))))
    assert made.headers["webhook-timestamp"] == str(int(now.timestamp()))
    assert is_signed(made, KEY)


def test_a_second_try_has_the_same_id_and_body() -> None:
    first, second = request({"secret": KEY}), request({"secret": KEY}, now=datetime.now(UTC) + timedelta(minutes=5))
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == OPENED.id
    assert first.content == second.content
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


def test_headers_that_the_receiver_asks_for_arrive_and_replace_none_of_ours() -> None:
    with receiving() as receiver:
        made = request({"secret": KEY}, url=receiver.url, headers={"Authorization": "Bearer hunter2"})
        post(made.url, made.content, headers=made.headers, private_hosts=LOCAL)
    (asked,) = receiver.asked
    assert asked.headers["authorization"] == "Bearer hunter2"
    assert asked.headers["webhook-id"] == OPENED.id
    assert Webhook(KEY).verify(asked.body, dict(asked.headers))["type"] == "drift_detected"


def test_the_signed_head_of_the_journal_is_told_where_it_is_given() -> None:
    secrets = {"url": "https://x.example/", "signingSecrets": [{"secret": KEY}]}
    made = SENDERS["webhook"].request(DIGEST, {}, secrets, datetime.now(UTC))
    assert isinstance(made, HttpRequest)
    assert Webhook(KEY).verify(made.content, dict(made.headers))["journal"] == DIGEST.journal
    assert "journal" not in Webhook(KEY).verify(
        request({"secret": KEY}).content, dict(request({"secret": KEY}).headers)
    )


def test_the_check_that_receivers_are_told_of_works() -> None:
    told = (Path(sending.__file__).parent / "README.md").read_text(encoding="utf-8")
    found: dict[str, Any] = {}
    exec(told.split("```python\n")[1].split("```")[0], found)  # noqa: S102 - it is this project's own
    check = found["is_from_driftsentry"]
    made = request({"secret": KEY, "until": LATER}, {"secret": OTHER_KEY})
    headers = dict(made.headers)
    assert (check(headers, made.content, KEY), check(headers, made.content, OTHER_KEY)) == (True, True)
    assert not check(headers, made.content + b" ", KEY)
    assert not check({**headers, "webhook-timestamp": "1"}, made.content, KEY)
