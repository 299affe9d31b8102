"""`manage.py audit_new_epoch`: to be run after a database was restored from a backup."""

from typing import Any

from django.core.management.base import BaseCommand

from audit.journal import begin_new_epoch


class Command(BaseCommand):
    """Tells every reader of the live stream that the past it knows may not be this database's past."""

    help = "After restoring a backup: begin a new epoch, so that clients of the live stream fetch afresh."

    def handle(self, *args: Any, **options: Any) -> None:
        """Give every journal a new epoch."""
        self.stdout.write(
            f"{begin_new_epoch()} journals have a new epoch; clients that resume are told to fetch afresh."
        )
