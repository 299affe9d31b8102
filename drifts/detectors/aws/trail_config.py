"""Whose trail is asked for a stack: what its `detectorConfig` says of that. Light: needs no boto3."""

from __future__ import annotations

from drifts.detectors.aws.config import CHECKS, AwsConfig, read_config
from drifts.detectors.base import BadConfig, DetectionError
from drifts.findings import Json, JsonObject

NAME = "attribution"
"""What `detectorConfig` may hold for a stack that no AWS detector scans."""
KNOWN = ("regions", "roleArn", "externalId", "endpointUrl")


def trail_config(detector: str, config: JsonObject) -> AwsConfig | None:
    """Return how a stack's account is read; None where nothing says so.

    Args:
        detector: The stack's.
        config: Its config.
    """
    try:
        if detector == "aws":
            return read_config(config)
        if detector == "cloudformation":
            return _made({**config, "regions": [config.get("region")]})
        told = config.get(NAME)
        check_attribution(told)
    except (BadConfig, DetectionError):
        return None
    return _made(told) if isinstance(told, dict) else None


def check_attribution(told: Json) -> None:
    """Refuse what stands under `attribution` where it will not do.

    Args:
        told: As a person wrote it; None for nothing.

    Raises:
        BadConfig: The first thing that is wrong with it.
    """
    if told is None:
        return
    if not isinstance(told, dict):
        raise BadConfig(NAME, 'Say how the account is read: {"roleArn": "arn:aws:iam::…"}.')
    for name, value in told.items():
        if name not in KNOWN:
            raise BadConfig(f"{NAME}.{name[:100]}", f"Known are: {', '.join(KNOWN)}.")
        if words := CHECKS[name](value):
            raise BadConfig(f"{NAME}.{name}", words)
    if "externalId" in told and "roleArn" not in told:
        raise BadConfig(f"{NAME}.externalId", "An external id goes with a role: name roleArn, too.")


def is_attribution(told: Json) -> bool:
    """Say whether what stands under `attribution` will do.

    Args:
        told: As a person wrote it; None for nothing.
    """
    try:
        check_attribution(told)
    except BadConfig:
        return False
    return True


def _made(told: JsonObject) -> AwsConfig:
    regions = told.get("regions")
    return AwsConfig(
        state="",
        regions=tuple(str(one) for one in regions) if isinstance(regions, list) else (),
        role_arn=str(told.get("roleArn") or ""),
        external_id=str(told.get("externalId") or ""),
        endpoint_url=str(told.get("endpointUrl") or ""),
    )
