"""Keeping a few processes alive: restart what dies, a limited number of times, and stop everything in order."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from driftsentry.local.errors import LocalServiceError
from driftsentry.local.processes import stop, tail

MAX_RESTARTS = 5
STABLE_SECONDS = 60.0
LONGEST_PAUSE_SECONDS = 16.0
STOP_SECONDS = 15.0
LOOK_SECONDS = 0.25


class StopRequested(Exception):
    """Someone pressed Ctrl-C or sent SIGTERM."""


@dataclass(slots=True)
class Child:
    """A process that must stay alive.

    Attributes:
        name: What to call it.
        log: Its log file.
        spawn: Starts it, again too.
        process: The process itself, once started.
        stop_seconds: How long it may take to finish after SIGTERM.
    """

    name: str
    log: Path
    spawn: Callable[[], subprocess.Popen[bytes]]
    process: subprocess.Popen[bytes] | None = None
    stop_seconds: float = STOP_SECONDS
    restarts: int = field(default=0, init=False)
    _started: float = field(default=0.0, init=False)
    _due: float = field(default=0.0, init=False)

    def start(self) -> None:
        """Start it."""
        self.process = self.spawn()
        self._started, self._due = time.monotonic(), 0.0

    def tend(self, say: Callable[[str], None]) -> bool:
        """Look after it: restart it when it died, after a pause that doubles with every death.

        Args:
            say: Tells the person at the terminal.

        Returns:
            Whether its process is a new one.

        Raises:
            LocalServiceError: It died too often; the message ends with its log's last lines.
        """
        if self.process is None or self.process.poll() is None:
            return False
        now = time.monotonic()
        if not self._due:
            self._plan_restart(now, say)
        if now < self._due:
            return False
        self.start()
        return True

    def _plan_restart(self, now: float, say: Callable[[str], None]) -> None:
        if self._started and now - self._started > STABLE_SECONDS:
            self.restarts = 0
        self.restarts += 1
        how = _how_it_ended(self.process.returncode if self.process else 0)
        if self.restarts > MAX_RESTARTS:
            raise LocalServiceError(
                f"{self.name} died {self.restarts} times ({how}). The end of {self.log}:\n{tail(self.log)}"
            )
        pause = min(2.0 ** (self.restarts - 1), LONGEST_PAUSE_SECONDS)
        self._due = now + pause
        say(f"{self.name} died ({how}); starting it again in {pause:.0f} s. Its log: {self.log}")

    def end(self) -> None:
        """Stop it: ask first, then insist."""
        if self.process is not None:
            stop(self.process, (signal.SIGTERM, self.stop_seconds))


def _how_it_ended(status: int) -> str:
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"


class LogFollower:
    """Shows what is appended to log files, each line after its process's name."""

    def __init__(self, logs: dict[str, Path]) -> None:
        """Begin at the present end of each file.

        Args:
            logs: Log files by process name.
        """
        self._logs = logs
        self._at = {name: _size(path) for name, path in logs.items()}

    def new_lines(self) -> list[str]:
        """Complete lines written since the last call."""
        lines = []
        for name, path in self._logs.items():
            if _size(path) <= self._at[name]:
                continue
            with path.open("rb") as file:
                file.seek(self._at[name])
                complete, newline, _ = file.read().rpartition(b"\n")
            self._at[name] += len(complete + newline)
            lines += [f"{name:>8} | {line}" for line in complete.decode(errors="replace").splitlines()]
        return lines


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def turn_signals_into_requests() -> None:
    """Let Ctrl-C, SIGTERM, a closed terminal (not under `nohup`) raise `StopRequested`, once; later ones do nothing."""
    nohup = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    numbers = [signal.SIGINT, signal.SIGTERM, *([] if nohup else [signal.SIGHUP])]

    def request(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a handler
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        raise StopRequested(signal.Signals(number).name)

    for each in numbers:
        signal.signal(each, request)


def supervise(
    children: Sequence[Child],
    *,
    say: Callable[[str], None],
    replaced: Callable[[], None],
    follower: LogFollower | None = None,
) -> None:
    """Look after processes until someone asks to stop.

    Args:
        children: The processes, started.
        say: Tells the person at the terminal.
        replaced: Called after one was started again.
        follower: Log files to show, when asked to.

    Raises:
        StopRequested: Someone asked.
        LocalServiceError: One of them died too often.
    """
    while True:
        tended = [child.tend(say) for child in children]  # every one of them, whatever the first says
        if any(tended):
            replaced()
        for line in follower.new_lines() if follower else ():
            sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
        time.sleep(LOOK_SECONDS)
