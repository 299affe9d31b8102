"""Scans for the tests of what a scan does: plans built small, sent by the engineer of the tests' account."""

import json
from typing import Any

from alerts.models import Alert
from audit.models import AuditLog
from drifts.actions.ingest import Ingested, Submission, ingest_scan
from drifts.models import Drift
from tests.drifts.ingest.plans import entry, no_op, plan

STACK = "payments-prod"
WEB = "aws_instance.web"
TLS = {"from_port": 443, "to_port": 443, "protocol": "tcp", "cidr_blocks": ["10.0.0.0/8"]}
SSH = {"from_port": 22, "to_port": 22, "protocol": "tcp", "cidr_blocks": ["0.0.0.0/0"]}
REASON = "Reviewed with the owning team."


def instance(address: str = WEB, *, size: str = "t3.large", **more: Any) -> dict[str, Any]:
    """An instance that should be a t3.micro and is of another size."""
    place = {"id": f"i-{address}", "availability_zone": "us-east-1a"}
    before = {**place, "instance_type": "t3.micro", "tenancy": "default"}
    return entry(address, **{"before": before, "after": {**before, "instance_type": size}, **more})


def open_group(address: str = "aws_security_group.door") -> dict[str, Any]:
    """A security group that somebody opened to the whole internet: critical."""
    before = {"id": "sg-1", "ingress": [TLS]}
    return entry(address, before=before, after={**before, "ingress": [TLS, SSH]})


def drifted(*entries: dict[str, Any], clean: tuple[str, ...] = (), **more: Any) -> bytes:
    """A complete plan with some drift and some resources that are as they should be."""
    return plan(list(entries), [no_op(address) for address in clean], **more)


def clean(*addresses: str, **more: Any) -> bytes:
    """A complete plan that finds nothing wrong."""
    return plan([], [no_op(address) for address in addresses], **more)


def spelt_otherwise(body: bytes) -> bytes:
    """The same content in other bytes."""
    return json.dumps(json.loads(body), indent=1).encode()


def ingest(world: Any, body: bytes, *, stack: str = STACK, **more: Any) -> Ingested:
    """Send a scan as the engineer."""
    return ingest_scan(world.account.pk, body, Submission(stack=stack, **more), by=world.actor(world.engineer))


def only_drift(**where: Any) -> Drift:
    """The one drift there is."""
    return Drift.objects.select_related("stack").get(**where)


def facts(world: Any, kind: str = "") -> list[AuditLog]:
    """The journal of the account, or the entries of one kind in it."""
    found = AuditLog.objects.filter(account=world.account, kind__startswith=kind)
    return list(found.order_by("seq"))


def kinds_after(world: Any, seq: int) -> list[str]:
    """What happened after an entry of the journal."""
    return [fact.kind for fact in facts(world) if fact.seq > seq]


def head(world: Any) -> int:
    """The journal's last number."""
    return max((fact.seq for fact in facts(world)), default=0)


def alerts(**where: Any) -> list[Alert]:
    """Alerts, oldest first."""
    return list(Alert.objects.filter(**where).order_by("id"))
