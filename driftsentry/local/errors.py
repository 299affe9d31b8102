"""What can go wrong with local services, in words for the person at the terminal."""


class LocalServiceError(Exception):
    """A local service cannot be found, started or stopped; the message says what to do."""
