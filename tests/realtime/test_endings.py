"""How sockets end that neither side has closed: with the server, and with a client that breaks the protocol."""

import signal
from pathlib import Path
from typing import Any

import pytest
from daphne.ws_protocol import WebSocketProtocol

from driftsentry.serving.limits import Limits
from driftsentry.serving.server import Server
from tests.realtime.deaf import deaf
from tests.realtime.server import PATIENCE_SECONDS, Client, environment, serving


def test_at_the_end_of_the_server_its_clients_are_told_to_come_back(tmp_path: Path, world: Any, token: str) -> None:
    with serving(tmp_path, environment()) as server, deaf(server, token), Client.listening(server, token) as client:
        server.process.send_signal(signal.SIGTERM)
        assert client.close_code() == 1012
        server.process.wait(PATIENCE_SECONDS)
        assert "Traceback" not in server.log_lines()


async def test_sending_on_a_socket_that_is_closing_fails_as_asgi_has_it() -> None:
    server, protocol = Server(None, host="127.0.0.1", port=0, limits=Limits.configured()), WebSocketProtocol()
    protocol.state, protocol.client_addr = WebSocketProtocol.STATE_CLOSING, None
    server.connections[protocol] = {}
    with pytest.raises(OSError, match="closing"):
        await server.handle_reply(protocol, {"type": "websocket.send", "text": "{}", "bytes": None})
