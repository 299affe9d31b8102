"""Small plans and findings for the tests of the ingest path."""

from __future__ import annotations

import json
import re
from typing import Any

from drifts.findings import Assessment, Finding, Json, JsonObject, Judged, Kind, Mask
from drifts.ingest.formats.base import ParseOptions
from drifts.ingest.pipeline import assess
from drifts.ingest.policy import judge

KEY = b"a key of the tests"
LIMIT = 1 << 24
AWS = "registry.terraform.io/hashicorp/aws"


def entry(address: str = "aws_instance.web", *, actions: tuple[str, ...] = ("update",), **more: Any) -> dict[str, Any]:
    """One entry of `resource_drift` or `resource_changes`; names of `change` and of the entry may be given freely."""
    own_type, name = re.sub(r"\[[^\]]*\]", "", address).split(".")[-2:]
    change: dict[str, Any] = {"actions": list(actions), "before": {"id": "i-1"}, "after": {"id": "i-1"}}
    change.update({"after_unknown": {}, "before_sensitive": {}, "after_sensitive": {}})
    change.update({key: more.pop(key) for key in list(more) if key in change})
    base = {"address": address, "mode": "managed", "type": own_type, "name": name, "provider_name": AWS}
    return {**base, "change": change, **more}


def no_op(address: str, values: JsonObject | None = None, **more: Any) -> dict[str, Any]:
    """An entry of `resource_changes` about which nothing is to be done."""
    values = values or {"id": "i-1"}
    return entry(address, actions=("no-op",), before=values, after=values, **more)


def plan(drift: list[dict[str, Any]] | None = None, changes: list[dict[str, Any]] | None = None, **more: Any) -> bytes:
    """A plan; `None` leaves the list out altogether."""
    document: dict[str, Any] = {"format_version": "1.2", "terraform_version": "1.9.5"}
    if drift is not None:
        document["resource_drift"] = drift
    if changes is not None:
        document["resource_changes"] = changes
    return json.dumps({**document, **more}).encode()


def assessed(body: bytes, **options: Any) -> Assessment:
    """What a body says."""
    return assess(body, limit=LIMIT, options=ParseOptions(**options))


def judged(assessment: Assessment, *, environment: str = "", key: bytes = KEY) -> Judged:
    """What is worth recording of it."""
    return judge(assessment, account_id="account", stack="stack", environment=environment, masking_key=key)


def finding(
    expected: JsonObject | None,
    actual: JsonObject | None,
    *,
    sensitive: Mask = False,
    provider_type: str = "aws_instance",
    **more: Any,
) -> Finding:
    """A finding; its kind follows from which sides are there."""
    kind = Kind.MODIFIED if expected and actual else Kind.DELETED if expected else Kind.UNMANAGED
    return Finding(
        **{
            "address": f"{provider_type}.one",
            "provider_type": provider_type,
            "kind": kind,
            "expected": expected,
            "actual": actual,
            "sensitive": sensitive,
            "resource_id": "i-1",
            **more,
        }
    )


def judged_findings(*findings: Finding, environment: str = "", key: bytes = KEY) -> Judged:
    """What is worth recording of findings."""
    return judged(Assessment("terraform-plan", "1.9.5", findings, complete=True), environment=environment, key=key)


def policy(*statements: Json, **more: Json) -> str:
    """An IAM policy document as text."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **more})


def changed(address: str = "aws_instance.web", **more: Any) -> dict[str, Any]:
    """An entry that tells of a change."""
    return entry(address, **{"before": {"id": "i-1", "size": "s"}, "after": {"id": "i-1", "size": "l"}, **more})
