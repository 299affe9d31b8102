"""A client that does not read is shown out, and holds up nobody."""

from typing import Any

from driftsentry.local.processes import wait_until
from tests.realtime.happenings import alert_created, happen
from tests.realtime.server import Client, Server

EVENTS = 1500
LONG = "x" * 8000
"""Twelve megabytes in all: more than the kernel and the server buffer for a client that does not read."""


def test_a_client_that_does_not_read_is_closed_and_the_others_are_served(server: Server, world: Any) -> None:
    token, closed = world.access_token(world.viewer), 'driftsentry_realtime_closed_total{code="1013"}'
    with (
        Client.listening(server, token, "alerts", max_queue=1) as slow,
        Client.listening(server, token, "alerts") as quick,
    ):
        before = server.sample(closed)
        happen(world.account.pk, *(alert_created(message=LONG) for _ in range(EVENTS)))
        assert len(quick.events(EVENTS)) == EVENTS
        assert wait_until(lambda: server.sample(closed) > before, seconds=30, every=0.2)
        assert slow.close_code() == 1013
        assert quick.ask("ping")["event"] == "ack"
