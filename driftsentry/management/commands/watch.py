"""`manage.py watch`: the live stream in a terminal, one line an event."""

import json
import os
import re
import sys
import time
from argparse import ArgumentParser
from collections.abc import Generator, Mapping
from contextlib import closing
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from driftsentry.local.services import data_dir, read_services
from driftsentry.realtime.protocol import CLOSE_DEACTIVATED, CLOSE_TOKEN, CLOSES

CHANNELS = ("drifts", "alerts", "scans")
FILTERS = {"severity": "drifts, alerts", "stack": "drifts, alerts, scans"}
"""Filters, and the channels that have them."""
TRIES = 10
STDIN = "-"
TOKEN = re.compile(r"[A-Za-z0-9._-]+")
"""The letters of a JSON Web Token (RFC 7515, section 3.1)."""
RESUMING = "resume"
"""Marks the request to go on where it stopped."""
PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 15.0
OPEN_SECONDS = 10.0
CLOSE_SECONDS = 1.0
"""How long Ctrl-C waits for the server's own goodbye."""
ENDED_FOR_GOOD = {CLOSE_TOKEN, CLOSE_DEACTIVATED}
NAMING = ("title", "resourceId", "id")
"""What names the subject of an event, the best first."""
TELLING = ("status", "stack", "region")
"""What else is told in words rather than with its name."""
UNTOLD = frozenset({*NAMING, *TELLING, "severity", "previousSeverity", "createdAt", "detectedAt", "message", "format"})
RESETS = {
    "epoch": "the journal is another one now",
    "unknown": "the journal has no such entry yet",
    "archived": "what followed has been archived",
    "too_far_behind": "too much has happened since",
}


class Command(BaseCommand):
    """Connect, subscribe to everything, print; after a cut go on where it stopped."""

    help = "Print drifts, alerts and scans as they happen. Ctrl-C stops it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the options."""
        parser.add_argument(
            "--token",
            required=True,
            help="an access token, as POST /api/v1/auth/login gives it; - reads it from the standard input",
        )
        parser.add_argument("--url", help="the stream's address; by default that of `manage.py up` on this machine")
        parser.add_argument("--channel", action="append", choices=CHANNELS, help="only this one (may be repeated)")
        for name, of_what in FILTERS.items():
            parser.add_argument(f"--{name}", action="append", help=f"only {of_what} of this {name} (may be repeated)")
        parser.add_argument("--json", action="store_true", help="print each frame as it came, one a line")

    def handle(self, *args: Any, **options: Any) -> None:
        """Watch until Ctrl-C, until nobody reads what is printed, or until the session ends."""
        token = sys.stdin.readline().strip() if options["token"] == STDIN else options["token"]
        if not TOKEN.fullmatch(token):
            raise CommandError("That is no access token: give the accessToken that POST /api/v1/auth/login answers.")
        url = options["url"] or _local_address()
        self._after: dict[str, Any] | None = None
        self._failures = 0
        self._line = _plain if options["json"] else _told
        requests = _subscriptions(options)
        try:
            while self._failures < TRIES:
                self._watch(url, token, requests)
                self._failures += 1
                time.sleep(min(PAUSE_SECONDS * self._failures, LONGEST_PAUSE_SECONDS))
        except KeyboardInterrupt:
            return
        except BrokenPipeError:
            _print_nothing_more()
            return
        raise CommandError(f"{url}: given up after {TRIES} tries.")

    def _watch(self, url: str, token: str, requests: list[dict[str, Any]]) -> None:
        """Print what comes on one connection until it is cut.

        Raises:
            CommandError: The token does not hold, its session has ended, or what is asked for is refused.
        """
        with closing(self._frames(url, token, requests)) as frames:
            for frame in frames:
                refused = frame.get("ref") if frame["event"] == "error" else None
                if refused in CHANNELS:
                    raise CommandError(f"{refused} cannot be had so: {frame['data']['message']}")
                self._print(frame)
                if refused == RESUMING:
                    return  # to come back and ask again: what happened meanwhile would be missing

    def _frames(self, url: str, token: str, requests: list[dict[str, Any]]) -> Generator[dict[str, Any], None, None]:
        """What comes on one connection. It is printed elsewhere: a closed pipe is not to be taken for a cut."""
        try:
            with _connected(url, token) as socket:
                yield from map(json.loads, _subscribed(socket, requests, self._after))
        except InvalidStatus as error:
            if error.response.status_code in {401, 403}:
                raise CommandError(f"{url} refused the token; log in again.") from error
            self.stderr.write(f"{url}: HTTP {error.response.status_code}")
        except ConnectionClosed as error:
            code = error.rcvd.code if error.rcvd else 0
            if code in ENDED_FOR_GOOD:
                raise CommandError("The session has ended; log in again.") from error
            why = f"closed with {code}. {CLOSES[code]}" if code in CLOSES else "the connection was cut"
            self.stderr.write(f"{url}: {why}")
        except (InvalidHandshake, OSError) as error:
            self.stderr.write(f"{url}: {error}")

    def _print(self, frame: dict[str, Any]) -> None:
        self._failures, self._after = 0, _cursor(frame, self._after)
        line = self._line(frame)
        if line:
            self.stdout.write(line)
            self.stdout.flush()


