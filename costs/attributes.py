"""Reading a resource's values for their price, whatever the tool calls them and whatever stands in them.

`instance_type`, `instanceType` and `InstanceType` are one name. A value that is there and cannot be read (hidden, not a
number, negative, absurd) makes the resource unpriceable; a value that is not there is for the caller to judge.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal

MOST = 1_000_000
"""Beyond any size, IOPS or throughput that a provider sells for one volume."""

MOST_WORDS = 120
"""Characters of what a component is called after."""

_CODE = re.compile(r"[A-Za-z0-9/][A-Za-z0-9/._-]{0,62}")
_WHOLE = re.compile(r"[0-9]{1,12}")
_FLAGS: Mapping[object, bool] = {"true": True, "false": False}


class NothingToPrice(ValueError):
    """The resource cannot be priced, and why."""


class Attributes:
    """The values of a resource, or of a block within it."""

    def __init__(self, values: Mapping[str, object]) -> None:
        """Hold the values.

        Args:
            values: As stored: plain JSON, hidden values as `(sensitive)`.
        """
        self._values = {_folded(name): value for name, value in values.items() if value is not None and value != ""}

    def text(self, *names: str) -> str:
        """Return a code such as `t3.large`; empty where none of the names is set.

        Args:
            *names: The attribute's names, first found wins.

        Raises:
            NothingToPrice: The value is no code.
        """
        value = self._first(names)
        if value is None:
            return ""
        if isinstance(value, str) and _CODE.fullmatch(value):
            return value
        raise NothingToPrice(f"The value of {names[0]} cannot be read.")

    def words(self, *names: str) -> str:
        """Return what the attributes say, for people and to tell two things apart; '' where none is set.

        Args:
            *names: The attributes' names; those that are set follow one another.
        """
        found = [self._values[_folded(name)] for name in names if _folded(name) in self._values]
        return " ".join(str(value) for value in found if isinstance(value, str | int))[:MOST_WORDS]

    def count(self, *names: str) -> Decimal | None:
        """Return a whole number of at least 0; None where none of the names is set.

        Args:
            *names: The attribute's names, first found wins.

        Raises:
            NothingToPrice: The value is no such number, or absurdly high.
        """
        value = self._first(names)
        if value is None:
            return None
        number = _whole(value)
        if number is None or not 0 <= number <= MOST:
            raise NothingToPrice(f"The value of {names[0]} cannot be read.")
        return Decimal(number)

    def flag(self, *names: str, unset: bool = False) -> bool:
        """Return a yes or no.

        Args:
            *names: The attribute's names, first found wins.
            unset: What it means that none of the names is set.

        Raises:
            NothingToPrice: The value is neither.
        """
        value = self._first(names)
        if value is None:
            return unset
        found = value if isinstance(value, bool) else _FLAGS.get(value) if isinstance(value, str) else None
        if found is None:
            raise NothingToPrice(f"The value of {names[0]} cannot be read.")
        return found

    def blocks(self, *names: str) -> list[Attributes] | None:
        """Return nested blocks, one or a list of them; None where none of the names is set.

        Args:
            *names: The attribute's names, first found wins.

        Raises:
            NothingToPrice: The value holds something else.
        """
        value = self._first(names)
        if value is None:
            return None
        listed: list[object] = value if isinstance(value, list) else [value]
        blocks = [one for one in listed if isinstance(one, Mapping)]
        if len(blocks) < len(listed):
            raise NothingToPrice(f"The value of {names[0]} cannot be read.")
        return [Attributes(one) for one in blocks if one]

    def _first(self, names: tuple[str, ...]) -> object:
        folded = (_folded(name) for name in names)
        return next((self._values[name] for name in folded if name in self._values), None)


def _folded(name: str) -> str:
    return name.replace("_", "").lower()


def _whole(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return int(value)
    return int(value) if isinstance(value, str) and _WHOLE.fullmatch(value) else None
