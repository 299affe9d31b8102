"""What careful clients do while everything breaks: they ask again with the same words until they are answered."""

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import uuid4

import httpx
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from driftsentry.realtime.events import Channel
from tests.conftest import PASSWORD
from tests.drifts.scans import drifted, instance, open_group
from tests.faults.asking import PAUSE_SECONDS, insist
from tests.faults.cluster import Cluster
from tests.realtime.server import Client, Frame, Server

TOKEN_SECONDS = 600.0
ANSWER_SECONDS = 60.0


@dataclass(slots=True)
class Person:
    """A user who talks to the API over HTTP.

    Attributes:
        cluster: Where.
        email: Who.
        answers: How often each status came.
        unanswered: How many requests were cut.
        errors: Answers that tell of an error of ours.
    """

    cluster: Cluster
    email: str
    answers: Counter[int] = field(default_factory=Counter)
    unanswered: int = 0
    errors: list[str] = field(default_factory=list)
    _token: str = field(default="", repr=False)
    _until: float = 0.0

    def token(self) -> str:
        """An access token that holds for a while."""
        if time.monotonic() > self._until:
            body = {"email": self.email, "password": PASSWORD}
            answer = insist(partial(self._send, "POST", "/auth/login", {}, {"json": body}), seen=self._note)
            assert answer.status_code == httpx.codes.OK, answer.text
            self._token, self._until = answer.json()["data"]["accessToken"], time.monotonic() + TOKEN_SECONDS
        return self._token

    def ask(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **body: Any) -> httpx.Response:
        """Send a request, the same one again wherever its answer is lost or tells to come again.

        Args:
            method: HTTP's.
            path: Below `/api/v1`.
            headers: Further headers.
            **body: As httpx takes it.

        Raises:
            Unanswered: Our patience is over.
        """

        def once() -> httpx.Response:
            whose = {"Authorization": f"Bearer {self.token()}"}
            answer = self._send(method, path, {**whose, **(headers or {})}, body)
            if answer.status_code == httpx.codes.UNAUTHORIZED:
                self._until = 0.0
            return answer

        return insist(once, seen=self._note)

    def get(self, path: str) -> Any:
        """What a page shows."""
        answer = self.ask("GET", path)
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()["data"]

    def _send(self, method: str, path: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> httpx.Response:
        url = f"{self.cluster.url}/api/v1{path}"
        return httpx.request(method, url, headers=headers, timeout=ANSWER_SECONDS, **body)

    def _note(self, answer: httpx.Response | None) -> None:
        if answer is None:
            self.unanswered += 1
        else:
            self.answers[answer.status_code] += 1
            if answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR:
                self.errors.append(f"{answer.request.method} {answer.request.url.path}: {answer.text}")


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that a client wanted to have done, under words that nothing else has.

    Attributes:
        action: What, as the route has it; `comment` too.
        drift_id: Of which drift.
        words: Its reason, note or text.
        acknowledged: Whether it was told that it is done.
    """

    action: str
    drift_id: str
    words: str
    acknowledged: bool


@dataclass(slots=True)
class Decider:
    """Decides on whatever waits, and comments on it.

    Attributes:
        person: Who.
        dice: Chooses.
        deeds: What was asked for.
    """

    person: Person
    dice: random.Random
    deeds: list[Deed] = field(default_factory=list)

    def turn(self) -> None:
        """One decision and one comment."""
        waiting = self.person.get("/drifts?status=detected,triaged,approved&limit=30")["items"]
        if not waiting:
            time.sleep(PAUSE_SECONDS)
            return
        drift = self.dice.choice(waiting)["id"]
        self._decide(drift, self.dice.choice(["triage", "approve", "reject", "resolve"]))
        self._comment(drift)

    def _decide(self, drift: str, action: str) -> None:
        words = f"Decided as {uuid4()}."
        body = {
            "triage": {"note": words},
            "resolve": {"how": self.dice.choice(["manual-fix", "acknowledged"]), "note": words},
        }.get(action, {"reason": words})
        answer = self.person.ask("POST", f"/drifts/{drift}/{action}", json=body)
        assert answer.status_code in {200, 409}, answer.text
        self.deeds.append(Deed(action, drift, words, acknowledged=answer.status_code == httpx.codes.OK))

    def _comment(self, drift: str) -> None:
        words = f"Said as {uuid4()}."
        key = {"Idempotency-Key": str(uuid4())}
        answer = self.person.ask("POST", f"/drifts/{drift}/comments", json={"text": words}, headers=key)
        assert answer.status_code == httpx.codes.CREATED, answer.text
        self.deeds.append(Deed("comment", drift, words, acknowledged=True))


PLANS_A_STACK = 4


@dataclass(slots=True)
class Ingester:
    """Sends plans: each brings new drifts, and every fourth one lacks an old one.

    Attributes:
        person: Who.
        name: What its stacks' names begin with.
        scans: The ids of the scans that were acknowledged.
    """

    person: Person
    name: str
    scans: list[str] = field(default_factory=list)
    turns: int = 0

    def turn(self) -> None:
        """One plan, under a key or without one: the same body is the same scan either way."""
        stack, plan = divmod(self.turns, PLANS_A_STACK)
        self.turns += 1
        lowest = 1 if plan == PLANS_A_STACK - 1 else 0
        entries = [instance(f"aws_instance.web[{number}]") for number in range(lowest, plan + 2)]
        body = drifted(open_group(), *entries, clean=("aws_instance.calm", "aws_instance.web[0]")[: 1 + lowest])
        key = {"Idempotency-Key": str(uuid4())} if self.turns % 2 else {}
        headers = {"Content-Type": "application/json", **key}
        path = f"/scans?stack={self.name}-{stack}&environment=production"
        answer = self.person.ask("POST", path, headers=headers, content=body)
        assert answer.status_code in {200, 201}, answer.text
        scan = answer.json()["data"]
        assert scan["status"] == "succeeded", scan
        self.scans.append(scan["id"])
        time.sleep(PAUSE_SECONDS)


Filter = dict[str, Any]


@dataclass(slots=True)
class Listener:
    """Keeps a socket open, and comes back with the last `seq` that it has whenever it is cut.

    Attributes:
        person: Who.
        channels: What it subscribes to, each with its filter.
        start: The entry after which it has heard everything.
        cursor: The last entry that it knows itself to be past.
        events: What it was told.
        connections: How often it had to connect.
        refusals: How often each status refused it.
    """

    person: Person
    channels: Mapping[Channel, Filter | None]
    start: int = -1
    cursor: int = -1
    epoch: str = ""
    events: list[Frame] = field(default_factory=list)
    connections: int = 0
    refusals: Counter[str] = field(default_factory=Counter)

    def listen(self, enough: Callable[["Listener"], bool]) -> None:
        """Listen until it is enough.

        Args:
            enough: Asked after every frame and every second.
        """
        while not enough(self):
            try:
                self._listen_until_cut(enough)
            except ConnectionClosed as closed:
                self.refusals[f"closed {closed.rcvd.code if closed.rcvd else 1006}"] += 1
            except InvalidStatus as refused:
                self.refusals[f"status {refused.response.status_code}"] += 1
            except (OSError, WebSocketException, TimeoutError) as error:
                self.refusals[type(error).__name__] += 1
            time.sleep(PAUSE_SECONDS)

    def _listen_until_cut(self, enough: Callable[["Listener"], bool]) -> None:
        server = Server(self.person.cluster.port, self.person.cluster.web.process, self.person.cluster.web.log)
        with server.connect(self.person.token()) as client:
            self.connections += 1
            ready = client.ready()["data"]
            if self.start < 0:
                self.start = self.cursor = ready["seq"]
                self.epoch = ready["epoch"]
            assert ready["epoch"] == self.epoch, "No database was restored."
            for channel, wanted in self.channels.items():
                client.send("subscribe", channel=channel, **({"filter": wanted} if wanted else {}))
            if client.resume(after=self.cursor, epoch=self.epoch)["event"] == "error":
                return  # the database was away; what was told before the answer is told again
            for frame in self._frames(client, enough):
                assert frame["event"] not in {"reset", "error"}, frame
                if frame["event"] not in {"ack", "heartbeat"}:
                    self.events.append(frame)
                self.cursor = frame.get("seq", self.cursor)

    def _frames(self, client: Client, enough: Callable[["Listener"], bool]) -> Iterator[Frame]:
        while not enough(self):
            try:
                yield client.receive(seconds=1.0)
            except TimeoutError:
                continue


@dataclass(slots=True)
class Crowd:
    """Clients at work, each in a thread of its own, until they are told that it is enough.

    Attributes:
        failures: What went wrong in them.
    """

    failures: list[BaseException] = field(default_factory=list)
    _enough: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def work(self, turn: Callable[[], None]) -> None:
        """Let one take turn after turn; the last one it finishes.

        Args:
            turn: Its turn.
        """

        def until_enough() -> None:
            while not self._enough.is_set():
                turn()

        self.run(until_enough)

    def run(self, do: Callable[[], None]) -> None:
        """Let one do something to its own end.

        Args:
            do: What.
        """

        def watched() -> None:
            try:
                do()
            except BaseException as error:  # noqa: BLE001 - it is raised again in the test's thread
                self.failures.append(error)

        thread = threading.Thread(target=watched, daemon=True)
        self._threads.append(thread)
        thread.start()

    @property
    def is_enough(self) -> bool:
        """Whether they are to come to an end."""
        return self._enough.is_set()

    def end(self) -> None:
        """Tell them that it is enough."""
        self._enough.set()

    def is_over(self) -> bool:
        """Whether all have come to their ends."""
        return not any(thread.is_alive() for thread in self._threads)

    def check(self) -> None:
        """Raise what went wrong in one of them."""
        for failure in self.failures:
            raise failure


def words_of(frame: Frame) -> str:
    """A frame but for its `prev`, which differs from connection to connection.

    Args:
        frame: An event.
    """
    return json.dumps({name: value for name, value in frame.items() if name != "prev"}, sort_keys=True)
