"""The Redis beside it: a real one, with a password of its own."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError

from driftsentry.local import programs
from driftsentry.local import redis as module
from driftsentry.local.errors import LocalServiceError
from driftsentry.local.processes import command_of
from driftsentry.local.programs import redis_program
from driftsentry.local.redis import LocalRedis
from tests.local.background import is_gone


def _program() -> Path:
    program = redis_program()
    assert program is not None, "tests need redis-server or valkey-server; `make test` sees to it"
    return program


REDIS = _program()


@pytest.fixture
def redis(folder: Path) -> Iterator[LocalRedis]:
    """A server that is not started yet."""
    server = LocalRedis(folder, _program())
    yield server
    server.stop()


def _pid(server: LocalRedis) -> int:
    assert server.process is not None
    return server.process.pid


def _ping(address: str) -> bool:
    with Redis.from_url(address, socket_timeout=10) as client:
        return bool(client.ping())


def test_it_answers_at_its_address_until_it_is_stopped(redis: LocalRedis) -> None:
    redis.start()
    pid = _pid(redis)
    assert _ping(redis.url)
    redis.stop()
    assert redis.process is None
    assert is_gone(pid, seconds=0)


def test_it_asks_for_a_password_that_no_command_line_shows(redis: LocalRedis) -> None:
    redis.start()
    password = redis.url.split(":")[2].split("@")[0]
    for address in (redis.url.replace(password, "wrong"), redis.url.replace(f":{password}@", "")):
        with pytest.raises(AuthenticationError):
            _ping(address)
    assert password not in command_of(_pid(redis))
    assert password not in redis.log.read_text()


def test_it_listens_on_this_machine_only_and_keeps_nothing(redis: LocalRedis) -> None:
    redis.start()
    with Redis.from_url(redis.url, decode_responses=True) as client:
        assert client.config_get("bind")["bind"] == "127.0.0.1"
        assert client.config_get("save")["save"] == ""
        assert client.config_get("appendonly")["appendonly"] == "no"
        client.set("a", "b")
    redis.stop()
    assert [path.name for path in redis.folder.iterdir()] == ["logs"]


def test_after_its_death_it_comes_back_at_the_same_address(redis: LocalRedis) -> None:
    redis.start()
    address, first = redis.url, _pid(redis)
    assert redis.process is not None
    redis.process.kill()
    redis.process.wait(20)
    redis.respawn()
    assert redis.url == address
    assert _pid(redis) != first
    assert _ping(address)


def test_another_start_has_another_password(redis: LocalRedis) -> None:
    assert LocalRedis(redis.folder, redis.program).url.split("@")[0] != redis.url.split("@")[0]


def test_a_port_that_was_taken_meanwhile_is_told_in_its_own_words(
    redis: LocalRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    redis.start()
    redis.stop()
    monkeypatch.setattr(module, "ATTEMPTS", 1)
    refusal = pytest.raises(LocalServiceError, match=r"(?s)-server\) does not start\. The end of .*in use")
    with socket.create_server(("127.0.0.1", redis.port)), refusal:
        redis.respawn()
    assert redis.process is None


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without any Redis program."""
    empty = tmp_path / "bin"
    empty.mkdir()
    monkeypatch.setenv("PATH", str(empty))
    monkeypatch.setattr(sys, "executable", str(empty / "python"))
    monkeypatch.setattr(programs, "REDIS_WHEEL", "no_such_wheel")


@pytest.mark.usefixtures("nothing_installed")
def test_a_machine_without_one_has_none() -> None:
    assert redis_program() is None


@pytest.mark.parametrize("name", ["redis-server", "valkey-server"])
def test_one_on_the_path_is_taken_before_one_beside_this_python(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / name
    program.symlink_to(_program())
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(programs, "REDIS_PROGRAMS", (name,))
    assert redis_program() == program


def test_one_beside_this_python_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, nothing_installed: None
) -> None:
    program = tmp_path / "bin" / "valkey-server"
    program.symlink_to(REDIS)
    monkeypatch.setenv("PATH", "")
    assert redis_program() == program


def test_one_in_its_wheel_is_found_and_works(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, nothing_installed: None, folder: Path
) -> None:
    package = tmp_path / "wheel_of_redis"
    (package / "bin").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "bin" / "redis-server").symlink_to(REDIS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(programs, "REDIS_WHEEL", package.name)
    server = LocalRedis(folder, _program())
    assert server.program == package / "bin" / "redis-server"
    try:
        server.start()
        assert _ping(server.url)
    finally:
        server.stop()
