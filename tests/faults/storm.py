"""A storm: eight clients of two tenants work while a killer rages; then the calm after it, to be looked at."""

import json
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx
import psycopg
from psycopg.rows import DictRow

from driftsentry.local.processes import wait_until
from driftsentry.realtime import events, protocol
from driftsentry.realtime.events import Channel, Entry
from driftsentry.realtime.protocol import Subscribe
from tests.alerts.receiver import Receiver
from tests.faults.clients import Crowd, Decider, Filter, Ingester, Listener, Person
from tests.faults.cluster import Cluster
from tests.faults.faults import Killer

MAKE_PEOPLE = "from tests.conftest import people; people()"
EVERYTHING: dict[Channel, Filter | None] = {"drifts": None, "alerts": None, "scans": None}
CRITICAL: dict[Channel, Filter | None] = {"drifts": {"severity": ["critical", "high"]}, "scans": None}
PATIENCE_SECONDS = 300.0
LEASES_END = "UPDATE alerts_delivery SET next_try_at = now(), leased_until = now() WHERE leased_until IS NOT NULL"
UNDELIVERED = """
SELECT id, tries, now() - due_at AS late, next_try_at - now() AS due, leased_until - now() AS leased, last_answer,
       (SELECT failing_since FROM alerts_channel WHERE id = channel_id) AS failing_since, count(*) OVER () AS pending
FROM alerts_delivery WHERE status = 'pending' ORDER BY next_try_at LIMIT 3
"""
JOBS = """
SELECT task_name, status, count(*), min(scheduled_at) AS scheduled, max(attempts) AS attempts, min(worker_id) AS worker
FROM procrastinate_jobs WHERE status IN ('todo', 'doing') GROUP BY task_name, status
"""
JOURNAL = """
SELECT id, seq, at, kind, data, drift_id, personal->>'text' AS text FROM audit_log WHERE account_id = %s ORDER BY seq
"""


