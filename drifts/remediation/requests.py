"""How a team's pipeline is asked to put a resource back: the request of each kind of hook, and what its answer tells.

Sources: https://docs.github.com/en/rest/repos/repos#create-a-repository-dispatch-event,
https://docs.gitlab.com/ci/triggers/, https://github.com/standard-webhooks/standard-webhooks
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from standardwebhooks.webhooks import Webhook

from driftsentry.api.outgoing import is_host

EVENT = "driftsentry_remediation"
"""GitHub's `event_type`."""
TYPE = "remediation.requested"
USER_AGENT = "DriftSentry"
MAX_URL = 2000
MAX_SECRET = 500
USUAL: dict[str, str] = {"github": "https://api.github.com", "gitlab": "https://gitlab.com/api/v4", "generic": ""}
"""Each kind of hook, and its address where none is named."""

_REPOSITORY = re.compile(r"(?!\.{1,2}/)[A-Za-z0-9._-]{1,100}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
_PROJECT = re.compile(r"\d{1,20}|[A-Za-z0-9_][A-Za-z0-9._-]{0,99}(?:/[A-Za-z0-9_][A-Za-z0-9._-]{0,99}){1,9}")
_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/-]{0,199}")
_TOKEN = re.compile(r"[\x21-\x7e]{8,500}")
_SIGNING = "whsec_"
_SIGNING_BYTES = range(24, 65)


class BadHook(Exception):
    """A hook is not what its kind takes; the message repeats no secret."""

    def __init__(self, field_name: str, message: str) -> None:
        """Keep what was wrong.

        Args:
            field_name: The field.
            message: What is wrong with it, for a person.
        """
        super().__init__(message)
        self.field = field_name
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Who is asked."""

    kind: str
    url: str
    project: str = ""
    ref: str = ""
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Asking:
    """A request, ready to be sent."""

    url: str
    content: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer tells of the run that it began; '' where it does not say."""

    external_id: str = ""
    url: str = ""


def check(target: Target, *, private_hosts: tuple[str, ...]) -> None:
    """Refuse a hook that cannot work.

    Args:
        target: The hook.
        private_hosts: Names of hosts that may be asked without TLS.

    Raises:
        BadHook: The first thing that is wrong with it.
    """
    if target.kind not in USUAL:
        raise BadHook("kind", f"One of: {', '.join(USUAL)}.")
    _check_url(target, private_hosts)
    if target.kind == "github" and not _REPOSITORY.fullmatch(target.project):
        raise BadHook("project", "Name the repository: owner/name.")
    if target.kind == "gitlab" and not _PROJECT.fullmatch(target.project):
        raise BadHook("project", "Name GitLab's project, by its number or path: group/name.")
    if target.kind == "gitlab" and not _REF.fullmatch(target.ref):
        raise BadHook("ref", "Name the branch or tag whose pipeline is to run.")
    for name in {"github": ("ref",), "generic": ("project", "ref")}.get(target.kind, ()):
        if getattr(target, name):
            raise BadHook(name, f"A hook of the kind {target.kind} takes none.")
    _check_secret(target)


def _check_url(target: Target, private_hosts: tuple[str, ...]) -> None:
    try:
        url = urlsplit(target.url)
        host, port = (url.hostname or "").lower(), url.port
    except ValueError:
        raise BadHook("url", "This is no address.") from None
    plain = target.url.isascii() and target.url.isprintable() and " " not in target.url
    if not plain or not host or port == 0 or len(target.url) > MAX_URL or not is_host(target.url):
        raise BadHook("url", "Name an address: https://…")
    if url.scheme != "https" and not (url.scheme == "http" and host in private_hosts):
        raise BadHook("url", "Only https:// addresses are asked.")
    if url.username is not None or url.password is not None or url.fragment:
        raise BadHook("url", "Put credentials into the secret, not into the address.")
    if url.query and target.kind != "generic":
        raise BadHook("url", "The API's address has no query.")


def _check_secret(target: Target) -> None:
    if target.kind != "generic":
        if not _TOKEN.fullmatch(target.secret):
            raise BadHook("secret", "Give the token: 8 to 500 printable characters without spaces.")
        return
    try:
        key = base64.b64decode(target.secret.removeprefix(_SIGNING), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not target.secret.startswith(_SIGNING) or len(key) not in _SIGNING_BYTES:
        raise BadHook("secret", f"Give the key that signs: {_SIGNING} and 24 to 64 random bytes in base64.")


def asking(target: Target, ident: str, data: Mapping[str, Any], *, at: datetime) -> Asking:
    """Write the request.

    Args:
        target: Who is asked; checked.
        ident: The run's id: the same for each try, so that a pipeline can tell a second one.
        data: What it is about; no values of states.
        at: Now, in UTC.
    """
    payload = {"type": TYPE, "timestamp": at.isoformat().replace("+00:00", "Z"), "data": dict(data)}
    made = _ASKING[target.kind](target, ident, payload, at)
    common = {"user-agent": USER_AGENT, "webhook-id": ident, "accept": "application/json"}
    return Asking(made.url, made.content, {**common, **made.headers})


def _github(target: Target, ident: str, payload: dict[str, Any], at: datetime) -> Asking:  # noqa: ARG001 - as all of them
    url = f"{target.url.rstrip('/')}/repos/{target.project}/dispatches"
    headers = {
        "authorization": f"Bearer {target.secret}",
        "accept": "application/vnd.github+json",
        "x-github-api-version": "2022-11-28",
        "content-type": "application/json",
    }
    return Asking(url, _json({"event_type": EVENT, "client_payload": payload}), headers)


def _gitlab(target: Target, ident: str, payload: dict[str, Any], at: datetime) -> Asking:  # noqa: ARG001 - as all of them
    url = f"{target.url.rstrip('/')}/projects/{quote(target.project, safe='')}/trigger/pipeline"
    form = {
        "token": target.secret,
        "ref": target.ref,
        "variables[DRIFTSENTRY_RUN_ID]": ident,
        # Base64, since GitLab expands what looks like a variable in a variable.
        "variables[DRIFTSENTRY_PAYLOAD]": base64.b64encode(_json(payload)).decode(),
    }
    return Asking(url, urlencode(form).encode(), {"content-type": "application/x-www-form-urlencoded"})


def _generic(target: Target, ident: str, payload: dict[str, Any], at: datetime) -> Asking:
    content = _json(payload)
    headers = {
        "content-type": "application/json",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(target.secret).sign(msg_id=ident, timestamp=at, data=content.decode()),
    }
    return Asking(target.url, content, headers)


_ASKING: dict[str, Callable[[Target, str, dict[str, Any], datetime], Asking]] = {
    "github": _github,
    "gitlab": _gitlab,
    "generic": _generic,
}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def told_in(body: bytes) -> Told:
    """Read what an answer tells of the run that it began; anything unforeseen tells nothing.

    Args:
        body: As it came, perhaps cut.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return Told()
    if not isinstance(found, dict):
        return Told()
    ident, url = found.get("id"), found.get("web_url") or found.get("url")
    is_id = isinstance(ident, int | str) and not isinstance(ident, bool) and str(ident).isprintable()
    return Told(str(ident)[:200] if is_id else "", str(url) if is_web(url) else "")


def is_web(url: object) -> bool:
    """Say whether something is an address that people can be led to.

    Args:
        url: Whatever was given.
    """
    if not isinstance(url, str) or len(url) > MAX_URL or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


def should_retry(status: int) -> bool:
    """Say whether another try may do better.

    Args:
        status: The answer's HTTP status.
    """
    return status in {408, 425, 429} or status >= 500