def _print_nothing_more() -> None:
    """Whoever read has closed the pipe; Python would fail once more as it flushes the rest at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())


def _plain(frame: Mapping[str, Any]) -> str:
    return json.dumps(frame, ensure_ascii=False)


def _told(frame: Mapping[str, Any]) -> str:
    """A frame in words; nothing of what only holds the connection together."""
    data = frame.get("data") or {}
    match frame["event"]:
        case "ready":
            return f"ready: {data['user']['email']}, from entry {data['seq']} on"
        case "reset":
            return f"reset: {RESETS.get(data['reason'], data['reason'])}; going on from entry {data['seq']}"
        case "error":
            return f"error: {data['message']}"
        case name if "seq" in frame and ":" in name:
            return _printable(_event(frame))
    return ""


def _event(frame: Mapping[str, Any]) -> str:
    """`14:03:22  drift:created     critical  sg-0f3a  detected  payments  eu-central-1`, and what else it tells."""
    data: Mapping[str, Any] = {name: value for name, value in frame["data"].items() if value not in (None, "", [], {})}
    at = datetime.fromisoformat(frame["at"]).astimezone().strftime("%H:%M:%S")
    subject = next((str(data[name]) for name in NAMING if name in data), "")
    words = [subject, *(str(data[name]) for name in TELLING if name in data)]
    rest = [f"{name}={_short(value)}" for name, value in data.items() if name not in UNTOLD]
    return f"{at}  {frame['event']:<22}  {_severity(data):<8}  {'  '.join([*words, *rest])}".rstrip()


def _printable(text: str) -> str:
    """The names of resources are anybody's; none of them may speak to the terminal."""
    return "".join(one if one.isprintable() else "\ufffd" for one in text)


def _severity(data: Mapping[str, Any]) -> str:
    now, before = str(data.get("severity", "")), data.get("previousSeverity")
    return f"{before}>{now}" if before and before != now else now


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return ",".join(f"{name}:{inner}" for name, inner in value.items() if inner) or "-"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _subscriptions(options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What to ask for: each channel, with those of the filters that it has."""
    asked = {name: options[name] for name in FILTERS if options[name]}
    return [
        {
            "action": "subscribe",
            "ref": channel,
            "channel": channel,
            "filter": {name: values for name, values in asked.items() if channel in FILTERS[name].split(", ")} or None,
        }
        for channel in options["channel"] or CHANNELS
    ]


def _local_address() -> str:
    running = read_services(data_dir())
    return f"ws://127.0.0.1:{(running and running.port) or 8000}/ws"


def _connected(url: str, token: str) -> ClientConnection:
    protocols = [Subprotocol("driftsentry.v1"), Subprotocol(f"bearer.{token}")]
    try:
        return connect(url, subprotocols=protocols, open_timeout=OPEN_SECONDS, close_timeout=CLOSE_SECONDS)
    except (InvalidURI, ValueError) as error:
        raise CommandError(f"{url} is no address of a stream, like ws://127.0.0.1:8000/ws: {error}.") from error


def _subscribed(
    socket: ClientConnection, requests: list[dict[str, Any]], after: dict[str, Any] | None
) -> ClientConnection:
    for request in requests:
        socket.send(json.dumps(request))
    if after is not None:
        socket.send(json.dumps({"action": "resume", "ref": RESUMING} | after))
    return socket


def _cursor(frame: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any] | None:
    """Where to go on after a cut: the epoch of `ready`, and the last number seen."""
    data = frame.get("data") or {}
    if frame["event"] == "reset":
        return {"after": data["seq"], "epoch": data["epoch"]}
    if frame["event"] == "ready":
        return before if before and before["epoch"] == data["epoch"] else {"after": data["seq"], "epoch": data["epoch"]}
    follows = before is not None and frame.get("prev") == before["after"]  # a heartbeat may come before we have resumed
    return before | {"after": frame["seq"]} if before and follows else before
