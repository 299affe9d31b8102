"""`manage.py refresh_prices`: newer prices from the AWS Price List."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from costs.actions import store_prices
from costs.price_list import SERVICES
from costs.price_list_api import SOURCE, PriceListError, pricing_client, read_prices
from costs.prices import price_tables

EVERY_REGION = tuple(sorted({region for table in price_tables().values() for region in table.figures}))
"""The regions that the package has any figure of."""


class Command(BaseCommand):
    """Read prices, store them, and say how many."""

    help = (
        "Read on-demand list prices from the AWS Price List (the permission pricing:GetProducts is all it takes) and "
        "let them take the place of the older ones, for all accounts and processes. Drifts keep the figures they were "
        "priced with until a scan shows them again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the options."""
        parser.add_argument("--region", action="append", help="a region; may be repeated; all known ones otherwise")
        parser.add_argument(
            "--service", action="append", choices=sorted(SERVICES), help="may be repeated; all of them otherwise"
        )
        parser.add_argument("--dry-run", action="store_true", help="read and count, store nothing")
        parser.add_argument("--endpoint-url", help="where the Price List API is, if not at AWS")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read each service of each region whole, then store it; the first refusal ends it."""
        try:
            client = pricing_client(options["endpoint_url"])
            for region in options["region"] or EVERY_REGION:
                for name in options["service"] or SERVICES:
                    self._refresh(client, SERVICES[name], region, dry_run=options["dry_run"])
        except PriceListError as error:
            raise CommandError(str(error)) from error

    def _refresh(self, client: Any, service: str, region: str, *, dry_run: bool) -> None:
        prices = read_prices(client, service, region)
        told = f"{service} in {region}: {prices.count} prices"
        if prices.ambiguous:
            told += f", {prices.ambiguous} left out that are listed at several"
        if not prices.count:
            self.stdout.write(f"{told}; what was known before stays.")
            return
        if not dry_run:
            store_prices(service, region, prices, source=SOURCE, on=timezone.now().date())
        self.stdout.write(f"{told}{', not stored' if dry_run else ''}.")
