"""The parts of an S3 bucket: what reads each, and how Terraform spells it, in the bucket or as a resource of its own.

Sources: the S3 API reference, and the documentation of the AWS provider before and after its version 4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from drifts.findings import Json, JsonObject

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
SIGNED_IN_USERS = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"

_CANNED: dict[frozenset[tuple[str, str]], str] = {
    frozenset(): "private",
    frozenset({(ALL_USERS, "READ")}): "public-read",
    frozenset({(ALL_USERS, "READ"), (ALL_USERS, "WRITE")}): "public-read-write",
    frozenset({(SIGNED_IN_USERS, "READ")}): "authenticated-read",
    frozenset({(LOG_DELIVERY, "WRITE"), (LOG_DELIVERY, "READ_ACP")}): "log-delivery-write",
}
"""What a canned ACL grants beside the owner's full control (S3 User Guide, canned ACL)."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a bucket."""

    operation: str
    """What reads it."""
    absent: frozenset[str]
    """Codes that say that the bucket has none."""
    inline: Callable[[Any, JsonObject], JsonObject]
    """From the answer (None where there is none) and the bucket's attributes to the attributes of `aws_s3_bucket`."""
    own: Callable[[Any, JsonObject], JsonObject | None]
    """The same for a resource of its own; None where there is none."""


def _none(_: Any, __: JsonObject) -> JsonObject:
    return {}


def _versioning(said: Any, _: JsonObject) -> JsonObject:
    told = said or {}
    enabled, guarded = told.get("Status") == "Enabled", told.get("MFADelete") == "Enabled"
    return {"versioning": [{"enabled": enabled, "mfa_delete": guarded}]}


def _own_versioning(said: Any, expected: JsonObject) -> JsonObject:
    told = said or {}
    block: JsonObject = {"status": told.get("Status") or "Disabled"}
    configured = expected.get("versioning_configuration")
    first = configured[0] if isinstance(configured, list) and configured else {}
    wanted = first.get("mfa_delete") if isinstance(first, dict) else None
    found = told.get("MFADelete") or "Disabled"
    block["mfa_delete"] = wanted if found == (wanted or "Disabled") else found
    return {"versioning_configuration": [block]}


def _encryption_rules(said: Any) -> list[Json]:
    rules: list[Json] = []
    for one in ((said or {}).get("ServerSideEncryptionConfiguration") or {}).get("Rules") or ():
        default = one.get("ApplyServerSideEncryptionByDefault") or {}
        by_default: JsonObject = {
            "sse_algorithm": default.get("SSEAlgorithm") or "",
            "kms_master_key_id": default.get("KMSMasterKeyID") or "",
        }
        rules.append(
            {
                "apply_server_side_encryption_by_default": [by_default],
                "bucket_key_enabled": one.get("BucketKeyEnabled") is True,
            }
        )
    return rules


_AWS_DEFAULT: list[Json] = [
    {
        "apply_server_side_encryption_by_default": [{"sse_algorithm": "AES256", "kms_master_key_id": ""}],
        "bucket_key_enabled": False,
    }
]
"""What every bucket has had since January 2023, whether anybody asked for it or not."""


def _encryption(said: Any, expected: JsonObject) -> JsonObject:
    rules = _encryption_rules(said)
    if not expected.get("server_side_encryption_configuration") and rules in ([], _AWS_DEFAULT):
        return {"server_side_encryption_configuration": []}
    blocks: list[Json] = [{"rule": rules}] if rules else []
    return {"server_side_encryption_configuration": blocks}


def _own_encryption(said: Any, _: JsonObject) -> JsonObject | None:
    rules = _encryption_rules(said)
    return {"rule": rules} if rules else None


def _own_public_access_block(said: Any, _: JsonObject) -> JsonObject | None:
    if said is None:
        return None
    told = said.get("PublicAccessBlockConfiguration") or {}
    return {
        "block_public_acls": told.get("BlockPublicAcls") is True,
        "block_public_policy": told.get("BlockPublicPolicy") is True,
        "ignore_public_acls": told.get("IgnorePublicAcls") is True,
        "restrict_public_buckets": told.get("RestrictPublicBuckets") is True,
    }


