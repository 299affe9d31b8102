"""The embedded PostgreSQL: a real one, made, kept, killed and recovered."""

import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from driftsentry.local import postgres as module
from driftsentry.local import programs
from driftsentry.local.errors import LocalServiceError
from driftsentry.local.identity import database_user
from driftsentry.local.postgres import EmbeddedPostgres
from driftsentry.local.processes import wait_until
from tests.local.background import is_gone


@pytest.fixture(scope="module")
def kept_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder whose cluster goes from test to test; making one takes far longer than starting it."""
    folder = tmp_path_factory.mktemp("data")
    yield folder
    EmbeddedPostgres(folder).remove()


@pytest.fixture
def postgres(kept_folder: Path) -> Iterator[EmbeddedPostgres]:
    """A running server, as careful with its data as the one of `up`."""
    server = EmbeddedPostgres(kept_folder)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def new(folder: Path) -> Iterator[EmbeddedPostgres]:
    """A server without a cluster yet, to be broken."""
    server = EmbeddedPostgres(folder, throwaway=True)
    yield server
    server.stop()


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder that the database's user can reach, so that its files lie in the data folder itself."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def _ask(server: EmbeddedPostgres, *statements: str) -> object:
    """What the last statement answers, asked by the application's role."""
    with psycopg.connect(server.url, autocommit=True, connect_timeout=10) as connection:
        for statement in statements:
            cursor = connection.execute(statement.encode())
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def _again(server: EmbeddedPostgres) -> EmbeddedPostgres:
    """The same data folder, as the next start sees it."""
    return EmbeddedPostgres(server.folder)


def _pid(server: EmbeddedPostgres) -> int:
    assert server.process is not None
    return server.process.pid


