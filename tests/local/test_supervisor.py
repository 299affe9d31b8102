"""Keeping processes alive, and stopping when asked."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from driftsentry.local import supervisor
from driftsentry.local.errors import LocalServiceError
from driftsentry.local.processes import spawn, stop, wait_until
from driftsentry.local.supervisor import Child, LogFollower, StopRequested, supervise
from tests.local.conftest import Start

DIE = "import sys; sys.exit('no strength left')"
LIVE = "import time; time.sleep(60)"


class Family:
    """Children that do what each was told for each of its lives."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []

    def child(self, name: str, *lives: str) -> Child:
        """A started child; its last life is lived again and again."""
        log, left = self.folder / f"{name}.log", list(lives)

        def begin() -> subprocess.Popen[bytes]:
            code = left.pop(0) if len(left) > 1 else left[0]
            self.processes.append(spawn([sys.executable, "-c", code], log=log, env={}, dying_signal=signal.SIGKILL))
            return self.processes[-1]

        child = Child(name=name, log=log, spawn=begin)
        child.start()
        return child


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    """Real processes, ended with the test."""
    family = Family(tmp_path)
    yield family
    for process in family.processes:
        stop(process)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses between looks, and between deaths and new lives, are short."""
    monkeypatch.setattr(supervisor, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE_SECONDS", 0.01)


def _stop() -> None:
    raise StopRequested


def _is_over(child: Child) -> bool:
    return child.process is not None and child.process.poll() is not None


@pytest.mark.usefixtures("impatient")
def test_a_child_that_dies_is_started_again(family: Family) -> None:
    said: list[str] = []
    child = family.child("web", DIE, LIVE)
    with pytest.raises(StopRequested):
        supervise([child], say=said.append, replaced=_stop)
    assert not _is_over(child)
    assert len(family.processes) == 2
    assert said == [f"web died (exit status 1); starting it again in 0 s. Its log: {child.log}"]


@pytest.mark.usefixtures("impatient")
def test_a_child_that_was_killed_is_started_again_and_the_signal_named(family: Family) -> None:
    said: list[str] = []
    child = family.child("worker", LIVE)
    family.processes[0].kill()
    with pytest.raises(StopRequested):
        supervise([child], say=said.append, replaced=_stop)
    assert said[0].startswith("worker died (signal SIGKILL); starting it again")
    assert child.restarts == 1


@pytest.mark.usefixtures("impatient")
def test_a_child_that_keeps_dying_is_given_up_with_its_last_words(family: Family) -> None:
    child = family.child("web", DIE)
    with pytest.raises(LocalServiceError) as given_up:
        supervise([child], say=lambda _: None, replaced=lambda: None)
    assert len(family.processes) == 1 + supervisor.MAX_RESTARTS
    assert str(given_up.value).startswith("web died 6 times (exit status 1). The end of ")
    assert str(given_up.value).endswith("no strength left")


@pytest.mark.usefixtures("impatient")
def test_deaths_long_after_one_another_do_not_add_up(family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "STABLE_SECONDS", 0.0)
    child = family.child("web", DIE)
    lives = supervisor.MAX_RESTARTS + 3
    assert wait_until(lambda: child.tend(lambda _: None) and len(family.processes) >= lives, seconds=20, every=0.01)
    assert child.restarts == 1


def test_the_pause_doubles_with_every_death(family: Family) -> None:
    said: list[str] = []
    child = family.child("web", DIE)
    assert wait_until(lambda: child.tend(said.append), seconds=20)
    assert wait_until(lambda: _is_over(child), seconds=20)
    assert not child.tend(said.append)
    assert [line.partition("again in ")[2].partition(".")[0] for line in said] == ["1 s", "2 s"]


@pytest.mark.usefixtures("impatient")
def test_every_child_is_looked_after_when_several_die_at_once(family: Family) -> None:
    children = [family.child(name, DIE, LIVE) for name in ("web", "worker")]
    assert wait_until(lambda: all(_is_over(child) for child in children), seconds=20)
    with pytest.raises(StopRequested):
        supervise(children, say=lambda _: None, replaced=_stop)
    assert not any(_is_over(child) for child in children)


def test_a_child_that_lives_is_left_alone(family: Family) -> None:
    child = family.child("web", LIVE)
    assert not child.tend(lambda _: None)
    child.end()
    assert family.processes[0].returncode == -signal.SIGTERM
    assert len(family.processes) == 1


STOPPABLE = """
import signal, sys, time
from driftsentry.local.supervisor import StopRequested, turn_signals_into_requests

if "nohup" in sys.argv:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
turn_signals_into_requests()
try:
    print("ready", flush=True)
    time.sleep(60)
except StopRequested as request:
    print(f"asked by {request}", flush=True)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.raise_signal(number)
    print("finished in peace", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_asks_once_and_impatience_changes_nothing(background: Start, number: signal.Signals) -> None:
    program = background(sys.executable, "-c", STOPPABLE)
    program.wait_for("ready")
    os.kill(program.pid, number)
    assert program.wait_for_end() == 0
    assert program.said().splitlines() == ["ready", f"asked by {number.name}", "finished in peace"]


def test_under_nohup_a_closed_terminal_asks_for_nothing(background: Start) -> None:
    program = background(sys.executable, "-c", STOPPABLE, "nohup")
    program.wait_for("ready")
    os.kill(program.pid, signal.SIGHUP)
    os.kill(program.pid, signal.SIGTERM)
    assert program.wait_for_end() == 0
    assert "asked by SIGTERM" in program.said()


def test_a_follower_shows_whole_new_lines_after_their_names(tmp_path: Path) -> None:
    web, worker = tmp_path / "web.log", tmp_path / "worker.log"
    web.write_text("old\n")
    follower = LogFollower({"web": web, "worker": worker})
    assert follower.new_lines() == []
    with web.open("ab") as file:
        file.write(b"one\ntwo \xff\nthr")
    worker.write_text("begun\n")
    assert follower.new_lines() == [
        "     web | one",
        "     web | two \N{REPLACEMENT CHARACTER}",
        "  worker | begun",
    ]
    assert follower.new_lines() == []
    with web.open("ab") as file:
        file.write(b"ee\n")
    assert follower.new_lines() == ["     web | three"]


@pytest.mark.usefixtures("impatient")
def test_what_children_write_is_shown_when_asked(family: Family, capfd: pytest.CaptureFixture[str]) -> None:
    follower = LogFollower({"web": family.folder / "web.log"})
    child = family.child("web", DIE)
    with pytest.raises(LocalServiceError):
        supervise([child], say=lambda _: None, replaced=lambda: None, follower=follower)
    assert capfd.readouterr().out.count("     web | no strength left\n") >= supervisor.MAX_RESTARTS
