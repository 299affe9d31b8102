"""One `up` per data folder: an advisory lock that the kernel drops with its process, even after `kill -9`."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from driftsentry.local.errors import LocalServiceError


@contextmanager
def exclusive(folder: Path, *, address: str) -> Iterator[None]:
    """Hold a data folder for this process alone.

    Args:
        folder: The data folder; made when missing.
        address: Where this copy will serve, for the message that a second copy prints.

    Raises:
        LocalServiceError: Another copy holds the folder; the message names its process and address.
    """
    run = folder / "run"
    run.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(run / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalServiceError(_refusal(folder, file.read())) from None
        file.seek(0)
        file.truncate()
        json.dump({"pid": os.getpid(), "address": address}, file)
        file.flush()
        yield


def _refusal(folder: Path, content: str) -> str:
    try:
        holder = json.loads(content)
        who = f"process {holder['pid']}, serving {holder['address']}"
    except (ValueError, KeyError, TypeError):
        who = "a process that is just starting"
    return (
        f"DriftSentry already runs on {folder} ({who}).\n"
        "Use that one, stop it with Ctrl-C, or start a second one with its own "
        "DRIFTSENTRY_DATA_DIR=<folder> and PORT=<number>."
    )
