"""One copy per data folder."""

import fcntl
import sys
from pathlib import Path

import pytest

from driftsentry.local.errors import LocalServiceError
from driftsentry.local.lock import exclusive
from driftsentry.local.processes import wait_until
from tests.local.conftest import Start

HOLD = """
import sys, time
from pathlib import Path
from driftsentry.local.errors import LocalServiceError
from driftsentry.local.lock import exclusive

try:
    with exclusive(Path(sys.argv[1]), address=sys.argv[2]):
        print("held", flush=True)
        time.sleep(60)
except LocalServiceError as error:
    sys.exit(str(error))
"""


def _free(folder: Path) -> bool:
    try:
        with exclusive(folder, address="http://127.0.0.1:1"):
            return True
    except LocalServiceError:
        return False


def test_a_second_copy_is_refused_and_told_who_holds_the_folder(background: Start, folder: Path) -> None:
    first = background(sys.executable, "-c", HOLD, folder, "http://127.0.0.1:8123")
    first.wait_for("held")
    second = background(sys.executable, "-c", HOLD, folder, "http://127.0.0.1:8124")
    assert second.wait_for_end() == 1
    assert second.said().splitlines() == [
        f"DriftSentry already runs on {folder} (process {first.pid}, serving http://127.0.0.1:8123).",
        "Use that one, stop it with Ctrl-C, or start a second one with its own "
        "DRIFTSENTRY_DATA_DIR=<folder> and PORT=<number>.",
    ]


def test_a_killed_copy_holds_nothing(background: Start, folder: Path) -> None:
    first = background(sys.executable, "-c", HOLD, folder, "http://127.0.0.1:8123")
    first.wait_for("held")
    assert not _free(folder)
    first.kill()
    assert wait_until(lambda: _free(folder), seconds=10)


def test_a_copy_that_has_not_named_itself_yet_still_refuses_others(folder: Path) -> None:
    (folder / "run").mkdir(parents=True)
    with (folder / "run" / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(LocalServiceError, match="a process that is just starting"):
            exclusive(folder, address="http://127.0.0.1:1").__enter__()


def test_other_users_can_neither_read_nor_hold_it(folder: Path) -> None:
    with exclusive(folder, address="http://127.0.0.1:1"):
        assert (folder / "run").stat().st_mode & 0o777 == 0o700
        assert (folder / "run" / "lock").stat().st_mode & 0o777 == 0o600
