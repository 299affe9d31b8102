"""One spelling for values that mean the same, for comparing and for digests; never for display.

- unset: null, "", [] and {} are one, and a member that is unset is not there, but for objects and JSON texts in which
  `sameness` says that what is empty says something;
- numbers and booleans equal their own plain spelling as text ("8" and 8, but never "08" and 8);
- JSON in a string is compared as JSON; an IAM policy by what it says (see `iam`);
- lists that are sets are sorted and freed of repetition, and host names, networks, addresses and lengths of time have
  one spelling each, where `sameness` says that an attribute holds such;
- a hidden value is its keyed digest.
"""

from __future__ import annotations

import re

from drifts.ingest.iam import Canonical, as_set, canonical_policy, canonical_text, is_policy
from drifts.ingest.json_text import exact_number
from drifts.ingest.masked import JsonText, Masked, MaskedJson
from drifts.ingest.sameness import is_exact_text, is_set, says_by_presence, spelling_of

__all__ = ["Canonical", "canonical", "canonical_text", "without_indices"]

_INDEX = re.compile(r"\[\d+\]")


def without_indices(path: str) -> str:
    """Strip list indices from a path, as the tables of rules name it: `rule[0].id` becomes `rule.id`."""
    return _INDEX.sub("", path)


def canonical(value: MaskedJson, provider_type: str = "", path: str = "") -> Canonical:
    """Return the one spelling of a value.

    Args:
        value: Masked already.
        provider_type: The resource's type, for the tables of sets and of spellings.
        path: The attribute's path.
    """
    if isinstance(value, Masked):
        return {"(sensitive)": value.digest}
    if isinstance(value, JsonText):
        exact = is_exact_text(provider_type, without_indices(path))
        return _exact(value.value) if exact else canonical(value.value, provider_type, path)
    if isinstance(value, dict):
        return _canonical_object(value, provider_type, path)
    if isinstance(value, list):
        return _canonical_list(value, provider_type, path)
    if isinstance(value, str) and (spell := spelling_of(provider_type, without_indices(path))):
        return spell(value) or None
    return _canonical_plain(value)


def _canonical_plain(value: bool | int | float | str | None) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(exact_number(repr(value)))
    return str(value) if isinstance(value, int) else value or None


def _canonical_object(value: dict[str, MaskedJson], provider_type: str, path: str) -> Canonical:
    if is_policy(value):
        return canonical_policy(value, canonical)
    members = {name: canonical(one, provider_type, f"{path}.{name}" if path else name) for name, one in value.items()}
    said: dict[str, Canonical] = {name: one for name, one in members.items() if one is not None}
    return said if said or says_by_presence(provider_type, without_indices(path)) else None


def _exact(value: MaskedJson) -> Canonical:
    """Spell a value in which null, what is empty and what is not there differ."""
    if isinstance(value, dict):
        return {name: _exact(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_exact(one) for one in value]
    return value if isinstance(value, str) else canonical(value)


def _canonical_list(value: list[MaskedJson], provider_type: str, path: str) -> Canonical:
    items = [canonical(one, provider_type, path) for one in value]
    return (as_set(items) if is_set(provider_type, without_indices(path)) else items) or None
