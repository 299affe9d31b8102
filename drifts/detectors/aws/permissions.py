"""What DriftSentry may ask AWS: every action with its reason, and the smallest IAM policy made of them. Pure.

All of them read, but for the two that start CloudFormation's own drift detection, which changes no resource.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from drifts.findings import Json, JsonObject


class Part(StrEnum):
    """What the permissions are for."""

    SCAN = "scan"
    """The scanner: `detector: aws`."""
    STATE = "state"
    """Reading the state from S3."""
    UNMANAGED = "unmanaged"
    """Naming what no code wants."""
    CLOUDFORMATION = "cloudformation"
    """`detector: cloudformation`."""
    ATTRIBUTION = "attribution"
    """Saying who did it, from CloudTrail."""
    PRICES = "prices"
    """`manage.py refresh_prices`."""


@dataclass(frozen=True, slots=True)
class Permission:
    """One action and why it is needed."""

    action: str
    """IAM's name of it."""
    why: str
    part: Part = Part.SCAN
    operation: str = ""
    """The API's operation, `s3:GetBucketEncryption`, where it is named otherwise."""


PERMISSIONS: tuple[Permission, ...] = (
    Permission("ec2:DescribeInstances", "Instances, hundreds a call."),
    Permission("ec2:DescribeVolumes", "The volumes of instances: size, type, encryption."),
    Permission("ec2:DescribeSecurityGroups", "Security groups with their rules."),
    Permission("ec2:DescribeSecurityGroupRules", "Rules that are resources of their own, by their ids."),
    Permission("rds:DescribeDBInstances", "Database instances, a hundred a call."),
    Permission("iam:GetAccountAuthorizationDetails", "All roles with their policies in a few calls."),
    Permission("iam:ListRoles", "Descriptions of roles and how long their sessions last."),
    Permission("s3:GetBucketTagging", "Whether a bucket is there, and its tags."),
    Permission("s3:GetBucketVersioning", "Whether a bucket keeps versions."),
    Permission("s3:GetEncryptionConfiguration", "How a bucket encrypts.", operation="s3:GetBucketEncryption"),
    Permission("s3:GetBucketPublicAccessBlock", "Whether it may be public.", operation="s3:GetPublicAccessBlock"),
    Permission("s3:GetBucketPolicy", "Who may use a bucket."),
    Permission("s3:GetBucketAcl", "Who may use a bucket, the older way."),
    Permission("s3:GetBucketLogging", "Where access to a bucket is logged."),
    Permission("s3:GetObject", "The state itself.", Part.STATE),
    Permission("s3:ListAllMyBuckets", "Buckets that no code wants.", Part.UNMANAGED, "s3:ListBuckets"),
    Permission("cloudformation:DetectStackDrift", "Starts CloudFormation's detection.", Part.CLOUDFORMATION),
    Permission("cloudformation:DetectStackResourceDrift", "CloudFormation asks for it.", Part.CLOUDFORMATION),
    Permission("cloudformation:DescribeStackDriftDetectionStatus", "Whether it is done.", Part.CLOUDFORMATION),
    Permission("cloudformation:DescribeStackResourceDrifts", "What it found.", Part.CLOUDFORMATION),
    Permission("cloudformation:BatchDescribeTypeConfigurations", "CloudFormation asks for it.", Part.CLOUDFORMATION),
    Permission("cloudformation:ListStackResources", "What the stack holds.", Part.CLOUDFORMATION),
    Permission("cloudtrail:LookupEvents", "Who made the change, when and from where.", Part.ATTRIBUTION),
    Permission("pricing:GetProducts", "The price list.", Part.PRICES),
)
"""All there is. `sts:GetCallerIdentity` is always allowed; `sts:AssumeRole` belongs to the server, not to the role."""

ALWAYS_ALLOWED = frozenset({"sts:GetCallerIdentity"})
"""Operations for which no permission exists."""

_STATE_ARN = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[^\x00-\x1f*?$]{1,1024}")


def action_of(operation: str) -> str:
    """Return the action that an operation needs.

    Args:
        operation: As the API names it: `s3:GetBucketEncryption`.
    """
    return next((one.action for one in PERMISSIONS if one.operation == operation), operation)


def policy_of(parts: Collection[Part], *, state: str = "", partition: str = "aws") -> JsonObject:
    """Return the smallest policy for some parts, as IAM takes it.

    Args:
        parts: What it is to be good for.
        state: `bucket/key` of the state in S3; only that object may be read. Needed with `Part.STATE`.
        partition: aws, aws-cn or aws-us-gov.

    Raises:
        ValueError: The state is asked for and not named, or its name holds a wildcard.
    """
    statements: list[Json] = []
    for part in Part:
        actions = sorted(one.action for one in PERMISSIONS if one.part is part)
        if part not in parts or not actions:
            continue
        resource = "*"
        if part is Part.STATE:
            if not _STATE_ARN.fullmatch(state):
                raise ValueError("Name the state as bucket/key.")
            resource = f"arn:{partition}:s3:::{state}"
        statement: JsonObject = {
            "Sid": f"DriftSentry{part.value.capitalize()}",
            "Effect": "Allow",
            "Action": [*actions],
            "Resource": resource,
        }
        statements.append(statement)
    return {"Version": "2012-10-17", "Statement": statements}


def trust_of(principal: str, external_id: str) -> JsonObject:
    """Return the trust policy of a role that DriftSentry takes on.

    Args:
        principal: The ARN that the server runs as.
        external_id: What it must say: the account's own.
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": principal},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
            }
        ],
    }
