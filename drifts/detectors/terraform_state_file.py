"""A state in a file of this machine, below the one folder that the operator opens up and nowhere else."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from drifts.detectors.base import DetectionError

_ESCAPES = "The state's file is not below the folder that is open to stacks, or is reached by a link."


def read_file(name: str, *, root: str, largest: int) -> bytes:
    """Read a state's file.

    Args:
        name: `file:path`, the path below the root; an absolute one must name a place below it.
        root: The folder that is open; '' where none is.
        largest: Most bytes to read.

    Raises:
        DetectionError: No folder is open, or the file is not below it, no regular file, or too large.
    """
    if not root:
        raise DetectionError("State files are not open to stacks on this server: its operator names a folder for them.")
    below = name.removeprefix("file://").removeprefix("file:")
    try:
        folder = Path(root).resolve(strict=True)
        path = folder / below
        if ".." in path.parts or path.resolve(strict=True) != path or not path.is_relative_to(folder):
            raise DetectionError(_ESCAPES)
        return _bytes_of(path, largest)
    except (OSError, ValueError, RuntimeError) as error:
        raise DetectionError("The state's file is not there or cannot be read.") from error


def _bytes_of(path: Path, largest: int) -> bytes:
    """Read a regular file; a link that took its place meanwhile is not followed, a pipe not waited for."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as opened:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise DetectionError("The state is no regular file.")
        body = opened.read(largest + 1)
    if len(body) > largest:
        raise DetectionError(f"The state is larger than {largest} bytes.")
    return body
