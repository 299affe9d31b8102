"""A Terraform or OpenTofu state, version 4: which resources there are and what the tool last knew of them.

A state is full of secrets, marked or not, so nothing of it goes into a message, and the values of types that nobody
reads are never decoded. Source: https://developer.hashicorp.com/terraform/language/state and the statefile package.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from drifts.detectors.base import DetectionError
from drifts.findings import JsonObject, Mask, identity_of
from drifts.ingest.errors import FormatError
from drifts.ingest.formats.terraform_entries import Change, Entry
from drifts.ingest.json_text import decode_exact
from drifts.ingest.masks import union

VERSION = 4
"""The version that Terraform has written since 0.12, and OpenTofu always."""

MAX_RESOURCES = 200_000
"""Objects that a state may hold."""

_T = TypeVar("_T")
_NULL = msgspec.Raw(b"null")
_PROVIDER = re.compile(r'provider(?:\["(?P<full>[^"]{1,300})"\]|\.(?P<short>[a-z0-9_-]{1,100}))')

_OTHER_SHAPES: tuple[tuple[frozenset[str], str], ...] = (
    (
        frozenset({"encrypted_data", "encryption_version"}),
        "The state is encrypted by OpenTofu and cannot be read without its key.",
    ),
    (
        frozenset({"format_version", "values"}),
        "This is the output of `show -json`. Name the state itself: what `terraform state pull` prints.",
    ),
    (frozenset({"format_version"}), "This is a plan, not a state."),
)
"""Keys that give another kind of file away, and what it is."""


class _Instance(msgspec.Struct, frozen=True):
    """One object of a resource, as the file spells it."""

    index_key: int | str | None = None
    deposed: str | None = None
    attributes: msgspec.Raw = _NULL
    sensitive_attributes: msgspec.Raw = _NULL


class _Resource(msgspec.Struct, frozen=True):
    """A resource with all its objects, as the file spells it."""

    type: str
    name: str
    module: str = ""
    mode: str = "managed"
    provider: str = ""
    instances: list[_Instance] = []


class _Version(msgspec.Struct, frozen=True):
    """What tells which version a state is of."""

    version: int | str | None = None


class _State(msgspec.Struct, frozen=True):
    """A whole state of version 4, as the file spells it."""

    terraform_version: str | None = None
    resources: list[_Resource] | None = None


@dataclass(frozen=True, slots=True)
class StateResource:
    """One object of a state."""

    address: str
    """As Terraform writes it: `module.x.aws_instance.web["a"]`."""
    provider_type: str
    provider: str
    """The provider's configuration, alias and all: objects that share it are in one account and region."""
    provider_name: str
    """`registry.terraform.io/hashicorp/aws`; `aws` in old states."""
    deposed: str | None
    raw: msgspec.Raw = field(repr=False)
    raw_sensitive: msgspec.Raw = field(repr=False)

    @property
    def identity(self) -> str:
        """The name of this object within its stack."""
        return identity_of(self.address, self.deposed)

    def attributes(self) -> JsonObject | None:
        """Decode what the tool last knew of it; None where the state holds it in a form older than version 4's.

        Raises:
            DetectionError: It is no object, or cannot be stored.
        """
        try:
            value = decode_exact(self.raw, f"The state of {self.address}")
        except FormatError as error:
            raise DetectionError(error.message) from error
        if value is not None and not isinstance(value, dict):
            raise DetectionError(f"The state of {self.address} is no object.")
        return value

    def sensitive(self) -> Mask:
        """Decode which attributes the tool marks as sensitive; all of them where the marks cannot be read."""
        try:
            paths = msgspec.json.decode(self.raw_sensitive, type=list[list[_Step]] | None) or []
        except (msgspec.DecodeError, RecursionError):
            return True
        mask: Mask = False
        for path in paths:
            mask = union(mask, _mask_of(path))
        return mask


class _Step(msgspec.Struct, frozen=True):
    """One step of a path to a sensitive value."""

    type: str
    value: msgspec.Raw = _NULL


@dataclass(frozen=True, slots=True)
class State:
    """A whole state."""

    tool_version: str
    resources: tuple[StateResource, ...]
    """Managed ones only: what data sources read is no one's to drift."""


def parse_state(body: bytes) -> State:
    """Read a state.

    Args:
        body: The file's bytes.

    Raises:
        DetectionError: It is no state of version 4; the message says what it is, and holds no value of it.
    """
    text = msgspec.Raw(body.removeprefix(b"\xef\xbb\xbf"))
    keys = _decoded(text, dict[str, msgspec.Raw]).keys()
    for given_away, words in _OTHER_SHAPES:
        if given_away <= keys:
            raise DetectionError(words)
    version = _decoded(text, _Version).version
    if version != VERSION:
        told = f"of version {version}" if isinstance(version, int) else "without a version"
        raise DetectionError(
            f"The state is {told}; only version {VERSION} can be read. Terraform 0.12 or later writes it at any apply."
        )
    state = _decoded(text, _State)
    if state.resources is None:
        raise DetectionError("This is no Terraform state: it lists no resources.")
    resources = tuple(one for resource in state.resources for one in _objects(resource))
    if len(resources) > MAX_RESOURCES:
        raise DetectionError(f"The state holds more than {MAX_RESOURCES} resources.")
    return State((state.terraform_version or "")[:60], resources)


def _decoded(raw: msgspec.Raw, shape: type[_T]) -> _T:
    """Decode a part of the state; the decoder's words name places and types, never values."""
    try:
        return msgspec.json.decode(raw, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DetectionError(f"This is no Terraform state: {error}.") from error
    except RecursionError as error:
        raise DetectionError("The state is nested too deeply.") from error


def _objects(resource: _Resource) -> Iterator[StateResource]:
    if resource.mode != "managed":
        return
    named = _PROVIDER.search(resource.provider)
    provider_name = (named["full"] or named["short"]) if named else ""
    for one in resource.instances:
        entry = Entry(
            change=Change(),
            module_address=resource.module,
            type=resource.type,
            name=resource.name,
            index=one.index_key,
            provider_name=provider_name,
        )
        try:
            entry.check_names()
        except FormatError as error:
            raise DetectionError(error.message) from error
        yield StateResource(
            entry.full_address,
            resource.type,
            resource.provider,
            provider_name,
            one.deposed,
            one.attributes,
            one.sensitive_attributes,
        )


def _mask_of(path: list[_Step]) -> Mask:
    """Return the mask of one path, up to its first index into a list: order there is nobody's promise."""
    mask: Mask = True
    names: list[str] = []
    for step in path:
        name = _name_of(step)
        if name is None:
            break
        names.append(name)
    for name in reversed(names):
        mask = {name: mask}
    return mask


def _name_of(step: _Step) -> str | None:
    try:
        if step.type == "get_attr":
            return msgspec.json.decode(step.value, type=str)
        return msgspec.json.decode(step.value, type=_Key).value if step.type == "index" else None
    except msgspec.DecodeError:
        return None


class _Key(msgspec.Struct, frozen=True):
    """The key of an index step into a map."""

    value: str
