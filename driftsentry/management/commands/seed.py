"""`manage.py seed`: people, drifts and decisions to try DriftSentry with."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from audit.actors import Actor
from driftsentry.api.access import Role
from driftsentry.seed.channels import seed_channels
from driftsentry.seed.drifts import seed_drifts, seed_history
from driftsentry.seed.people import PEOPLE, seed_people


class Command(BaseCommand):
    """Seed through the same actions that people use; a second run changes nothing."""

    help = "Make the demo account with three users, five drifts and their journal. Safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the options."""
        parser.add_argument("--demo", action="store_true", help="add a realistic plan and 30 days of history")
        parser.add_argument("--force", action="store_true", help="do it outside development: known passwords!")

    def handle(self, *args: Any, **options: Any) -> None:
        """Seed, and say who can log in."""
        if settings.PRODUCTION and not options["force"]:
            raise CommandError("seed makes users with known passwords; outside development it needs --force.")
        seeder = Actor.system("seed")
        account, people = seed_people(by=seeder)
        seed_channels(account.pk, by=seeder)
        seed_drifts(account.pk, reporter=seeder, engineer=_actor(people[Role.ENGINEER]))
        if options["demo"]:
            seed_history(account.pk, by=seeder)
        for email, password, _, role in PEOPLE:
            self.stdout.write(f"{role.value:<9} {email:<28} {password}")


def _actor(user: User) -> Actor:
    return Actor(id=user.pk, email=user.email, role=user.role)
