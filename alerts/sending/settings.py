"""What a channel's settings may be: each look refuses with the setting's name, and repeats no secret. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from alerts.sending.base import BadChannel
from driftsentry.api.outgoing import is_host, is_listed, is_public

MAX_URL = 2000
_SIGNING = "whsec_"
_SIGNING_BYTES = range(24, 65)
MAX_MAIL_ADDRESS = 254
_LOCAL = re.compile(
    r"(?=.{1,64}$)(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*|\"[ !#-\[\]-~]+\")"
)
"""What stands before the @: a dot-atom, or printable ASCII in quotes (RFC 5321 section 4.1.2)."""
_DOMAIN = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9][A-Za-z0-9-]{0,61}[A-Za-z0-9]|localhost"
)


def only(place: str, given: Mapping[str, Any], known: Iterable[str]) -> None:
    """Refuse settings that the medium has not.

    Args:
        place: `config` or `secrets`.
        given: The settings.
        known: The names of those it has.

    Raises:
        BadChannel: There is another.
    """
    names = tuple(known)
    for name in given:
        if name not in names:
            told = f"It takes: {', '.join(names)}." if names else "It takes none."
            raise BadChannel(f"{place}.{name}"[:100], f"A channel of this kind has no such setting. {told}")


def text(place: str, given: Mapping[str, Any], name: str, form: re.Pattern[str], told: str) -> str:
    """Take a setting that has a form.

    Args:
        place: `config` or `secrets`.
        given: The settings.
        name: The setting's name.
        form: What all of it must match.
        told: What to give instead, for a person.

    Raises:
        BadChannel: It is missing or has another form.
    """
    value = given.get(name)
    if not isinstance(value, str) or not form.fullmatch(value):
        raise BadChannel(f"{place}.{name}", told)
    return value


def address(given: Mapping[str, Any], private_hosts: tuple[str, ...], name: str = "url") -> str:
    """Take an address that is posted to.

    Args:
        given: The secrets: an address may hold a token.
        private_hosts: Hosts that may be spoken to without TLS: `name` or `name:port`.
        name: The setting's name.

    Raises:
        BadChannel: It is none, or not one that is spoken to.
    """
    field, url = f"secrets.{name}", given.get(name)
    if not isinstance(url, str) or not url or len(url) > MAX_URL:
        raise BadChannel(field, f"Give the address: https://…, at most {MAX_URL} characters.")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise BadChannel(field, "This is no address.") from None
    plain = url.isascii() and url.isprintable() and not set(url) & set(' "<>\\^`{|}')
    if not plain or not host or port == 0 or not is_host(url):
        raise BadChannel(field, "This is no address: give https://…")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise BadChannel(field, "The address must hold no user name, password or fragment.")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_listed(host, port or 80, private_hosts)):
        raise BadChannel(field, "Only https:// addresses are spoken to.")
    if _is_private(host) and not is_listed(host, port or 443, private_hosts):
        raise BadChannel(field, "That address is not on the public internet.")
    return url


def _is_private(host: str) -> bool:
    """Say whether a host is told by a private address; one that is told by a name is looked at when it is spoken to."""
    try:
        return not is_public(ip_address(host.partition("%")[0]))
    except ValueError:
        return False


def recipients(config: Mapping[str, Any], most: int) -> tuple[str, ...]:
    """Take e-mail addresses, each once.

    Args:
        config: The settings.
        most: At most so many.

    Raises:
        BadChannel: There is none, there are too many, or one is no address.
    """
    given = config.get("recipients")
    if not isinstance(given, list | tuple) or not 0 < len(given) <= most:
        raise BadChannel("config.recipients", f"Give a list of 1 to {most} e-mail addresses.")
    for place, one in enumerate(given):
        if not is_mail_address(one):
            raise BadChannel(f"config.recipients.{place}", "This is no e-mail address.")
    return tuple({one.lower(): one for one in given}.values())


def is_mail_address(value: object) -> bool:
    """Say whether something is an e-mail address as `recipients` takes it.

    Args:
        value: Whatever was given.
    """
    if not isinstance(value, str) or len(value) > MAX_MAIL_ADDRESS:
        return False
    local, _, domain = value.rpartition("@")
    try:
        spelled = domain.encode("idna").decode()
    except UnicodeError:  # a label is empty or too long, or no domain has such characters
        return False
    return _LOCAL.fullmatch(local) is not None and _DOMAIN.fullmatch(spelled) is not None


def is_signing_key(value: object) -> bool:
    """Say whether something is a key of Standard Webhooks: `whsec_` and 24 to 64 bytes in base64.

    Args:
        value: Whatever was given.
    """
    if not isinstance(value, str) or not value.startswith(_SIGNING):
        return False
    try:
        return len(base64.b64decode(value.removeprefix(_SIGNING), validate=True)) in _SIGNING_BYTES
    except (binascii.Error, ValueError):
        return False


def any_address(secrets: Mapping[str, Any], name: str = "url") -> str:
    """Take an address that was looked at when it was set; whether its host may be spoken to is seen when it is.

    Args:
        secrets: The secrets.
        name: The setting's name.

    Raises:
        BadChannel: There is none.
    """
    url = secrets.get(name)
    if not isinstance(url, str) or not url.lower().startswith(("https://", "http://")):
        raise BadChannel(f"secrets.{name}", "Give the address: https://…")
    return url


def host_of(url: object) -> str:
    """Whose address it is, for a person; its path and query may be secret.

    Args:
        url: Whatever was given.
    """
    try:
        host = urlsplit(url).hostname if isinstance(url, str) else None
    except ValueError:
        host = None
    return (host or "nowhere")[:200]
