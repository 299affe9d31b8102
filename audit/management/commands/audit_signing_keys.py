"""`manage.py audit_signing_keys`: the public keys that the journal is signed with."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from audit.signatures import new_private_key, public_pem


class Command(BaseCommand):
    """Prints the public halves, for auditors to keep; or a fresh private key for `JOURNAL_SIGNING_KEYS`."""

    help = "Print the public keys that the journal's heads, exports and archives are signed with; the first one signs."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Whether a key is wanted.

        Args:
            parser: The command's parser.
        """
        words = "Print a fresh private key instead, to be put first in JOURNAL_SIGNING_KEYS; it is kept nowhere."
        parser.add_argument("--new", action="store_true", help=words)

    def handle(self, *args: Any, **options: Any) -> None:
        """Print."""
        if options["new"]:
            self.stdout.write(new_private_key())
            return
        keys = settings.JOURNAL_KEYS
        for ident, public in keys.public.items():
            self.stdout.write(f"{ident}{' (signs)' if ident == keys.signing_id else ''}")
            self.stdout.write(public_pem(public))
