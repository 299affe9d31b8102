"""The shapes of a Terraform or OpenTofu plan's JSON: typed, naming only what is read.

Values stay text (`msgspec.Raw`, a view of the body) until somebody asks for them, so memory grows with what has
drifted and not with the plan. Source: https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import TypeVar

import msgspec

from drifts.findings import JsonObject, Kind, Mask
from drifts.ingest.errors import FormatError
from drifts.ingest.json_text import check_storable, decode_exact
from drifts.ingest.json_walk import Members, items_of, members_of
from drifts.ingest.masks import as_mask

_NULL = msgspec.Raw(b"null")
_MAX_ACTIONS = 1000
"""Bytes a list of actions may have."""

_MAX_ADDRESS = 4096
_MAX_TYPE = 200
_MAX_MODULES = 32
"""Levels of modules within modules that are counted; each is read once more for every level above it."""

_HEX = re.compile(r"[0-9a-f]{4,64}")
_T = TypeVar("_T")


class Change(msgspec.Struct, frozen=True):
    """An entry's `change`."""

    raw_actions: msgspec.Raw = msgspec.field(default=_NULL, name="actions")
    before: msgspec.Raw = _NULL
    after: msgspec.Raw = _NULL
    after_unknown: msgspec.Raw = _NULL
    before_sensitive: msgspec.Raw = _NULL
    after_sensitive: msgspec.Raw = _NULL
    replace_paths: msgspec.Raw = _NULL

    @property
    def actions(self) -> frozenset[str]:
        """What is, or was, done: names, in whatever order."""
        if len(memoryview(self.raw_actions)) > _MAX_ACTIONS:
            raise FormatError("An entry has more actions than there are.", "Send the tool's own output.")
        text = bytes(self.raw_actions)
        return frozenset() if text == b"null" else frozenset(decoded(self.raw_actions, list[str], "An entry's actions"))


class Entry(msgspec.Struct, frozen=True):
    """One entry of `resource_drift` or `resource_changes`."""

    change: Change
    address: str = ""
    module_address: str = ""
    mode: str = "managed"
    type: str = ""
    name: str = ""
    index: int | str | None = None
    provider_name: str = ""
    deposed: str | bool | None = None
    action_reason: str | None = None

    @property
    def full_address(self) -> str:
        """The address as written, or rebuilt where Terraform 0.15.2 to 1.0.0 left it out."""
        if self.address:
            return self.address
        if not (self.type and self.name):
            raise FormatError("An entry has neither an address nor a type and a name.", "Use Terraform 1.0.1 or later.")
        own = f"{self.type}.{self.name}"
        if isinstance(self.index, str):
            own += f"[{_quoted(self.index)}]"
        elif self.index is not None:
            own += f"[{self.index}]"
        return f"{self.module_address}.{own}" if self.module_address else own

    def check_names(self) -> None:
        """Refuse names that no tool writes and no database stores.

        Raises:
            FormatError: One is missing, too long, or holds a NUL character.
        """
        where = "The name of a resource"
        check_storable([self.full_address, self.type, self.provider_name], where)
        if not self.type:
            raise FormatError(f"{self.full_address[:200]} has no type.", "Send the tool's own output.")
        if len(self.full_address) > _MAX_ADDRESS or len(self.type) > _MAX_TYPE:
            raise FormatError(f"{where} is too long.", "Send the tool's own output.")

    @property
    def deposed_key(self) -> str | None:
        """The key of a deposed object; a bare `true` is a bug of a pre-release and says nothing."""
        return self.deposed if isinstance(self.deposed, str) and _HEX.fullmatch(self.deposed) else None

    @property
    def is_managed(self) -> bool:
        """Whether it is a resource; data sources are read, never drift."""
        return self.mode == "managed"

    @property
    def is_as_planned(self) -> bool:
        """Whether nothing is to be done about it."""
        return self.change.actions <= {"no-op"}


class ModuleBlock(msgspec.Struct, frozen=True):
    """The root module of `configuration`: whether it holds anything."""

    resources: msgspec.Raw = _NULL
    module_calls: msgspec.Raw = _NULL

    @property
    def is_empty(self) -> bool:
        """Whether no resource and no module stands in it."""
        held = chain(items_of(self.resources, "resources"), members_of(self.module_calls, "module_calls"))
        return next(held, None) is None


class Configuration(msgspec.Struct, frozen=True):
    """The plan's `configuration`."""

    provider_config: msgspec.Raw = _NULL
    root_module: ModuleBlock = ModuleBlock()


