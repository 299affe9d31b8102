"""Processes that a test starts beside itself, and what they say."""

import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from driftsentry.local.processes import command_of, stop, wait_until

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Background:
    """A process beside the test.

    Attributes:
        process: The process.
        output: The file with everything it wrote, errors too.
    """

    process: subprocess.Popen[bytes]
    output: Path

    @property
    def pid(self) -> int:
        """Its id."""
        return self.process.pid

    def said(self) -> str:
        """Everything it wrote until now."""
        return self.output.read_text()

    def wait_for(self, text: str, *, seconds: float = 20) -> str:
        """Everything it wrote, once a text is part of it; the test fails when it ends or is silent for too long."""
        wait_until(lambda: text in self.said() or self.process.poll() is not None, seconds=seconds)
        assert text in self.said(), f"{text!r} is not in what it said:\n{self.said()}"
        return self.said()

    def wait_for_end(self, *, seconds: float = 20) -> int:
        """Its exit status."""
        return self.process.wait(seconds)

    def kill(self) -> None:
        """End it without a word, as `kill -9` does."""
        self.process.kill()
        self.process.wait(10)


def start(command: list[str], *, output: Path, environment: Mapping[str, str]) -> Background:
    """Start a command in the project's folder, in a session of its own."""
    with output.open("wb") as file:
        process = subprocess.Popen(  # noqa: S603 - the tests' own commands
            command,
            cwd=ROOT,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Background(process, output)


def end(background: Background) -> None:
    """End it if it still runs."""
    stop(background.process, (signal.SIGTERM, 30.0))


def is_gone(pid: int, *, seconds: float = 20) -> bool:
    """Whether a process is over, or is so within the time."""
    return wait_until(lambda: not command_of(pid), seconds=seconds)
