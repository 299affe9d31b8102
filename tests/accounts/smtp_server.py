"""A mail server of a few lines (RFC 5321), on a port of its own."""

import socketserver
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread


@dataclass(frozen=True, slots=True)
class Answers:
    """What the server says.

    Attributes:
        rcpt: To the recipient.
        others: To those recipients whose address is named here.
    """

    rcpt: str = "250 ok"
    others: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class MailServer:
    """A server that runs.

    Attributes:
        port: Where.
        mails: What it was given, whole.
    """

    port: int
    mails: list[str] = field(default_factory=list)


@contextmanager
def smtp_server(answers: Answers) -> Iterator[MailServer]:
    """A server until the end of the block."""

    class Talk(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 test")
            for line in self.rfile:
                verb = line.decode().split()[0].upper()[:4]
                if verb == "DATA":
                    self.say("354 go on")
                    found.mails.append(self.text())
                    self.say("250 ok")
                elif verb == "QUIT":
                    self.say("221 bye")
                    return
                elif verb == "RCPT":
                    address = line.decode().partition("<")[2].partition(">")[0]
                    self.say(answers.others.get(address, answers.rcpt))
                else:
                    self.say("250 ok")

        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

        def text(self) -> str:
            lines = iter(self.rfile.readline, b".\r\n")
            return b"".join(lines).decode()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk) as server:
        server.daemon_threads = True
        found = MailServer(server.server_address[1])
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()
