"""One spelling for values that mean the same, for comparing and for digests; never for display.

- unset: null, "", [] and {} are one, and a member that is unset is not there;
- numbers and booleans equal their own plain spelling as text ("8" and 8, but never "08" and 8);
- JSON in a string is compared as JSON; an IAM policy by what it says;
- lists that are sets are sorted and freed of repetition (see `sameness`);
- a hidden value is its keyed digest.
"""

from __future__ import annotations

import re
from typing import TypeAlias

import rfc8785

from drifts.ingest.json_text import exact_number
from drifts.ingest.masked import JsonText, Masked, MaskedJson
from drifts.ingest.sameness import POLICY_CASELESS, POLICY_SETS, is_host_name, is_set

Canonical: TypeAlias = "str | list[Canonical] | dict[str, Canonical] | None"
"""A canonical value; numbers and booleans have become text."""

_INDEX = re.compile(r"\[\d+\]")
_ROOT = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):root")


def without_indices(path: str) -> str:
    """Strip list indices from a path, as the tables of rules name it: `rule[0].id` becomes `rule.id`."""
    return _INDEX.sub("", path)


def canonical(value: MaskedJson, provider_type: str = "", path: str = "") -> Canonical:
    """Return the one spelling of a value.

    Args:
        value: Masked already.
        provider_type: The resource's type, for the tables of sets and host names.
        path: The attribute's path.
    """
    if isinstance(value, Masked):
        return {"(sensitive)": value.digest}
    if isinstance(value, JsonText):
        return canonical(value.value, provider_type, path)
    if isinstance(value, dict):
        return _canonical_object(value, provider_type, path)
    if isinstance(value, list):
        return _canonical_list(value, provider_type, path)
    if isinstance(value, str) and is_host_name(provider_type, without_indices(path)):
        return value.rstrip(".").lower() or None
    return _canonical_plain(value)


def _canonical_plain(value: bool | int | float | str | None) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(exact_number(repr(value)))
    return str(value) if isinstance(value, int) else value or None


def _canonical_object(value: dict[str, MaskedJson], provider_type: str, path: str) -> Canonical:
    if _is_policy(value):
        return _canonical_policy(value)
    members = {name: canonical(one, provider_type, f"{path}.{name}" if path else name) for name, one in value.items()}
    return {name: one for name, one in members.items() if one is not None} or None


def _canonical_list(value: list[MaskedJson], provider_type: str, path: str) -> Canonical:
    items = [canonical(one, provider_type, path) for one in value]
    if is_set(provider_type, without_indices(path)):
        return _sorted(items) or None
    return items or None


def _sorted(items: list[Canonical]) -> list[Canonical]:
    """Sort and free of repetition; by canonical text, since values of several types have no other order."""
    return [one for _, one in sorted({canonical_text(one): one for one in items}.items())]


def canonical_text(value: Canonical) -> bytes:
    """Return the RFC 8785 text of a canonical value."""
    return rfc8785.dumps(value)


def _is_policy(value: dict[str, MaskedJson]) -> bool:
    statements = value.get("Statement")
    if isinstance(statements, dict):
        statements = [statements]
    return isinstance(statements, list) and any(isinstance(one, dict) and "Effect" in one for one in statements)


def _canonical_policy(policy: dict[str, MaskedJson]) -> Canonical:
    """Spell an IAM policy by what it says (IAM User Guide, JSON policy grammar): statements are a set."""
    statements = policy["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    rest = {name: canonical(one) for name, one in policy.items() if name != "Statement"}
    said: dict[str, Canonical] = {name: one for name, one in rest.items() if one is not None}
    said["Statement"] = _sorted([_canonical_statement(one) for one in listed])
    return said


def _canonical_statement(statement: MaskedJson) -> Canonical:
    if not isinstance(statement, dict):
        return canonical(statement)
    said: dict[str, Canonical] = {}
    for name, value in statement.items():
        spelt = _as_set(value, caseless=name in POLICY_CASELESS) if name in POLICY_SETS else canonical(value)
        if name in {"Principal", "NotPrincipal"} and not isinstance(value, dict):
            spelt = {"AWS": spelt}
        if spelt is not None:
            said[name] = spelt
    return said


def _as_set(value: MaskedJson, *, caseless: bool) -> Canonical:
    """Spell a member of a statement: objects member by member, anything else as a sorted list."""
    if isinstance(value, dict):
        return {name: _as_set(one, caseless=caseless) for name, one in value.items()}
    items = [canonical(one) for one in (value if isinstance(value, list) else [value])]
    return _sorted([_as_principal(one, caseless=caseless) for one in items])


def _as_principal(value: Canonical, *, caseless: bool) -> Canonical:
    """Spell one entry: an account's root and its bare number are the same principal; actions have no case."""
    if not isinstance(value, str):
        return value
    root = _ROOT.fullmatch(value)
    spelt = root[1] if root else value
    return spelt.lower() if caseless else spelt
