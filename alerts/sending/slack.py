"""Slack: an incoming webhook, or a bot that posts into a channel or to one person.

Whatever a tenant or tool named stands escaped in a text of its own, unparsed, so that nothing in it pings, links or
formats beyond itself. Sources: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks,
https://docs.slack.dev/messaging/formatting-message-text, https://docs.slack.dev/reference/block-kit/blocks,
https://docs.slack.dev/reference/methods/chat.postMessage, https://docs.slack.dev/reference/methods/users.lookupByEmail
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from alerts.sending import settings
from alerts.sending.answers import Rule, read_status, reading
from alerts.sending.base import BadChannel, HttpRequest, Meaning, Reading
from alerts.sending.headings import OPEN, PRODUCT, SEVERITIES, further, heading, marked
from alerts.sending.message import MOST_ITEMS, Item, Message
from alerts.sending.sent import JSON, json_bytes
from alerts.sending.words import cut, line, lines
from driftsentry.api.outgoing import Answer

WHO = "Slack"
API = "https://slack.com/api"
TITLE = 500
TEXT = 2900
"""A section's text has at most 3000 characters."""
VALUE = 1000
NAME = 60
MOST_DETAILS = 10
"""A section has at most 10 fields."""

MARKS: dict[str, str] = {"critical": "🔴", "high": "🟠", "medium": "🟡", "low": "🔵"}
RESOLVED = "✅"

_HOOKS = re.compile(r"hooks\.slack(?:-gov)?\.com")
_HOOK_PATH = re.compile(r"/(?:services|triggers|workflows)/[A-Za-z0-9/_-]{10,300}")
_TOKEN = re.compile(r"xox[bp]-[A-Za-z0-9-]{10,250}")
_CHANNEL = re.compile(r"[CGDU][A-Z0-9]{6,20}|#[^\s#@<>&,!|\x00-\x1f]{1,80}")
_ERROR = re.compile(r"[a-z][a-z0-9_]{1,60}")
_USER = re.compile(r"[UW][A-Z0-9]{6,20}")

ERRORS: dict[str, Rule] = {
    # It may work later, or once somebody has mended it.
    "ratelimited": Rule(Meaning.AGAIN, "too many at once"),
    "rate_limited": Rule(Meaning.AGAIN, "too many at once"),
    "internal_error": Rule(Meaning.AGAIN),
    "fatal_error": Rule(Meaning.AGAIN),
    "rollup_error": Rule(Meaning.AGAIN),
    "service_unavailable": Rule(Meaning.AGAIN),
    "request_timeout": Rule(Meaning.AGAIN),
    "accesslimited": Rule(Meaning.AGAIN, "the workspace limits access from this network"),
    "ekm_access_denied": Rule(Meaning.AGAIN, "the workspace's administrators have suspended posting"),
    "channel_not_found": Rule(Meaning.AGAIN, "there is no such channel, or the bot was not invited into it"),
    "not_in_channel": Rule(Meaning.AGAIN, "invite the bot into the channel"),
    "missing_scope": Rule(Meaning.AGAIN, "the bot needs the scope chat:write"),
    "no_permission": Rule(Meaning.AGAIN, "the bot may not post there"),
    "restricted_action": Rule(Meaning.AGAIN, "a setting of the workspace forbids posting there"),
    "action_prohibited": Rule(Meaning.AGAIN, "a setting of the workspace forbids posting there"),
    "posting_to_general_channel_denied": Rule(Meaning.AGAIN, "posting into the general channel is denied"),
    "team_access_not_granted": Rule(Meaning.AGAIN, "the bot has no access to that workspace"),
    "org_login_required": Rule(Meaning.AGAIN, "the workspace is being moved"),
    # This message will never be taken.
    "invalid_blocks": Rule(Meaning.REFUSED, "it does not take the message's layout"),
    "invalid_blocks_format": Rule(Meaning.REFUSED, "it does not take the message's layout"),
    "invalid_payload": Rule(Meaning.REFUSED, "it does not take the message's form"),
    "invalid_arguments": Rule(Meaning.REFUSED, "it does not take the message's form"),
    "msg_too_long": Rule(Meaning.REFUSED, "the message is too long"),
    "msg_blocks_too_long": Rule(Meaning.REFUSED, "the message is too long"),
    "no_text": Rule(Meaning.REFUSED, "the message has no text"),
    "users_not_found": Rule(Meaning.REFUSED, "nobody there has this e-mail address"),
    "user_not_found": Rule(Meaning.REFUSED, "there is no such person"),
    "cannot_dm_bot": Rule(Meaning.REFUSED, "bots are not written to"),
    "messages_tab_disabled": Rule(Meaning.REFUSED, "the app's messages tab is disabled"),
    # Nothing will ever be taken with these settings.
    "no_service": Rule(Meaning.GONE, "the webhook was removed or disabled"),
    "no_active_hooks": Rule(Meaning.GONE, "the webhook was removed or disabled"),
    "no_team": Rule(Meaning.GONE, "there is no such workspace"),
    "team_disabled": Rule(Meaning.GONE, "the workspace was disabled"),
    "invalid_token": Rule(Meaning.GONE, "the webhook's token is not valid"),
    "invalid_auth": Rule(Meaning.GONE, "the bot's token is not valid"),
    "not_authed": Rule(Meaning.GONE, "the bot's token is not valid"),
    "token_revoked": Rule(Meaning.GONE, "the bot's token was revoked"),
    "token_expired": Rule(Meaning.GONE, "the bot's token has expired"),
    "account_inactive": Rule(Meaning.GONE, "the bot or its workspace was deleted"),
    "channel_is_archived": Rule(Meaning.GONE, "the channel is archived"),
    "is_archived": Rule(Meaning.GONE, "the channel is archived"),
}
"""What Slack's errors mean: the webhook's are its answer's text, the API's come with status 200."""


