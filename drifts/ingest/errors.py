"""Why a body is refused. Pure classes; the API maps each to the status its docstring names."""

from __future__ import annotations


class FormatError(Exception):
    """The body is not what it should be: malformed, truncated or hostile (400)."""

    def __init__(self, message: str, hint: str = "") -> None:
        """Keep what was wrong, and what to do about it.

        Args:
            message: What was wrong, in words.
            hint: What was expected or what to do; '' where the message says it all.
        """
        super().__init__(message)
        self.message = message
        self.hint = hint


class UnrecognisedFormat(FormatError):
    """The body is well-formed and no parser knows it (422); the hint says which formats are known."""


class UnsupportedVersion(FormatError):
    """The format is known and its version is not (422); the message names the version."""


class UnsupportedEncoding(FormatError):
    """The body is compressed in a way that is not known (415)."""


class BodyTooLarge(FormatError):
    """The body is past the limit, also after decompression (413)."""
