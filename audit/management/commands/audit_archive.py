"""`manage.py audit_archive`: old entries go to a file and out of the database. See `audit/README.md`."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from audit.actors import Actor
from audit.archiving import Personal, Plan, archive, drop_archived, plan
from audit.exporting import ExportBroken
from audit.verification import every_account
from driftsentry.api.errors import ApiError

BY = Actor.system("audit_archive")
MOST_DAYS = 36_500


class Command(BaseCommand):
    """Says what it would do; does it with `--yes`. It can be stopped anywhere and run again."""

    help = (
        "Archive old journal entries: write them to a file, sign a checkpoint, drop them. Without --yes it only tells."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose entries, how old, and where they go.

        Args:
            parser: The command's parser.
        """
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("--account", type=UUID, help="An account's id.")
        whose.add_argument("--all", action="store_true", help="Every account.")
        age = parser.add_mutually_exclusive_group(required=True)
        age.add_argument("--before", type=date.fromisoformat, metavar="DATE", help="Entries before this day (UTC).")
        age.add_argument("--keep-days", type=int, metavar="N", help="Entries older than this many days.")
        parser.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="Where the archives are kept.")
        leave = "Leave out what names people; the archive still verifies."
        parser.add_argument("--without-personal", action="store_true", help=leave)
        parser.add_argument("--yes", action="store_true", help="Do it.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Archive, account by account; what one of them is refused for does not stop the next.

        Raises:
            CommandError: There is no such folder or account, or an account could not be archived.
        """
        folder: Path = options["to"]
        if not folder.is_dir():
            raise CommandError(f"There is no folder {folder}.")
        before = _before(options)
        known = every_account()
        chosen = known if options["all"] else [ident for ident in known if ident == options["account"]]
        if not chosen:
            raise CommandError("No journal of such an account.")
        personal = Personal.LEFT_OUT if options["without_personal"] else Personal.KEPT
        failed = 0
        for planned in (plan(account_id, before=before) for account_id in chosen):
            self._tell(planned)
            if options["yes"]:
                failed += not self._done(planned, folder, personal)
        if failed:
            raise CommandError(f"{failed} of {len(chosen)} journals could not be archived; run it again.")
        if not options["yes"]:
            self.stdout.write("Nothing was done: add --yes to do it.")

    def _tell(self, planned: Plan) -> None:
        words = (
            f"entries {planned.after + 1} to {planned.up_to} to archive" if planned.entries else "nothing to archive"
        )
        left = f"; {planned.waiting} archived before, to be dropped" if planned.waiting else ""
        self.stdout.write(f"{planned.account_id}  {words}{left}")

    def _done(self, planned: Plan, folder: Path, personal: Personal) -> bool:
        try:
            # First what an earlier run has left: the next checkpoint would cover it too.
            dropped = drop_archived(planned.account_id, folder=folder) if planned.waiting else 0
            if planned.entries:
                checkpoint = archive(planned, folder=folder, personal=personal, by=BY)
                self.stdout.write(f"{planned.account_id}  written: {folder / checkpoint.file_name}")
                dropped += drop_archived(planned.account_id, folder=folder)
        except (ApiError, ExportBroken, OSError) as error:
            words = error.message if isinstance(error, ApiError) else str(error)
            self.stderr.write(f"{planned.account_id}  {words}")
            return False
        self.stdout.write(f"{planned.account_id}  dropped: {dropped} entries")
        return True


def _before(options: dict[str, Any]) -> datetime:
    if options["before"]:
        return datetime.combine(options["before"], time(), tzinfo=UTC)
    if not 0 <= options["keep_days"] <= MOST_DAYS:
        raise CommandError(f"--keep-days takes a number from 0 to {MOST_DAYS}.")
    return timezone.now() - timedelta(days=options["keep_days"])