class Slack:
    """Messages of Block Kit."""

    def __init__(self, api: str = API) -> None:
        """Speak to Slack's API.

        Args:
            api: Where it is.
        """
        self._api = api

    def check(
        self, config: Mapping[str, Any], secrets: Mapping[str, Any], *, private_hosts: tuple[str, ...] = ()
    ) -> None:
        """See `alerts.sending.base.Sender`."""
        if "token" in secrets:
            settings.only("secrets", secrets, ("token",))
            settings.only("config", config, ("channel",))
            _token(secrets)
            _channel(config)
            return
        settings.only("secrets", secrets, ("url", "token"))
        settings.only("config", config, ())
        _hook(secrets, private_hosts)

    def where(self, config: Mapping[str, Any], secrets: Mapping[str, Any]) -> str:
        """See `alerts.sending.base.Sender`."""
        if "token" in secrets:
            return line(str(config.get("channel", "nowhere")), 200)
        return settings.host_of(secrets.get("url"))

    def request(
        self,
        message: Message,
        config: Mapping[str, Any],
        secrets: Mapping[str, Any],
        now: datetime,  # noqa: ARG002 - as all of them
    ) -> HttpRequest:
        """See `alerts.sending.base.Sender`."""
        body = {"text": _fallback(message), "blocks": _blocks(message), "unfurl_links": False, "unfurl_media": False}
        if "token" not in secrets:
            return HttpRequest(settings.any_address(secrets), JSON, json_bytes(body))
        headers = {**JSON, "authorization": f"Bearer {_token(secrets)}"}
        content = json_bytes({"channel": _channel(config), **body, "link_names": False, "parse": "none"})
        return HttpRequest(f"{self._api}/chat.postMessage", headers, content)

    def lookup(self, email: str, secrets: Mapping[str, Any]) -> HttpRequest:
        """Ask which person has an e-mail address: `found` reads the answer, and `request` takes it as the channel.

        Args:
            email: The address.
            secrets: Those of a channel with a bot's `token`, whose scopes are `users:read.email` and `chat:write`.

        Raises:
            BadChannel: There is no token, or this is no address.
        """
        if not settings.is_mail_address(email):
            raise BadChannel("email", "This is no e-mail address.")
        headers = {
            "authorization": f"Bearer {_token(secrets)}",
            "content-type": "application/x-www-form-urlencoded",
            "user-agent": PRODUCT,
        }
        return HttpRequest(f"{self._api}/users.lookupByEmail", headers, urlencode({"email": email}).encode())

    def found(self, answer: Answer) -> str | Reading:
        """Read the answer to `lookup`.

        Args:
            answer: What came back.

        Returns:
            The person's id, to be given as `config.channel`; or why there is none.
        """
        told = _told_in(answer.body)
        user = told.get("user") if told.get("ok") is True else None
        ident = user.get("id") if isinstance(user, dict) else None
        if isinstance(ident, str) and _USER.fullmatch(ident):
            return ident
        read = self.read(answer)
        return Reading(Meaning.AGAIN, f"{WHO} names nobody.") if read.meaning is Meaning.DELIVERED else read

    def read(self, answer: Answer) -> Reading:
        """See `alerts.sending.base.Sender`."""
        told = _told_in(answer.body)
        if told.get("ok") is True and answer.status < 300:
            return read_status(WHO, answer)
        error = told.get("error") if told else answer.body[:200].decode("utf-8", "replace").strip()
        if isinstance(error, str) and _ERROR.fullmatch(error) and (told or answer.status >= 300):
            return reading(WHO, answer, ERRORS.get(error, _UNKNOWN), error)
        if told.get("ok") is False:
            return Reading(Meaning.AGAIN, f"{WHO} did not take it, and does not say why.")
        return read_status(WHO, answer)


