"""Commands for a POSIX shell: every argument quoted, and none that a terminal would take for something else."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence

from drifts.findings import Json

_OPTION = re.compile(r"(--?[a-z][a-z-]*=)(.*)", re.DOTALL)
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/+=@-]{0,500}")
MAX_COMMAND = 16 * 1024
"""Characters of a command; a longer one is not offered."""


class Unsayable(Exception):
    """What would have to be said cannot be said safely; nothing is offered instead."""


def command(argv: Sequence[str]) -> str:
    """Write a command.

    Args:
        argv: The program and its arguments.

    Raises:
        Unsayable: An argument holds a character that cannot be seen, or the command is too long.
    """
    if not all(argument.isprintable() for argument in argv):
        raise Unsayable("A character that cannot be seen.")
    text = " ".join(_quoted(argument) for argument in argv)
    if len(text) > MAX_COMMAND:
        raise Unsayable("Too long.")
    return text


def _quoted(argument: str) -> str:
    option = _OPTION.fullmatch(argument)
    return option[1] + shlex.quote(option[2]) if option else shlex.quote(argument)


def word(value: Json) -> str:
    """Return a value that may stand alone as an argument: neither an option nor a file that the AWS CLI would read.

    Args:
        value: From a state.

    Raises:
        Unsayable: It is something else.
    """
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not _PLAIN.fullmatch(text) or "://" in text:
        raise Unsayable("No plain word.")
    return text


def document(value: Json) -> str:
    """Return a value as a JSON argument, in ASCII.

    Args:
        value: Any value; an object or a list, so that the AWS CLI takes it for no file.

    Raises:
        Unsayable: It is neither.
    """
    if not isinstance(value, dict | list):
        raise Unsayable("Neither an object nor a list.")
    return json.dumps(value, separators=(",", ":"))