@dataclass(slots=True)
class Storm:
    """Who works, who kills, and what is left.

    Attributes:
        cluster: Where.
        seed: Of all choices.
        accounts: The tenants' ids by name.
        people: Everybody who talks over HTTP.
        ingesters: Who sends plans.
        receiver: Who is told of everything, by a webhook of each tenant.
        deciders: Who decides and comments.
        listeners: Who listens, with the name of their tenant.
        kills: What was killed how often.
        journal: By tenant, its whole journal after the storm.
    """

    cluster: Cluster
    seed: int
    receiver: Receiver
    accounts: dict[str, Any] = field(default_factory=dict)
    people: list[Person] = field(default_factory=list)
    ingesters: list[Ingester] = field(default_factory=list)
    deciders: list[Decider] = field(default_factory=list)
    listeners: list[tuple[str, Listener]] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    journal: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    _crowd: Crowd = field(default_factory=Crowd)
    _lines: dict[str, int] = field(default_factory=dict)

    def gather(self) -> None:
        """Make two tenants and eight clients."""
        self.cluster.manage("shell", "--no-imports", "-c", MAKE_PEOPLE)
        self.accounts = {row["name"]: row["id"] for row in self.cluster.rows("SELECT id, name FROM accounts_account")}
        dice = chosen_by(self.seed)
        for name in ("bob@acme.example", "mallory@rival.example"):
            self.ingesters.append(Ingester(self._person(name), name.partition("@")[0]))
        for name in ("alice@acme.example", "bob@acme.example", "mallory@rival.example"):
            self.deciders.append(Decider(self._person(name), chosen_by(dice.random())))
        for name, channels in (
            ("carol@acme.example", EVERYTHING),
            ("bob@acme.example", CRITICAL),
            ("mallory@rival.example", EVERYTHING),
        ):
            tenant = name.partition("@")[2].partition(".")[0]
            self.listeners.append((tenant, Listener(self._person(name), channels)))

        for one in (self._person("alice@acme.example"), self._person("mallory@rival.example")):
            tenant = one.email.partition("@")[2]
            channel = {"name": "all", "kind": "webhook", "digestAbove": 1000}
            body = channel | {"secrets": {"url": f"{self.receiver.url}/{tenant}"}}
            answer = one.ask("POST", "/channels", json=body)
            assert answer.status_code == httpx.codes.CREATED, answer.text

    def rage(self, seconds: float) -> None:
        """Let all work while the killer rages; then let the writers finish what they are at.

        Args:
            seconds: How long.
        """
        crowd = self._crowd
        for tenant, listener in self.listeners:
            crowd.run(partial(listener.listen, partial(self._has_heard_all, tenant)))
        wait_until(lambda: all(one.start >= 0 for _, one in self.listeners), seconds=PATIENCE_SECONDS)
        writers = Crowd()
        for turn in (*(one.turn for one in self.ingesters), *(one.turn for one in self.deciders)):
            writers.work(turn)
        killer = Killer(self.cluster, chosen_by(self.seed), self.kills)
        try:
            killer.rage(seconds, partial(self._look_at, crowd, writers), self.got_through)
            killer.calm_down()
            writers.end()
            self._wait(writers.is_over, "the writers come to an end")
            writers.check()
        finally:
            writers.end()

    def got_through(self) -> bool:
        """Whether everything was killed and everybody has done something, in spite of it."""
        everything = ("web", "session", "postgres", "redis", *(part.name for part in self.cluster.workers))
        return (
            all(self.kills[name] for name in everything)
            and all(decider.deeds for decider in self.deciders)
            and all(ingester.scans for ingester in self.ingesters)
            and all(listener.connections > 1 for _, listener in self.listeners)
        )

    def deliver(self) -> None:
        """Wait until every message has been delivered. Whoever had one when it was killed still has its lease; the two
        minutes that leases last are let pass at once.
        """
        with psycopg.connect(self.cluster.postgres.url, connect_timeout=10) as connection:
            connection.execute(LEASES_END)

        def delivered() -> bool:
            return not self.cluster.rows("SELECT id FROM alerts_delivery WHERE status = 'pending' LIMIT 1")

        self._wait(delivered, "every message is delivered", self._undelivered)

    def hear_out(self) -> None:
        """Read the journals, now that nothing happens any more, and wait until the listeners have heard all of it."""
        for name, account in self.accounts.items():
            self.journal[name] = self.cluster.rows(JOURNAL, account)
        for tenant, listener in self.listeners:
            covered = self.covered(tenant, listener)
            self._lines[f"{tenant} {listener.person.email}"] = covered[-1].seq if covered else 0
        self._crowd.end()
        self._wait(self._crowd.is_over, "the listeners have heard everything")
        self._crowd.check()

    def covered(self, tenant: str, listener: Listener) -> list[events.Event]:
        """The events that a listener must have been told, in order.

        Args:
            tenant: Its tenant.
            listener: It.
        """
        rows = [row for row in self.journal[tenant] if row["seq"] > listener.start]
        rendered = [events.render(Entry(row["seq"], row["at"], row["kind"], row["data"])) for row in rows]
        wanted = {name: _wanted(name, chosen) for name, chosen in listener.channels.items()}
        return [event for event in rendered if event and protocol.wants(wanted, event)]

    def told_as(self, text: str) -> list[dict[str, Any]]:
        """The journal entries with these words.

        Args:
            text: Words that one client has used once.
        """
        return [row for rows in self.journal.values() for row in rows if row["text"] == text]

    def summary(self) -> str:
        """What happened, for whoever reads the run's output."""
        answers = sum((person.answers for person in self.people), Counter[int]())
        refusals = sum((listener.refusals for _, listener in self.listeners), Counter[str]())
        cut = sum(person.unanswered for person in self.people)
        deeds = sum(len(decider.deeds) for decider in self.deciders)
        scans = sum(len(ingester.scans) for ingester in self.ingesters)
        entries = {name: len(rows) for name, rows in self.journal.items()}
        deaths = {name: part.deaths for name, part in self.cluster.parts.items()}
        heard = [(len(listener.events), listener.connections) for _, listener in self.listeners]
        messages = [asked.headers["webhook-id"] for asked in self.receiver.asked]
        return (
            f"{len(messages)} messages, {len(messages) - len(set(messages))} of them again, "
            f"kills {dict(self.kills)}, deaths {deaths}, answers {dict(answers)}, {cut} cut, "
            f"{scans} scans, {deeds} deeds, entries {entries}, heard and connected {heard}, refusals {dict(refusals)}"
        )

    def _look_at(self, *crowds: Crowd) -> int:
        """Raise what went wrong in one of them; else how often they were answered as they wished."""
        for crowd in crowds:
            crowd.check()
        return sum(person.answers[status] for person in self.people for status in (200, 201))

    def _has_heard_all(self, tenant: str, listener: Listener) -> bool:
        line = self._lines.get(f"{tenant} {listener.person.email}")
        return self._crowd.is_enough and line is not None and listener.cursor >= line

    def _wait(self, condition: Callable[[], bool], what: str, why: Callable[[], object] = str) -> None:
        def looked_after() -> bool:
            self.cluster.tend()
            return condition()

        assert wait_until(looked_after, seconds=PATIENCE_SECONDS, every=0.1), f"Not in time: {what}. {why()}"

    def _undelivered(self) -> list[DictRow]:
        """Some of the messages that still wait, how they fared, and what the workers have to do."""
        return [*self.cluster.rows(UNDELIVERED), *self.cluster.rows(JOBS)]

    def _person(self, email: str) -> Person:
        person = Person(self.cluster, email)
        self.people.append(person)
        return person


def chosen_by(seed: float) -> random.Random:
    """Dice that fall the same way for the same seed.

    Args:
        seed: The seed.
    """
    return random.Random(seed)  # noqa: S311 - choices that can be repeated


def _wanted(channel: Channel, chosen: Filter | None) -> Mapping[str, frozenset[str]]:
    asked = {"action": "subscribe", "channel": channel, **({"filter": chosen} if chosen else {})}
    request = protocol.parse(json.dumps(asked))
    assert isinstance(request, Subscribe)
    return request.filter.wanted() if request.filter else {}
