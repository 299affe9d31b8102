"""CloudFormation and STS over real HTTP, as far as drift detection needs them: the query protocol in, XML out.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResourceDrifts.html
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

STACK = "arn:aws:cloudformation:eu-central-1:123456789012:stack/payments/5c8e9b30-0000-11ee-be56-0242ac120002"
Answer = dict[str, Any]
Asked = dict[str, str]


class Refusal(Exception):
    """An error as AWS answers it."""

    def __init__(self, code: str, message: str = "no", status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


@dataclass
class Stub:
    """What it answers and what it was asked.

    Attributes:
        statuses: The detection's statuses, one a look; the last one stays.
        drifts: Pages of resource drifts.
        resources: Pages of resource summaries.
        refusals: Errors by operation.
        asked: Every request, in order.
        keys: The access key of each request.
    """

    statuses: list[Answer]
    drifts: list[list[Answer]] = field(default_factory=lambda: [[]])
    resources: list[list[Answer]] = field(default_factory=lambda: [[]])
    refusals: dict[str, Refusal] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    url: str = ""

    def operations(self) -> list[str]:
        return [one["Action"] for one in self.asked]

    def answer(self, asked: Asked) -> Answer:
        operation = asked["Action"]
        if operation in self.refusals:
            raise self.refusals[operation]
        match operation:
            case "GetCallerIdentity":
                return {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/x", "UserId": "x"}
            case "AssumeRole":
                given = {"AccessKeyId": "ASIAROLE", "SecretAccessKey": "s", "SessionToken": "t"}
                return {"Credentials": {**given, "Expiration": "2099-01-01T00:00:00Z"}}
            case "DetectStackDrift":
                return {"StackDriftDetectionId": "detection-1"}
            case "DescribeStackDriftDetectionStatus":
                status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
                told = {"StackId": STACK, "StackDriftDetectionId": "detection-1", "Timestamp": "2026-01-01T00:00:00Z"}
                return told | status
            case "DescribeStackResourceDrifts":
                return _page(self.drifts, asked, "StackResourceDrifts")
            case "ListStackResources":
                return _page(self.resources, asked, "StackResourceSummaries")
        raise Refusal("InvalidAction")


def _page(pages: list[list[Answer]], asked: Asked, member: str) -> Answer:
    number = int(asked.get("NextToken", "0"))
    following = {"NextToken": str(number + 1)} if number + 1 < len(pages) else {}
    return {member: pages[number], **following}


def xml(value: Any) -> str:
    """A value as the query protocol writes it: lists of `member`s."""
    if isinstance(value, dict):
        return "".join(f"<{name}>{xml(inner)}</{name}>" for name, inner in value.items())
    if isinstance(value, list):
        return "".join(f"<member>{xml(inner)}</member>" for inner in value)
    return escape(str(value))


@contextmanager
def serving(stub: Stub) -> Iterator[Stub]:
    """Answer on a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked = {name: values[0] for name, values in parse_qs(body).items()}
            stub.asked.append(asked)
            stub.keys.append(self.headers["Authorization"].partition("Credential=")[2].partition("/")[0])
            name = asked["Action"]
            try:
                inner = xml(stub.answer(asked))
                status, text = 200, f"<{name}Response><{name}Result>{inner}</{name}Result></{name}Response>"
            except Refusal as error:
                told = xml({"Error": {"Type": "Sender", "Code": error.code, "Message": error.message}})
                status, text = error.status, f"<ErrorResponse>{told}<RequestId>1</RequestId></ErrorResponse>"
            content = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

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
