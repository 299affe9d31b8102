"""What differs between two sides, attribute by attribute.

Paths read like `a.b[0].c`; a key with odd characters stands in brackets, `tags["a.b"]`. Where two lists differ in
length, or their order means nothing, the path is the list's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from drifts.findings import Mask
from drifts.ingest.canonical import Canonical, canonical, without_indices
from drifts.ingest.iam import canonical_policy, is_policy
from drifts.ingest.masked import JsonText, MaskedJson, MaskedObject
from drifts.ingest.masks import child, covers_any
from drifts.ingest.paths import join
from drifts.ingest.sameness import is_set


@dataclass(frozen=True, slots=True)
class Change:
    """One attribute that differs."""

    path: str
    expected: MaskedJson
    actual: MaskedJson
    expected_canonical: Canonical
    actual_canonical: Canonical

    @property
    def attribute(self) -> str:
        """The path without list indices, as rules name it."""
        return without_indices(self.path)


def changes_between(
    expected: MaskedObject, actual: MaskedObject, *, provider_type: str, unknown: Mask = False
) -> tuple[Change, ...]:
    """Return what differs, in the order of the paths.

    Args:
        expected: What should be, masked.
        actual: What is, masked.
        provider_type: The resource's type, for the tables of sets and host names.
        unknown: Where the tool cannot know yet; nothing there is a difference.
    """
    found = _Comparison(provider_type).members(expected, actual, unknown, "")
    return tuple(sorted(found, key=lambda change: change.path))


class _Comparison:
    def __init__(self, provider_type: str) -> None:
        self._type = provider_type

    def members(self, expected: MaskedObject, actual: MaskedObject, unknown: Mask, path: str) -> Iterator[Change]:
        for name in {**expected, **actual}:
            yield from self.values(expected.get(name), actual.get(name), child(unknown, name), join(path, name))

    def values(self, expected: MaskedJson, actual: MaskedJson, unknown: Mask, path: str) -> Iterator[Change]:
        if unknown is True:
            return
        wanted, found = canonical(expected, self._type, path), canonical(actual, self._type, path)
        if wanted == found:
            return
        if is_policy(expected) and is_policy(actual):
            yield from self.elements(_members(expected), _members(actual), unknown, path)
        elif _is_object(expected, wanted) and _is_object(actual, found):
            yield from self.members(_members(expected), _members(actual), unknown, path)
        elif self._is_indexed(expected, actual, path):
            yield from self.items(expected, actual, unknown, path)
        elif not covers_any(unknown):
            yield Change(path, expected, actual, wanted, found)

    def elements(self, expected: MaskedObject, actual: MaskedObject, unknown: Mask, path: str) -> Iterator[Change]:
        """Compare two policy documents element by element: their statements only mean something as a whole."""
        wanted, found = canonical_policy(expected, canonical), canonical_policy(actual, canonical)
        for name in {**expected, **actual}:
            if wanted.get(name) != found.get(name) and not covers_any(child(unknown, name)):
                one, other = expected.get(name), actual.get(name)
                yield Change(join(path, name), one, other, wanted.get(name), found.get(name))

    def items(self, expected: MaskedJson, actual: MaskedJson, unknown: Mask, path: str) -> Iterator[Change]:
        pairs = zip(_items(expected), _items(actual), strict=True)
        for index, (wanted, found) in enumerate(pairs):
            yield from self.values(wanted, found, child(unknown, index), f"{path}[{index}]")

    def _is_indexed(self, expected: MaskedJson, actual: MaskedJson, path: str) -> bool:
        """Say whether two lists can be compared place by place."""
        if not (isinstance(expected, list) and isinstance(actual, list)) or len(expected) != len(actual):
            return False
        return not is_set(self._type, without_indices(path))


def _is_object(value: MaskedJson, spelt: Canonical) -> bool:
    """Say whether a side is an object, or unset, which an object without members is too."""
    if isinstance(value, dict):
        return spelt != {}  # one that says something by being there, though empty, has no members to compare
    return spelt is None and not isinstance(value, (list, JsonText))


def _members(value: MaskedJson) -> MaskedObject:
    return value if isinstance(value, dict) else {}


def _items(value: MaskedJson) -> list[MaskedJson]:
    return value if isinstance(value, list) else []
