"""A file is made no faster than its reader takes it: whoever reads slowly holds no memory of ours, nor for ever."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import connection

from driftsentry.local.processes import wait_until
from tests.drifts.scans import drifted, ingest, instance
from tests.realtime.server import Server, environment, serving
from tests.security.wire import PATIENCE_SECONDS, is_closed

FILE, PAGE = "/api/v1/drifts/export", "/api/v1/drifts?limit=100"
IDLE_SECONDS = 4
DRIFTS, STATE = 400, 20_000
WHOLE = 4 * DRIFTS * STATE
"""Bytes of the file at least: more than what the kernel keeps for a connection on both sides."""
ROOM = 4096
A_LITTLE = 100_000
"""Bytes that a slow reader takes in a second."""
CONNECTIONS = 2
"""To the database, for all that the server does."""

pytestmark = pytest.mark.untold(reason="large states are written into the rows by hand")


@pytest.fixture
def much(world: Any) -> None:
    """Drifts whose file is a large one."""
    ingest(world, drifted(*(instance(f"aws_instance.web[{number}]") for number in range(DRIFTS))))
    with connection.cursor() as cursor:
        state = json.dumps({"user_data": "x" * STATE})
        cursor.execute("UPDATE drifts_drift SET expected_state = %s, actual_state = %s", [state, state])
        cursor.execute(
            "UPDATE drifts_drift SET difference = jsonb_build_object('user_data', "
            "jsonb_build_object('expected', expected_state, 'actual', actual_state))"
        )


@pytest.fixture
def patient(much: None, tmp_path: Path) -> Iterator[Server]:
    """A server that waits a while for its readers."""
    with serving(tmp_path, environment(WEB_IDLE_SECONDS=str(IDLE_SECONDS))) as server:
        yield server


@contextmanager
def asking(server: Server, token: str, path: str = FILE) -> Iterator[socket.socket]:
    """A connection that has asked for something large, and has next to no room for it."""
    with socket.socket() as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)
        wire.settimeout(PATIENCE_SECONDS)
        wire.connect(("127.0.0.1", server.port))
        lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Connection: close"]
        wire.sendall("\r\n".join([*lines, f"Authorization: Bearer {token}", "", ""]).encode())
        assert wire.recv(12) == b"HTTP/1.1 200"
        yield wire


def take(wire: socket.socket, least: int) -> int:
    """Read so many bytes, or somewhat more."""
    taken = 0
    while taken < least:
        piece = wire.recv(ROOM)
        assert piece
        taken += len(piece)
    return taken


def finished(server: Server) -> int:
    return server.log.read_text().count("streaming_finished")


def test_it_is_made_as_it_is_read_and_arrives_whole(world: Any, patient: Server) -> None:
    size = 0
    with asking(patient, world.access_token(world.viewer)) as wire:
        for _ in range(2 * IDLE_SECONDS):
            time.sleep(1)
            size += take(wire, A_LITTLE)
        assert finished(patient) == 0
        size += sum(iter(lambda: len(wire.recv(1 << 20)), 0))
    assert size > WHOLE
    assert wait_until(lambda: finished(patient) == 1, seconds=PATIENCE_SECONDS)
    assert "client_too_slow" not in patient.log.read_text()


def test_whoever_takes_nothing_is_cut_off_and_nothing_more_is_made(world: Any, patient: Server) -> None:
    with asking(patient, world.access_token(world.viewer)) as wire:
        assert wait_until(lambda: "client_too_slow" in patient.log.read_text(), seconds=PATIENCE_SECONDS)
        assert wait_until(lambda: "streaming_cancelled" in patient.log.read_text(), seconds=PATIENCE_SECONDS)
        assert is_closed(wire)
    assert finished(patient) == 0
    assert patient.get("/health/live").status_code == 200


@pytest.mark.parametrize("path", [FILE, PAGE])
def test_slow_readers_keep_no_connection_to_the_database(world: Any, much: None, tmp_path: Path, path: str) -> None:
    token = world.access_token(world.viewer)
    env = environment(WEB_IDLE_SECONDS="60", DATABASE_POOL_MAX_SIZE=str(CONNECTIONS))
    with serving(tmp_path, env) as server, ExitStack() as readers:
        for _ in range(2 * CONNECTIONS):
            readers.enter_context(asking(server, token, path))
        answer = httpx.get(
            f"http://127.0.0.1:{server.port}/api/v1/drifts?limit=1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=PATIENCE_SECONDS,
        )
        assert answer.status_code == 200
        assert (finished(server), server.log.read_text().count("client_too_slow")) == (0, 0)
