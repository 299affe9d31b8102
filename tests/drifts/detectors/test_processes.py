"""A tool that hangs, floods or leaves children behind ends all the same, and nothing of it stays."""

import os
import time
from pathlib import Path

import pytest

from drifts.detectors.processes import LONGEST_LINE, Command, OutOfTime, TooLarge, run


def script(folder: Path, text: str) -> Path:
    path = folder / "tool"
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o700)
    return path


def ran(
    folder: Path, text: str, *, seconds: float = 30, into: Path | None = None, largest: int = 0
) -> tuple[int, list[str]]:
    lines: list[str] = []
    environment = {"PATH": os.environ["PATH"], "GREETING": "hello"}
    tool = [str(script(folder, text))]
    command = Command(argv=tool, folder=folder, environment=environment, into=into, largest=largest)
    return run(command, deadline=time.monotonic() + seconds, say=lines.append), lines


def is_alive(pid: int) -> bool:
    """Whether a process still runs; one that waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pid: int) -> bool:
    """Wait for a killed process to end."""
    until = time.monotonic() + 10
    while is_alive(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not is_alive(pid)


def test_its_lines_are_told_and_its_status_returned(tmp_path: Path) -> None:
    assert ran(tmp_path, "echo out; echo err >&2; printf 'no end'; exit 3") == (3, ["out", "err", "no end"])


def test_it_has_the_environment_that_it_is_given_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://a:b@c/d")
    _, lines = ran(tmp_path, "env")
    assert {line.split("=")[0] for line in lines} <= {"PATH", "GREETING", "PWD", "SHLVL", "_", "OLDPWD"}


def test_it_reads_nothing(tmp_path: Path) -> None:
    assert ran(tmp_path, "cat; echo done") == (0, ["done"])


def test_a_line_without_end_comes_in_pieces(tmp_path: Path) -> None:
    _, lines = ran(tmp_path, f"head -c {LONGEST_LINE * 5} /dev/zero | tr '\\0' x")
    assert len(lines) > 1
    assert max(map(len, lines)) <= LONGEST_LINE * 3
    assert sum(map(len, lines)) == LONGEST_LINE * 5


def test_its_output_goes_to_a_file_and_its_errors_are_told(tmp_path: Path) -> None:
    into = tmp_path / "out"
    assert ran(tmp_path, "echo plan; echo careful >&2", into=into, largest=100) == (0, ["careful"])
    assert into.read_text() == "plan\n"


def test_it_is_stopped_at_its_time_limit_with_all_that_it_started(tmp_path: Path) -> None:
    with pytest.raises(OutOfTime):
        ran(tmp_path, "sleep 300 & echo $! > child; echo $$ > own; wait", seconds=0.7)
    assert all(gone(int((tmp_path / name).read_text())) for name in ("child", "own"))


def test_one_that_does_not_listen_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drifts.detectors.processes.GRACE_SECONDS", 0.3)
    with pytest.raises(OutOfTime):
        ran(tmp_path, "trap '' TERM; echo $$ > own; while :; do sleep 0.1; done", seconds=0.5)
    assert gone(int((tmp_path / "own").read_text()))


def test_a_child_that_holds_the_output_open_is_not_waited_for(tmp_path: Path) -> None:
    status, _ = ran(tmp_path, "sleep 300 & echo $! > child; exit 0")
    assert status == 0
    assert gone(int((tmp_path / "child").read_text()))


def test_one_that_closes_its_output_and_works_on_is_stopped_too(tmp_path: Path) -> None:
    with pytest.raises(OutOfTime):
        ran(tmp_path, "exec >&- 2>&-; sleep 300", seconds=0.5)


def test_one_that_floods_its_file_is_stopped(tmp_path: Path) -> None:
    into = tmp_path / "out"
    with pytest.raises(TooLarge):
        ran(tmp_path, "while :; do head -c 100000 /dev/zero; sleep 0.05; done", into=into, largest=200_000)
