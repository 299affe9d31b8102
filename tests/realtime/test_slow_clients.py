"""A client that does not read is shown out, and holds up nobody."""

import json
from contextlib import ExitStack
from typing import Any

from django.db import connection, transaction

from driftsentry.local.processes import wait_until
from tests.realtime.deaf import deaf
from tests.realtime.happenings import alert_created, happen
from tests.realtime.server import Client, Server

EVENTS = 750
DEAF = 8
LONG = "x" * 16_000
"""Twelve megabytes in all: more than the kernel and the server buffer for a client that does not read."""
PING = '{"action": "ping"}'
MEGABYTE = json.dumps({"action": "ping", "ref": "x" * 1_000_000})
MUCH = 200 * 2**20


def test_clients_that_do_not_read_are_all_closed_and_the_others_are_served(server: Server, world: Any) -> None:
    token, closed = world.access_token(world.viewer), 'driftsentry_realtime_closed_total{code="1013"}'
    with ExitStack() as stack:
        quick = stack.enter_context(Client.listening(server, world.access_token(world.owner), "alerts"))
        slow = stack.enter_context(Client.listening(server, token, "alerts", max_queue=1))
        outsider = stack.enter_context(Client.listening(server, world.access_token(world.outsider), "alerts"))
        before, open_before = server.sample(closed), server.sample("driftsentry_realtime_sockets")
        for _ in range(DEAF):
            stack.enter_context(deaf(server, token)).send('{"action": "subscribe", "channel": "alerts"}')
        assert wait_until(lambda: server.sample("driftsentry_realtime_sockets") == open_before + DEAF, seconds=30)
        start = quick.cursor
        happen(world.account.pk, *(alert_created(message=LONG) for _ in range(EVENTS)))
        happen(world.other_account.pk, alert_created())
        assert outsider.event("alert:created")["data"]["title"]
        assert [event["seq"] for event in quick.events(EVENTS)] == list(range(start + 1, start + EVENTS + 1))
        assert wait_until(lambda: server.sample(closed) == before + 1 + DEAF, seconds=60, every=0.2)
        assert slow.close_code() == 1013
        assert wait_until(lambda: server.sample("driftsentry_realtime_sockets") == open_before - 1, seconds=60)
        assert wait_until(lambda: not server.sample("driftsentry_realtime_sockets_behind"), seconds=30)
        happen(world.account.pk, alert_created())
        assert quick.event("alert:created")["prev"] == start + EVENTS


def test_what_a_client_sends_while_we_wait_for_the_database_waits_on_its_side(server: Server, world: Any) -> None:
    token = world.access_token(world.viewer)
    with deaf(server, token) as client, Client.listening(server, world.access_token(world.owner)) as another:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE accounts_session IN ACCESS EXCLUSIVE MODE")
            client.send(json.dumps({"action": "authenticate", "token": token}))
            assert client.taken(MEGABYTE, most=MUCH) < MUCH
            assert another.ask("ping")["event"] == "ack"
        assert client.taken(PING, most=10_000) >= 10_000


def test_what_a_client_sends_after_it_was_shown_out_is_not_kept(server: Server, world: Any) -> None:
    token, abused = world.access_token(world.viewer), 'driftsentry_realtime_closed_total{code="1008"}'
    with deaf(server, token) as client:
        before, size = server.sample(abused), server.memory()
        client.taken(PING, most=2_000 * len(PING))
        assert wait_until(lambda: server.sample(abused) > before, seconds=30)
        client.taken(MEGABYTE, most=MUCH)
        assert server.memory() - size < MUCH / 2
