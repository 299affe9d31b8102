"""A program for `test_ordinary_user.py`: the life of local services, lived by a user without any rights.

`python -m tests.local.ordinary_user FOLDER` as that user, or as root with the user's name added: then it gives root's
rights up for good. Root's Python and its packages may lie where that user cannot go, so it lives everything once
before, elsewhere, and has loaded all it needs.
"""

import os
import pwd
import signal
import sys
import tempfile
from pathlib import Path

import psycopg

from driftsentry.local.lock import exclusive
from driftsentry.local.postgres import EmbeddedPostgres
from driftsentry.local.running import start
from driftsentry.local.services import read_services, remove_services, write_services


def live(folder: Path) -> None:
    """Start, write, lose the server, recover it, stop; then start again and read."""
    with exclusive(folder, address="http://127.0.0.1:1"):
        services = start(folder)
        try:
            write_services(folder, services.as_services())
            with psycopg.connect(services.database_url, autocommit=True) as connection:
                connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
            assert services.postgres is not None
            _lose(services.postgres)
        finally:
            services.stop()
        again = start(folder)
        try:
            with psycopg.connect(again.database_url) as connection:
                assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
            told = read_services(folder)
            assert told is not None
            sys.stdout.write(f"{' and '.join(sorted(again.pids))} lived as user {os.geteuid()}\n")
        finally:
            again.stop()
            remove_services(folder)


def _lose(postgres: EmbeddedPostgres) -> None:
    assert postgres.process is not None
    os.kill(postgres.process.pid, signal.SIGKILL)
    postgres.process.wait(20)
    postgres.respawn()


def _become(name: str) -> None:
    user = pwd.getpwnam(name)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    os.environ["HOME"] = "/"
    os.chdir("/")


def main(folder: Path, user: str) -> None:
    """Live as that user, or as whoever we are."""
    if user:
        with tempfile.TemporaryDirectory() as elsewhere:
            live(Path(elsewhere))
            EmbeddedPostgres(Path(elsewhere)).remove()
        _become(user)
    live(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "")
