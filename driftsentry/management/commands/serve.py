"""`manage.py serve`: the web server."""

from argparse import ArgumentParser
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from driftsentry.serving.limits import Limits
from driftsentry.serving.server import Server

DEFAULT_PORT = 8000


class Command(BaseCommand):
    """Serve the API, the admin and the live stream."""

    help = "Serve the API, the admin and the live stream until a signal comes (deploy/README.md)."
    requires_system_checks: list[str] = []  # a database that is away is readiness's to tell

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the options."""
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: 127.0.0.1)")
        parser.add_argument("--port", type=int, default=DEFAULT_PORT, help=f"the port (default: {DEFAULT_PORT})")

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve."""
        module, _, name = settings.ASGI_APPLICATION.rpartition(".")
        application = getattr(import_module(module), name)
        Server(application, host=options["host"], port=options["port"], limits=Limits.configured()).run()
