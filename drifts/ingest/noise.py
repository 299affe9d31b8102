"""Attributes whose difference is no drift: a table, each line with its reason, all of them overridable.

Values that merely are spelt differently never come here: `canonical` has made them equal already.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from drifts.globs import glob_match
from drifts.ingest.difference import Change


@dataclass(frozen=True, slots=True)
class NoiseRule:
    """One kind of difference that means nothing."""

    types: str
    """Glob over the provider's type."""
    attribute: str
    """Glob over the attribute's path without indices; what lies below it is meant, too."""
    reason: str
    """Why it means nothing, for a person."""


NOISE: tuple[NoiseRule, ...] = (
    NoiseRule("*", "etag", "The provider's own version stamp; it follows every change, also harmless ones."),
    NoiseRule("*", "*.etag", "The provider's own version stamp."),
    NoiseRule("*", "last_modified", "A time stamp of the provider."),
    NoiseRule("*", "last_modified_*", "A time stamp of the provider."),
    NoiseRule("*", "last_updated*", "A time stamp of the provider."),
    NoiseRule("*", "updated_at", "A time stamp of the provider."),
    NoiseRule("*", "update_time", "A time stamp of the provider."),
    NoiseRule("*", "version_id", "The provider numbers its versions itself."),
    NoiseRule("*", "latest_*", "Points at whatever is newest; it moves by itself."),
    NoiseRule("*", "*_serial", "A counter of the provider."),
    NoiseRule("*", "serial", "A counter of the provider."),
    NoiseRule("*", "timeouts*", "How long Terraform waits; no property of the resource."),
    NoiseRule("aws_instance", "password_data", "Encrypted anew at every reading."),
    NoiseRule("aws_instance", "instance_state", "Running or stopped is operation, not configuration."),
    NoiseRule("aws_instance", "public_ip", "Given anew at every start."),
    NoiseRule("aws_instance", "public_dns", "Given anew at every start."),
    NoiseRule("aws_db_instance", "latest_restorable_time", "Moves on every few minutes."),
    NoiseRule("aws_db_instance", "status", "Operation, not configuration."),
    NoiseRule("aws_rds_cluster*", "latest_restorable_time", "Moves on every few minutes."),
    NoiseRule("aws_lambda_function", "qualified_*", "Names the newest version; it follows the code."),
    NoiseRule("aws_lambda_function", "version", "The provider numbers its versions itself."),
    NoiseRule("aws_autoscaling_group", "predicted_capacity", "The scaler's forecast."),
    NoiseRule("aws_autoscaling_group", "warm_pool_size", "Operation, not configuration."),
    NoiseRule("aws_ecs_service", "task_definition_revision", "The provider numbers its revisions itself."),
    NoiseRule("aws_dynamodb_table", "stream_label", "A time stamp of the provider."),
    NoiseRule("aws_iam_*", "*last_used*", "Records use, not configuration."),
    NoiseRule("aws_iam_role", "role_last_used*", "Records use, not configuration."),
    NoiseRule("aws_cloudfront_distribution", "in_progress_validation_batches", "Operation, not configuration."),
    NoiseRule("aws_kinesis_firehose_delivery_stream", "version_id", "The provider numbers its versions itself."),
)

_TAGS_ALL = re.compile(r"(?<![^.])tags_all(?=[.\[]|\Z)")
TAGS_ECHO = "Repeats the difference of tags."
ARN_ECHO = "The same object, its ARN spelt differently."


def noise_reason(change: Change, provider_type: str, rules: Iterable[NoiseRule] = NOISE) -> str:
    """Return why a change means nothing, '' where it means something.

    Args:
        change: One attribute that differs.
        provider_type: The resource's type.
        rules: The table; an account may bring its own.
    """
    for rule in rules:
        whole_or_part = (rule.attribute, f"{rule.attribute}.*", f"{rule.attribute}[*")
        if glob_match(provider_type, rule.types) and glob_match(change.attribute, *whole_or_part):
            return rule.reason
    if change.path in {"arn", "id"} and _same_arn(change.expected, change.actual):
        return ARN_ECHO
    return ""


def echo_reason(change: Change, paths: dict[str, Change]) -> str:
    """Return why a change only repeats another one of the same resource, else ''.

    Args:
        change: One attribute that differs.
        paths: All that differ, by path.
    """
    echoed = _TAGS_ALL.sub("tags", change.path)
    if echoed == change.path:
        return ""
    twin = paths.get(echoed)
    return TAGS_ECHO if twin is not None and twin.actual_canonical == change.actual_canonical else ""


def _same_arn(one: object, other: object) -> bool:
    """Say whether two ARNs differ in nothing but case, a trailing `:*` or a trailing slash."""
    if not (isinstance(one, str) and isinstance(other, str) and one.startswith("arn:")):
        return False
    return _bare(one) == _bare(other)


def _bare(arn: str) -> str:
    return arn.removesuffix(":*").rstrip("/").lower()
