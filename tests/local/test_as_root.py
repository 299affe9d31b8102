"""What only root needs: another user for PostgreSQL, and a place where that user can go. Not collected for others."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from driftsentry.local import identity, programs
from driftsentry.local.errors import LocalServiceError
from driftsentry.local.identity import RunAs, database_user, traversable_place
from driftsentry.local.postgres import EmbeddedPostgres
from driftsentry.local.programs import WHEEL, postgres_programs


@pytest.fixture
def user() -> RunAs:
    """The user that PostgreSQL runs as."""
    user = database_user()
    assert user is not None
    return user


@pytest.fixture
def reachable(user: RunAs) -> Iterator[Path]:
    """A folder that every user may pass through."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        assert user.can_enter(Path(folder))
        yield Path(folder)


def _owner_of_process(server: EmbeddedPostgres) -> int:
    assert server.process is not None
    return Path("/proc", str(server.process.pid)).stat().st_uid


def test_the_user_has_no_rights_of_roots(user: RunAs, reachable: Path) -> None:
    assert user.uid != 0
    assert not user.can_write(reachable)
    os.chown(reachable, user.uid, user.gid)
    assert user.can_write(reachable)
    reachable.chmod(0)
    assert not user.can_enter(reachable)


def test_the_database_runs_as_that_user_and_its_files_stay_in_a_folder_it_can_reach(
    user: RunAs, reachable: Path
) -> None:
    server = EmbeddedPostgres(reachable / "data", throwaway=True)
    try:
        server.start()
        assert _owner_of_process(server) == user.uid
        assert not server.home.is_symlink()
        assert (reachable / "data").stat().st_uid == 0
        assert server.home.stat().st_uid == server.cluster.stat().st_uid == user.uid
        assert server.home.stat().st_mode & 0o777 == 0o700
    finally:
        server.stop()


def test_in_a_folder_that_only_root_may_enter_it_works_too_and_opens_none_of_it(
    user: RunAs, reachable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fresh clone below /root, or one made by `mktemp -d`: neither the data nor the programs are within reach."""
    place, closed = reachable / "place", reachable / "closed"
    closed.mkdir(mode=0o700)
    package = postgres_programs(None).bin.parents[1]
    for each in package.parent.glob(f"{WHEEL}*"):
        shutil.copytree(each, closed / each.name, symlinks=True)
    monkeypatch.syspath_prepend(closed)
    monkeypatch.setattr(identity, "TRAVERSABLE_PLACES", (place,))
    server = EmbeddedPostgres(closed / "data", throwaway=True)
    try:
        server.start()
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT 42").fetchone() == (42,)
        assert _owner_of_process(server) == user.uid
        assert server.home.is_symlink()
        assert server.cluster.is_relative_to(place)
        assert closed.stat().st_mode & 0o777 == 0o700
    finally:
        server.stop()
        server.remove()
    copies = [path for path in place.iterdir() if path.is_dir()]
    assert [path.name.partition("-")[0] for path in copies] == ["postgresql"]
    files = [path for path in copies[0].rglob("*") if not path.is_symlink()]
    assert {path.stat().st_uid for path in files} == {0}
    assert not any(path.stat().st_mode & 0o022 for path in files)
    made = copies[0].stat().st_mtime_ns
    assert programs.postgres_programs(user).bin.is_relative_to(copies[0])
    assert copies[0].stat().st_mtime_ns == made


def test_no_place_is_trusted_that_others_could_have_prepared(
    user: RunAs, reachable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_to_all, anothers, link, file, good = (reachable / name for name in "abcde")
    for place in (open_to_all, anothers, good):
        place.mkdir()
    open_to_all.chmod(0o777)
    os.chown(anothers, user.uid, user.gid)
    link.symlink_to(good)
    file.touch()
    monkeypatch.setattr(
        identity, "TRAVERSABLE_PLACES", (open_to_all, anothers, link, file, reachable / "no" / "way", good)
    )
    assert traversable_place(user) == good


def test_without_any_such_place_one_is_made(user: RunAs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "TRAVERSABLE_PLACES", ())
    place = traversable_place(user)
    try:
        assert user.can_enter(place)
        assert not user.can_write(place)
    finally:
        place.rmdir()


def test_a_machine_without_any_other_user_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "UNPRIVILEGED_USERS", ("root", "no such user"))
    with pytest.raises(LocalServiceError, match="Add one, run as an ordinary user, or set DATABASE_URL"):
        database_user()
