"""A small server that speaks AWS's query protocol, for what moto never answers: throttling, refusals, nonsense."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs

IDENTITY = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:sts::123456789012:assumed-role/r/s</Arn><UserId>u</UserId><Account>123456789012</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>"""

ROLE = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""


def error(code: str) -> str:
    """An error in EC2's spelling, with words that no message may repeat."""
    return f"<Response><Errors><Error><Code>{code}</Code><Message>secret words</Message></Error></Errors></Response>"


def plain_error(code: str) -> str:
    """An error in the other services' spelling."""
    return f"<ErrorResponse><Error><Code>{code}</Code><Message>secret words</Message></Error></ErrorResponse>"


class Stub:
    """Answers by the action that is asked for."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, str]] = {"GetCallerIdentity": (200, IDENTITY), "AssumeRole": (200, ROLE)}
        self.asked: Counter[str] = Counter()
        self.external_ids: list[str] = []
        """Those that a role was asked for with, in order."""
        self.role_demands = ""
        """The external id that every role demands; '' for none."""
        self.address = ""

    def answer(self, asked: dict[str, str]) -> tuple[int, str]:
        """Answer one request; a role that demands an external id is not given to who names another one."""
        action = asked.get("Action", "")
        self.asked[action] += 1
        if action == "AssumeRole":
            self.external_ids.append(asked.get("ExternalId", ""))
            if self.role_demands and self.external_ids[-1] != self.role_demands:
                return 403, plain_error("AccessDenied")
        return self.answers.get(action, (400, error("Unknown")))


@contextmanager
def stubbed() -> Iterator[Stub]:
    """Run one on a free port."""
    stub = Stub()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            status, text = stub.answer({name: values[0] for name, values in parse_qs(body).items()})
            self.send_response(status)
            self.send_header("content-type", "text/xml")
            self.send_header("content-length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    stub.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
