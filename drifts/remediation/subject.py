"""The drift that advice is for, as plain values, and which of them may be shown to a shell or in code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from drifts.findings import SENSITIVE, Json, JsonObject, Kind

_CUT = "… (shortened: "
_INDEX = r'(?:\[(?:\d{1,9}|"(?:[^"\\]|\\.){0,500}")\])?'
_NAME = r"[A-Za-z_][A-Za-z0-9_-]{0,200}"
_ADDRESS = re.compile(
    rf"(?P<module>(?:module\.{_NAME}{_INDEX}\.){{0,20}})(?P<type>{_NAME})\.(?P<name>{_NAME})(?P<index>{_INDEX})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One drift."""

    tool: str
    """What describes its stack: terraform, opentofu, pulumi, cloudformation, …; '' where nobody said."""
    kind: Kind
    address: str
    provider_type: str
    resource_id: str
    region: str = ""
    expected: JsonObject = field(default_factory=dict)
    actual: JsonObject = field(default_factory=dict)
    difference: Mapping[str, JsonObject] = field(default_factory=dict)
    consequence: str = ""
    """What putting it back would do, in a sentence; '' where no scan has told."""


@dataclass(frozen=True, slots=True)
class TerraformAddress:
    """A managed resource's address, taken apart."""

    module: str
    """`module.a["b"].`, '' for the root module."""
    type: str
    name: str
    index: str
    """`[0]`, `["key"]` or ''."""


def terraform_address(address: str) -> TerraformAddress | None:
    """Take an address apart; None where it is none of Terraform's.

    Args:
        address: As the tool writes it.
    """
    found = _ADDRESS.fullmatch(address)
    if found is None or found["type"] in {"module", "data"} or not address.isprintable():
        return None
    return TerraformAddress(found["module"], found["type"], found["name"], found["index"])


def is_known(value: Json) -> bool:
    """Say whether all of a value is there: nothing of it is hidden or was cut off.

    Args:
        value: As a drift stores it.
    """
    if isinstance(value, dict):
        return all(is_known(name) and is_known(one) for name, one in value.items())
    if isinstance(value, list):
        return all(is_known(one) for one in value)
    return not (isinstance(value, str) and (SENSITIVE in value or _CUT in value))


def text_of(state: JsonObject, *names: str) -> str:
    """Return the first of some attributes that is a text; '' where none is.

    Args:
        state: One side.
        *names: The attributes.
    """
    return next((one for one in (state.get(name) for name in names) if isinstance(one, str) and one), "")
