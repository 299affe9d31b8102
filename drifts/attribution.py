"""Who did it: which event of AWS's own trail explains a drift. Pure.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from drifts.attribution_events import ANY_TYPE, CREATED, DELETED, EVENTS
from drifts.findings import JsonObject, Kind
from drifts.ingest.canonical import without_indices

MAX_NAMES = 2
"""Names of a resource that are looked up."""
MAX_TEXT = 2048
MAX_SHORT = 200


class Via(StrEnum):
    """By what way somebody did it."""

    CONSOLE = "console"
    API = "api"
    SERVICE = "service"
    """A service of AWS acted by itself, or for somebody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailEvent:
    """One change that the trail tells."""

    id: str
    name: str
    source: str
    at: datetime
    principal: str
    principal_type: str
    source_address: str
    via: Via


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A drift, as far as its cause is concerned."""

    provider_type: str
    kind: Kind
    paths: tuple[str, ...]
    """The changed attributes; with indices or without."""


def event_of(record: Mapping[str, Any]) -> TrailEvent | None:
    """Read one event of `LookupEvents`; None where it changed nothing, failed, or cannot be read.

    Args:
        record: As boto3 gives it: `EventId`, `EventName`, `EventTime` and the event's own JSON in `CloudTrailEvent`.
    """
    try:
        told = json.loads(record.get("CloudTrailEvent") or "")
    except (ValueError, RecursionError):
        return None
    at = record.get("EventTime")
    if not isinstance(told, dict) or not isinstance(at, datetime) or not record.get("EventId"):
        return None
    if told.get("readOnly") in (True, "true") or told.get("errorCode"):
        return None
    identity = told.get("userIdentity")
    identity = identity if isinstance(identity, dict) else {}
    return TrailEvent(
        id=_text(record.get("EventId"), MAX_SHORT),
        name=_text(told.get("eventName") or record.get("EventName"), MAX_SHORT),
        source=_text(told.get("eventSource") or record.get("EventSource"), MAX_SHORT),
        at=at,
        principal=_principal(identity),
        principal_type=_text(identity.get("type"), 100) or "Unknown",
        source_address=_text(told.get("sourceIPAddress"), MAX_SHORT),
        via=_via(told, identity),
    )


def _principal(identity: Mapping[str, Any]) -> str:
    """The one name that says most: an ARN names the account, the role and the session of it."""
    for name in ("arn", "invokedBy", "userName", "principalId", "accountId"):
        if found := _text(identity.get(name), MAX_TEXT):
            return found
    return "unknown"


def _via(told: Mapping[str, Any], identity: Mapping[str, Any]) -> Via:
    address = _text(told.get("sourceIPAddress"), MAX_SHORT)
    if identity.get("type") == "AWSService" or identity.get("invokedBy") or address.endswith(".amazonaws.com"):
        return Via.SERVICE
    agent = _text(told.get("userAgent"), MAX_TEXT)
    signed_in = told.get("sessionCredentialFromConsole") in (True, "true")
    return Via.CONSOLE if signed_in or any(mark in agent for mark in _CONSOLE_AGENTS) else Via.API


_CONSOLE_AGENTS = ("console.amazonaws.com", "console.aws.amazon.com", "signin.amazonaws.com", "S3Console/")


def _text(value: Any, most: int) -> str:
    """A text that can be stored and shown."""
    if not isinstance(value, str):
        return ""
    return "".join(one for one in value[:most] if one.isprintable())


def explaining(change: Change, events: Iterable[TrailEvent], *, until: datetime) -> TrailEvent | None:
    """Return the newest event that fits what changed; None where none does.

    Args:
        change: What differs.
        events: What the trail tells of the resource.
        until: When the tool looked: what came later does not explain it.
    """
    wanted = names_for(change)
    fitting = [one for one in events if one.at <= until and any(fnmatchcase(one.name, glob) for glob in wanted)]
    return max(fitting, key=lambda one: (one.at, one.id), default=None)


def names_for(change: Change) -> tuple[str, ...]:
    """Return the names of events, as globs, that make such a change.

    Args:
        change: What differs.
    """
    if change.kind is Kind.DELETED:
        return DELETED.get(change.provider_type, DELETED[ANY_TYPE])
    if change.kind is Kind.UNMANAGED:
        return CREATED.get(change.provider_type, CREATED[ANY_TYPE])
    table = EVENTS.get(change.provider_type, EVENTS[ANY_TYPE])
    found: dict[str, None] = {}
    for path in change.paths:
        plain = without_indices(path)
        for glob, names in table:
            if fnmatchcase(plain, glob):
                found.update(dict.fromkeys(names))
                break
    return tuple(found)


_NAMES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("aws_s3_bucket*", ("bucket", "id")),
    ("aws_iam_role_policy*", ("role",)),
    ("aws_iam_role", ("name", "id")),
    ("aws_iam_user_policy*", ("user",)),
    ("aws_security_group_rule", ("security_group_id",)),
    ("aws_vpc_security_group_*_rule", ("security_group_id",)),
    ("aws_db_instance", ("identifier", "arn")),
    ("AWS::*", ()),
    ("*", ("id", "arn")),
)
"""Under which attributes stand the names by which the trail knows a resource, by its type; its id is always tried."""


def resource_names(provider_type: str, resource_id: str, expected: JsonObject, actual: JsonObject) -> tuple[str, ...]:
    """Return the names by which the trail may know a resource, likeliest first.

    Args:
        provider_type: Its type.
        resource_id: Its id.
        expected: What should be.
        actual: What is.
    """
    attributes = next(names for glob, names in _NAMES if fnmatchcase(provider_type, glob))
    named = [side.get(name) for name in attributes for side in (actual, expected)]
    texts = [one for one in (*named, resource_id) if isinstance(one, str) and 0 < len(one) <= MAX_TEXT]
    return tuple(dict.fromkeys(one for one in texts if one.isprintable() and "(sensitive)" not in one))[:MAX_NAMES]


def is_global(provider_type: str) -> bool:
    """Say whether a type's events are in the partition's home region alone.

    Args:
        provider_type: The type.
    """
    return provider_type.startswith(("aws_iam_", "AWS::IAM::", "aws_route53_", "aws_cloudfront_"))


def attribution_of(event: TrailEvent) -> JsonObject:
    """Return an event as a drift holds it.

    Args:
        event: The event.
    """
    return {
        "principal": event.principal,
        "principalType": event.principal_type,
        "eventName": event.name,
        "eventSource": event.source,
        "at": event.at.isoformat().replace("+00:00", "Z"),
        "sourceAddress": event.source_address,
        "via": event.via.value,
        "eventId": event.id,
    }
