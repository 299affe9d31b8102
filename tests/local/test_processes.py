"""Starting, naming and ending processes."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from driftsentry.local import processes
from driftsentry.local.errors import LocalServiceError
from driftsentry.local.processes import (
    command_of,
    free_port,
    open_log,
    require_free_port,
    spawn,
    stop,
    stop_orphan,
    tail,
    wait_until,
)
from tests.local.background import is_gone
from tests.local.conftest import Start

SLEEP = "import time; time.sleep(60)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log file, not made yet."""
    return tmp_path / "child.log"


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def _spawn(code: str, log: Path, **environment: str) -> subprocess.Popen[bytes]:
    return spawn([sys.executable, "-c", code], log=log, env=environment, dying_signal=signal.SIGTERM)


def test_a_taken_port_is_refused_with_the_next_one_to_try(taken_port: int) -> None:
    with pytest.raises(LocalServiceError) as refusal:
        require_free_port(taken_port)
    neighbour = taken_port + 1 if taken_port < 65_535 else 65_534
    assert str(refusal.value) == (
        f"Port {taken_port} is taken by another program. Choose another one: make run PORT={neighbour}"
    )


def test_a_free_port_is_free() -> None:
    port = free_port()
    require_free_port(port)
    with socket.create_server(("127.0.0.1", port)), pytest.raises(LocalServiceError):
        require_free_port(port)


def test_a_child_gets_its_own_session_and_nothing_of_ours_but_what_it_is_given(log: Path) -> None:
    code = "import os; print(os.getsid(0) == os.getpid(), os.getcwd(), os.environ.get('GIVEN'), os.environ.get('OURS'))"
    os.environ["OURS"] = "kept back"
    try:
        child = _spawn(code, log, GIVEN="this")
    finally:
        del os.environ["OURS"]
    assert child.wait(20) == 0
    assert log.read_text() == "True / this None\n"


def test_a_child_appends_to_its_log(log: Path) -> None:
    log.write_text("before\n")
    assert _spawn("import sys; print('out', flush=True); sys.exit('error')", log).wait(20) == 1
    assert log.read_text() == "before\nout\nerror\n"


def test_a_child_dies_with_the_one_that_started_it(background: Start, tmp_path: Path) -> None:
    parent = background(
        sys.executable,
        "-c",
        "import signal, sys, time\nfrom pathlib import Path\nfrom driftsentry.local.processes import spawn\n"
        f"child = spawn([sys.executable, '-c', {SLEEP!r}], log=Path(sys.argv[1]), env={{}}, "
        "dying_signal=signal.SIGTERM)\nprint('child', child.pid, 'runs', flush=True)\ntime.sleep(60)",
        tmp_path / "child.log",
    )
    child = int(parent.wait_for("runs").split()[1])
    assert "time.sleep(60)" in command_of(child)
    parent.kill()
    assert is_gone(child)


def test_stopping_asks_first(log: Path) -> None:
    child = _spawn(SLEEP, log)
    stop(child, (signal.SIGTERM, 20.0))
    assert child.returncode == -signal.SIGTERM


def test_stopping_insists_when_asking_does_not_help(log: Path) -> None:
    child = _spawn(DEAF, log)
    assert wait_until(lambda: "deaf" in tail(log), seconds=20)
    stop(child, (signal.SIGTERM, 0.1))
    assert child.returncode == -signal.SIGKILL


def test_stopping_what_is_over_does_nothing(log: Path) -> None:
    child = _spawn("", log)
    assert child.wait(20) == 0
    stop(child, (signal.SIGTERM, 20.0))
    assert child.returncode == 0


def _orphan(code: str, log: Path) -> int:
    """A process whose parent is gone."""
    parent = (
        "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', sys.argv[1]], stdout=sys.stderr).pid)"
    )
    with log.open("wb") as output:
        made = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-c", parent, code], stdout=subprocess.PIPE, stderr=output, check=True
        )
    return int(made.stdout)


@pytest.mark.parametrize(("code", "first_word"), [(SLEEP, ""), (DEAF, "deaf")])
def test_an_orphan_is_ended_even_when_it_does_not_listen(code: str, first_word: str, log: Path) -> None:
    pid = _orphan(code, log)
    assert wait_until(lambda: first_word in tail(log) and "time.sleep" in command_of(pid), seconds=20)
    assert stop_orphan(pid, (signal.SIGTERM, 0.5 if first_word else 20.0))
    assert command_of(pid) == ""


def test_an_orphan_that_is_gone_already_counts_as_ended(log: Path) -> None:
    pid = _orphan("", log)
    assert is_gone(pid)
    assert stop_orphan(pid, (signal.SIGTERM, 20.0))


def test_a_process_is_known_by_its_command() -> None:
    assert "python" in command_of(os.getpid())


def test_waiting_ends_when_the_condition_never_holds() -> None:
    looks: list[int] = []
    assert not wait_until(lambda: bool(looks.append(1)), seconds=0.05, every=0.01)  # type: ignore[func-returns-value]
    assert len(looks) > 1


def test_a_log_that_has_grown_large_is_put_aside_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "KEEP_LOG_BYTES", 3)
    path = open_log(folder, "web")
    path.write_text("1234")
    assert open_log(folder, "web") == path == folder / "logs" / "web.log"
    assert not path.exists()
    assert path.with_name("web.log.1").read_text() == "1234"
    path.write_text("123")
    assert open_log(folder, "web").read_text() == "123"


def test_logs_are_for_their_owner_only(folder: Path) -> None:
    assert open_log(folder, "web").parent.stat().st_mode & 0o777 == 0o700


def test_the_tail_is_the_last_lines_whatever_the_bytes(log: Path) -> None:
    assert tail(log) == ""
    log.write_bytes(b"".join(b"%d \xff\n" % number for number in range(30_000)))
    assert tail(log, lines=2) == "29998 \N{REPLACEMENT CHARACTER}\n29999 \N{REPLACEMENT CHARACTER}"
