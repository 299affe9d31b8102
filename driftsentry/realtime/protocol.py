"""The words of the live stream: what a client may ask, checked, and the frames that answer.

Every frame that carries a `seq` carries `prev`, the `seq` of the frame before it on this socket (`ready` and `reset`
begin the chain, and `resume` does with its `after`): a client whose last `seq` is not a frame's `prev` has missed or
repeated something, and resumes. Between the two lie only entries that its subscriptions do not cover. To read on after
a cut a client subscribes to what it wants and sends `resume`, in any order, at once.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from alerts.models import Alert
from audit.facts import iso
from driftsentry.api.envelope import dumps
from driftsentry.realtime.events import FILTERS, Channel, Event

MAX_FRAME = 16 * 1024
MAX_TOKEN = 4096
CLOSE_TOKEN = 4401
CLOSE_DEACTIVATED = 4403
CLOSE_SLOW = 1013
CLOSE_FAILED = 1011
CLOSE_ABUSE = 1008
CLOSE_RESTART = 1012
CLOSE_FULL = 1013
CLOSE_TOO_MANY = 4429
SUBPROTOCOL = "driftsentry.v1"

CLOSES = {
    CLOSE_TOKEN: "The token has expired, or its session was revoked.",
    CLOSE_DEACTIVATED: "The user was deactivated.",
    CLOSE_TOO_MANY: "The user or the account has too many sockets: close one, or come back later.",
    CLOSE_SLOW: "The client does not read fast enough, or the process has too many sockets: connect again and resume.",
    CLOSE_ABUSE: "Requests, or WebSocket pings, kept coming faster than they may.",
    CLOSE_RESTART: "The process ends, as it does before a restart: connect again and resume.",
    1009: "A message of more than a megabyte.",
    1007: "A text that is not UTF-8.",
    1002: "A frame that breaks the WebSocket protocol (RFC 6455).",
    CLOSE_FAILED: "Something went wrong on our side: connect again and resume.",
}
"""Why the server closes a socket."""

RESETS = {
    "epoch": "The journal is another one: the database was restored, or the epoch is another account's.",
    "unknown": "The journal has no such entry yet.",
    "archived": "Entries after that one have been archived.",
    "too_far_behind": "More entries follow than a socket replays; `GET /events` reads them page by page.",
}
"""Why the past asked for is not available."""

_WHOLE = 2**63 - 1
Severity: TypeAlias = Literal["all", "critical", "high", "medium", "low"]
Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]
Ref: TypeAlias = Annotated[str, Meta(max_length=100)] | Annotated[int, Meta(ge=-_WHOLE, le=_WHOLE)] | None


Names: TypeAlias = Name | Annotated[list[Name], Meta(min_length=1, max_length=50)] | None
Wanted: TypeAlias = Mapping[str, frozenset[str]]
"""The values that each restricted facet may have."""
Subscriptions: TypeAlias = Mapping[Channel, Wanted]

ALERT_TYPES = frozenset(Alert.Types.values)


class Filter(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """Which events of a channel are wanted; what is not named, or is `all`, does not restrict.

    Attributes:
        severity: One severity or several.
        stack: One stack's name or several.
        resource_type: One family of resources or several: EC2, SECURITY_GROUP.
        region: One region or several.
        type: One type of alerts or several: drift_detected.
    """

    severity: Severity | Annotated[list[Severity], Meta(min_length=1, max_length=5)] | None = None
    stack: Names = None
    resource_type: Names = None
    region: Names = None
    type: Names = None

    def wanted(self) -> dict[str, frozenset[str]]:
        """The allowed values of each facet that is restricted."""
        wires = zip(self.__struct_fields__, self.__struct_encode_fields__, strict=True)
        sets = {wire: _values(getattr(self, name)) for name, wire in wires}
        return {facet: values for facet, values in sets.items() if values and "all" not in values}

    def unknown(self) -> str:
        """What is wrong with it that its types do not say: a misspelt filter must not pass in silence."""
        if _values(self.type) - ALERT_TYPES - {"all"}:
            return f"No alert is of such a type; the types are: {', '.join(sorted(ALERT_TYPES))}."
        return ""


def _values(given: str | list[str] | None) -> frozenset[str]:
    return frozenset([given] if isinstance(given, str) else given or ())


class _Request(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="action"):
    """What every request may carry.

    Attributes:
        ref: The client's own mark, sent back with the answer.
    """

    ref: Ref = None


class Subscribe(_Request, tag="subscribe", frozen=True, kw_only=True):
    """Send me a channel's events; again, with another filter, replaces the first."""

    channel: Channel
    filter: Filter | None = None


class Unsubscribe(_Request, tag="unsubscribe", frozen=True, kw_only=True):
    """Send me no more of a channel."""

    channel: Channel


