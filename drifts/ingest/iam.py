"""One spelling for IAM policies that say the same, and different ones for any that do not.

Source: IAM User Guide, "JSON policy element reference" and "JSON policy grammar". What is taken for the same:

- the order and repetition of statements, and of the values of one element (grammar: values are alternatives);
- one value and a list that holds only it;
- the case of actions (Action: "case insensitive") and of condition keys ("key names are not case-sensitive");
- an account's bare number and its root's ARN as an AWS principal (Principal: "equivalent");
- `"*"` and `{"AWS": "*"}` as the principal of a statement that allows (Principal: "equivalent for resource-based
  policies with an Allow effect"), but not where it trusts (sts actions) or denies, where the two may differ;
- numbers and booleans and their text among condition values (Condition: values are strings in quotation marks or not);
- an address and its network among the values of IpAddress and NotIpAddress ("the default prefix value of /32");
- no version and the version 2008-10-17 (Version: "if you do not include it, it defaults to 2008-10-17").

What is not: Sid and Id (Lambda, SNS and SQS take statements away by them), a version, an effect, the case of anything
else, a wildcard and what it covers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

import rfc8785

from drifts.ingest.masked import MaskedJson
from drifts.ingest.spellings import network

Canonical: TypeAlias = "str | list[Canonical] | dict[str, Canonical] | None"
"""A canonical value; numbers and booleans have become text."""

Spell: TypeAlias = Callable[[MaskedJson], Canonical]

DEFAULT_VERSION = "2008-10-17"
CASELESS = frozenset({"Action", "NotAction"})
PLAIN_SETS = frozenset({"Action", "NotAction", "Resource", "NotResource"})
PRINCIPALS = frozenset({"Principal", "NotPrincipal"})
ADDRESS_OPERATORS = frozenset({"IpAddress", "NotIpAddress"})

_ROOT = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):root")


def is_policy(value: MaskedJson) -> bool:
    """Say whether a value is a policy document: it has statements, and one of them an effect."""
    if not isinstance(value, dict):
        return False
    statements = value.get("Statement")
    listed = statements if isinstance(statements, list) else [statements]
    return any(isinstance(one, dict) and "Effect" in one for one in listed)


def canonical_text(value: Canonical) -> bytes:
    """Return the RFC 8785 text of a canonical value."""
    return rfc8785.dumps(value)


def as_set(items: list[Canonical]) -> list[Canonical]:
    """Sort and free of repetition; by canonical text, since values of several types have no other order."""
    return [one for _, one in sorted({canonical_text(one): one for one in items}.items())]


def canonical_policy(policy: dict[str, MaskedJson], spell: Spell) -> dict[str, Canonical]:
    """Spell a policy document by what it says.

    Args:
        policy: A document for which `is_policy` holds, masked.
        spell: Spells any value that is not the policy language's own.
    """
    statements = policy["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    rest = {name: spell(one) for name, one in policy.items() if name != "Statement"}
    said: dict[str, Canonical] = {name: one for name, one in rest.items() if one is not None}
    said.setdefault("Version", DEFAULT_VERSION)
    said["Statement"] = as_set([_statement(one, spell) for one in listed])
    return said


def _statement(statement: MaskedJson, spell: Spell) -> Canonical:
    if not isinstance(statement, dict):
        return spell(statement)
    said = {name: _element(name, value, statement, spell) for name, value in statement.items()}
    return {name: one for name, one in said.items() if one is not None}


def _element(name: str, value: MaskedJson, statement: dict[str, MaskedJson], spell: Spell) -> Canonical:
    if name in PLAIN_SETS:
        return as_set([_cased(one, caseless=name in CASELESS) for one in _values(value, spell)])
    if name in PRINCIPALS:
        return _principal(value, spell, anyone_is_aws=name == "Principal" and _merely_allows(statement))
    if name == "Condition" and isinstance(value, dict):
        return _condition(value, spell)
    return spell(value)


def _values(value: MaskedJson, spell: Spell) -> list[Canonical]:
    """Spell the values of an element: one, or a list of them. An empty one stays a value: it matches nothing."""
    return [spell(one) or "" for one in (value if isinstance(value, list) else [value])]


def _cased(value: Canonical, *, caseless: bool) -> Canonical:
    return value.lower() if caseless and isinstance(value, str) else value


def _merely_allows(statement: dict[str, MaskedJson]) -> bool:
    """Say whether a statement allows something other than taking on a role."""
    actions = statement.get("Action")
    listed = actions if isinstance(actions, list) else [actions]
    trusts = any(not isinstance(one, str) or one.lower().startswith("sts:") for one in listed)
    return statement.get("Effect") == "Allow" and not trusts


def _principal(value: MaskedJson, spell: Spell, *, anyone_is_aws: bool) -> Canonical:
    if not isinstance(value, dict):
        named = as_set(_values(value, spell))
        return {"AWS": named} if anyone_is_aws and named == ["*"] else named
    return {
        kind: as_set([_account(one) if kind == "AWS" else one for one in _values(named, spell)])
        for kind, named in value.items()
    }


def _account(value: Canonical) -> Canonical:
    """Spell an account's root as its number. An account is of one partition, so the number says which one, too."""
    root = _ROOT.fullmatch(value) if isinstance(value, str) else None
    return root[1] if root else value


def _condition(blocks: dict[str, MaskedJson], spell: Spell) -> Canonical:
    """Spell the conditions of a statement; an operator that is asked nothing is as none."""
    said = {operator: _tests(operator, tests, spell) for operator, tests in blocks.items()}
    return {operator: one for operator, one in said.items() if one} or None


def _tests(operator: str, tests: MaskedJson, spell: Spell) -> Canonical:
    if not isinstance(tests, dict):
        return spell(tests)
    addresses = operator.removesuffix("IfExists").rpartition(":")[2] in ADDRESS_OPERATORS
    keys = {key.lower() for key in tests}
    return {
        key.lower() if len(keys) == len(tests) else key: as_set(
            [_tested(one, addresses) for one in _values(value, spell)]
        )
        for key, value in tests.items()
    }


def _tested(value: Canonical, addresses: bool) -> Canonical:
    return network(value) if addresses and isinstance(value, str) else value
