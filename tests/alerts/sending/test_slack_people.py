"""A message to one person in Slack: who has that e-mail address is asked first."""

import json
from typing import Any
from urllib.parse import parse_qs

import pytest

from alerts.sending.base import BadChannel, HttpRequest, Meaning, Reading
from alerts.sending.slack import Slack
from driftsentry.api.outgoing import Answer, post
from tests.alerts.receiver import LOCAL, Asked, Reply, receiving
from tests.alerts.sending.messages import NOW, OPENED

SECRETS = {"token": "xoxb-hunter2hunter2"}


def sent(made: HttpRequest) -> Answer:
    return post(made.url, made.content, headers=made.headers, private_hosts=LOCAL)


def workspace(asked: Asked) -> Reply:
    """Slack's API, as far as it is asked."""
    if asked.headers["authorization"] != "Bearer xoxb-hunter2hunter2":
        return Reply.of({"ok": False, "error": "invalid_auth"})
    if asked.path.endswith("/users.lookupByEmail"):
        email = parse_qs(asked.body.decode())["email"]
        found = {"ok": True, "user": {"id": "U0123ABCD", "name": "ada"}}
        return Reply.of(found if email == ["ada+x@example.com"] else {"ok": False, "error": "users_not_found"})
    return Reply.of({"ok": True, "channel": "D1", "ts": "1.2"})


def test_a_person_is_found_by_address_and_written_to() -> None:
    with receiving() as receiver:
        receiver.choose = workspace
        slack = Slack(receiver.url.removesuffix("/hook") + "/api")
        found = slack.found(sent(slack.lookup("ada+x@example.com", SECRETS)))
        assert found == "U0123ABCD"
        reading = slack.read(sent(slack.request(OPENED, {"channel": found}, SECRETS, NOW)))
    assert reading.meaning is Meaning.DELIVERED
    assert [one.path for one in receiver.asked] == ["/api/users.lookupByEmail", "/api/chat.postMessage"]
    assert receiver.asked[1].json()["channel"] == "U0123ABCD"


def test_whom_nobody_knows_is_not_written_to() -> None:
    with receiving() as receiver:
        receiver.choose = workspace
        slack = Slack(receiver.url)
        found = slack.found(sent(slack.lookup("eve@example.com", SECRETS)))
    assert isinstance(found, Reading)
    assert (found.meaning, "e-mail address" in found.words) == (Meaning.REFUSED, True)


@pytest.mark.parametrize(
    ("told", "meaning"),
    [
        ({"ok": True}, Meaning.AGAIN),
        ({"ok": True, "user": {"id": "<!channel>"}}, Meaning.AGAIN),
        ({"ok": True, "user": []}, Meaning.AGAIN),
        ({"ok": False, "error": "ratelimited"}, Meaning.AGAIN),
        ({"ok": False, "error": "token_revoked"}, Meaning.GONE),
        ([], Meaning.AGAIN),
    ],
)
def test_an_answer_that_names_nobody_is_read(told: Any, meaning: Meaning) -> None:
    found = Slack().found(Answer(200, json.dumps(told).encode()))
    assert isinstance(found, Reading)
    assert found.meaning is meaning


@pytest.mark.parametrize(
    ("email", "secrets"), [("nobody", SECRETS), ("ada@example.com", {"url": "https://x.example/"})]
)
def test_without_an_address_or_a_bot_nobody_is_asked(email: str, secrets: dict[str, str]) -> None:
    with pytest.raises(BadChannel):
        Slack().lookup(email, secrets)


def test_a_bot_posts_to_slack_and_nowhere_else() -> None:
    made = Slack().request(OPENED, {"channel": "#ops"}, SECRETS, NOW)
    assert made.url == "https://slack.com/api/chat.postMessage"
