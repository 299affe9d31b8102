"""`manage.py up`: database, Redis, web server and worker in one terminal."""

import os
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from driftsentry.local.errors import LocalServiceError
from driftsentry.local.processes import LAST_PORT
from driftsentry.local.services import data_dir
from driftsentry.local.up import Options, up

DEFAULT_PORT = 8000


class Command(BaseCommand):
    """Run everything on this machine, for development and for trying it out."""

    help = (
        "Run DriftSentry on this machine: an embedded PostgreSQL and a Redis unless DATABASE_URL and REDIS_URL name "
        "others, the web server and the worker. Ctrl-C stops everything; the data stays."
    )
    requires_system_checks: list[str] = []  # the checks need the database that this command starts

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the options."""
        parser.add_argument("--no-demo", action="store_true", help="start empty: no demo users and drifts")
        parser.add_argument("--port", type=_port, help="serve on this port (default: PORT, else 8000)")
        parser.add_argument("--verbose", action="store_true", help="show the logs of web server and worker here")

    def handle(self, *args: Any, **options: Any) -> None:
        """Start, keep alive, stop."""
        if settings.PRODUCTION:
            raise CommandError(
                "`up` is for development. In production run web and worker by themselves: deploy/README.md"
            )
        try:
            asked = Options(
                folder=data_dir(),
                port=options["port"] or _port(os.environ.get("PORT") or str(DEFAULT_PORT)),
                demo=not options["no_demo"],
                verbose=options["verbose"],
            )
            up(asked, say=self._say)
        except (LocalServiceError, ArgumentTypeError) as error:
            raise CommandError(str(error)) from error

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= LAST_PORT:
        raise ArgumentTypeError(f"PORT is {text!r}; it takes a number from 1 to {LAST_PORT}")
    return int(text)