class Resume(_Request, tag="resume", frozen=True, kw_only=True):
    """Begin again after an entry: the last `seq` that a client has."""

    after: Annotated[int, Meta(ge=0, le=_WHOLE)]
    epoch: Annotated[str, Meta(max_length=64)]


class Ping(_Request, tag="ping", frozen=True, kw_only=True):
    """Are you there?"""


class Authenticate(_Request, tag="authenticate", frozen=True, kw_only=True):
    """Here is a fresh token of the same user, before the old one expires."""

    token: Annotated[str, Meta(max_length=MAX_TOKEN)]


Request: TypeAlias = Subscribe | Unsubscribe | Resume | Ping | Authenticate


class _OnlyRef(Struct, frozen=True):
    ref: Ref = None


_requests = msgspec.json.Decoder(Request)
_refs = msgspec.json.Decoder(_OnlyRef)


class BadRequest(Exception):
    """A frame that is no request; it is answered, and the socket lives on."""

    def __init__(self, message: str, ref: str | int | None = None) -> None:
        """Make a refusal.

        Args:
            message: What was wrong.
            ref: The request's own mark, where it could be read.
        """
        super().__init__(message)
        self.message = message
        self.ref = ref


def parse(text: str | None) -> Request:
    """Read a client's frame.

    Args:
        text: The frame; None for a binary one.

    Raises:
        BadRequest: It is none of the requests.
    """
    if text is None:
        raise BadRequest("Send text frames, each a JSON object.")
    if len(text) > MAX_FRAME:
        raise BadRequest(f"A frame holds at most {MAX_FRAME} characters.")
    try:
        request: Request = _requests.decode(text)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"This is no request: {error}.", _ref(text)) from error
    if isinstance(request, Subscribe) and request.filter:
        foreign = sorted(request.filter.wanted().keys() - FILTERS[request.channel])
        wrong = (
            f"{request.channel} cannot be filtered by {', '.join(foreign)}." if foreign else request.filter.unknown()
        )
        if wrong:
            raise BadRequest(wrong, request.ref)
    return request


def _ref(text: str) -> str | int | None:
    try:
        return _refs.decode(text).ref
    except (ValueError, RecursionError):
        return None


def wants(subscriptions: Subscriptions, event: Event) -> bool:
    """Do these subscriptions cover an event?

    Args:
        subscriptions: By channel, the values each restricted facet may have.
        event: The event. A facet that it does not have cannot rule it out: better one too many than one too few.
    """
    wanted = subscriptions.get(event.channel)
    if wanted is None:
        return False
    return all(facet not in event.facets or values & event.facets[facet] for facet, values in wanted.items())


def ready(*, seq: int, epoch: str, user: Mapping[str, Any], heartbeat_seconds: float) -> str:
    """The first frame.

    Args:
        seq: Where the stream begins: after this entry.
        epoch: The journal's epoch, for a later `resume`.
        user: Who is connected.
        heartbeat_seconds: How often a heartbeat comes.
    """
    return _frame("ready", data={"seq": seq, "epoch": epoch, "user": user, "heartbeatSeconds": heartbeat_seconds})


def reset(*, seq: int, epoch: str, reason: str) -> str:
    """The past asked for is not available: fetch afresh; the stream goes on after `seq`.

    Args:
        seq: Where the stream goes on.
        epoch: The journal's epoch.
        reason: One of `RESETS`.
    """
    return _frame("reset", data={"seq": seq, "epoch": epoch, "reason": reason})


def heartbeat(*, seq: int, prev: int, at: datetime) -> str:
    """Nothing up to here is missing.

    Args:
        seq: The socket's cursor.
        prev: The `seq` of the frame before.
        at: Now.
    """
    return _frame("heartbeat", seq=seq, prev=prev, at=iso(at.astimezone(UTC)), data={})


def ack(request: Request, *, cursor: int) -> str:
    """Done as asked.

    Args:
        request: What was asked.
        cursor: The entry up to which the socket has been served.
    """
    action = request.__struct_config__.tag
    return _frame("ack", **_marked(request.ref), data={"action": action, "cursor": cursor})


def refusal(message: str, *, ref: str | int | None, code: str = "VALIDATION_ERROR") -> str:
    """Not done.

    Args:
        message: What was wrong.
        ref: The request's own mark, if any.
        code: One of the contract's error codes.
    """
    return _frame("error", **_marked(ref), data={"code": code, "message": message})


def _marked(ref: str | int | None) -> dict[str, Any]:
    return {} if ref is None else {"ref": ref}


def _frame(event: str, **rest: Any) -> str:
    return dumps({"event": event, **rest}).decode()
