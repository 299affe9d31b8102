"""IAM roles with their policies: the whole account's in a few pages, instead of four calls a role."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from drifts.detectors.aws.access import Access, CallFailed
from drifts.detectors.aws.attributes import ROLE, ROLE_POLICY, ROLE_REST, spelt, tags_in, with_tags
from drifts.detectors.aws.batches import PAGE
from drifts.detectors.aws.outcome import Extra, Outcome, Placed, Seen
from drifts.findings import Json, JsonObject

_MADE_BY_AWS = ("/aws-service-role/", "/aws-reserved/")
"""Paths of roles that AWS makes by itself."""

_STACK = "aws:cloudformation:stack-id"


@dataclass(frozen=True, slots=True)
class _Others:
    """Policies of a role that other resources of the state own: `name` of inline ones, ARNs of attached ones."""

    inline: frozenset[str]
    attached: frozenset[str]


def read_roles(access: Access, placed: Sequence[Placed], owners: Sequence[Placed], *, unmanaged: bool) -> Outcome:
    """Look up an account's roles and what is attached to them.

    Args:
        access: The way to AWS.
        placed: The state's roles, inline policies and attachments that are asked for.
        owners: All resources of the state that own a role's policy, asked for or not.
        unmanaged: Whether to name other roles, too.

    Raises:
        CallFailed: The listing failed; nothing may be concluded.
        OutOfTime: The deadline has passed.
    """
    pages = access.pages(
        "iam",
        access.home_region,
        "get_account_authorization_details",
        Filter=["Role"],
        PaginationConfig={"PageSize": PAGE},
    )
    roles = {str(one["RoleName"]): one for page in pages for one in page.get("RoleDetailList") or ()}
    managed = [one for one in placed if one.provider_type == "aws_iam_role"]
    rest, unread = _rest(access, {_role_of(one) for one in managed} & roles.keys())
    others = _owned_by_others(owners)
    outcome = Outcome()
    for one in placed:
        outcome.seen.append(_seen(one, roles.get(_role_of(one)), rest, others, unread))
    if unmanaged:
        known = {_role_of(one) for one in owners} | {_role_of(one) for one in managed}
        outcome.extras.extend(_extra(said) for name, said in sorted(roles.items()) if _is_extra(said, name, known))
    return outcome


def _role_of(placed: Placed) -> str:
    if placed.provider_type == "aws_iam_role":
        return placed.text("name") or placed.text("id")
    return placed.text("role").rpartition("/")[2]


def _rest(access: Access, names: set[str]) -> tuple[dict[str, Any], str]:
    """Return what only ListRoles says, by role, and why it could not be read, '' where it could."""
    if not names:
        return {}, ""
    try:
        pages = list(access.pages("iam", access.home_region, "list_roles", PaginationConfig={"PageSize": PAGE}))
    except CallFailed as failure:
        return {}, f"Its description and its session's length were not read: {failure.reason}"
    return {str(one["RoleName"]): one for page in pages for one in page.get("Roles") or ()}, ""


def _owned_by_others(owners: Sequence[Placed]) -> dict[str, _Others]:
    inline: dict[str, set[str]] = defaultdict(set)
    attached: dict[str, set[str]] = defaultdict(set)
    for one in owners:
        if one.provider_type == "aws_iam_role_policy":
            inline[_role_of(one)].add(_policy_name(one))
        elif one.provider_type == "aws_iam_role_policy_attachment":
            attached[_role_of(one)].add(one.text("policy_arn"))
        elif one.provider_type == "aws_iam_policy_attachment":
            for role in _texts(one.attributes.get("roles")):
                attached[role].add(one.text("policy_arn"))
    return {name: _Others(frozenset(inline[name]), frozenset(attached[name])) for name in {*inline, *attached}}


def _policy_name(placed: Placed) -> str:
    return placed.text("name") or placed.text("id").partition(":")[2]


def _texts(value: Json) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _seen(placed: Placed, said: Any, rest: dict[str, Any], others: dict[str, _Others], unread: str) -> Seen:
    if said is None:
        return Seen(placed, None)
    if placed.provider_type == "aws_iam_role_policy":
        return Seen(placed, _inline_policy(placed, said))
    if placed.provider_type == "aws_iam_role_policy_attachment":
        attached = placed.text("policy_arn") in _attached(said)
        return Seen(
            placed, {"role": placed.text("role"), "policy_arn": placed.text("policy_arn")} if attached else None
        )
    return _role(placed, said, rest, others.get(str(said["RoleName"]), _Others(frozenset(), frozenset())), unread)


def _inline_policy(placed: Placed, said: Any) -> JsonObject | None:
    wanted = _policy_name(placed)
    policy = next((one["policy"] for one in _inline(said) if one["name"] == wanted), None)
    return None if policy is None else {"name": wanted, "role": placed.text("role"), "policy": policy}


def _role(placed: Placed, said: Any, rest: dict[str, Any], others: _Others, unread: str) -> Seen:
    actual = with_tags(spelt(ROLE, said), placed.attributes, tags_in(said.get("Tags")))
    listed = rest.get(str(said["RoleName"]))
    if listed is not None:
        actual |= spelt(ROLE_REST, listed)
    actual["inline_policy"] = [one for one in _inline(said) if one["name"] not in others.inline]
    actual["managed_policy_arns"] = [one for one in _attached(said) if one not in others.attached]
    expected: JsonObject = {}
    blocks = placed.attributes.get("inline_policy")
    if isinstance(blocks, list):
        named = (one for one in blocks if isinstance(one, dict) and one.get("name"))
        expected["inline_policy"] = [one for one in named if one["name"] not in others.inline]
    arns = placed.attributes.get("managed_policy_arns")
    if isinstance(arns, list):
        expected["managed_policy_arns"] = [one for one in arns if one not in others.attached]
    return Seen(placed, actual, {**placed.attributes, **expected}, (unread,) if unread else ())


def _inline(said: Any) -> list[JsonObject]:
    return [spelt(ROLE_POLICY, one) for one in said.get("RolePolicyList") or ()]


def _attached(said: Any) -> list[str]:
    return [str(one["PolicyArn"]) for one in said.get("AttachedManagedPolicies") or ()]


def _is_extra(said: Any, name: str, known: set[str]) -> bool:
    if name in known or str(said.get("Path", "/")).startswith(_MADE_BY_AWS):
        return False
    return all(one["Key"] != _STACK for one in said.get("Tags") or ())


def _extra(said: Any) -> Extra:
    actual = with_tags(spelt(ROLE, said), {}, tags_in(said.get("Tags")))
    policies: JsonObject = {"inline_policy": [*_inline(said)], "managed_policy_arns": [*_attached(said)]}
    return Extra("aws_iam_role", str(said["RoleName"]), {**actual, **policies})
