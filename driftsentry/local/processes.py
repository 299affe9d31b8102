"""Starting, naming and ending processes, so that none outlives the one that started it."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from driftsentry.local.errors import LocalServiceError
from driftsentry.local.identity import RunAs

KEEP_LOG_BYTES = 5 * 1024 * 1024
LAST_PORT = 65_535
_PR_SET_PDEATHSIG = 1


def spawn(
    command: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str],
    dying_signal: signal.Signals,
    run_as: RunAs | None = None,
    cwd: Path | None = None,
    stdin: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, so that Ctrl-C reaches it through us and in order.

    Call it from the main thread: Linux sends the dying signal when the *thread* that started the process ends.

    Args:
        command: The program and its arguments.
        log: The file its output is appended to.
        env: Its whole environment.
        dying_signal: What it gets when we die without a word (Linux only; `prctl(2)`, PR_SET_PDEATHSIG).
        run_as: Another user to become, when we are root and the program refuses root.
        cwd: Its working folder; the root folder by default.
        stdin: Its standard input.
    """
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - commands are built here, from our own constants
            list(command),
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(env),
            cwd=cwd or Path("/"),
            start_new_session=True,
            preexec_fn=_die_with_parent(dying_signal),  # noqa: PLW1509 - single-threaded here, and only a system call
            **(run_as.popen_arguments() if run_as else {}),
        )


def _die_with_parent(dying_signal: signal.Signals) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    libc, parent = ctypes.CDLL(None, use_errno=True), os.getpid()

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(dying_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return ask


def stop(process: subprocess.Popen[bytes], *signals_and_seconds: tuple[signal.Signals, float]) -> None:
    """End a process of ours: each signal in turn, waiting after each, and at last by force.

    Args:
        process: The process.
        signals_and_seconds: What to send, and how many seconds to wait after it.
    """
    for number, seconds in signals_and_seconds:
        if process.poll() is not None:
            return
        process.send_signal(number)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
    if process.poll() is None:
        process.kill()
        process.wait(10)


def stop_orphan(pid: int, *signals_and_seconds: tuple[signal.Signals, float]) -> bool:
    """End a process that an earlier, killed copy left behind.

    Args:
        pid: Its id.
        signals_and_seconds: What to send, and how many seconds to wait after it.

    Returns:
        True once it is gone.
    """
    for number, seconds in (*signals_and_seconds, (signal.SIGKILL, 5.0)):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        if wait_until(lambda: not command_of(pid), seconds=seconds):
            return True
    return False


def command_of(pid: int) -> str:
    """The command line of a running process, or an empty string where there is none (a zombie has none)."""
    proc = Path("/proc")
    if (proc / "self" / "cmdline").exists():
        try:
            return (proc / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            return ""
    listed = subprocess.run(  # noqa: S603 - the argument is a number
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return listed.stdout.strip()


def working_in(folder: Path) -> list[int]:
    """Processes whose working folder is this one, as far as we may see (Linux only; none elsewhere).

    Args:
        folder: The folder.
    """
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        with suppress(OSError):  # it ended meanwhile, or belongs to another user
            if link.readlink() == folder:
                found.append(int(link.parent.name))
    return found


def wait_until(condition: Callable[[], bool], *, seconds: float, every: float = 0.05) -> bool:
    """Look at a condition until it holds.

    Args:
        condition: What must come true.
        seconds: How long to wait for it.
        every: Seconds between two looks.

    Returns:
        Whether it came true in time.
    """
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(every)
    return True


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nothing listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def require_free_port(port: int) -> None:
    """Refuse a port that something already listens on.

    Raises:
        LocalServiceError: The port is taken or may not be used; the message shows how to choose another.
    """
    neighbour = port + 1 if port < LAST_PORT else port - 1
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise LocalServiceError(
                f"Port {port} needs more rights; choose one above 1023: make run PORT=8001"
            ) from None
        except OSError:
            raise LocalServiceError(
                f"Port {port} is taken by another program. Choose another one: make run PORT={neighbour}"
            ) from None


def open_log(folder: Path, name: str) -> Path:
    """The log file of a service; one older generation is kept once it has grown past 5 MB.

    Args:
        folder: The data folder.
        name: The service's name.
    """
    logs = folder / "logs"
    logs.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = logs / f"{name}.log"
    if path.exists() and path.stat().st_size > KEEP_LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path


def tail(log: Path, lines: int = 20) -> str:
    """The last lines of a log file.

    Args:
        log: The file.
        lines: How many of them.
    """
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 16_384))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
