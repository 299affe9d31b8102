"""What `up` says once everything runs."""

import os
import shlex
from dataclasses import dataclass
from pathlib import Path

from driftsentry.local.services import BASE_DIR

RULE = "─" * 78
DEMO_LOGINS = (
    ("admin@driftsentry.local", "admin123", "administers"),
    ("engineer@driftsentry.local", "engineer123", "approves and rejects"),
    ("viewer@driftsentry.local", "viewer123", "reads"),
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the banner tells.

    Attributes:
        address: The web server's address, without a slash at its end.
        database: What the database is, in words.
        redis: What carries live updates, in words.
        folder: The data folder.
        demo: Whether the demo was seeded.
    """

    address: str
    database: str
    redis: str
    folder: Path
    demo: bool


def banner(facts: Facts) -> str:
    """The banner, ready to print.

    Args:
        facts: What it tells.
    """
    people = _logins() if facts.demo else _first_admin()
    head = f"\n{RULE}\n DriftSentry runs on {facts.address}\n{RULE}"
    foot = f"{RULE}\n Ctrl-C stops everything; the data stays.\n"
    return "\n".join([head, _addresses(facts), people, _what_next(facts), _places(facts), foot])


def _addresses(facts: Facts) -> str:
    web_socket = facts.address.replace("http", "ws", 1)
    return (
        f" Admin      {facts.address}/admin/\n"
        f" API docs   {facts.address}/api/docs/\n"
        f" REST       {facts.address}/api/v1/\n"
        f" Live       {web_socket}/ws\n"
        f" Health     {facts.address}/health"
    )


def _logins() -> str:
    rows = "\n".join(f"   {email:<28} {password:<13} {what}" for email, password, what in DEMO_LOGINS)
    return f"\n Demo log-ins (made for this machine only)\n{rows}"


def _first_admin() -> str:
    return "\n Nobody can log in yet. Make the first administrator:\n   .venv/bin/python manage.py createsuperuser"


def _what_next(facts: Facts) -> str:
    email, password, _ = DEMO_LOGINS[1] if facts.demo else ("you@example.com", "…", "")
    login = f"""{{"email": "{email}", "password": "{password}"}}"""
    return (
        "\n What to try next, in a second terminal\n"
        f"{_unusual_folder(facts)}"
        f"   curl -s {facts.address}/api/v1/auth/login -H 'Content-Type: application/json' \\\n"
        f"     -d '{login}'\n"
        "   terraform show -json plan.out | .venv/bin/python manage.py ingest - --stack my-stack"
    )


def _unusual_folder(facts: Facts) -> str:
    """Commands of a second terminal find the services through the data folder, another one only when told."""
    if facts.folder == BASE_DIR / ".driftsentry":
        return ""
    return f"   export DRIFTSENTRY_DATA_DIR={shlex.quote(str(facts.folder))}\n"


def _places(facts: Facts) -> str:
    return (
        f"\n Database   {facts.database}\n Live via   {facts.redis}\n"
        f" Data       {facts.folder}\n Logs       {facts.folder / 'logs'}\n"
        f" Mail       {_mail(facts)}"
    )


def _mail(facts: Facts) -> str:
    return "sent by EMAIL_URL" if os.environ.get("EMAIL_URL") else f"{facts.folder / 'mail'}, a file each"
