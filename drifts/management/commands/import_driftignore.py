"""`manage.py import_driftignore`: driftctl's `.driftignore` as ignore rules, without HTTP."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Account
from audit.actors import Actor
from drifts.actions.ignore_rules import import_driftignore
from drifts.ingest.driftignore import MAX_TEXT
from driftsentry.api.errors import ApiError


class Command(BaseCommand):
    """Make an ignore rule of each line, or none and say why not."""

    help = "Make an ignore rule of each line of driftctl's .driftignore (a file, or - for standard input), or none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the options."""
        parser.add_argument("file", help="the .driftignore; - reads standard input")
        parser.add_argument("--account", required=True, help="the account's name")
        parser.add_argument("--reason", required=True, help="why, in 10 to 1000 characters; of every rule")
        parser.add_argument("--stack", default="*", help="a glob over the stacks that the rules are for")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, import, print."""
        account = Account.objects.filter(name=options["account"]).first()
        if account is None:
            raise CommandError(f"There is no account {options['account']!r}.")
        by = Actor.system("manage.py import_driftignore")
        text, said = _read(options["file"]), {name: options[name] for name in ("reason", "stack")}
        try:
            made = import_driftignore(account.pk, text, **said, by=by)
        except ApiError as error:
            wrong = [f"{one['field']}: {one['message']}" for one in (error.details or {}).get("errors", ())]
            raise CommandError("\n".join([error.message, *wrong])) from error
        for rule in made:
            self.stdout.write(f"{rule.pk} {rule.title}: {', '.join(rule.kinds)}")
        self.stdout.write(f"{len(made)} rules made. Deletions stay to be seen; preview a rule to see what it hides.")


def _read(file: str) -> str:
    most = 4 * MAX_TEXT + 1
    try:
        if file == "-":
            return sys.stdin.buffer.read(most).decode()
        with Path(file).open("rb") as opened:
            return opened.read(most).decode()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is no text in UTF-8.") from error
