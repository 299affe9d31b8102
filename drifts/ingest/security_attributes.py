"""Attributes that guard something: a rule that hides differences hides one of these only where it names it.

A table of the names of single attributes, as they stand between the dots of a path, in snake_case. It errs on the side
of guarding: what is guarded too much is named in a rule and hidden then; what is guarded too little stays unseen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from drifts.families import family_of
from drifts.globs import glob_match, snake_case

USER_KEYED = frozenset(
    {"tags", "tags_all", "labels", "annotations", "environment", "variables", "parameters", "metadata", "settings"}
)
"""Attributes whose members people name as they like: a tag called `build_serial` is no counter of the provider."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """One line of the table."""

    types: tuple[str, ...]
    """Globs over the provider's type or the family."""
    names: tuple[str, ...]
    """Globs over one attribute's own name, without what stands above and below it."""
    reason: str
    """What it guards, for a person."""


ANY = ("*",)
GUARDED: tuple[Guarded, ...] = (
    Guarded(ANY, ("ingress*", "egress*", "inbound*", "outbound*", "*security_group*", "*firewall*"), "who gets in"),
    Guarded(
        ANY, ("*cidr*", "*source_range*", "*address_prefix*", "*ip_rule*", "*ip_range*", "*whitelist*"), "who gets in"
    ),
    Guarded(
        ANY,
        (
            "*allowlist*",
            "*allowed*",
            "*denied*",
            "allow",
            "deny",
            "*network_rule*",
            "acl*",
            "*_acl",
            "*_acls",
            "*_acl_*",
        ),
        "who gets in",
    ),
    Guarded(ANY, ("*public*", "*internet*", "*anonymous*", "*exposed*"), "whether the internet gets in"),
    Guarded(
        ANY,
        ("*policy*", "*policies*", "*principal*", "*permission*", "*grant*", "member", "members"),
        "who may do what",
    ),
    Guarded(ANY, ("*role", "*roles", "*role_arn*", "*assume*", "*iam_*", "*trust*", "*authoriz*"), "who may do what"),
    Guarded(ANY, ("*authentic*", "*mfa*", "*password*", "*secret*", "*credential*", "*token*"), "who somebody is"),
    Guarded(
        ANY, ("*private_key*", "*access_key*", "*key_pair*", "key_name", "*ssh*", "*certificate*"), "who somebody is"
    ),
    Guarded(
        ANY,
        ("*encrypt*", "*kms*", "sse", "sse_*", "*_sse", "*_sse_*", "*ssl*", "*tls*", "*https*", "*cmk*"),
        "that it cannot be read",
    ),
    Guarded(ANY, ("*rotation*", "*key_spec*", "*key_usage*", "is_enabled", "enable_key_rotation"), "its keys"),
    Guarded(
        ANY, ("*deletion_protection*", "*termination_protection*", "*disable_api_*", "*prevent_destroy*"), "its life"
    ),
    Guarded(
        ANY,
        (
            "*deletion_window*",
            "*force_destroy*",
            "*skip_final*",
            "lock*",
            "*_lock",
            "*_lock_*",
            "*immutab*",
            "*retention*",
        ),
        "its life",
    ),
    Guarded(
        ANY, ("*versioning*", "*backup*", "*point_in_time*", "*soft_delete*", "*purge*"), "that it can be restored"
    ),
    Guarded(
        ANY, ("*logging*", "*log_config*", "*access_log*", "*audit*", "*trail*", "*flow_log*"), "that it is recorded"
    ),
    Guarded(ANY, ("*monitoring*", "*alarm*", "*guardduty*", "*detector*", "*insight*"), "that it is watched"),
    Guarded(ANY, ("metadata_options", "http_tokens", "http_put_response_hop_limit", "user_data*"), "what runs on it"),
    Guarded(ANY, ("*cors*", "*waf*", "*web_acl*", "*origin_access*", "*viewer_protocol*"), "who gets in"),
    Guarded(
        ("SECURITY_GROUP", "azurerm_network_security_*", "google_compute_firewall*", "aws_network_acl*", "aws_wafv2_*"),
        (
            *(
                "*port*",
                "*protocol*",
                "rule",
                "rules",
                "rule_*",
                "security_rule",
                "type",
                "action",
                "direction",
                "self",
            ),
            *("priority", "disabled", "referenced_*", "source*", "destination*", "target_*", "subnet_ids"),
        ),
        "who gets in",
    ),
    Guarded(
        (
            "IAM*",
            "aws_iam_*",
            "azurerm_role_*",
            "azuread_*",
            "google_*_iam_*",
            "google_service_account*",
            "AWS::IAM::*",
        ),
        ("user", "users", "group", "groups", "path", "condition", "scope", "*scopes", "status", "max_session_duration"),
        "who may do what",
    ),
    Guarded(
        ("KMS", "aws_kms_*", "google_kms_*", "azurerm_key_vault*"), ("enabled", "state", "target_key_id"), "its keys"
    ),
)
"""Source: the families of `severity_rules.json`, and what the CIS benchmarks of the three clouds ask for."""

_INDEX = re.compile(r"\[\d+\]")
_SEGMENT = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|([^.\[\]]+)')
_FREE = USER_KEYED & {"tags", "tags_all", "labels"}


def segments(path: str) -> tuple[str, ...]:
    """Return the attribute names that a path leads through, in snake_case: `a[0].b["c.d"]` is a, b, c.d.

    Args:
        path: An attribute's path, or a glob over such.
    """
    found = _SEGMENT.findall(_INDEX.sub("", path))
    return tuple(snake_case(quoted or plain) for quoted, plain in found)


def guarded_segments(provider_type: str, path: str) -> frozenset[str]:
    """Return those of a path's names that guard something; none of them within tags, which guard nothing.

    Args:
        provider_type: The resource's type.
        path: An attribute's path.
    """
    names = segments(path)
    if names and names[0] in _FREE:
        return frozenset()
    lines = [one for one in GUARDED if _concerns(one, provider_type)]
    return frozenset(name for name in names if any(glob_match(name, *one.names) for one in lines))


def _concerns(line: Guarded, provider_type: str) -> bool:
    return (
        line.types == ANY or glob_match(provider_type, *line.types) or glob_match(family_of(provider_type), *line.types)
    )
