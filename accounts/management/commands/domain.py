"""`manage.py domain`: which e-mail domains belong to which account."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.actions.domains import add_domain, remove_domain
from accounts.models import Account, Domain
from audit.actors import Actor
from driftsentry.api.errors import ApiError

BY = Actor.system("manage.py domain")


class Command(BaseCommand):
    """Add, remove and list domains."""

    help = "Say which account the people of an e-mail domain belong to: single sign-on makes them its users."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        adding = verbs.add_parser("add", help="give a domain, which its people must own, to an account")
        adding.add_argument("name", help="e.g. example.com; not one of a public mail service")
        adding.add_argument("--account", required=True, help="the account's name")
        verbs.add_parser("remove", help="take a domain from its account").add_argument("name")
        verbs.add_parser("list", help="print all domains")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it."""
        try:
            match options["verb"]:
                case "add":
                    domain = add_domain(_account(options["account"]), options["name"], by=BY)
                    self.stdout.write(f"{domain.name} belongs to {domain.account.name} now.")
                case "remove":
                    remove_domain(options["name"], by=BY)
                    self.stdout.write("Removed. Users who have signed on before go on doing so.")
                case _:
                    for domain in Domain.objects.select_related("account"):
                        self.stdout.write(f"{domain.name}\t{domain.account.name}")
        except ApiError as error:
            raise CommandError(error.message) from error


def _account(name: str) -> Account:
    account = Account.objects.filter(name=name).first()
    if account is None:
        raise CommandError(f"There is no account called {name!r}.")
    return account
