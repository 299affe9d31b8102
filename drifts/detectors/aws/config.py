"""What a stack with `detector: aws` is told: its `detectorConfig`, checked so that every error says what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from drifts.detectors.base import BadConfig, BadSecrets, DetectionError
from drifts.findings import Json, JsonObject

GROUPS: dict[str, tuple[str, ...]] = {
    "instances": ("aws_instance",),
    "databases": ("aws_db_instance",),
    "buckets": (
        "aws_s3_bucket",
        "aws_s3_bucket_versioning",
        "aws_s3_bucket_server_side_encryption_configuration",
        "aws_s3_bucket_public_access_block",
        "aws_s3_bucket_policy",
        "aws_s3_bucket_acl",
        "aws_s3_bucket_logging",
    ),
    "roles": ("aws_iam_role", "aws_iam_role_policy", "aws_iam_role_policy_attachment"),
    "security groups": (
        "aws_security_group",
        "aws_security_group_rule",
        "aws_vpc_security_group_ingress_rule",
        "aws_vpc_security_group_egress_rule",
    ),
}
"""The types that are read, by the reader that reads them."""

TYPES: tuple[str, ...] = tuple(one for types in GROUPS.values() for one in types)

LISTED = ("aws_instance", "aws_db_instance", "aws_s3_bucket", "aws_iam_role", "aws_security_group")
"""Of these the types whose resources outside the state can be named."""

OWNERS = frozenset({"aws_iam_policy_attachment"})
"""Types that are not compared but own a part of what is."""

STATE_HEADERS = "stateHeaders"
"""The secret with the headers for an `https://` state: a JSON object of names and values."""

MAX_REGIONS = 40
_MAX_HEADERS = 20
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]{2,10}){1,3}-\d")
_ROLE = re.compile(r"arn:aws(?:-[a-z]{2,10}){0,3}:iam::\d{12}:role/[\w+=,.@/-]{1,512}")
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}")
_S3 = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(?P<key>[^\x00-\x1f]{1,1024})")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_HEADER_VALUE = re.compile(r"[\x20-\x7e]{0,4096}")
_NOT_SETTABLE = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding"})


@dataclass(frozen=True, slots=True)
class AwsConfig:
    """A checked config."""

    state: str
    """`file:…`, `s3://bucket/key` or `https://…`."""
    regions: tuple[str, ...] = ()
    """Where to look for unmanaged resources, and for resources whose state names no region."""
    role_arn: str = ""
    external_id: str = ""
    types: tuple[str, ...] = TYPES
    unmanaged: bool = False
    endpoint_url: str = ""
    """Speak to this address instead of AWS: for LocalStack and tests, where the operator allows its host."""


def _text(value: Json, most: int = 2048) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= most else None


def _state(value: Json) -> str:
    text = _text(value)
    if text is None:
        return "Say where the state is: file:…, s3://bucket/key or https://…"
    if text.startswith("s3://"):
        return "" if _S3.fullmatch(text) else "An S3 state is named s3://bucket/key."
    if text.startswith("file:"):
        return "" if len(text) > len("file:") and "\0" not in text else "A state file is named file:path/to/it.tfstate."
    return _https(text)


def _https(text: str) -> str:
    try:
        url = urlsplit(text)
        fine = url.scheme == "https" and bool(url.hostname) and (url.port is None or url.port > 0)
    except ValueError:
        fine = False
    if not fine:
        return "The state must be named as file:…, s3://bucket/key or https://…"
    if url.username or url.password:
        return f"Put credentials into the secret {STATE_HEADERS}, not into the address."
    return ""


def _regions(value: Json) -> str:
    fine = isinstance(value, list) and all(isinstance(one, str) and _REGION.fullmatch(one) for one in value)
    if not fine or not isinstance(value, list):
        return 'List regions by their names: ["eu-west-1"].'
    return f"Name at most {MAX_REGIONS} regions." if len(value) > MAX_REGIONS else ""


def _role(value: Json) -> str:
    fine = isinstance(value, str) and _ROLE.fullmatch(value)
    return "" if fine else "This is no role's ARN: arn:aws:iam::123456789012:role/driftsentry."


def _external_id(value: Json) -> str:
    fine = isinstance(value, str) and _EXTERNAL_ID.fullmatch(value)
    return "" if fine else "An external id has 2 to 1224 letters, digits or any of +=,.@:/-_"


def _types(value: Json) -> str:
    known = isinstance(value, list) and value and all(isinstance(one, str) and one in TYPES for one in value)
    return "" if known else f"List one or more of: {', '.join(TYPES)}."


def _flag(value: Json) -> str:
    return "" if isinstance(value, bool) else "Say true or false."


def _endpoint(value: Json) -> str:
    try:
        url = urlsplit(_text(value) or "")
        fine = url.scheme in {"http", "https"} and bool(url.hostname) and not (url.username or url.password)
        fine = fine and (url.port is None or url.port > 0)
    except ValueError:
        fine = False
    return "" if fine else "An endpoint is an http:// or https:// address."


CHECKS: dict[str, Callable[[Json], str]] = {
    "state": _state,
    "regions": _regions,
    "roleArn": _role,
    "externalId": _external_id,
    "types": _types,
    "unmanaged": _flag,
    "endpointUrl": _endpoint,
}
"""Each name of the config and what is wrong with a value of it, '' where nothing is."""


def check_config(config: JsonObject, secrets: Collection[str] = ()) -> list[BadConfig]:
    """List what is wrong with a config, nothing where it will do.

    Args:
        config: As a person wrote it; any JSON object.
        secrets: The names of the stack's secrets.
    """
    wrong = [BadConfig(name[:100], f"Known are: {', '.join(CHECKS)}.") for name in config if name not in CHECKS]
    told = {"state": None, **{name: value for name, value in config.items() if value is not None}}
    for name, check in CHECKS.items():
        words = check(told[name]) if name in told else ""
        if words:
            wrong.append(BadConfig(name, words))
    if "externalId" in told and "roleArn" not in told:
        wrong.append(BadConfig("externalId", "An external id goes with a role: name roleArn, too."))
    if not set(secrets) <= {STATE_HEADERS}:
        wrong.append(BadSecrets(f"The only secret is {STATE_HEADERS}: headers for an https:// state."))
    elif secrets and not str(told["state"]).startswith("https://"):
        wrong.append(BadSecrets(f"{STATE_HEADERS} are sent with an https:// state only."))
    return wrong


def check(config: JsonObject, secrets: Collection[str]) -> None:
    """Refuse a config that will not do; arguments as in `check_config`.

    Raises:
        BadConfig: The first thing that is wrong with it.
    """
    for wrong in check_config(config, secrets):
        raise wrong


def read_config(config: JsonObject) -> AwsConfig:
    """Return a config checked and typed.

    Args:
        config: As stored.

    Raises:
        DetectionError: It will not do.
    """
    for wrong in check_config(config):
        raise DetectionError(f"{wrong.name}: {wrong.message}")
    told = {name: value for name, value in config.items() if value is not None}
    return AwsConfig(
        state=str(told["state"]),
        regions=_texts(told.get("regions", [])),
        role_arn=str(told.get("roleArn", "")),
        external_id=str(told.get("externalId", "")),
        types=_texts(told.get("types", list(TYPES))),
        unmanaged=told.get("unmanaged") is True,
        endpoint_url=str(told.get("endpointUrl", "")),
    )


def _texts(value: Json) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(one) for one in value)) if isinstance(value, list) else ()


def bucket_and_key(state: str) -> tuple[str, str]:
    """Return bucket and key of an `s3://` state that has been checked."""
    match = _S3.fullmatch(state)
    if match is None:
        raise DetectionError("An S3 state is named s3://bucket/key.")
    return match["bucket"], match["key"]


def headers_in(secret: str) -> dict[str, str]:
    """Read the headers for an `https://` state.

    Args:
        secret: The secret `stateHeaders`: a JSON object of names and values; '' for none.

    Raises:
        DetectionError: It is something else; the message holds nothing of it.
    """
    try:
        headers = json.loads(secret) if secret else {}
    except (ValueError, RecursionError):
        headers = None
    if not isinstance(headers, dict) or len(headers) > _MAX_HEADERS:
        raise DetectionError(f'The secret {STATE_HEADERS} must be a JSON object: {{"Authorization": "Bearer …"}}.')
    for name, value in headers.items():
        fine = _HEADER_NAME.fullmatch(name) and isinstance(value, str) and _HEADER_VALUE.fullmatch(value)
        if not fine or name.lower() in _NOT_SETTABLE:
            raise DetectionError(f"The secret {STATE_HEADERS} holds a header that cannot be sent.")
    return headers
