"""`manage.py ingest`: a tool's own output from a file or standard input, without HTTP."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from accounts.models import Account
from audit.actors import Actor
from drifts.actions.ingest import Ingested, Submission, ingest_scan
from drifts.ingest.errors import FormatError
from drifts.ingest.formats.base import Mode
from drifts.models import Drift, Scan
from driftsentry.api.errors import ApiError

SHOWN = 50


class Command(BaseCommand):
    """Ingest a plan and print what was found, in a table."""

    help = "Ingest a drift tool's own output (a file, or - for standard input) and print what was found."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the options."""
        parser.add_argument("file", help="a file with the tool's output; - reads standard input")
        parser.add_argument("--stack", required=True, help="the stack's name; an unknown one is made")
        parser.add_argument("--account", help="the account's name; not needed where there is only one")
        parser.add_argument("--format", default="", help="the format; recognised by content when left out")
        parser.add_argument("--mode", default=Mode.DRIFT.value, choices=[mode.value for mode in Mode])
        parser.add_argument("--environment", default="", help="production, staging, …; weighs on severity")
        parser.add_argument("--complete", action="store_true", default=None, help="vouch that nothing is missing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, ingest, print."""
        account = _account(options["account"])
        submission = Submission(
            stack=options["stack"],
            format_name=options["format"],
            mode=Mode(options["mode"]),
            complete=options["complete"],
            environment=options["environment"],
            detected_by=Scan.Sources.MANUAL.value,
        )
        try:
            found = ingest_scan(account.pk, _read(options["file"]), submission, by=Actor.system("manage.py ingest"))
        except FormatError as error:
            raise CommandError(f"{error.message} {error.hint}".strip()) from error
        except ApiError as error:
            raise CommandError(error.message) from error
        self._print(found)

    def _print(self, found: Ingested) -> None:
        scan = found.scan
        words = "recorded" if found.created else "known already: the same bytes are the same scan"
        self.stdout.write(f"Scan {scan.pk} of {scan.stack.name} ({scan.format} {scan.tool_version}): {words}.")
        self.stdout.write(
            f"{scan.resources_checked} resources checked: {scan.drifts_new} new, {scan.drifts_changed} changed, "
            f"{scan.drifts_recurring} seen again, {scan.drifts_resolved} resolved, {scan.drifts_ignored} noise."
        )
        if not scan.is_complete:
            self.stdout.write(f"Nothing was resolved: {scan.incomplete_reason}")
        drifts = list(Drift.objects.filter(stack=scan.stack).open().order_by("severity_rank", "-id")[:SHOWN])
        if drifts:
            console = Console(file=self.stdout, width=None if self.stdout.isatty() else 140)  # type: ignore[arg-type]
            console.print(_table(drifts, scan.stack.name))


def _table(drifts: list[Drift], stack: str) -> Table:
    table = Table(title=f"Open drifts of {stack}", title_justify="left")
    for heading in ("Severity", "Kind", "Resource", "Why", "USD/month", "Status"):
        table.add_column(heading, overflow="fold", justify="right" if heading == "USD/month" else "left")
    for drift in drifts:
        cost = f"{drift.cost_impact_monthly:+,.2f}" if drift.cost_impact_monthly is not None else drift.cost_basis
        table.add_row(drift.severity, drift.kind, drift.address, drift.severity_reason, cost, drift.status)
    return table


def _account(name: str | None) -> Account:
    accounts = list(Account.objects.filter(**({"name": name} if name else {}))[:2])
    if not accounts:
        raise CommandError(f"There is no account {name!r}." if name else "There is no account yet: createsuperuser.")
    if len(accounts) > 1:
        raise CommandError("There are several accounts; name one with --account.")
    return accounts[0]


def _read(file: str) -> bytes:
    most = settings.MAX_SCAN_BODY_BYTES + 1
    if file == "-":
        return sys.stdin.buffer.read(most)
    try:
        with Path(file).open("rb") as opened:
            return opened.read(most)
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
