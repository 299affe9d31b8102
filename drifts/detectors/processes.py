"""Running a tool that may hang, flood, or leave children behind: bounded in time and size, and gone afterwards.

A tool runs in a session of its own, so that one signal reaches it and whatever it started.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

LONGEST_LINE = 64 * 1024
"""Bytes of a line; what is longer comes as several."""
GRACE_SECONDS = 5.0
"""Between asking a tool to stop and killing it."""
_LOOK_SECONDS = 0.2


class OutOfTime(Exception):
    """The tool took longer than it may; it is gone."""


class TooLarge(Exception):
    """The tool wrote more to its file than it may; it is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What to run, and where.

    Attributes:
        argv: The program and its arguments; no shell reads them.
        folder: Where.
        environment: All of its environment.
        into: The file that its standard output goes to; None: it is said, line by line, as its errors always are.
        largest: Most bytes of that file.
    """

    argv: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    into: Path | None = None
    largest: int = 0


def run(command: Command, *, deadline: float, say: Callable[[str], None]) -> int:
    """Run a tool to its end.

    Args:
        command: What to run.
        deadline: When it is stopped, on the monotonic clock.
        say: Takes its lines.

    Returns:
        Its exit status.

    Raises:
        OutOfTime: It was stopped at the deadline.
        TooLarge: It was stopped because of what it wrote.
        OSError: It could not be started.
    """
    with contextlib.ExitStack() as stack:
        into = stack.enter_context(command.into.open("wb")) if command.into else None
        process = subprocess.Popen(  # noqa: S603 - the program is one of few, its arguments are ours
            command.argv,
            cwd=command.folder,
            env=dict(command.environment),
            stdin=subprocess.DEVNULL,
            stdout=into or subprocess.PIPE,
            stderr=subprocess.PIPE if into else subprocess.STDOUT,
            start_new_session=True,
        )
        stack.callback(_end, process)
        pipe = process.stderr if into else process.stdout
        if pipe is not None:
            stack.enter_context(pipe)
            _listen(process, pipe, command, deadline=deadline, say=say)
        return process.wait(timeout=GRACE_SECONDS)


def _listen(
    process: subprocess.Popen[bytes], pipe: IO[bytes], command: Command, *, deadline: float, say: Callable[[str], None]
) -> None:
    """Say what comes until the tool has ended. A child that keeps the pipe open is not waited for."""
    lines = _Lines(say)
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while True:
            ended = process.poll() is not None
            if selector.select(0 if ended else _LOOK_SECONDS):
                chunk = os.read(pipe.fileno(), LONGEST_LINE)
                lines.take(chunk)
                if not chunk:
                    break
            elif ended:
                break
            _check(command, deadline)
    lines.end()
    while process.poll() is None:  # it has closed its output and works on
        _check(command, deadline)
        time.sleep(_LOOK_SECONDS)


def _check(command: Command, deadline: float) -> None:
    if time.monotonic() >= deadline:
        raise OutOfTime
    if command.into is not None and command.into.stat().st_size > command.largest:
        raise TooLarge


def _end(process: subprocess.Popen[bytes]) -> None:
    """Leave nothing of it behind: first asked, then killed, with all that it started."""
    if process.poll() is None:
        _signal(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=GRACE_SECONDS)
    _signal(process, signal.SIGKILL)
    process.wait(timeout=GRACE_SECONDS)


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


class _Lines:
    """Cuts bytes into lines; one that does not end is cut where it is too long."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._rest = b""

    def take(self, chunk: bytes) -> None:
        *whole, self._rest = (self._rest + chunk).split(b"\n")
        for line in whole:
            self._tell(line)
        if len(self._rest) > LONGEST_LINE:
            self.end()

    def end(self) -> None:
        if self._rest:
            self._tell(self._rest)
        self._rest = b""

    def _tell(self, line: bytes) -> None:
        self._say(line.decode("utf-8", "replace").rstrip("\r"))