def _policy(said: Any, _: JsonObject) -> JsonObject:
    return {"policy": said["Policy"] if said else ""}


def _own_policy(said: Any, _: JsonObject) -> JsonObject | None:
    return {"policy": said["Policy"]} if said else None


def _target(said: Any) -> JsonObject | None:
    told = (said or {}).get("LoggingEnabled")
    return (
        {"target_bucket": told.get("TargetBucket"), "target_prefix": told.get("TargetPrefix") or ""} if told else None
    )


def _logging(said: Any, _: JsonObject) -> JsonObject:
    target = _target(said)
    return {"logging": [target] if target else []}


def _own_logging(said: Any, _: JsonObject) -> JsonObject | None:
    return _target(said)


def _grants(said: Any) -> list[tuple[str, str, str, str]]:
    """Return type, id, URI and permission of each grant."""
    grants = []
    for one in said.get("Grants") or ():
        to = one.get("Grantee") or {}
        grants.append(
            (str(to.get("Type") or ""), str(to.get("ID") or ""), str(to.get("URI") or ""), str(one["Permission"]))
        )
    return sorted(grants)


def _canned(said: Any) -> str:
    """Name the canned ACL that grants just this, '' where none does."""
    owner = str((said.get("Owner") or {}).get("ID") or "")
    grants = _grants(said)
    others = frozenset((uri or name, permission) for _, name, uri, permission in grants if uri or name != owner)
    keeps = any(name == owner and permission == "FULL_CONTROL" for _, name, _, permission in grants)
    return _CANNED.get(others, "") if keeps else ""


def _acl(said: Any, expected: JsonObject) -> JsonObject:
    """Spell the grants as the bucket's block `grant`, and as a canned ACL where the state names one."""
    owner = str((said.get("Owner") or {}).get("ID") or "")
    canned = _canned(said)
    together: dict[tuple[str, str, str], list[Json]] = {}
    for kind, name, uri, permission in _grants(said):
        together.setdefault((kind, name, uri), []).append(permission)
    blocks: list[Json] = [
        {"type": kind, "id": name, "uri": uri, "permissions": permissions}
        for (kind, name, uri), permissions in together.items()
    ]
    only_owner = list(together) == [("CanonicalUser", owner, "")] and canned == "private"
    wanted = expected.get("acl")
    if wanted and canned:
        return {"acl": canned}
    return {"grant": [] if only_owner and not expected.get("grant") else blocks}


def _own_acl(said: Any, expected: JsonObject) -> JsonObject:
    grants: list[Json] = [
        {"permission": permission, "grantee": [{"type": kind, "id": name, "uri": uri}]}
        for kind, name, uri, permission in _grants(said)
    ]
    canned = _canned(said)
    actual: JsonObject = {"access_control_policy": [{"grant": grants}]}
    return {**actual, "acl": canned} if expected.get("acl") and canned else actual


PARTS: dict[str, Part] = {
    "versioning": Part("get_bucket_versioning", frozenset(), _versioning, _own_versioning),
    "server_side_encryption_configuration": Part(
        "get_bucket_encryption",
        frozenset({"ServerSideEncryptionConfigurationNotFoundError"}),
        _encryption,
        _own_encryption,
    ),
    "public_access_block": Part(
        "get_public_access_block",
        frozenset({"NoSuchPublicAccessBlockConfiguration"}),
        _none,
        _own_public_access_block,
    ),
    "policy": Part("get_bucket_policy", frozenset({"NoSuchBucketPolicy"}), _policy, _own_policy),
    "acl": Part("get_bucket_acl", frozenset(), _acl, _own_acl),
    "logging": Part("get_bucket_logging", frozenset(), _logging, _own_logging),
}
"""The parts by the name that ends the type of a resource of its own: `aws_s3_bucket_versioning`."""

INLINE: dict[str, tuple[str, ...]] = {
    "versioning": ("versioning",),
    "server_side_encryption_configuration": ("server_side_encryption_configuration",),
    "policy": ("policy",),
    "acl": ("acl", "grant"),
    "logging": ("logging",),
}
"""The attributes of `aws_s3_bucket` in which each part stands."""
