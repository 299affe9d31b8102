"""Which resources of a configuration refer to which: read off a plan's `configuration`.

A resource refers to another directly, through data sources, through an input of a module or through a module's
output. References through `locals` are not in a plan's JSON, so what is found is a lower bound.

The configuration is walked once for every link of the longest chain, and only what leads to a drifted resource is
kept: so memory does not grow with it. Names are the configuration's: without instance keys.

Source: https://developer.hashicorp.com/terraform/internals/json-format#configuration-representation
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from drifts.ingest.errors import FormatError
from drifts.ingest.formats.limits import check_address
from drifts.ingest.formats.terraform_entries import decoded, typed
from drifts.ingest.json_walk import Members, items_of, members_of

_NULL = msgspec.Raw(b"null")
_KEYS = re.compile(r'\[(?:"(?:[^"\\]|\\.)*"|-?\d+|[^\]"]*)\]', re.DOTALL)
"""An instance key in an address or a reference."""

_REFERENCES = re.compile(rb'"(?:references|depends_on)"\s*:\s*(\[(?:\s*"(?:[^"\\]|\\.)*+"\s*,?)*+\s*\])')
"""A list of references, wherever it stands; within a text its quotes would be escaped."""

_NO_RESOURCES = frozenset({"var", "local", "each", "count", "path", "self", "terraform", "module", "data", "ephemeral"})

_MAX_MODULES = 32
"""Levels of modules within modules that are walked."""

_MAX_WALKS = 8
"""Links of a chain that are followed."""

_MAX_PAIRS = 100_000
"""Dependencies that are kept; beyond it, counts are lower bounds."""


class _Module(msgspec.Struct, frozen=True):
    """A module of `configuration`."""

    resources: msgspec.Raw = _NULL
    outputs: msgspec.Raw = _NULL
    module_calls: msgspec.Raw = _NULL


class _Configuration(msgspec.Struct, frozen=True):
    """The plan's `configuration`."""

    root_module: msgspec.Raw = _NULL


class _Resource(msgspec.Struct, frozen=True):
    """A resource of a module."""

    address: str = ""
    mode: str = "managed"


class _Call(msgspec.Struct, frozen=True):
    """A call of a module."""

    expressions: msgspec.Raw = _NULL
    module: msgspec.Raw = _NULL
    depends_on: msgspec.Raw = _NULL
    for_each_expression: msgspec.Raw = _NULL
    count_expression: msgspec.Raw = _NULL


@dataclass(slots=True)
class _Search:
    """How far a search has come."""

    reached: dict[str, set[str]]
    """Node → the resources that it leads to. A node is a resource, a data source, an input or an output of a module."""
    fresh: dict[str, set[str]] = field(default_factory=dict)
    """The nodes reached in this walk."""
    dependents: dict[str, set[str]] = field(default_factory=dict)
    pairs: int = 0

    def origins(self, nodes: Iterable[str]) -> set[str]:
        """Return the resources that any of the nodes leads to."""
        return {origin for node in nodes for origin in self.reached.get(node, ())}

    def reach(self, node: str, origins: set[str]) -> None:
        """Note that a node leads to resources."""
        new = origins - self.reached.get(node, set())
        if new and self.pairs < _MAX_PAIRS:
            self.pairs += len(new)
            self.fresh.setdefault(node, set()).update(new)

    def depend(self, address: str, origins: set[str]) -> None:
        """Note that a resource depends on others."""
        for origin in origins - {address}:
            held = self.dependents.setdefault(origin, set())
            if address not in held and self.pairs < _MAX_PAIRS:
                self.pairs += 1
                held.add(address)


def without_keys(address: str) -> str:
    """Return an address as the configuration names it: without instance keys."""
    return _KEYS.sub("", address)


def dependents_of(members: Members, addresses: Iterable[str]) -> dict[str, frozenset[str]]:
    """Find the resources whose code refers to resources, directly or through data sources, inputs and outputs.

    Args:
        members: The plan's members.
        addresses: The resources, without instance keys.

    Returns:
        Address → addresses of its dependents; without those that nothing refers to.

    Raises:
        FormatError: `configuration` is not what a plan holds there.
    """
    wanted = set(addresses)
    configuration = typed(members, "configuration", _Configuration, _Configuration())
    if not wanted or bytes(memoryview(configuration.root_module)[:5]) == b"null":
        return {}
    search = _Search({node: {address} for address in wanted for node in [address]})
    for address in wanted:
        for whole in _modules_around(address):
            search.reached.setdefault(whole, set()).add(address)
    for _ in range(_MAX_WALKS):
        search.fresh = {}
        _walk(configuration.root_module, "", search, set(), 0)
        if not search.fresh:
            break
        for node, origins in search.fresh.items():
            search.reached.setdefault(node, set()).update(origins)
    return {address: frozenset(found) for address, found in search.dependents.items()}


