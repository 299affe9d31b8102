"""Runs every measurement in a database of its own and prints one table."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import django
from rich.console import Console
from rich.table import Table

from driftsentry.api import tenancy
from driftsentry.local.running import throwaway

if TYPE_CHECKING:
    from tests.benchmarks.measured import Figure

PASSWORD = "correct horse battery"


@contextmanager
def database() -> Iterator[None]:
    """A database of its own on whatever engine `DATABASE_URL` names, else on one that goes with it."""
    named = os.environ.get("DATABASE_URL")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "driftsentry.settings")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    with nullcontext() if named else throwaway(redis_required=False) as running:
        if running:
            os.environ.update(running.environment())
        django.setup()
        from django.db import connection
        from django.test.utils import setup_test_environment

        setup_test_environment(debug=False)
        own = connection.settings_dict
        before, own["TEST"]["NAME"] = own["NAME"], f"bench_{os.getpid()}"
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            yield
        finally:
            connection.close()
            connection.creation.destroy_test_db(before, verbosity=0)


def figures() -> Iterator["Figure"]:
    """Every measurement, one after the other."""
    from rest_framework.test import APIClient

    from accounts import actions
    from audit.actors import Actor
    from driftsentry.api.access import Role
    from tests.benchmarks.authenticating import authenticating
    from tests.benchmarks.exporting import exporting
    from tests.benchmarks.grouping import grouping
    from tests.benchmarks.ingesting import ingesting
    from tests.benchmarks.journalling import journalling
    from tests.benchmarks.paging import paging
    from tests.benchmarks.streaming import streaming
    from tests.benchmarks.walling import walling

    system = Actor.system("benchmarks")
    account = actions.create_account("bench", by=system)
    email = "bench@bench.example"
    user = actions.create_user(account, email=email, name="", role=Role.ENGINEER, password=PASSWORD, by=system)
    client = APIClient()
    token = actions.log_in(email=email, password=PASSWORD, by=system).tokens.access
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    yield from authenticating(user)
    yield from ingesting(user)
    yield from journalling(user)
    yield from paging(user, client)
    yield from exporting(user, client)
    yield from walling(user, client)
    yield from grouping(user, client)
    yield from streaming(user, PASSWORD)


def table(measured: list["Figure"]) -> Table:
    """The report."""
    made = Table(title="The ratio is to the baseline for as many rows on the same engine.", title_justify="left")
    for heading in ("What", "Units", "Time", "Units a second", "Baseline", "Baseline's time", "Ratio"):
        made.add_column(heading, justify="left" if heading in {"What", "Baseline"} else "right")
    for one in measured:
        made.add_row(
            one.what,
            f"{one.units:,}",
            f"{one.seconds * 1000:,.1f} ms",
            f"{one.rate:,.0f}",
            one.baseline,
            f"{one.baseline_seconds * 1000:,.1f} ms",
            f"{one.ratio:,.1f}x",
        )
    return made


def main() -> None:
    """Measure and print."""
    with tenancy.lifted("benchmarks speak for no account"), database():
        measured = list(figures())
    Console(width=120).print(table(measured))


if __name__ == "__main__":
    main()
