"""A channel's settings: what cannot work is refused by the setting's name, and no secret is repeated."""

from typing import Any

import pytest

from alerts.sending.base import BadChannel
from alerts.sending.registry import SENDERS
from tests.alerts.sending.messages import BOT, KEY, NOW, OPENED, OTHER_KEY, SETTINGS

URL = "https://hooks.example.com/in"
HEADER = "secrets.headers"
KEYS = "secrets.signingSecrets"


def keys(*given: Any) -> dict[str, Any]:
    return {"url": URL, "signingSecrets": list(given)}


def headers(given: Any) -> dict[str, Any]:
    return {"url": URL, "signingSecrets": [{"secret": KEY}], "headers": given}


TAKEN: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    *((medium, config, secrets) for medium, (config, secrets) in SETTINGS.items()),
    ("slack", *BOT),
    ("slack", {"channel": "C0123456789"}, {"token": "xoxb-hunter2hunter2"}),
    ("slack", {"channel": "#équipe-infra"}, {"token": "xoxb-hunter2hunter2"}),
    ("slack", {}, {"url": "https://hooks.slack-gov.com/services/T0/B0/hunter2hunter2"}),
    ("slack", {}, {"url": "https://mattermost.example.com/hooks/hunter2hunter2"}),
    ("slack", {}, {"url": "http://chat.internal:8065/hooks/hunter2hunter2"}),
    ("teams", {}, {"url": "HTTPS://xn--bcher-kva.example/hunter2"}),
    ("webhook", {}, {"url": "HTTPS://hooks.example.com/hunter2", "signingSecrets": [{"secret": KEY}]}),
    (
        "teams",
        {},
        {"url": "https://x.api.powerplatform.com:443/powerautomate/automations/direct/x?api-version=1&sig=a"},
    ),
    ("pagerduty", {}, {"routingKey": "a" * 32}),
    ("webhook", {}, keys({"secret": KEY}, {"secret": OTHER_KEY, "until": "2026-04-01T00:00:00+02:00"})),
    ("webhook", {}, headers({"X-Api-Key": "hunter2 hunter2"})),
    ("email", {"recipients": [f"p{one}@example.com" for one in range(50)]}, {}),
    *(
        ("email", {"recipients": [one]}, {})
        for one in (
            "o'brien+ops@sub.xn--bcher-kva.example",
            "ops@bücher.example",
            '"on call"@example.com',
            "ops@localhost",
        )
    ),
]


@pytest.mark.parametrize(("medium", "config", "secrets"), TAKEN)
def test_settings_that_work_are_taken(medium: str, config: dict[str, Any], secrets: dict[str, Any]) -> None:
    sender = SENDERS[medium]
    sender.check(config, secrets, private_hosts=("chat.internal:8065",))
    assert sender.request(OPENED, config, secrets, NOW)
    where = sender.where(config, secrets)
    assert 0 < len(where) <= 200
    assert "hunter2" not in where


NO_ADDRESSES = [
    "ops@[127.0.0.1]",
    "a" * 65 + "@example.com",
    "ops@" + "a." * 130 + "com",
    "ops@exa..mple.com",
    "ops@-a.com",
    "@example.com",
    "ops@",
    "o ps@example.com",
    '"a"b"@example.com',
    '"a\n"@example.com',
    "ops@example.com ",
    "",
]

