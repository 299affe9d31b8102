"""Bounds that every format keeps, whatever a body claims."""

from __future__ import annotations

from dataclasses import dataclass

from drifts.ingest import places
from drifts.ingest.errors import FormatError
from drifts.ingest.json_text import check_storable
from drifts.ingest.secret_shapes import has_secret_shape

MAX_ADDRESS = 4096
"""Characters an address may have."""

MAX_TYPE = 200
"""Characters a provider's type name may have."""

MAX_VALUES = 5_000_000
"""Values that all findings of a body may hold together, roughly: enough for ten thousand drifts."""

MAX_NOT_ASSESSED = 1000
"""Gaps that are listed by name; where there are more, the whole scan is incomplete."""

MAX_REASON = 300
"""Characters kept of a reason that a tool gives."""

_SENT = "Send the tool's own output."


def check_names(address: str, provider_type: str, resource_id: str = "") -> None:
    """Refuse names that no tool writes and no database stores.

    Args:
        address: The resource's address within its stack.
        provider_type: Its type, as the tool names it.
        resource_id: Its real id; '' where not known.

    Raises:
        FormatError: One is missing, is too long, or holds a NUL character.
    """
    check_storable([address, provider_type, resource_id], "The name of a resource")
    if not address or not provider_type:
        raise FormatError("A resource has no name or no type.", _SENT)
    if len(address) > MAX_ADDRESS or len(provider_type) > MAX_TYPE or len(resource_id) > places.MAX_ID:
        raise FormatError("The name of a resource is too long.", _SENT)


def check_address(address: str) -> None:
    """Refuse an address that no tool writes and no database stores.

    Args:
        address: A resource's, within its stack.

    Raises:
        FormatError: It is too long, or holds a NUL character.
    """
    check_storable(address, "The name of a resource")
    if len(address) > MAX_ADDRESS:
        raise FormatError("The name of a resource is too long.", _SENT)


def in_words(text: str) -> str:
    """Return a tool's own reason as it can be shown: one line, bounded, and nothing shaped like a secret.

    Args:
        text: As the tool wrote it.
    """
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text[: 4 * MAX_REASON]).split())
    return "" if has_secret_shape(line) else line[:MAX_REASON]


@dataclass(slots=True)
class Budget:
    """Counts the values that the findings of a body hold, so that their memory is bounded."""

    left: int = MAX_VALUES

    def spend(self, values: int) -> None:
        """Take some more values in.

        Args:
            values: How many, roughly.

        Raises:
            FormatError: All together are more than fits into memory.
        """
        self.left -= values
        if self.left < 0:
            raise FormatError(f"The drifts hold more than {MAX_VALUES} values.", "Split the stack.")
