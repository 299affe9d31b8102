"""CloudTrail over real HTTP, as far as look-ups need it: JSON 1.1 in and out; and STS's answer to who asks.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.drifts.detectors.aws.stub import IDENTITY

TARGET = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents"
ALICE = "arn:aws:sts::123456789012:assumed-role/Admin/alice@acme.example"


def record(name: str, at: datetime, ident: str = "e-1", **told: Any) -> dict[str, Any]:
    """An event as `LookupEvents` answers it."""
    event = {
        "eventVersion": "1.09",
        "userIdentity": {"type": "AssumedRole", "arn": ALICE, "principalId": "AROA:alice"},
        "eventName": name,
        "eventSource": "ec2.amazonaws.com",
        "sourceIPAddress": "203.0.113.9",
        "userAgent": "aws-cli/2.15.0",
        "readOnly": False,
        **told,
    }
    return {
        "EventId": ident,
        "EventName": name,
        "EventSource": event["eventSource"],
        "EventTime": at.timestamp(),
        "CloudTrailEvent": json.dumps(event),
    }


@dataclass
class TrailStub:
    """What it answers and what it was asked.

    Attributes:
        pages: Of each resource's name, the pages of its events.
        refusals: Errors, one a request, before anything else is answered.
        asked: Every look-up, in order.
        regions: The region that each look-up was signed for.
    """

    pages: dict[str, list[list[dict[str, Any]]]] = field(default_factory=dict)
    refusals: list[tuple[int, str]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    regions: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, body: dict[str, Any]) -> tuple[int, Any]:
        self.asked.append(body)
        if self.refusals:
            status, code = self.refusals.pop(0)
            return status, {"__type": code, "message": "secret words"}
        pages = self.pages.get(body["LookupAttributes"][0]["AttributeValue"], [[]])
        number = int(body.get("NextToken", "0"))
        following = {"NextToken": str(number + 1)} if number + 1 < len(pages) else {}
        return 200, {"Events": pages[number], **following}


@contextmanager
def serving() -> Iterator[TrailStub]:
    """Answer on a port of this machine."""
    stub = TrailStub()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.headers.get("X-Amz-Target") == TARGET:
                stub.regions.append(self.headers["Authorization"].split("/")[2])
                status, told = stub.answer(json.loads(body))
                content, kind = json.dumps(told).encode(), "application/x-amz-json-1.1"
            else:
                status, content, kind = 200, IDENTITY.encode(), "text/xml"
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    stub.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield stub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