class StateResource(msgspec.Struct, frozen=True):
    """A resource of `prior_state`, without its values."""

    address: str = ""
    mode: str = "managed"


class StateModule(msgspec.Struct, frozen=True):
    """A module of `prior_state`."""

    resources: msgspec.Raw = _NULL
    child_modules: msgspec.Raw = _NULL


class StateValues(msgspec.Struct, frozen=True):
    """The `values` of a state."""

    root_module: StateModule = StateModule()


class PriorState(msgspec.Struct, frozen=True):
    """The plan's `prior_state`."""

    values: StateValues = StateValues()

    def managed(self) -> Iterator[StateResource]:
        """Yield the managed resources, of the root and of all modules below it.

        Raises:
            FormatError: A module or a resource is not what a state holds there, or modules are nested absurdly.
        """
        return _managed(self.values.root_module, 0)


def _managed(module: StateModule, depth: int) -> Iterator[StateResource]:
    if depth > _MAX_MODULES:
        raise FormatError(f"prior_state holds modules more than {_MAX_MODULES} levels deep.")
    for raw in items_of(module.resources, "prior_state"):
        resource = decoded(raw, StateResource, "A resource of prior_state")
        if resource.mode == "managed":
            yield resource
    for raw in items_of(module.child_modules, "prior_state"):
        yield from _managed(decoded(raw, StateModule, "A module of prior_state"), depth + 1)


def _quoted(key: str) -> str:
    r"""Quote an instance key as Terraform does: `\`, `"`, newlines and template marks are escaped."""
    for plain, escaped in (
        ("\\", "\\\\"),
        ('"', '\\"'),
        ("\n", "\\n"),
        ("\r", "\\r"),
        ("\t", "\\t"),
        ("${", "$${"),
        ("%{", "%%{"),
    ):
        key = key.replace(plain, escaped)
    return f'"{key}"'


def decoded(raw: msgspec.Raw, shape: type[_T], where: str) -> _T:
    """Decode one value into its shape.

    Args:
        raw: Its text.
        shape: The type expected.
        where: What it is, for the message.

    Raises:
        FormatError: It has another shape, or is nested too deeply.
    """
    try:
        return msgspec.json.decode(raw, type=shape)
    except msgspec.DecodeError as error:
        raise FormatError(f"{where} is not what a plan holds there: {error}.", "Send the tool's own output.") from error
    except RecursionError as error:
        raise FormatError(f"{where} is nested too deeply.") from error


def typed(members: Members, key: str, shape: type[_T], default: _T) -> _T:
    """Decode one top-level member into its shape.

    Args:
        members: The plan's members.
        key: Which of them.
        shape: The type expected.
        default: What stands for an absent or null one.

    Raises:
        FormatError: It has another shape, or is nested too deeply.
    """
    raw = members.get(key)
    return default if raw is None or bytes(memoryview(raw)[:5]) == b"null" else decoded(raw, shape, key)


def entries(members: Members, key: str) -> Iterator[Entry]:
    """Yield the entries of `resource_drift` or `resource_changes`, one decoded at a time.

    Raises:
        FormatError: One is not what a plan holds there.
    """
    for position, raw in enumerate(items_of(members.get(key), key)):
        yield decoded(raw, Entry, f"{key}[{position}]")


def values_of(raw: msgspec.Raw, where: str) -> JsonObject | None:
    """Decode one side of a change: an object, or None where nothing is there.

    Raises:
        FormatError: It is something else, or cannot be stored.
    """
    value = decode_exact(raw, where)
    if value is not None and not isinstance(value, dict):
        raise FormatError(f"{where} is no object.", "Send the tool's own output.")
    return value


def mask_of(raw: msgspec.Raw, where: str) -> Mask:
    """Decode a mask; an absent one covers nothing."""
    return as_mask(decode_exact(raw, where))


def kind_of_drift(entry: Entry) -> Kind | None:
    """Read what a `resource_drift` entry says: gone, changed, or (a move, a no-op, a read) nothing."""
    if "delete" in entry.change.actions:
        return Kind.DELETED
    return Kind.MODIFIED if "update" in entry.change.actions else None


def kind_of_plan(entry: Entry) -> Kind | None:
    """Read what a `resource_changes` entry says of reality, where the code is taken to be unchanged.

    What the plan would create is missing; what it would only delete is there unwanted; all else differs.
    """
    actions = entry.change.actions
    if not actions & {"create", "update", "delete"}:
        return None
    if actions == {"create"}:
        return Kind.DELETED
    return Kind.UNMANAGED if actions == {"delete"} else Kind.MODIFIED
