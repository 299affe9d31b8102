"""`manage.py aws_policy`: the smallest IAM policy that lets DriftSentry read an AWS account."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Account
from drifts.actions.detection import aws_external_id
from drifts.detectors.aws.permissions import PERMISSIONS, Part, policy_of, trust_of

_FLAGS = {
    Part.UNMANAGED: "name buckets that no code wants (the stack's unmanaged: true)",
    Part.CLOUDFORMATION: "CloudFormation's own drift detection (detector: cloudformation)",
    Part.ATTRIBUTION: "who made a change, from CloudTrail",
    Part.PRICES: "manage.py refresh_prices",
}


class Command(BaseCommand):
    """Print the policy, or what each action is for."""

    help = "Print the smallest IAM policy for reading an AWS account, as JSON. Without flags: the scanner's own part."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the options."""
        for part, words in _FLAGS.items():
            parser.add_argument(f"--{part.value}", action="store_true", help=f"also: {words}")
        parser.add_argument("--all", action="store_true", help="all of these")
        parser.add_argument("--without-scan", action="store_true", help="leave the scanner's own part out")
        parser.add_argument(
            "--state", default="", metavar="s3://BUCKET/KEY", help="also: read this state, and no other"
        )
        parser.add_argument("--partition", default="aws", choices=["aws", "aws-cn", "aws-us-gov"])
        parser.add_argument(
            "--explain", action="store_true", help="print why each action is needed, instead of the policy"
        )
        parser.add_argument(
            "--trust", default="", metavar="ARN", help="print the trust policy of a role for this principal"
        )
        parser.add_argument("--account", default="", metavar="NAME", help="whose stacks name it; goes with --trust")
        parser.add_argument(
            "--external-id",
            default="",
            help="instead of the account's own: the stack's externalId, on a server of one account",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print."""
        parts = _parts(options)
        if options["trust"]:
            self._print(trust_of(options["trust"], _external_id(options)))
        elif options["explain"]:
            chosen = [one for one in PERMISSIONS if one.part in parts]
            width = max((len(one.action) for one in chosen), default=0)
            for one in chosen:
                self.stdout.write(f"{one.action:<{width}}  {one.part.value}: {one.why}")
        else:
            try:
                state = options["state"].removeprefix("s3://")
                self._print(policy_of(parts, state=state, partition=options["partition"]))
            except ValueError as error:
                raise CommandError(str(error)) from error

    def _print(self, policy: Any) -> None:
        self.stdout.write(json.dumps(policy, indent=2))


def _external_id(options: dict[str, Any]) -> str:
    if bool(options["account"]) == bool(options["external_id"]):
        raise CommandError("A trust policy needs an external id: name the account whose stacks use it with --account.")
    if options["external_id"]:
        return str(options["external_id"])
    account = Account.objects.filter(name=options["account"]).first()
    if account is None:
        raise CommandError(f"There is no account {options['account']!r}.")
    return aws_external_id(account.pk)


def _parts(options: dict[str, Any]) -> set[Part]:
    parts = {part for part in _FLAGS if options["all"] or options[part.value]}
    if not options["without_scan"]:
        parts.add(Part.SCAN)
    if options["state"]:
        parts.add(Part.STATE)
    if not parts:
        raise CommandError("Nothing is left to allow: name a part, see --help.")
    return parts
