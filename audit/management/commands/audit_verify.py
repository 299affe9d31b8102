"""`manage.py audit_verify`: does every account's journal still hold?"""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.verification import accounts_with_a_journal, verify


class Command(BaseCommand):
    """Walks each account's chain and names the first entry that does not fit."""

    help = "Verify the journal's hash chain of every account, or of one."

    def add_arguments(self, parser: CommandParser) -> None:
        """The account to look at.

        Args:
            parser: The command's parser.
        """
        parser.add_argument("--account", type=UUID, help="An account's id; all accounts where it is left out.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify and print a line per account.

        Raises:
            CommandError: A chain is broken, or there is no such account.
        """
        wanted = options["account"]
        ids = [known for known in accounts_with_a_journal() if wanted in {None, known}]
        if wanted and not ids:
            raise CommandError(f"No journal of an account {wanted}.")
        broken = 0
        for account_id in ids:
            verdict = verify(account_id)
            if verdict.valid:
                words = f"valid, {verdict.entries} entries, {verdict.erased} erased, head {verdict.head_hash[:16]}"
            else:
                broken += 1
                words = f"BROKEN at entry {verdict.first_broken_seq}: {verdict.reason}"
            self.stdout.write(f"{account_id}  {words}")
        if broken:
            raise CommandError(f"{broken} of {len(ids)} journals do not verify.")
        self.stdout.write(f"{len(ids)} journals verify.")
