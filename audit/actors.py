"""Who did it: the actor of a journal entry."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or a part of the system that does something.

    Attributes:
        id: The user's id; none for the system.
        email: The user's e-mail, or the system part's name.
        role: `admin`, `engineer`, `viewer` or `system`.
        address: The client's network address, where there is one.
        user_agent: The client's user agent, where there is one.
        correlation_id: Ties the entry to the request's log lines.
    """

    id: UUID | None
    email: str
    role: str
    address: str = ""
    user_agent: str = ""
    correlation_id: str = ""

    @classmethod
    def system(cls, name: str) -> "Actor":
        """A part of the system.

        Args:
            name: Which part, e.g. `scheduler`.
        """
        return cls(id=None, email=name, role="system")