REFUSED: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("email", {}, {}, "config.recipients"),
    ("email", {"recipients": []}, {}, "config.recipients"),
    ("email", {"recipients": "ops@example.com"}, {}, "config.recipients"),
    ("email", {"recipients": [f"p{one}@example.com" for one in range(51)]}, {}, "config.recipients"),
    ("email", {"recipients": ["ops@example.com", "ops"]}, {}, "config.recipients.1"),
    ("email", {"recipients": ["ops@example.com\nBcc: all@example.com"]}, {}, "config.recipients.0"),
    ("email", {"recipients": ["ops@example.com, all@example.com"]}, {}, "config.recipients.0"),
    ("email", {"recipients": ["Ops <ops@example.com>"]}, {}, "config.recipients.0"),
    ("email", {"recipients": [7]}, {}, "config.recipients.0"),
    *(
        ("email", {"recipients": [one]}, {}, "config.recipients.0")
        for one in NO_ADDRESSES
    ),
    ("email", {"recipients": ["ops@example.com"], "cc": []}, {}, "config.cc"),
    ("email", {"recipients": ["ops@example.com"]}, {"token": "hunter2"}, "secrets.token"),
    ("slack", {}, {}, "secrets.url"),
    ("slack", {}, {"url": "https://hooks.slack.com/"}, "secrets.url"),
    ("slack", {}, {"url": "https://hooks.slack.com/services/../../api/chat.postMessage"}, "secrets.url"),
    ("slack", {"channel": "#ops"}, {"url": "https://hooks.slack.com/services/T0/B0/hunter2"}, "config.channel"),
    ("slack", {"channel": "#ops"}, {"token": "hunter2"}, "secrets.token"),
    ("slack", {"channel": "#ops"}, {"token": "xoxb-hunter2hunter2\r\nx: y"}, "secrets.token"),
    ("slack", {"channel": "#ops"}, {"token": "xoxb-hunter2hunter2", "url": URL}, "secrets.url"),
    ("slack", {}, {"token": "xoxb-hunter2hunter2"}, "config.channel"),
    ("slack", {"channel": "<!channel>"}, {"token": "xoxb-hunter2hunter2"}, "config.channel"),
    ("teams", {}, {}, "secrets.url"),
    ("teams", {"channel": "x"}, {"url": URL}, "config.channel"),
    ("teams", {}, {"url": "http://hunter2.example.com/"}, "secrets.url"),
    ("teams", {}, {"url": "http://chat.internal/"}, "secrets.url"),
    ("teams", {}, {"url": "ftp://chat.internal:8065/"}, "secrets.url"),
    ("teams", {}, {"url": "https://me:hunter2@example.com/"}, "secrets.url"),
    ("teams", {}, {"url": "https://example.com/#hunter2"}, "secrets.url"),
    ("teams", {}, {"url": "https://example.com\\@10.0.0.1/"}, "secrets.url"),
    ("teams", {}, {"url": "https://example.com/a b"}, "secrets.url"),
    ("teams", {}, {"url": "https://example.com/\r\nhunter2"}, "secrets.url"),
    ("teams", {}, {"url": "https://example.com:0/"}, "secrets.url"),
    ("teams", {}, {"url": "https://example.com:99999/"}, "secrets.url"),
    ("teams", {}, {"url": "https://[::1/"}, "secrets.url"),
    ("teams", {}, {"url": "https:///hunter2"}, "secrets.url"),
    ("teams", {}, {"url": "https://xn--a/hunter2"}, "secrets.url"),
    ("teams", {}, {"url": "https://ex\u200bample.com/"}, "secrets.url"),
    ("teams", {}, {"url": "https://example.com/" + "a" * 2000}, "secrets.url"),
    ("teams", {}, {"url": 7}, "secrets.url"),
    ("pagerduty", {}, {}, "secrets.routingKey"),
    ("pagerduty", {}, {"routingKey": "hunter2"}, "secrets.routingKey"),
    ("pagerduty", {"region": "mars"}, {"routingKey": "a" * 32}, "config.region"),
    ("pagerduty", {"region": ["us"]}, {"routingKey": "a" * 32}, "config.region"),
    ("webhook", {}, {"url": URL}, KEYS),
    ("webhook", {}, keys(), KEYS),
    ("webhook", {}, keys(*[{"secret": KEY}] * 5), KEYS),
    ("webhook", {}, keys("hunter2"), f"{KEYS}.0"),
    ("webhook", {}, keys({"secret": KEY, "more": 1}), f"{KEYS}.0"),
    ("webhook", {}, keys({"secret": "hunter2"}), f"{KEYS}.0.secret"),
    ("webhook", {}, keys({"secret": "whsec_c2hvcnQ="}), f"{KEYS}.0.secret"),
    ("webhook", {}, keys({"secret": KEY, "until": "tomorrow"}), f"{KEYS}.0.until"),
    ("webhook", {}, keys({"secret": KEY, "until": 7}), f"{KEYS}.0.until"),
    ("webhook", {}, keys({"secret": KEY, "until": "2026-04-01T00:00:00"}), f"{KEYS}.0.until"),
    ("webhook", {}, keys({"secret": KEY, "until": "2026-04-01T00:00:00Z"}), KEYS),
    ("webhook", {}, headers(["x"]), HEADER),
    ("webhook", {}, headers({f"x-{one}": "a" for one in range(11)}), HEADER),
    ("webhook", {}, headers({"bad name": "a"}), HEADER),
    ("webhook", {}, headers({"x-a": "hunter2\r\nhost: evil"}), f"{HEADER}.x-a"),
    ("webhook", {}, headers({"x-a": ""}), f"{HEADER}.x-a"),
    ("webhook", {}, headers({"X-A": "a", "x-a": "b"}), f"{HEADER}.x-a"),
    *(
        ("webhook", {}, headers({name: "hunter2"}), HEADER)
        for name in ("Host", "content-length", "Content-Type", "webhook-id", "Webhook-Signature", "Transfer-Encoding",
                     "Connection", "Accept-Encoding", "Proxy-Authorization", "X-Forwarded-For", "Expect")
    ),
]  # fmt: skip


@pytest.mark.parametrize(("medium", "config", "secrets", "field"), REFUSED)
def test_settings_that_cannot_work_are_refused_by_their_name(
    medium: str, config: dict[str, Any], secrets: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadChannel) as refusal:
        SENDERS[medium].check(config, secrets, private_hosts=("chat.internal:8065",))
    assert refusal.value.field == field
    assert refusal.value.message
    assert "hunter2" not in refusal.value.message


@pytest.mark.parametrize("medium", SENDERS)
def test_where_nothing_is_set_nothing_is_sent_and_that_is_said(medium: str) -> None:
    assert SENDERS[medium].where({}, {}) in {"nowhere", "PagerDuty (us)"}
    with pytest.raises(BadChannel):
        SENDERS[medium].request(OPENED, {}, {}, NOW)