def _modules_around(address: str) -> Iterator[str]:
    """Yield the modules that a resource stands in, as nodes: who waits for a module waits for all of it."""
    parts = address.split(".")
    at = 0
    while at + 1 < len(parts) and parts[at] == "module":
        at += 2
        yield ".".join(parts[:at])


def _walk(raw: msgspec.Raw, path: str, search: _Search, around: set[str], depth: int) -> None:
    """Walk a module and those below it.

    Args:
        raw: Its text.
        path: `module.a.module.b`; '' for the root.
        search: Gathers what is found.
        around: The resources that the whole module depends on.
        depth: How many modules stand above it.
    """
    if depth > _MAX_MODULES:
        raise FormatError(f"configuration holds modules more than {_MAX_MODULES} levels deep.")
    module = decoded(raw, _Module, "A module of configuration")
    for one in items_of(module.resources, "configuration"):
        _visit_resource(one, path, search, around)
    for name, one in members_of(module.outputs, "configuration"):
        if origins := search.origins(_nodes_in(one, path)):
            search.reach(_node(path, f"output.{name}"), origins)
    for name, one in members_of(module.module_calls, "configuration"):
        _walk_call(decoded(one, _Call, "A module of configuration"), name, path, search, around, depth)


def _walk_call(call: _Call, name: str, path: str, search: _Search, around: set[str], depth: int) -> None:
    """Walk a module that is called; arguments as for `_walk`, of the module that calls it."""
    below = _node(path, f"module.{name}")
    for variable, expression in members_of(call.expressions, "configuration"):
        if origins := search.origins(_nodes_in(expression, path)):
            search.reach(_node(below, f"var.{variable}"), origins)
    if bytes(memoryview(call.module)[:5]) != b"null":
        _walk(call.module, below, search, around | _around(call, path, search), depth + 1)


def _around(call: _Call, path: str, search: _Search) -> set[str]:
    """Return the resources that a call as a whole depends on: how often it is made, and after what."""
    waits = b'{"depends_on":%b}' % bytes(call.depends_on)
    found = search.origins(_nodes_in(msgspec.Raw(waits), path))
    for one in (call.for_each_expression, call.count_expression):
        found |= search.origins(_nodes_in(one, path))
    return found


def _visit_resource(raw: msgspec.Raw, path: str, search: _Search, around: set[str]) -> None:
    origins = search.origins(_nodes_in(raw, path)) | around
    if not origins:
        return
    resource = decoded(raw, _Resource, "A resource of configuration")
    if resource.mode == "data":
        search.reach(_node(path, resource.address), origins)
    elif resource.mode == "managed" and resource.address:
        address = _node(path, resource.address)
        check_address(address)
        search.depend(address, origins)


def _nodes_in(raw: msgspec.Raw, path: str) -> Iterator[str]:
    """Yield the nodes that a piece of the configuration refers to.

    Beside `module.a.id` a plan always lists `module.a`, which then means no more than the output.
    """
    for found in _REFERENCES.finditer(memoryview(raw)):
        try:
            references = [without_keys(one) for one in msgspec.json.decode(found[1], type=list[str])]
        except msgspec.DecodeError:
            continue
        for reference in references:
            prefix = f"{reference}."
            if not (reference.startswith("module.") and any(one.startswith(prefix) for one in references)):
                yield from _nodes_of(reference, path)


def _nodes_of(reference: str, path: str) -> Iterator[str]:
    parts = reference.split(".")
    if parts[0] == "data":
        yield _node(path, ".".join(parts[:3]))
    elif parts[0] == "var":
        yield _node(path, ".".join(parts[:2]))
    elif parts[0] == "module":
        below = _node(path, ".".join(parts[:2]))
        yield f"{below}.output.{parts[2]}" if len(parts) > 2 else below
    elif parts[0] not in _NO_RESOURCES and len(parts) > 1:
        yield _node(path, ".".join(parts[:2]))


def _node(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
