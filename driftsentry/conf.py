"""What the environment says: read once, checked at once, named in one message when something is missing.

A leaf: of Django it knows only the exception for a bad configuration, of the apps nothing. `driftsentry/settings.py`
turns it into Django's settings.
"""

import hashlib
import hmac
import ipaddress
import json
import os
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

ENVIRONMENTS = ("development", "production")
REQUIRED_IN_PRODUCTION = ("SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "JOURNAL_SIGNING_KEYS")
OWN_CREDENTIALS = ("auto", "allow", "deny")
SHORTEST_KEY = 32
RATE = re.compile(r"\A[1-9][0-9]{0,8}/(second|minute|hour|day)\Z")


@dataclass(frozen=True, slots=True)
class Keys:
    """Signing keys, each apart from the others.

    Attributes:
        secret: Django's `SECRET_KEY`.
        jwt: Names and secrets of the keys of access and refresh tokens: the first one signs, each of them verifies.
        masking: Keys the digests that stand for masked values, so that a changed secret is still seen.
        encryption: Encrypt stored secrets: the first one writes, each of them reads.
        external_ids: Keys the external ids that tell accounts apart where this server takes on their roles.
    """

    secret: str
    jwt: tuple[tuple[str, str], ...]
    masking: bytes
    encryption: tuple[str, ...]
    external_ids: bytes


def environment() -> str:
    """The deployment's kind, from `DRIFTSENTRY_ENV`.

    Raises:
        ImproperlyConfigured: It is neither `development` nor `production`.
    """
    name = os.environ.get("DRIFTSENTRY_ENV", "development")
    if name not in ENVIRONMENTS:
        raise ImproperlyConfigured(f"DRIFTSENTRY_ENV is {name!r}; it takes one of: {', '.join(ENVIRONMENTS)}")
    return name


def data_dir(base: Path) -> Path:
    """The folder of embedded services, logs and development keys (`DRIFTSENTRY_DATA_DIR`)."""
    return Path(os.environ.get("DRIFTSENTRY_DATA_DIR") or base / ".driftsentry").expanduser().absolute()


def require_production_settings() -> None:
    """Refuse to start without what production needs.

    Raises:
        ImproperlyConfigured: One message naming every missing or weak setting.
    """
    problems = [f"{name} is not set" for name in REQUIRED_IN_PRODUCTION if not os.environ.get(name, "").strip(" ,")]
    problems += [
        f"{name} is shorter than {SHORTEST_KEY} characters"
        for name in ("SECRET_KEY", "JWT_SIGNING_KEY", "EXTERNAL_ID_KEY")
        if 0 < len(os.environ.get(name, "").strip()) < SHORTEST_KEY
    ]
    problems += [
        f"ENCRYPTION_KEYS has a key of fewer than {SHORTEST_KEY} characters"
        for key in _listed("ENCRYPTION_KEYS")
        if len(key) < SHORTEST_KEY
    ]
    problems += _weak_jwt_keys()
    if os.environ.get("THROTTLE_LOGIN", "").strip().lower() == "off":
        problems.append("THROTTLE_LOGIN must not be off: passwords could be guessed without end")
    if "*" in [host.strip() for host in os.environ.get("ALLOWED_HOSTS", "").split(",")]:
        problems.append("ALLOWED_HOSTS must name hosts, not *")
    if problems:
        raise ImproperlyConfigured("DriftSentry cannot start in production: " + "; ".join(problems) + ".")


def _weak_jwt_keys() -> list[str]:
    named = [item.partition(":") for item in _listed("JWT_KEYS")]
    names = [name for name, _, _ in named]
    problems = []
    if any(not name or len(secret) < SHORTEST_KEY for name, _, secret in named):
        problems.append(f"JWT_KEYS takes NAME:SECRET,… with secrets of at least {SHORTEST_KEY} characters")
    if len(set(names)) < len(names):
        problems.append("JWT_KEYS names two keys alike")
    return problems


def check_database_url(url: str) -> str:
    """Refuse a database address whose unescaped characters would silently change its host.

    Args:
        url: A `postgres://` address.

    Returns:
        The same address.

    Raises:
        ImproperlyConfigured: It is no PostgreSQL address, or a character of the password that means something in an
            address is not escaped.
    """
    if url.partition("://")[0] not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must start with postgres:// (DriftSentry runs on PostgreSQL only)")
    if not _names_one_database(url):
        raise ImproperlyConfigured(
            "DATABASE_URL has an unescaped character, a port that is no number, or no database name: "
            "write @ as %40, # as %23, / as %2F, ? as %3F, [ as %5B in the user name and password"
        )
    return url


def _names_one_database(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:  # its words would show a piece of the password
        return False
    name = parts.path.removeprefix("/")
    return name != "" and "/" not in name and not parts.fragment and "@" not in parts.netloc.partition("@")[2] + name


def trusted_proxies() -> tuple[str, ...]:
    """Whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed, from `TRUSTED_PROXIES`.

    Returns:
        Addresses, networks, and `unix` for whoever comes over a socket of this machine.

    Raises:
        ImproperlyConfigured: An item is none of these, or trusts everybody.
    """
    found = _listed("TRUSTED_PROXIES")
    for item in found:
        try:
            everybody = item != "unix" and ipaddress.ip_network(item).prefixlen == 0
        except ValueError as error:
            raise ImproperlyConfigured(
                f"TRUSTED_PROXIES has {item!r}; it takes addresses and networks, e.g. 10.0.0.7,192.168.0.0/16, "
                "and the word unix"
            ) from error
        if everybody:
            raise ImproperlyConfigured(f"TRUSTED_PROXIES has {item!r}: that believes everybody; name your proxies")
    return found


def origins(name: str) -> list[str]:
    """A list of origins, as a browser writes them.

    Args:
        name: The setting.

    Raises:
        ImproperlyConfigured: An item is not a scheme and a host, with or without a port.
    """
    found = _listed(name)
    for item in found:
        if not _is_origin(item):
            raise ImproperlyConfigured(
                f"{name} has {item!r}; it takes origins: a scheme and a host, e.g. https://app.example.com, "
                "without a path or an ending slash, and never *"
            )
    return list(found)


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    plain = f"{parts.scheme}://{host}" + (f":{port}" if port is not None else "")
    return (
        parts.scheme in {"http", "https"}
        and host != ""
        and plain == text
        and host.isascii()
        and not set(host) & set("*%\\ _")
    )


def rate(name: str, text: str) -> str:
    """Check a limit on requests.

    Args:
        name: The setting, for the message.
        text: Its value: a count and a period, e.g. `600/minute`, or `off`.

    Returns:
        The same; empty for no limit.

    Raises:
        ImproperlyConfigured: It is neither.
    """
    found = text.strip().lower()
    if found == "off":
        return ""
    if not RATE.match(found):
        raise ImproperlyConfigured(
            f"{name} is {text!r}; it takes a count and a period, e.g. 600/minute (second, minute, hour, day), or off"
        )
    return found


def own_credentials() -> str:
    """For whose stacks the server's own cloud credentials are used, from `DETECTOR_OWN_CREDENTIALS`.

    Returns:
        `auto` (as long as there is one account only), `allow` or `deny`.

    Raises:
        ImproperlyConfigured: It is none of these.
    """
    said = os.environ.get("DETECTOR_OWN_CREDENTIALS", "").strip().lower() or "auto"
    if said not in OWN_CREDENTIALS:
        raise ImproperlyConfigured(
            f"DETECTOR_OWN_CREDENTIALS is {said!r}; it takes one of: {', '.join(OWN_CREDENTIALS)}"
        )
    return said


def keys(env: str, folder: Path) -> Keys:
    """Read the signing keys, or derive them from `SECRET_KEY`; in development keep a generated one in the data folder.

    Args:
        env: `development` or `production`.
        folder: The data folder.

    Raises:
        ImproperlyConfigured: The data folder belongs to another user.
    """
    secret = os.environ.get("SECRET_KEY") or _development_secret(env, folder)
    return Keys(
        secret=secret,
        jwt=_jwt_keys() or (_named(_derived(secret, "jwt").hex()),),
        masking=os.environ.get("MASKING_KEY", "").encode() or _derived(secret, "masking"),
        # The derived one comes last and reads on, so that what it wrote before there were others can be rotated.
        encryption=(*_listed("ENCRYPTION_KEYS"), _derived(secret, "encryption").hex()),
        external_ids=os.environ.get("EXTERNAL_ID_KEY", "").encode() or _derived(secret, "external ids"),
    )


def _listed(name: str) -> tuple[str, ...]:
    """The items of a setting that holds several, separated by commas."""
    return tuple(item for item in (piece.strip() for piece in os.environ.get(name, "").split(",")) if item)


def _jwt_keys() -> tuple[tuple[str, str], ...]:
    """`JWT_KEYS` is `name:secret,…`, the newest first; `JWT_SIGNING_KEY` is one secret without a name."""
    several = _listed("JWT_KEYS")
    if several:
        return tuple((name, secret) for name, _, secret in (item.partition(":") for item in several))
    one = os.environ.get("JWT_SIGNING_KEY", "")
    return (_named(one),) if one else ()


def _named(secret: str) -> tuple[str, str]:
    """A key under a name that tells it from others and says nothing of it."""
    return hashlib.sha256(f"name of {secret}".encode()).hexdigest()[:8], secret


def _derived(secret: str, purpose: str) -> bytes:
    return hmac.new(secret.encode(), f"driftsentry:{purpose}".encode(), hashlib.sha256).digest()


def _development_secret(env: str, folder: Path) -> str:
    if env == "production":
        return ""
    return kept_in(folder, "secret-key", lambda: secrets.token_urlsafe(48))


def kept_in(folder: Path, name: str, make: Callable[[], str]) -> str:
    """A development key: made once, and kept in the data folder.

    Args:
        folder: The data folder.
        name: The file's name.
        make: Makes a fresh one.

    Raises:
        ImproperlyConfigured: The data folder belongs to another user.
    """
    path = folder / name
    try:
        if not path.exists():
            _write_once(path, make())
        return path.read_text().strip()
    except PermissionError as error:
        raise ImproperlyConfigured(
            f"{error}. Does {folder} belong to another user? Set DRIFTSENTRY_DATA_DIR to a folder of yours."
        ) from error


def _write_once(path: Path, secret: str) -> None:
    """Write it elsewhere and link it: of two starts at once both read the same whole key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secret)
    with suppress(FileExistsError):
        path.hardlink_to(partial)
    partial.unlink()


def local_service(folder: Path, name: str) -> str:
    """The address of a service that `manage.py up` started on this data folder, or an empty string.

    Args:
        folder: The data folder.
        name: `database_url` or `redis_url`.
    """
    try:
        found = json.loads((folder / "run" / "services.json").read_text())
    except (FileNotFoundError, PermissionError, ValueError):
        return ""
    return str(found.get(name) or "") if isinstance(found, dict) else ""
