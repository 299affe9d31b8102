"""Ids in addresses: a malformed one answers as an unknown one does."""

from uuid import UUID

from driftsentry.api.errors import NotFound


def uuid_of(text: str) -> UUID:
    """Read an id from an address.

    Args:
        text: As it stands there.

    Raises:
        NotFound: It is no UUID.
    """
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None
