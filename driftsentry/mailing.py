"""What the environment says of mail: checked at once, like the rest (`driftsentry/conf.py`)."""

import os
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environ import Env

TIMEOUT_SECONDS = 10
SMTP_SCHEMES = ("smtp", "smtp+tls", "smtp+ssl")
SCHEMES = (*SMTP_SCHEMES, "consolemail", "filemail", "memorymail", "dummymail")


@dataclass(frozen=True, slots=True)
class Mailing:
    """How mails are sent.

    Attributes:
        can_send: Whether they can be sent at all.
        public_url: The base of the links in them, without a slash at its end.
        sender: Whom they come from.
        django: Django's `EMAIL_…` settings.
    """

    can_send: bool
    public_url: str
    sender: str
    django: dict[str, Any]


def mailing(environment: str, folder: Path) -> Mailing:
    """Read `EMAIL_URL`, `EMAIL_FROM` and `PUBLIC_URL`; in development mails become files in the data folder.

    Args:
        environment: `development` or `production`.
        folder: The data folder.

    Raises:
        ImproperlyConfigured: One of them cannot be what it is, or one is missing.
    """
    url, production = os.environ.get("EMAIL_URL", "").strip(), environment == "production"
    public_url = _public_url(needed=production and bool(url))
    host = urlsplit(public_url).hostname or "localhost"
    sender = os.environ.get("EMAIL_FROM", "").strip() or f"DriftSentry <driftsentry@{_domain(host)}>"
    if "@" not in parseaddr(sender)[1] or "\n" in sender:
        raise ImproperlyConfigured("EMAIL_FROM takes an address, e.g. DriftSentry <driftsentry@example.com>")
    return Mailing(bool(url) or not production, public_url, sender, _backend(url, folder))


def _backend(url: str, folder: Path) -> dict[str, Any]:
    if url:
        return {name: value for name, value in _parsed(url).items() if value is not None}
    backend = "django.core.mail.backends.filebased.EmailBackend"
    return {"EMAIL_BACKEND": backend, "EMAIL_FILE_PATH": str(folder / "mail")}


def _parsed(url: str) -> dict[str, Any]:
    scheme = url.partition("://")[0]
    if scheme not in SCHEMES:
        raise ImproperlyConfigured(f"EMAIL_URL must start with one of: {', '.join(f'{one}://' for one in SCHEMES)}")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:  # its words would show a piece of the password
        raise ImproperlyConfigured(_UNREADABLE) from error
    if scheme in SMTP_SCHEMES and (not parts.hostname or parts.fragment or parts.path.strip("/")):
        raise ImproperlyConfigured(_UNREADABLE)
    found: dict[str, Any] = Env.email_url_config(url)
    default_port = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}.get(scheme)
    found["EMAIL_PORT"] = found["EMAIL_PORT"] or default_port
    return found


_UNREADABLE = (
    "EMAIL_URL is not smtp+tls://USER:PASSWORD@HOST:587 or the like: write @ as %40, # as %23, / as %2F, ? as %3F "
    "in the user name and password"
)


def _public_url(*, needed: bool) -> str:
    given = os.environ.get("PUBLIC_URL", "").strip().rstrip("/")
    if not given and needed:
        raise ImproperlyConfigured("PUBLIC_URL is not set: mails have links to this service, https://…")
    url = given or f"http://127.0.0.1:{os.environ.get('PORT') or 8000}"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ImproperlyConfigured("PUBLIC_URL takes the address of this service, e.g. https://driftsentry.example.com")
    return url


def _domain(host: str) -> str:
    return host if any(letter.isalpha() for letter in host) and ":" not in host else "localhost"
