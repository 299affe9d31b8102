#!/usr/bin/env python
"""DriftSentry's command line."""

import os
import sys
from contextlib import nullcontext

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from audit import auditor
from driftsentry.api import tenancy

NO_DATABASE = "No database: start one with `make run` in another terminal, or set DATABASE_URL."


def main() -> None:
    """Run the command named in the arguments; what the environment lacks is said in one line."""
    if sys.argv[1:2] == ["audit_verify"] and any(word.partition("=")[0] == "--export" for word in sys.argv):
        sys.exit(auditor.of_command(sys.argv[2:]))  # an auditor has the file alone: no settings, no database
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "driftsentry.settings")
    serves = sys.argv[1:2] in (["serve"], ["runserver"])
    try:
        # Whoever may run a command holds the database's password; the worker is such a command too.
        with nullcontext() if serves else tenancy.lifted("a command of the operator"):
            execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        lacks_database = settings.configured and not settings.DATABASE_URL
        sys.exit(NO_DATABASE if lacks_database else str(error))


if __name__ == "__main__":
    main()