def test_it_serves_our_own_database_to_a_role_that_is_no_superuser(postgres: EmbeddedPostgres) -> None:
    assert _ask(postgres, "SELECT current_database() || ' ' || current_user") == "driftsentry driftsentry"
    assert _ask(postgres, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    assert _ask(postgres, "SELECT rolcreatedb FROM pg_roles WHERE rolname = current_user") is True


def test_its_text_is_unicode_whatever_the_machines_language(postgres: EmbeddedPostgres) -> None:
    assert _ask(postgres, "SHOW server_encoding") == "UTF8"
    assert _ask(postgres, "SELECT upper('déjà vu')") == "DÉJÀ VU"


def test_it_listens_on_this_machine_only_and_asks_for_the_password(postgres: EmbeddedPostgres) -> None:
    assert _ask(postgres, "SHOW listen_addresses") == "127.0.0.1"
    assert (postgres.cluster / "postmaster.pid").read_text().splitlines()[4] == ""  # where a socket's folder would be
    for user in ("driftsentry", "postgres"):
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(f"postgres://{user}:wrong@127.0.0.1:{postgres.port}/driftsentry", connect_timeout=10)


def test_only_its_owner_can_read_the_superusers_password(postgres: EmbeddedPostgres) -> None:
    file = postgres.folder / "postgres-password"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.stat().st_uid == os.geteuid()
    assert not (postgres.home.resolve() / "password").exists()


def test_its_log_holds_no_values_and_no_password(postgres: EmbeddedPostgres) -> None:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE a (b text PRIMARY KEY)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO a VALUES (%s), (%s)", ["hidden", "hidden"])
    log = postgres.log.read_text()
    assert "duplicate key" in log
    assert "hidden" not in log
    assert postgres.url.split(":")[2].split("@")[0] not in log


def test_it_keeps_its_data_from_one_start_to_the_next(postgres: EmbeddedPostgres) -> None:
    _ask(postgres, "CREATE TABLE kept AS SELECT 42 AS answer")
    pid, old_url = _pid(postgres), postgres.url
    postgres.stop()
    assert is_gone(pid)
    later = _again(postgres)
    later.start()
    try:
        assert _ask(later, "SELECT answer FROM kept") == 42
        assert later.url.partition("@")[0] != old_url.partition("@")[0]
    finally:
        later.stop()


def test_stopping_it_twice_or_before_it_started_is_no_error(postgres: EmbeddedPostgres) -> None:
    _again(postgres).stop()
    postgres.stop()
    postgres.stop()
    assert postgres.process is None


def test_sessions_do_not_keep_it_from_stopping(postgres: EmbeddedPostgres) -> None:
    pid = _pid(postgres)
    connection = psycopg.connect(postgres.url)
    connection.execute("CREATE TABLE unfinished (a int)")
    postgres.stop()
    assert is_gone(pid, seconds=0)
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    connection.close()


def test_after_its_own_death_it_comes_back_at_the_same_address_with_all_that_was_committed(
    postgres: EmbeddedPostgres,
) -> None:
    _ask(postgres, "CREATE TABLE committed AS SELECT generate_series(1, 1000) AS n")
    os.kill(_pid(postgres), signal.SIGKILL)
    assert postgres.process is not None
    postgres.process.wait(20)
    address = postgres.url
    postgres.respawn()
    assert postgres.url == address
    assert _ask(postgres, "SELECT count(*) FROM committed") == 1000


def test_a_busy_session_of_a_killed_server_does_not_keep_it_from_coming_back(postgres: EmbeddedPostgres) -> None:
    ended: list[BaseException] = []
    connection = psycopg.connect(postgres.url, autocommit=True)

    def work_forever() -> None:
        try:
            connection.execute("DO $$ BEGIN LOOP END LOOP; END $$")
        except psycopg.OperationalError as error:
            ended.append(error)

    busy = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DO %' AND state = 'active'"
    worker = threading.Thread(target=work_forever)
    worker.start()
    assert wait_until(lambda: _ask(postgres, busy) == 1, seconds=20)
    assert postgres.process is not None
    postgres.process.kill()
    postgres.process.wait(20)
    postgres.respawn()
    assert _ask(postgres, busy) == 0
    worker.join(20)
    assert len(ended) == 1
    connection.close()


def test_the_next_start_ends_a_server_that_a_killed_copy_left_and_recovers(postgres: EmbeddedPostgres) -> None:
    _ask(postgres, "CREATE TABLE recovered AS SELECT 42 AS answer")
    left_behind = _pid(postgres)
    later = _again(postgres)
    later.start()
    try:
        assert is_gone(left_behind, seconds=0)
        assert _ask(later, "SELECT answer FROM recovered") == 42
    finally:
        later.stop()


def test_a_number_left_in_its_note_that_now_belongs_to_another_process_is_no_obstacle(
    postgres: EmbeddedPostgres,
) -> None:
    postgres.stop()
    note = postgres.cluster / "postmaster.pid"
    note.write_text(f"{os.getpid()}\n{postgres.cluster}\n0\n{postgres.port}\n")
    postgres.start()
    assert _ask(postgres, "SELECT 1") == 1


@pytest.mark.parametrize("note", ["", "no number\n"])
def test_a_note_without_a_number_is_no_obstacle(postgres: EmbeddedPostgres, note: str) -> None:
    postgres.stop()
    (postgres.cluster / "postmaster.pid").write_text(note)
    postgres.start()
    assert _ask(postgres, "SELECT 1") == 1


@pytest.mark.parametrize("name", ['two  words \'n "quotes" $HOME;#&% größe\N{SNOWMAN}', "-D\nline"])
def test_a_data_folder_with_an_unusual_name_works_and_is_recovered(reachable: Path, name: str) -> None:
    odd, later = (EmbeddedPostgres(reachable / name, throwaway=True) for _ in range(2))
    try:
        odd.start()
        assert odd.cluster == (reachable / name).resolve() / "postgres" / "cluster"
        left_behind = _pid(odd)
        later.start()
        assert is_gone(left_behind, seconds=0)
        assert _ask(later, "SELECT 1") == 1
    finally:
        odd.stop()
        later.stop()


def test_a_start_that_was_cut_off_while_making_the_cluster_is_made_good(new: EmbeddedPostgres) -> None:
    new.folder.mkdir()
    new._run_as = database_user()
    new._find_home()
    home = new.home.resolve()
    (home / "cluster.partial").mkdir()
    (home / "cluster.partial" / "PG_VERSION").write_text("18\n")
    (home / "password").write_text("old")
    new.start()
    assert _ask(new, "SELECT 1") == 1
    assert sorted(path.name for path in home.iterdir()) == ["cluster"]


def test_a_broken_cluster_is_told_with_the_servers_own_words(
    postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres.stop()
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.0)
    with (
        _other_content(postgres.cluster / "postgresql.conf", "shared_buffers = 'much'\n"),
        pytest.raises(LocalServiceError, match=r"(?s)PostgreSQL does not start\. The end of .*shared_buffers"),
    ):
        postgres.start()
    assert postgres.process is None


def test_a_lost_password_file_is_told_and_nothing_is_left_running(postgres: EmbeddedPostgres) -> None:
    postgres.stop()
    with (
        _other_content(postgres.folder / "postgres-password", "another"),
        pytest.raises(LocalServiceError, match=r"Does .*postgres-password belong to"),
    ):
        postgres.start()
    assert postgres.process is None
    assert not (postgres.cluster / "postmaster.pid").exists()


@contextmanager
def _other_content(file: Path, text: str) -> Iterator[None]:
    before = file.read_text()
    file.write_text(text)
    yield
    file.write_text(before)


def test_a_link_to_a_cluster_that_is_gone_is_told_and_not_followed(folder: Path) -> None:
    folder.mkdir()
    (folder / "postgres").symlink_to(folder / "gone")
    with pytest.raises(LocalServiceError, match=r"was at .*gone, which is gone\. Bring it back, or remove"):
        EmbeddedPostgres(folder).start()


def test_a_cluster_that_cannot_be_made_is_told_in_the_words_of_initdb(new: EmbeddedPostgres) -> None:
    new.home.mkdir(parents=True)
    (new.home / "cluster.partial").write_text("in the way")
    with pytest.raises(LocalServiceError, match=r"(?s)PostgreSQL's data folder cannot be made in .*initdb: error"):
        new.start()
    assert not (new.home / "password").exists()


def test_without_its_wheel_the_message_says_what_to_install(
    new: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "WHEEL", "no_such_wheel")
    with pytest.raises(LocalServiceError, match=r"Set DATABASE_URL, or run `make run`"):
        new.start()
