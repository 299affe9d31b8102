"""Attributes in which a provider takes an object's name or its ARN, and may give back the other one: a table.

A name stands for the object of that name in the resource's own account and region. So an ARN only means the same where
it names both of these; one of another account is a real change.
"""

from __future__ import annotations

import re

from drifts.globs import glob_pattern

EITHER: tuple[str, ...] = (
    "aws_ecs_service.cluster",
    "aws_ecs_service.task_definition",
    "aws_ecs_task_set.cluster",
    "aws_ecs_task_set.task_definition",
    "aws_lambda_alias.function_name",
    "aws_lambda_permission.function_name",
    "aws_lambda_event_source_mapping.function_name",
    "aws_lambda_provisioned_concurrency_config.function_name",
    "aws_lambda_function_event_invoke_config.function_name",
    "aws_cloudwatch_event_rule.event_bus_name",
    "aws_cloudwatch_event_target.event_bus_name",
    "aws_cloudwatch_event_permission.event_bus_name",
    "aws_codebuild_webhook.project_name",
    "aws_*.kms_key_id",
    "aws_*.kms_master_key_id",
    "aws_*.performance_insights_kms_key_id",
    "aws_*.replication_source_identifier",
    "aws_db_instance.replicate_source_db",
    "AWS::ECS::Service.Cluster",
    "AWS::ECS::Service.TaskDefinition",
    "AWS::Lambda::*.FunctionName",
    "AWS::*.KmsKeyId",
    "AWS::*.KMSKeyId",
    "AWS::*.KmsMasterKeyId",
)
"""Globs over `type.path`, without indices. Sources: the Terraform AWS provider's and CloudFormation's references, where
they say "name or ARN", "key ID or ARN"."""

NAME_OR_ARN = "The same object, once by its name and once by its ARN."

_EITHER = glob_pattern(*EITHER)
_ARN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):(?P<service>[a-z0-9-]+):(?P<region>[a-z0-9-]*):(?P<account>\d{12}|):(?P<rest>.+)",
    re.DOTALL,
)
_MAX_TEXT = 2048


def is_name_of(provider_type: str, attribute: str, one: object, other: object, *, own: tuple[str, str]) -> bool:
    """Say whether one side names the object whose ARN is the other side.

    Args:
        provider_type: The resource's type.
        attribute: The attribute's path, without indices.
        one: One side.
        other: The other side.
        own: The resource's own account and region; where either is '' nothing is said to be the same.
    """
    if (
        not (isinstance(one, str) and isinstance(other, str))
        or _EITHER.fullmatch(f"{provider_type}.{attribute}") is None
    ):
        return False
    return _names(one, other, own) or _names(other, one, own)


def _names(name: str, arn: str, own: tuple[str, str]) -> bool:
    found = _ARN.fullmatch(arn) if len(arn) <= _MAX_TEXT else None
    if found is None or not name or name.startswith("arn:") or not all(own):
        return False
    if (found["account"], found["region"]) != own:
        return False
    sort, named = re.split(r"[:/]", found["rest"] + ":", maxsplit=1)
    return name == (found["rest"] if sort == "alias" else named.removesuffix(":"))
