"""A server of the AWS Price List Query API over real HTTP: GetProducts of JSON 1.1, filtered and paged."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from tests.costs.products import LIST, Product, text

TARGET = "AWSPriceListService.GetProducts"


@dataclass
class PriceListServer:
    """What the server has, how it behaves, and what it was asked.

    Attributes:
        products: All that it lists.
        page: How many a page holds at most, whatever is asked for.
        errors: Error codes that it answers first, one a request.
        always: An error code that it answers for ever.
        good: How many requests it answers before it refuses all.
        endless: Whether each page leads to another.
        stalls: Whether it answers nobody before it is closed.
        seen: The bodies of all requests.
        url: Where it listens.
    """

    products: Sequence[Product] = LIST
    page: int = 100
    errors: list[str] = field(default_factory=list)
    always: str = ""
    good: int = 1_000_000
    endless: bool = False
    stalls: bool = False
    seen: list[dict[str, Any]] = field(default_factory=list)
    authorised: list[str] = field(default_factory=list)
    url: str = ""
    closing: Event = field(default_factory=Event)

    def answer(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """A status and a body."""
        self.seen.append(asked)
        if self.stalls:
            self.closing.wait(10)
        refused = "AccessDeniedException" if len(self.seen) > self.good else ""
        code = refused or self.always or (self.errors.pop(0) if self.errors else "")
        if code:
            told = "User: arn:aws:iam::123456789012:user/secret-name is not authorized to perform pricing:GetProducts"
            return 400, {"__type": code, "Message": told}
        found = [text(one) for one in self.products if self._fits(one, asked)]
        start = int(asked.get("NextToken", "0"))
        size = min(self.page, asked["MaxResults"])
        body: dict[str, Any] = {"FormatVersion": "aws_v1", "PriceList": found[start : start + size]}
        if self.endless or start + size < len(found):
            body["NextToken"] = str(start + size)
        return 200, body

    def _fits(self, one: Product, asked: dict[str, Any]) -> bool:
        product = one["product"]
        values = {**product["attributes"], "productFamily": product.get("productFamily", "")}
        wanted = {rule["Field"]: rule["Value"] for rule in asked["Filters"] if rule["Type"] == "TERM_MATCH"}
        return one["serviceCode"] == asked["ServiceCode"] and all(
            values.get(name, "") == value for name, value in wanted.items()
        )


@contextmanager
def price_list(**how: Any) -> Iterator[PriceListServer]:
    """Serve a list on this machine while it is needed."""
    state = PriceListServer(**how)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.authorised.append(self.headers.get("Authorization", ""))
            known = self.headers["X-Amz-Target"] == TARGET
            status, body = state.answer(asked) if known else (400, {"__type": "UnknownOperationException"})
            data = json.dumps(body).encode()
            with suppress(ConnectionError):  # who waits no longer is gone
                self.send_response(status)
                self.send_header("Content-Type", "application/x-amz-json-1.1")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        state.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield state
        finally:
            state.closing.set()
            server.shutdown()
