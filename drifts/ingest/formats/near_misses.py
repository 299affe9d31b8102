"""Files that are not what a drift scan is made of and are sent all the same: what each is, and what to send."""

from __future__ import annotations

from dataclasses import dataclass

from drifts.ingest.json_walk import Members

_PLAN = "Send a plan: terraform plan -refresh-only -out PLAN, then terraform show -json PLAN (or tofu)."
_STACK = "Send the answer of: aws cloudformation describe-stack-resource-drifts --stack-name NAME."
_PULUMI = "Send the output of: pulumi refresh --preview-only --json."


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A kind of file that no parser reads."""

    keys: frozenset[str]
    """What its first object always has."""
    what: str
    """What it is, in words."""
    send: str
    """What to send instead."""


def _miss(keys: str, what: str, send: str) -> NearMiss:
    return NearMiss(frozenset(keys.split()), what, send)


NEAR_MISSES: tuple[NearMiss, ...] = (
    _miss(
        "encrypted_data encryption_version",
        "This is an encrypted OpenTofu state or plan, which cannot be read without its key.",
        "Where the key is: tofu show -json PLAN.",
    ),
    _miss(
        "version serial lineage",
        "This is a Terraform state file, not a plan: it tells what was recorded, not what has drifted.",
        _PLAN,
    ),
    _miss("version serial resources", "This is a Terraform state file, not a plan.", _PLAN),
    _miss("version serial modules", "This is a Terraform state file of version 3 or older, not a plan.", _PLAN),
    _miss("format_version values", "This is the JSON of a Terraform state, not of a plan.", _PLAN),
    _miss("format_version provider_schemas", "This is the JSON of provider schemas, not of a plan.", _PLAN),
    _miss("format_version valid diagnostics", "This is the answer of terraform validate, not a plan.", _PLAN),
    _miss("version projects totalMonthlyCost", "This is Infracost's estimate: prices, and no drift.", _PLAN),
    _miss(
        "payload_version notification_configuration_id",
        "This is a notification of HCP Terraform, which counts drifts and names none.",
        "Send the assessment result's json-output.",
    ),
    _miss(
        "account run stack stateVersion",
        "This is a webhook of Spacelift, which counts changes and names none.",
        _PLAN,
    ),
    _miss(
        "configurationItems",
        "These are configuration items of AWS Config: they tell what changed, not what was wanted.",
        f"{_PLAN} {_STACK}",
    ),
    _miss(
        "configurationItem messageType",
        "This is a notification of AWS Config: it tells what changed, not what was wanted.",
        f"{_PLAN} {_STACK}",
    ),
    _miss(
        "configurationItemStatus resourceType",
        "This is a configuration item of AWS Config: it tells what changed, not what was wanted.",
        f"{_PLAN} {_STACK}",
    ),
    _miss("version deployment", "This is an exported Pulumi stack: a state, not a preview.", _PULUMI),
    _miss("AWSTemplateFormatVersion Resources", "This is a CloudFormation template.", _STACK),
    _miss("Stacks", "This is the answer of describe-stacks, which names no drifted resource.", _STACK),
    _miss("StackDriftDetectionId", "This only says that a drift detection has begun.", _STACK),
    _miss("ChangeSetName Changes", "This is a CloudFormation change set: what a template wants to change.", _STACK),
    _miss(
        "apiVersion kind metadata",
        "This is a Kubernetes object (Argo CD and Crossplane say whether it is in sync, never how it differs).",
        "Send what compares code with the cloud: see the known formats.",
    ),
    _miss(
        "resource liveRaw schema",
        "This is a reading by cdk-real-drift of one resource, not a scan of a stack.",
        f"{_STACK} Or send both states of one resource to POST /api/v1/drifts.",
    ),
    _miss("check_type results summary", "This is Checkov's report on code, not on what is deployed.", _PLAN),
    _miss("SchemaVersion Results", "This is Trivy's report on code, not on what is deployed.", _PLAN),
    _miss(
        "@level @message",
        "This is the log of terraform plan -json: the format terraform-plan-stream.",
        "Leave the format out, and it is recognised.",
    ),
    _miss("runs $schema version", "This is a SARIF report on code, not on what is deployed.", _PLAN),
)
"""In the order they are tried."""


def near_miss(members: Members) -> NearMiss | None:
    """Return what an object is that no format recognises; None where that is not known either.

    Args:
        members: The first object of a body.
    """
    return next((one for one in NEAR_MISSES if one.keys <= members.keys()), None)
