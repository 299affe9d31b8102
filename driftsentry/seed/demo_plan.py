"""A realistic Terraform plan of a payments service, some 40 resources, as it would have looked on each day of a month.

The bytes of a day are always the same, so that seeding twice ingests nothing twice.
"""

import copy
import json
from dataclasses import dataclass
from typing import Any

ACCOUNT = "123456789012"
REGION = "us-east-1"
PROVIDER = "registry.terraform.io/hashicorp/aws"
ARN = f"arn:aws:{{}}:{REGION}:{ACCOUNT}:{{}}"
_PROVIDER_BLOCK = {"name": "aws", "full_name": PROVIDER, "expressions": {"region": {"constant_value": REGION}}}
SERVICES = ("api", "ledger", "webhooks", "reports")
ZONES = ("a", "b", "c")


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that was changed behind the code's back, for a while.

    Attributes:
        address: The resource.
        change: Attributes as they were found; None: the resource was gone.
        since: How many days ago it was first seen.
        until: How many days ago it was gone again; -1: it still is there.
    """

    address: str
    change: dict[str, Any] | None
    since: int
    until: int = -1


HAPPENINGS = (
    Happening("aws_instance.reports", {"instance_type": "m5.2xlarge"}, since=29, until=12),
    Happening("aws_instance.api[0]", {"instance_type": "m5.4xlarge"}, since=24),
    Happening("aws_db_instance.ledger", {"instance_class": "db.r5.2xlarge", "allocated_storage": 400}, since=18),
    Happening("aws_s3_bucket_versioning.reports", {"versioning_configuration": [{"status": "Suspended"}]}, since=18),
    Happening("aws_ebs_volume.ledger_archive", {"size": 2000}, since=12, until=3),
    Happening(
        "aws_security_group.api",
        {
            "ingress": [
                {"from_port": 443, "to_port": 443, "protocol": "tcp", "cidr_blocks": ["10.0.0.0/8"]},
                {"from_port": 22, "to_port": 22, "protocol": "tcp", "cidr_blocks": ["0.0.0.0/0"]},
            ]
        },
        since=7,
    ),
    Happening(
        "aws_iam_role.webhooks",
        {
            "assume_role_policy": json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}},
                        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "210987654321"}},
                    ],
                }
            )
        },
        since=3,
    ),
    Happening("aws_kms_key.ledger", {"enable_key_rotation": False}, since=3),
    Happening("aws_sqs_queue.webhooks", {"tags": {"service": "webhooks", "owner": "somebody-else"}}, since=3),
    Happening("aws_cloudwatch_log_group.reports", None, since=0),
    Happening("aws_db_instance.ledger", {"password": "changed-by-hand-2024"}, since=0),
)
DAYS = (29, 24, 18, 12, 7, 3, 0)
"""The days, counted back from today, on which the plan was made."""


def plan(days_ago: int) -> bytes:
    """The output of `terraform show -json` on a day.

    Args:
        days_ago: The day, counted back from today.
    """
    resources = _resources()
    found: dict[str, dict[str, Any] | None] = {
        address: copy.deepcopy(values) for address, (_, values) in resources.items()
    }
    for one in HAPPENINGS:
        if one.until < days_ago <= one.since:
            found[one.address] = None if one.change is None else (found[one.address] or {}) | one.change
    drift, changes = [], []
    for address, (kind, values) in resources.items():
        actual = found[address]
        if actual != values:
            drift.append(_entry(address, kind, ["update" if actual else "delete"], values, actual))
        planned = ["no-op"] if actual == values else ["update"] if actual else ["create"]
        changes.append(_entry(address, kind, planned, actual, values))
    document = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "resource_drift": [*drift, *_noise(resources)],
        "resource_changes": changes,
        "configuration": {"provider_config": {"aws": _PROVIDER_BLOCK}},
        "complete": True,
        "errored": False,
    }
    return json.dumps(document, sort_keys=True).encode()


def _noise(resources: dict[str, tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    """What every real plan holds and nobody wants to hear of: a null that became an empty map."""
    address = "aws_vpc.main"
    kind, values = resources[address]
    return [_entry(address, kind, ["update"], values, values | {"tags_all": values["tags"], "ipv6_cidr_block": ""})]


def _entry(address: str, kind: str, actions: list[str], before: Any, after: Any) -> dict[str, Any]:
    name, bracket, index = address.partition(".")[2].partition("[")
    entry = {
        "address": address,
        "mode": "managed",
        "type": kind,
        "name": name,
        "provider_name": PROVIDER,
        "change": {
            "actions": actions,
            "before": before,
            "after": after,
            "after_unknown": {},
            "before_sensitive": _sensitive(before),
            "after_sensitive": _sensitive(after),
        },
    }
    return entry | ({"index": int(index.rstrip("]"))} if bracket else {})


def _sensitive(values: Any) -> Any:
    return {"password": True} if isinstance(values, dict) and "password" in values else {}


def _resources() -> dict[str, tuple[str, dict[str, Any]]]:
    """Address → type and recorded values."""
    found: dict[str, tuple[str, dict[str, Any]]] = {}

    def add(kind: str, name: str, /, **values: Any) -> None:
        found[f"{kind}.{name}"] = (kind, values)

    add("aws_vpc", "main", id="vpc-0a1b2c3d", cidr_block="10.20.0.0/16", tags=None, region=REGION)
    for place, zone in enumerate(ZONES):
        for tier, offset in (("private", 0), ("public", 10)):
            subnet = {"id": f"subnet-{tier}-{zone}", "cidr_block": f"10.20.{place + offset}.0/24"}
            add("aws_subnet", f"{tier}[{place}]", **subnet, availability_zone=f"{REGION}{zone}")
    for number, service in enumerate(SERVICES):
        _add_service(add, service, number)
    _add_ledger(add)
    return found


def _add_service(add: Any, service: str, number: int) -> None:
    for place in range(2 if service == "api" else 1):
        name = f"{service}[{place}]" if service == "api" else service
        add(
            "aws_instance",
            name,
            id=f"i-0{number}{place}f00ba4",
            arn=ARN.format("ec2", f"instance/i-0{number}{place}f00ba4"),
            instance_type="t3.large",
            availability_zone=f"{REGION}{ZONES[place]}",
            tenancy="default",
            tags={"service": service},
        )
    ingress = [{"from_port": 443, "to_port": 443, "protocol": "tcp", "cidr_blocks": ["10.0.0.0/8"]}]
    add("aws_security_group", service, id=f"sg-0{number}c0ffee", name=f"payments-{service}", ingress=ingress)
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = {"id": f"payments-{service}", "arn": f"arn:aws:iam::{ACCOUNT}:role/payments-{service}"}
    add("aws_iam_role", service, **role, assume_role_policy=policy, max_session_duration=3600)
    log = {"id": f"/payments/{service}", "arn": ARN.format("logs", f"log-group:/payments/{service}")}
    add("aws_cloudwatch_log_group", service, **log, retention_in_days=90)
    function = {
        "id": f"payments-{service}-nightly",
        "arn": ARN.format("lambda", f"function:payments-{service}-nightly"),
    }
    add("aws_lambda_function", service, **function, runtime="python3.13", memory_size=256, timeout=60)
    queue = {"id": f"payments-{service}", "arn": ARN.format("sqs", f"payments-{service}")}
    add("aws_sqs_queue", service, **queue, visibility_timeout_seconds=60, tags={"service": service})


def _add_ledger(add: Any) -> None:
    add(
        "aws_db_instance",
        "ledger",
        id="payments-ledger",
        arn=ARN.format("rds", "db:payments-ledger"),
        engine="postgres",
        instance_class="db.r5.large",
        allocated_storage=200,
        storage_type="gp2",
        multi_az=True,
        publicly_accessible=False,
        storage_encrypted=True,
        deletion_protection=True,
        username="ledger",
        password="from-the-vault-7431",  # noqa: S106 - of a database that does not exist; shows that it is masked
    )
    add("aws_kms_key", "ledger", id="5f3c7a1e", arn=ARN.format("kms", "key/5f3c7a1e"), enable_key_rotation=True)
    add("aws_ebs_volume", "ledger_archive", id="vol-0a7c41", type="gp3", size=500, availability_zone=f"{REGION}a")
    for bucket in ("reports", "archive"):
        name = f"payments-{bucket}-prod"
        add("aws_s3_bucket", bucket, id=name, bucket=name, arn=f"arn:aws:s3:::{name}", region=REGION)
        enabled = [{"status": "Enabled"}]
        add("aws_s3_bucket_versioning", bucket, id=name, bucket=name, versioning_configuration=enabled)
