"""`manage.py audit_verify`: does every account's journal still hold, or an exported one?"""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.auditor import EXIT_CODES, HOLDS, examine
from audit.verification import every_account, verify


class Command(BaseCommand):
    """Walks each account's chain and names the first entry that does not fit."""

    help = f"Verify the hash chain of every account's journal, or one's, or exported ones. {EXIT_CODES.capitalize()}."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to look at.

        Args:
            parser: The command's parser.
        """
        parser.add_argument("--account", type=UUID, help="An account's id; all accounts where it is left out.")
        exports = "An export or an archive, instead of the database; several are also checked to continue one another."
        parser.add_argument("--export", action="append", default=[], metavar="FILE", help=exports)
        keys = "A public key that is trusted; without it, the one that each export brings."
        parser.add_argument("--public-key", action="append", default=[], metavar="KEY|FILE", help=keys)

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify and print a line per account.

        Raises:
            CommandError: A chain is broken, or there is no such account.
        """
        if options["export"]:
            code = examine(options["export"], options["public_key"], say=self.stdout.write)
            if code != HOLDS:
                raise CommandError("The exported journals do not verify.", returncode=code)
            return
        wanted = options["account"]
        ids = [known for known in every_account() if wanted in {None, known}]
        if wanted and not ids:
            raise CommandError(f"No journal of an account {wanted}.")
        broken = 0
        for account_id in ids:
            verdict = verify(account_id)
            if verdict.valid:
                words = f"valid, {verdict.entries} entries, {verdict.erased} erased, head {verdict.head_hash[:16]}"
                words += f", archived up to entry {verdict.archived_seq}" if verdict.archived_seq else ""
            else:
                broken += 1
                words = f"BROKEN at entry {verdict.first_broken_seq}: {verdict.reason}"
            self.stdout.write(f"{account_id}  {words}")
        if broken:
            raise CommandError(f"{broken} of {len(ids)} journals do not verify.")
        self.stdout.write(f"{len(ids)} journals verify.")
