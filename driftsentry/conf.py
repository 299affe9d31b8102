"""What the environment says: read once, checked at once, named in one message when something is missing.

A leaf: of Django it knows only the exception for a bad configuration, of the apps nothing. `driftsentry/settings.py` turns it into Django's settings.
"""

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

ENVIRONMENTS = ("development", "production")
REQUIRED_IN_PRODUCTION = ("SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL")


@dataclass(frozen=True, slots=True)
class Keys:
    """Signing keys, each apart from the others.

    Attributes:
        secret: Django's `SECRET_KEY`.
        jwt: Signs access and refresh tokens.
        masking: Keys the digests that stand for masked values, so that a changed secret is still seen.
    """

    secret: str
    jwt: str
    masking: bytes


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
    problems = [f"{name} is not set" for name in REQUIRED_IN_PRODUCTION if not os.environ.get(name, "").strip()]
    secret = os.environ.get("SECRET_KEY", "")
    if secret and len(secret) < 32:
        problems.append("SECRET_KEY is shorter than 32 characters")
    if "*" in [host.strip() for host in os.environ.get("ALLOWED_HOSTS", "").split(",")]:
        problems.append("ALLOWED_HOSTS must name hosts, not *")
    if problems:
        raise ImproperlyConfigured("DriftSentry cannot start in production: " + "; ".join(problems) + ".")


def check_database_url(url: str) -> str:
    """Refuse a database address whose unescaped characters would silently change its host.

    Args:
        url: A `postgres://` address.

    Returns:
        The same address.

    Raises:
        ImproperlyConfigured: It is no PostgreSQL address, or an `@`, `#`, `?` or `/` in the password is not escaped.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must start with postgres:// (DriftSentry runs on PostgreSQL only)")
    if parts.fragment or parts.netloc.count("@") > 1 or not parts.path.strip("/"):
        raise ImproperlyConfigured(
            "DATABASE_URL has an unescaped character or no database name: "
            "write @ as %40, # as %23, / as %2F, ? as %3F in the user name and password"
        )
    return url


def keys(env: str, folder: Path) -> Keys:
    """Read the signing keys, or derive them from `SECRET_KEY`; in development keep a generated one in the data folder.

    Args:
        env: `development` or `production`.
        folder: The data folder.
    """
    secret = os.environ.get("SECRET_KEY") or _development_secret(env, folder)
    return Keys(
        secret=secret,
        jwt=os.environ.get("JWT_SIGNING_KEY") or _derived(secret, "jwt").hex(),
        masking=os.environ.get("MASKING_KEY", "").encode() or _derived(secret, "masking"),
    )


def _derived(secret: str, purpose: str) -> bytes:
    return hmac.new(secret.encode(), f"driftsentry:{purpose}".encode(), hashlib.sha256).digest()


def _development_secret(env: str, folder: Path) -> str:
    if env == "production":
        return ""
    path = folder / "secret-key"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(secret := secrets.token_urlsafe(48))
    return secret


def local_service(folder: Path, name: str) -> str:
    """The address of a service that `manage.py up` started on this data folder, or an empty string.

    Args:
        folder: The data folder.
        name: `database_url` or `redis_url`.
    """
    try:
        found = json.loads((folder / "run" / "services.json").read_text()).get(name)
    except (FileNotFoundError, PermissionError, ValueError):
        return ""
    return str(found or "")
