"""`manage.py watch`, against a real daphne."""

import json
import signal
import subprocess
import sys
from contextlib import nullcontext
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError, OutputWrapper

from driftsentry.local.processes import free_port, stop, wait_until
from driftsentry.management.commands import watch
from driftsentry.realtime.asyncapi import EXAMPLES
from driftsentry.realtime.events import FILTERS
from driftsentry.realtime.protocol import RESETS, parse
from tests.drifts.scans import drifted, ingest, open_group
from tests.realtime.happenings import drift_created, happen
from tests.realtime.server import Server, environment, serving


def _watching(
    server: Server, token: str, said: Path, *, told: str = "", stdout: int | None = None
) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "manage.py", "watch", "--token", token, "--url", f"ws://127.0.0.1:{server.port}/ws"]
    with said.open("wb") as file:
        process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=stdout or file, stderr=file, env=environment()
        )
    assert process.stdin
    with process.stdin as stdin:
        stdin.write(f"{told}\n".encode())
    return process


def test_it_prints_what_happens(world: Any, server: Server, token: str, tmp_path: Path) -> None:
    said = tmp_path / "said"
    process = _watching(server, token, said)
    try:
        assert wait_until(lambda: "ready" in said.read_text(), seconds=30)
        ingest(world, drifted(open_group()))
        assert wait_until(lambda: "scan:completed" in said.read_text(), seconds=30)
    finally:
        stop(process, (signal.SIGINT, 10.0))
    lines = said.read_text()
    assert [name for name in ("scan:started", "drift:created", "alert:created") if name in lines] == [
        "scan:started",
        "drift:created",
        "alert:created",
    ]
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("frame", "line"),
    [
        (EXAMPLES["ready"], "ready: alice@example.com, from entry 41 on"),
        (EXAMPLES["reset"], "reset: what followed has been archived; going on from entry 90"),
        (EXAMPLES["error"], "error: This is no request."),
        (EXAMPLES["heartbeat"], ""),
        (EXAMPLES["ack"], ""),
        (
            EXAMPLES["drift.created"],
            "drift:created           critical  sg-0f3a  detected  payments  eu-central-1  resourceType=SECURITY_GROUP",
        ),
        (
            {
                "event": "drift:updated",
                "seq": 2,
                "prev": 1,
                "at": "2026-01-02T03:04:05.000000Z",
                "data": {"id": "d", "severity": "low", "previousSeverity": "high", "changedPaths": ["tags", "size"]},
            },
            "drift:updated           high>low  d  changedPaths=tags,size",
        ),
    ],
    ids=lambda value: value["event"] if isinstance(value, dict) else "",
)
def test_a_frame_is_told_in_words(frame: dict[str, Any], line: str) -> None:
    told = watch._told(frame)
    assert told.partition("  ")[2] == line if "seq" in frame and line else told == line


def test_the_name_of_a_resource_cannot_speak_to_the_terminal() -> None:
    data = {"id": "d", "resourceId": "sg\x1b]0;owned\x07\x9b2J\u202eé\n"}
    frame = {"event": "drift:created", "seq": 2, "prev": 1, "at": "2026-01-02T03:04:05.000000Z", "data": data}
    assert watch._told(frame).isprintable()
    assert "é" in watch._told(frame)


def test_it_moves_on_only_along_the_chain() -> None:
    stopped = {"after": 41, "epoch": EXAMPLES["ready"]["data"]["epoch"]}
    assert watch._cursor(EXAMPLES["ready"] | {"data": EXAMPLES["ready"]["data"] | {"seq": 60}}, stopped) == stopped
    assert watch._cursor(EXAMPLES["heartbeat"] | {"seq": 60, "prev": 60}, stopped) == stopped
    assert watch._cursor(EXAMPLES["drift.created"], stopped) == stopped | {"after": 42}


def test_a_place_that_could_not_be_gone_back_to_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = [
        EXAMPLES["ready"],
        {"event": "error", "ref": watch.RESUMING, "data": {"code": "UNAVAILABLE", "message": "Come back later."}},
        EXAMPLES["drift.created"],
    ]
    monkeypatch.setattr(watch, "_connected", lambda *_: nullcontext())
    monkeypatch.setattr(watch, "_subscribed", lambda *_: map(json.dumps, frames))
    command, said = watch.Command(stdout=StringIO()), StringIO()
    command.stdout = OutputWrapper(said)
    command._after, command._failures, command._line = None, 0, watch._told
    command._watch("ws://localhost/ws", "token", [])
    assert "error: Come back later." in said.getvalue()
    assert "drift:created" not in said.getvalue()


