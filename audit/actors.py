"""Who did it: the actor of a journal entry."""

from dataclasses import dataclass
from uuid import UUID

API_KEY = "api_key"


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or a part of the system that does something.

    Attributes:
        id: The user's id, or the API key's; none for the system.
        email: The user's e-mail, or the key's or the system part's name.
        role: `admin`, `engineer`, `viewer`, `api_key` or `system`.
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

    @property
    def user_id(self) -> UUID | None:
        """The user, for columns that refer to one; none for a key and for the system."""
        return None if self.role == API_KEY else self.id

    @classmethod
    def system(cls, name: str) -> "Actor":
        """A part of the system.

        Args:
            name: Which part, e.g. `scheduler`.
        """
        return cls(id=None, email=name, role="system")
