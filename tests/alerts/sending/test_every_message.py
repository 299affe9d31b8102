"""What holds of every message in every medium: it is within the medium's limits and leads to its page.

Whatever a tool or tenant may name is tried: long, with breaks, overrides of direction, each medium's markup, and emoji.
"""

import html
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.occasions import Type
from alerts.sending.base import HttpRequest, MailRequest
from alerts.sending.headings import HEADINGS
from alerts.sending.message import MOST_ITEMS, Item, Message
from alerts.sending.registry import SENDERS
from tests.alerts.sending.messages import BOT, LINK, NOW, OPENED, SETTINGS

HOSTILE: dict[str, str] = {
    "nothing": "",
    "long": "x" * 10_000,
    "long, each character escaped": "<&>" * 4_000,
    "lines": "one\r\n\r\n\r\n\r\ntwo\u2028three\x85four\x0bfive",
    "control characters": "a\x00b\x1b[31mred\x7f\x9b\ud800",
    "overrides of direction": "a\u202etxt.exe\u2066\u200f\u061cb\ufeff\u200b",
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "pings of Slack": "<!channel> <!everyone> <@U012AB3CD> <#C012AB3CD> @here <https://evil.example|Open>",
    "markup": "*bold* _it_ ~no~ `code` ```\nblock [Open](https://evil.example) <at>all</at> {{DATE(2026)}} ${x} @{y}",
    "heads of a mail": "Hello\r\nBcc: everyone@example.com\r\n\r\nbody",
    "emoji": "🧨👩‍👩‍👧‍👦🏴‍☠️" * 400,
    "other scripts": "الانحراف في الإعدادات 設定のずれ" * 100,
    "template": "$link ${title} $$ %s {0}",
}


def hostile(text: str, type_: str = Type.DRIFT_DETECTED, **more: Any) -> Message:
    """A message that is all this text."""
    items = tuple(Item(title=text, severity=one, link=f"{LINK}?a=1&b=2") for one in ("critical", "", "low") * 4)
    return replace(
        OPENED,
        type=type_,
        title=text,
        text=text,
        account=text,
        details=((text, text),) * 30,
        items=items[:MOST_ITEMS] if type_ == Type.DIGEST else (),
        more=5 if type_ == Type.DIGEST else 0,
        **more,
    )


def requests(message: Message) -> dict[str, HttpRequest | MailRequest]:
    """The message in every medium."""
    made = {medium: sender.request(message, *SETTINGS[medium], NOW) for medium, sender in SENDERS.items()}
    return {**made, "slack bot": SENDERS["slack"].request(message, *BOT, NOW)}


def texts_in(value: Any) -> list[str]:
    """Every string of a body."""
    if isinstance(value, dict):
        return [found for one in value.values() for found in texts_in(one)]
    if isinstance(value, list):
        return [found for one in value for found in texts_in(one)]
    return [value] if isinstance(value, str) else []


def body_of(request: HttpRequest | MailRequest) -> Any:
    assert isinstance(request, HttpRequest)
    return json.loads(request.content)


def mail_fits(request: Any) -> None:
    heads = {"Subject": request.subject, **request.headers}
    assert 0 < len(request.subject) <= 180
    assert not any((UNSEEN | {"\n"}) & set(one) for one in heads.values())
    assert all(len(name) + len(value) < 990 for name, value in heads.items() if name != "Subject")
    assert len(request.text) < 60_000
    assert "\n\n\n" not in request.text
    assert request.text.endswith(("channel.\n", "arrives.\n"))


def slack_fits(request: Any) -> None:
    body = body_of(request)
    blocks = body["blocks"]
    assert len(blocks) <= 50
    assert len(body["text"]) <= 4000
    assert len(blocks[0]["text"]["text"]) <= 150
    for block in blocks:
        fields = block.get("fields", [])
        assert len(fields) <= 10
        assert all(0 < len(one["text"]) <= 2000 for one in fields)
        assert 0 < len(block.get("text", {"text": "-"})["text"]) <= 3000
    for text in texts_in(body):
        assert not any(ping in text for ping in ("<!", "<@", "<#", "<https://evil"))
        opened = text.replace(f"<{LINK}", "")
        assert opened.count("<") == 0
    parsed = [one for one in texts_in(blocks) if "&" in one]
    assert all(html.unescape(one) != one for one in parsed)


