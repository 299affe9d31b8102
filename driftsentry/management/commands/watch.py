"""`manage.py watch`: the live stream in a terminal, one line an event."""

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from driftsentry.local.services import data_dir, read_services

CHANNELS = ("drifts", "alerts", "scans")
TRIES = 10
PAUSE_SECONDS = 2.0
OPEN_SECONDS = 10.0
ENDED_FOR_GOOD = {4401, 4403}


class Command(BaseCommand):
    """Connect, subscribe to everything, print; after a cut go on where it stopped."""

    help = "Print drifts, alerts and scans as they happen. Ctrl-C stops it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the options."""
        parser.add_argument("--token", required=True, help="an access token, as POST /api/v1/auth/login gives it")
        parser.add_argument("--url", help="the stream's address; by default that of `manage.py up` on this machine")

    def handle(self, *args: Any, **options: Any) -> None:
        """Watch until Ctrl-C or until the session ends."""
        url = options["url"] or _local_address()
        self._after: dict[str, Any] | None = None
        self._failures = 0
        try:
            while self._failures < TRIES:
                self._watch(url, options["token"])
                self._failures += 1
                time.sleep(PAUSE_SECONDS)
        except KeyboardInterrupt:
            return
        raise CommandError(f"{url} does not answer.")

    def _watch(self, url: str, token: str) -> None:
        """Print what comes on one connection until it is cut.

        Raises:
            CommandError: The token does not hold, or its session has ended.
        """
        try:
            with _connected(url, token) as socket:
                for frame in map(json.loads, _subscribed(socket, self._after)):
                    self._failures, self._after = 0, _cursor(frame, self._after)
                    self._show(frame)
        except InvalidStatus as error:
            if error.response.status_code in {401, 403}:
                raise CommandError(f"{url} refused the token; log in again.") from error
            self.stderr.write(f"{url}: HTTP {error.response.status_code}")
        except ConnectionClosed as error:
            if error.rcvd and error.rcvd.code in ENDED_FOR_GOOD:
                raise CommandError("The session has ended; log in again.") from error
        except (InvalidHandshake, OSError) as error:
            self.stderr.write(f"{url}: {error}")

    def _show(self, frame: dict[str, Any]) -> None:
        if "seq" in frame and ":" in frame["event"]:
            data = {name: value for name, value in frame["data"].items() if value is not None}
            self.stdout.write(f"{frame['at']}  {frame['event']:<16} {json.dumps(data, ensure_ascii=False)}")
        elif frame["event"] in {"ready", "reset", "error"}:
            self.stdout.write(f"{frame['event']}: {json.dumps(frame.get('data'), ensure_ascii=False)}")
        self.stdout.flush()


def _local_address() -> str:
    running = read_services(data_dir())
    return f"ws://127.0.0.1:{(running and running.port) or 8000}/ws"


def _connected(url: str, token: str) -> ClientConnection:
    protocols = [Subprotocol("driftsentry.v1"), Subprotocol(f"bearer.{token}")]
    return connect(url, subprotocols=protocols, open_timeout=OPEN_SECONDS)


def _subscribed(socket: ClientConnection, after: dict[str, Any] | None) -> ClientConnection:
    for channel in CHANNELS:
        socket.send(json.dumps({"action": "subscribe", "channel": channel}))
    if after is not None:
        socket.send(json.dumps({"action": "resume"} | after))
    return socket


def _cursor(frame: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any] | None:
    """Where to go on after a cut: the epoch of `ready`, and the last number seen."""
    data = frame.get("data") or {}
    if frame["event"] == "reset":
        return {"after": data["seq"], "epoch": data["epoch"]}
    if frame["event"] == "ready":
        return before if before and before["epoch"] == data["epoch"] else {"after": data["seq"], "epoch": data["epoch"]}
    return before | {"after": frame["seq"]} if before and "seq" in frame else before