def test_a_filter_is_asked_of_the_channels_that_have_it() -> None:
    options = {"channel": None, "severity": ["critical", "high"], "stack": None}
    asked = {one["channel"]: one["filter"] for one in watch._subscriptions(options)}
    assert asked == {"drifts": {"severity": ["critical", "high"]}, "alerts": asked["drifts"], "scans": None}
    for request in watch._subscriptions(options):
        parse(json.dumps(request))


def test_its_filters_are_those_of_the_stream() -> None:
    for name, channels in watch.FILTERS.items():
        assert set(channels.split(", ")) == {channel for channel, facets in FILTERS.items() if name in facets}
    assert watch.RESETS.keys() == RESETS.keys()


def test_after_a_cut_it_goes_on_where_it_stopped(world: Any, token: str, tmp_path: Path) -> None:
    said, port = tmp_path / "said", free_port()
    with serving(tmp_path, environment(), port=port) as first:
        process = _watching(first, token, said)
        assert wait_until(lambda: "ready" in said.read_text(), seconds=30)
        before = drift_created()
        happen(world.account.pk, before)
        assert wait_until(lambda: "drift:created" in said.read_text(), seconds=30)
    happen(world.account.pk, drift_created(), drift_created(), drift_created())
    try:
        with serving(tmp_path, environment(), port=port):
            assert wait_until(lambda: said.read_text().count("drift:created") >= 4, seconds=60), said.read_text()
    finally:
        stop(process, (signal.SIGINT, 10.0))
    assert said.read_text().count("drift:created") == 4


def test_a_token_that_does_not_hold_ends_it_in_words(server: Server, tmp_path: Path) -> None:
    said = tmp_path / "said"
    process = _watching(server, "not.a.token", said)
    assert process.wait(30) == 1
    assert "log in again" in said.read_text()
    assert "Traceback" not in said.read_text()


@pytest.mark.parametrize(
    ("token", "url", "words"),
    [
        ("", "ws://localhost/ws", "no access token"),
        ("one\ntwo", "ws://localhost/ws", "no access token"),
        ("a.b.c", "http://localhost:8000", "no address of a stream"),
        ("a.b.c", "localhost:8000/ws", "no address of a stream"),
        ("a.b.c", "ws://localhost:99999/ws", "no address of a stream"),
    ],
)
def test_what_it_cannot_begin_with_is_said_in_words(token: str, url: str, words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("watch", token=token, url=url)


def test_a_filter_that_the_stream_refuses_ends_it_in_words(server: Server, token: str) -> None:
    with pytest.raises(CommandError, match="drifts cannot be had so: This is no request: Invalid enum value 'nix'"):
        call_command("watch", token=token, url=f"ws://127.0.0.1:{server.port}/ws", severity=["nix"])


def test_it_ends_quietly_when_nobody_reads_on(world: Any, server: Server, token: str, tmp_path: Path) -> None:
    said = tmp_path / "said"
    process = _watching(server, token, said, stdout=subprocess.PIPE)
    try:
        assert process.stdout
        with process.stdout as read:
            assert read.readline().startswith(b"ready")
        happen(world.account.pk, drift_created())
        assert process.wait(30) == 0
    finally:
        stop(process)
    assert said.read_text() == ""


def test_too_many_sockets_are_told(token: str, tmp_path: Path) -> None:
    said = tmp_path / "said"
    with serving(tmp_path, environment(REALTIME_MAX_SOCKETS_PER_USER="1")) as server, server.connect(token) as first:
        first.ready()
        process = _watching(server, token, said)
        try:
            assert wait_until(lambda: "closed with 4429. The user or the account has" in said.read_text(), seconds=30)
        finally:
            stop(process, (signal.SIGINT, 10.0))


def test_the_token_may_come_from_the_standard_input(world: Any, server: Server, token: str, tmp_path: Path) -> None:
    said = tmp_path / "said"
    process = _watching(server, "-", said, told=token)
    try:
        assert wait_until(lambda: "ready" in said.read_text(), seconds=30), said.read_text()
    finally:
        stop(process, (signal.SIGINT, 10.0))