def teams_fits(request: Any) -> None:
    assert len(request.content) <= 28_000
    assert len(request.content.decode().encode("utf-16-le")) <= 28_000
    card = body_of(request)["attachments"][0]["content"]
    named = [one for one in card["body"] if one["type"] == "TextBlock"]
    assert len(named) == 1
    assert named[0]["text"].split(" · ")[-1] in HEADINGS.values()
    assert {one["type"] for one in card["body"][1:]} == {"RichTextBlock"}
    assert {run["type"] for one in card["body"][1:] for run in one["inlines"]} == {"TextRun"}


def pagerduty_fits(request: Any) -> None:
    assert len(request.content) <= 512_000
    event = body_of(request)
    assert event["event_action"] in {"trigger", "acknowledge", "resolve"}
    assert 0 < len(event["dedup_key"]) <= 255
    payload = event["payload"]
    assert 0 < len(payload["summary"]) <= 1024
    assert payload["source"]
    assert payload["severity"] in {"critical", "error", "warning", "info"}


def webhook_fits(request: Any) -> None:
    assert len(request.content) <= 512_000
    assert set(body_of(request)) <= {"type", "timestamp", "data", "journal"}


FITS: dict[str, Callable[[Any], None]] = {
    "email": mail_fits,
    "slack": slack_fits,
    "slack bot": slack_fits,
    "teams": teams_fits,
    "pagerduty": pagerduty_fits,
    "webhook": webhook_fits,
}


def check_all(message: Message) -> None:
    for medium, request in requests(message).items():
        FITS[medium](request)
        texts = [request.text] if isinstance(request, MailRequest) else texts_in(body_of(request))
        assert any(message.link in html.unescape(one) for one in texts), f"{medium} has lost the link"
        assert not any(UNSEEN & set(one) for one in texts), f"{medium} shows what is not seen"


UNSEEN = {chr(one) for one in (*range(0x0A), *range(0x0B, 0x20), *range(0x7F, 0xA0))} | set(
    "\u200b\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
)
"""Control characters but the line's end, and what turns text around."""


@pytest.mark.parametrize("type_", Type)
@pytest.mark.parametrize("name", HOSTILE)
def test_every_type_fits_every_medium_and_keeps_its_link_whatever_it_says(name: str, type_: Type) -> None:
    check_all(hostile(HOSTILE[name], type_))


@pytest.mark.parametrize("severity", ["critical", "high", "medium", "low", "", "unheard of"])
@pytest.mark.parametrize("resolves", [True, False])
def test_every_severity_fits_every_medium(severity: str, resolves: bool) -> None:
    check_all(hostile("plain", severity=severity, resolves=resolves))


@settings(max_examples=30, deadline=None)
@given(text=st.text(max_size=600), type_=st.sampled_from(list(Type)))
def test_no_text_breaks_a_message(text: str, type_: Type) -> None:
    check_all(hostile(text, type_))


@pytest.mark.parametrize("episode", ["", "drift:" + "x" * 300, "drift:1\r\nBcc: all@example.com", "drift:ü"])
def test_every_episode_has_a_key_and_a_thread(episode: str) -> None:
    made = requests(replace(OPENED, episode=episode))
    pagerduty_fits(made["pagerduty"])
    mail_fits(made["email"])


def test_every_type_has_a_heading() -> None:
    assert set(HEADINGS) == set(Type)


def test_a_message_that_was_stored_is_sent_as_the_one_that_was_made() -> None:
    message = hostile("plain", Type.DIGEST)
    read = Message.read(json.loads(json.dumps(message.stored())))
    assert requests(read) == requests(message)


def test_a_link_with_marks_of_its_own_ends_where_it_should() -> None:
    message = replace(OPENED, link=f"{LINK}?q=a|b>c<d é")
    body = body_of(requests(message)["slack"])
    assert body["text"].endswith(f"<{LINK}?q=a%7Cb%3Ec%3Cd%20%C3%A9|Open in DriftSentry>")


@pytest.mark.parametrize("medium", SENDERS)
def test_no_secret_is_in_what_is_sent_but_where_it_is_asked_for(medium: str) -> None:
    request = SENDERS[medium].request(OPENED, *SETTINGS[medium], NOW)
    assert "hunter2" not in repr(request)
    if isinstance(request, HttpRequest) and medium != "pagerduty":  # whose key is in the body
        assert b"hunter2" not in request.content