_UNKNOWN = Rule(Meaning.AGAIN)


def _told_in(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _token(secrets: Mapping[str, Any]) -> str:
    return settings.text("secrets", secrets, "token", _TOKEN, "Give the bot's token: xoxb-…")


def _channel(config: Mapping[str, Any]) -> str:
    told = "Give the channel's id, e.g. C0123456789, or its name with a #."
    return settings.text("config", config, "channel", _CHANNEL, told)


def _hook(secrets: Mapping[str, Any], private_hosts: tuple[str, ...]) -> str:
    url = settings.address(secrets, private_hosts)
    parts = urlsplit(url)
    if _HOOKS.fullmatch((parts.hostname or "").lower()) and not _HOOK_PATH.fullmatch(parts.path):
        raise BadChannel("secrets.url", "Give the whole address: https://hooks.slack.com/services/…")
    return url


def escaped(text: str) -> str:
    """Spell Slack's three control characters.

    Args:
        text: The text.
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _safe(text: str, most: int) -> str:
    return escaped(cut(text, most, spelled=escaped))


def _text(words: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": words, "verbatim": True}


def _section(words: str) -> dict[str, Any]:
    return {"type": "section", "text": _text(words)}


def _link(url: str, words: str) -> str:
    """A link; the address's own control characters are percent-encoded, so that it ends where it should."""
    return f"<{quote(url, safe=_OF_URLS, errors='replace').replace('&', '&amp;')}|{words}>"


_OF_URLS = "!#$%&'()*+,/:;=?@[]~"


def _fallback(message: Message) -> str:
    """What a notification shows, and clients that show no blocks."""
    title = _safe(line(message.title, TITLE), TITLE)
    return f"{_mark(message)}{heading(message)}: {title}\n{_link(message.link, OPEN)}"


def _blocks(message: Message) -> list[dict[str, Any]]:
    title, text = line(message.title, TITLE), lines(message.text, TEXT)
    header = {"type": "plain_text", "text": f"{_mark(message)}{heading(message)}", "emoji": False}
    blocks: list[dict[str, Any]] = [{"type": "header", "text": header}]
    blocks += [_section(_safe(one, TEXT)) for one in dict.fromkeys((title, text)) if one]
    if message.details:
        fields = [_text(_detail(*one)) for one in message.details[:MOST_DETAILS]]
        blocks.append({"type": "section", "fields": fields})
    blocks += [_section(_item(one)) for one in message.items[:MOST_ITEMS]]
    if message.more > 0:
        blocks.append(_section(further(message.more)))
    footer = _text(_safe(f"{line(message.account, NAME)} · {line(message.at, NAME)}", VALUE))
    return [*blocks, _section(_link(message.link, OPEN)), {"type": "context", "elements": [footer]}]


def _mark(message: Message) -> str:
    mark = RESOLVED if message.resolves else MARKS.get(message.severity, "")
    return f"{mark} " if mark else ""


def _detail(name: str, value: str) -> str:
    return f"{_safe(line(name, NAME), VALUE)}:\n{_safe(line(value, VALUE), VALUE)}"


def _item(item: Item) -> str:
    severity = SEVERITIES.get(item.severity, "")
    title = line(item.title, VALUE)
    link = _link(item.link, _safe(title, VALUE) or OPEN)
    return f"{MARKS[item.severity]} {marked(severity, title)}{link}" if severity else link
