"""Local services belong to an ordinary user just as well as to root."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from driftsentry.local.identity import RunAs, database_user, traversable_place
from driftsentry.local.programs import WHEEL, postgres_programs, redis_program
from tests.local.conftest import Start


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder of an ordinary user's own: of ours, or when we are root, of another one's."""
    user, place = database_user(), Path(tempfile.gettempdir())
    if user and not user.can_enter(place):
        place = traversable_place(user)
    home = Path(tempfile.mkdtemp(dir=place))
    if user:
        os.chown(home, user.uid, user.gid)
    yield home
    shutil.rmtree(home)


def _within_reach(user: RunAs, home: Path) -> dict[str, str]:
    """Copies of the programs that the user cannot reach where root has them."""
    redis, package = redis_program(), postgres_programs(None).bin.parents[1]
    assert redis is not None
    (home / "bin").mkdir()
    if not user.can_enter(package):
        for folder in package.parent.glob(f"{WHEEL}*"):
            shutil.copytree(folder, home / "lib" / folder.name, symlinks=True)
    if not user.can_enter(redis):
        shutil.copy(redis, home / "bin" / "redis-server")
    unmeasured = {"COVERAGE_PROCESS_CONFIG": "", "COVERAGE_PROCESS_START": ""}  # it could not write what it measured
    return unmeasured | {"PYTHONPATH": str(home / "lib"), "PATH": f"{home / 'bin'}:{os.environ['PATH']}"}


def test_database_and_redis_live_through_everything_as_a_user_without_rights(background: Start, home: Path) -> None:
    user = database_user()
    environment = _within_reach(user, home) if user else {}
    arguments = [home / "data", user.name] if user else [home / "data"]
    life = background(sys.executable, "-m", "tests.local.ordinary_user", *arguments, **environment)
    assert life.wait_for_end(seconds=60) == 0, life.said()
    uid = user.uid if user else os.geteuid()
    assert life.said().splitlines()[-1] == f"postgres and redis lived as user {uid}"
    assert {path.stat().st_uid for path in (home / "data").rglob("*")} == {uid}
