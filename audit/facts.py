"""What can happen: facts are past tense, versioned, and registered once per kind.

A new field with a default is an additive change; anything else is a new kind.
"""

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from driftsentry.api.casing import camel


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """The base of every fact.

    Attributes:
        kind: The fact's name in the journal, e.g. `drift.approved`; on the wire the dot is a colon.
        v: The version of its fields.
        sentence: The timeline's words for it, filled from its data.
        id: What it is about: a drift, scan, alert, user.
        text: Free text of a person (note, reason, comment): personal, so it can be erased.
    """

    kind: ClassVar[str]
    v: ClassVar[int] = 1
    sentence: ClassVar[str] = ""

    id: UUID | None = None
    text: str = ""

    def drift(self) -> UUID | None:
        """The drift whose timeline tells this fact, where there is one."""
        return None

    def data(self) -> dict[str, Any]:
        """The fact's fields as the journal keeps them: camelCase, JSON, no floats."""
        return {camel(field.name): _plain(getattr(self, field.name)) for field in fields(self) if field.name != "text"}


REGISTRY: dict[tuple[str, int], type[Fact]] = {}
F = TypeVar("F", bound=type[Fact])


def register(fact: F) -> F:
    """Enter a fact class in the registry.

    Args:
        fact: The class.

    Raises:
        ValueError: Another class has the same kind and version.
    """
    key = (fact.kind, fact.v)
    if key in REGISTRY:
        raise ValueError(f"Two facts are called {fact.kind} v{fact.v}: {REGISTRY[key].__name__} and {fact.__name__}.")
    REGISTRY[key] = fact
    return fact


def sentence(kind: str, v: int, data: dict[str, Any], text: str) -> str:
    """An entry in words, for people.

    Args:
        kind: The entry's kind.
        v: The entry's version.
        data: The entry's data.
        text: The free text, empty where none was given or it was erased.
    """
    fact = REGISTRY.get((kind, v))
    words = fact.sentence.format_map(_Forgiving(data)) if fact else kind
    return f"{words}: {text}" if text else words


class _Forgiving(dict[str, Any]):
    """An entry of an older version may lack a field that its sentence names."""

    def __missing__(self, key: str) -> str:
        return "?"


def _plain(value: Any) -> Any:
    """JSON that PostgreSQL's JSONB gives back as it was: no floats, no U+0000.

    Raises:
        TypeError: The value is of a kind that no fact may hold.
    """
    match value:
        case None | bool() | int():
            return value
        case str():
            return storable(value)
        case UUID():
            return str(value)
        case Decimal():
            return f"{value:.2f}"
        case datetime():
            return iso(value)
        case dict():
            return {_plain(str(name)): _plain(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
    raise TypeError(f"A fact cannot hold {type(value).__name__}.")


def storable(text: str) -> str:
    """A text that PostgreSQL can hold: U+0000 becomes U+FFFD.

    Args:
        text: Any text.
    """
    return str(text).replace("\x00", "\N{REPLACEMENT CHARACTER}")


def iso(moment: datetime) -> str:
    """A time as the contract spells it: ISO 8601 in UTC with `Z`.

    Args:
        moment: An aware time.
    """
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
