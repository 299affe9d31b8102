"""The way to AWS: whose credentials, which client, how long, and what a failed call means in words."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, NoReturn
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import create_loader
from botocore.parsers import ResponseParserError
from botocore.session import Session

from drifts.detectors.aws.config import AwsConfig
from drifts.detectors.aws.trust import OPEN_TO_ALL, refusal, strangers_external_id
from drifts.detectors.base import Detection, DetectionError, Trust

SESSION_NAME = "driftsentry"
ROLE_SECONDS = 3600
"""How long an assumed role is held."""

WORKERS = 8
"""Calls that run at once."""

HOME_REGION = "us-east-1"
"""Where to sign calls to services without regions (IAM, STS, S3's own redirects) when no other region is known."""

_HOMES = {"aws": HOME_REGION, "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}

_LOADER = create_loader()
"""Reads the descriptions of AWS's services once for all sessions: EC2's takes a third of a second."""

_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
"""What a region's name begins with, where it is not in the common partition."""

_TIMES: dict[str, Any] = {
    "connect_timeout": 5,
    "read_timeout": 30,
    "retries": {"mode": "adaptive", "total_max_attempts": 5},
    "max_pool_connections": WORKERS,
    "user_agent_extra": "driftsentry",
}

_DENIED = ("AccessDenied", "UnauthorizedOperation", "AuthorizationError", "Forbidden", "NotAuthorized", "403")
_THROTTLED = ("Throttl", "RequestLimitExceeded", "TooManyRequests", "SlowDown", "BandwidthLimitExceeded")
_CREDENTIALS = ("ExpiredToken", "InvalidClientTokenId", "UnrecognizedClient", "AuthFailure", "InvalidAccessKeyId")


class OutOfTime(Exception):
    """The reading has taken as long as it may."""


class CallFailed(Exception):
    """A call that AWS did not answer as asked."""

    def __init__(self, reason: str, code: str = "") -> None:
        """Keep what went wrong.

        Args:
            reason: In words, with the operation and the sort of failure, no values.
            code: AWS's own code, '' where the call never reached it.
        """
        super().__init__(reason)
        self.reason = reason
        self.code = code


@dataclass(frozen=True, slots=True)
class Caller:
    """Who the credentials belong to."""

    account: str
    partition: str


@dataclass(slots=True)
class Access:
    """One reading's clients, all with the same credentials; safe to use from several threads."""

    caller: Caller
    deadline: float
    """On the monotonic clock."""
    _session: Session
    _endpoint: str
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    calls: int = 0
    """Requests sent so far, retries included."""

    @property
    def home_region(self) -> str:
        """Where services without regions are asked."""
        return _HOMES.get(self.caller.partition, HOME_REGION)

    def client(self, service: str, region: str) -> Any:
        """Return the client of a service in a region; made once."""
        with self._lock:
            made = self._clients.get((service, region))
            if made is None:
                made = _client(self._session, service, region, self._endpoint)
                made.meta.events.register("before-send", self._before_send)
                self._clients[service, region] = made
            return made

    def call(self, service: str, region: str, operation: str, **parameters: Any) -> Any:
        """Make one call.

        Args:
            service: boto3's name of it.
            region: Where.
            operation: The client's method: `describe_instances`.
            parameters: The operation's own.

        Raises:
            CallFailed: It was denied, throttled for too long, refused, or never answered.
            OutOfTime: The deadline has passed.
        """
        method = getattr(self.client(service, region), operation)
        with _translated(f"{service}:{operation}"):
            return method(**parameters)

    def pages(self, service: str, region: str, operation: str, **parameters: Any) -> Iterator[Any]:
        """Yield an operation's pages until the last; arguments and errors as in `call`."""
        pages = self.client(service, region).get_paginator(operation).paginate(**parameters)
        with _translated(f"{service}:{operation}"):
            yield from pages

    def time_left(self) -> float:
        """Return the seconds left, at least 0."""
        return max(0.0, self.deadline - time.monotonic())

    def _before_send(self, **_: object) -> None:
        if time.monotonic() >= self.deadline:
            raise OutOfTime
        with self._lock:
            self.calls += 1


class _translated:  # noqa: N801 - reads as a word at its uses
    """Turns boto's errors into `CallFailed`."""

    def __init__(self, operation: str) -> None:
        self._operation = operation

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ClientError):
            code = str(error.response.get("Error", {}).get("Code", ""))
            raise CallFailed(_in_words(self._operation, code), code) from error
        if isinstance(error, (BotoCoreError, ResponseParserError)):
            raise CallFailed(f"{self._operation} was not answered: {type(error).__name__}.") from error


def _in_words(operation: str, code: str) -> str:
    for marks, words in (
        (_DENIED, "is not allowed"),
        (_THROTTLED, "was throttled until the retries ran out"),
        (_CREDENTIALS, "was refused: the credentials are not accepted"),
    ):
        if any(mark in code for mark in marks):
            return f"{operation} {words} ({code[:80]})."
    return f"{operation} failed ({code[:80]})."


def open_access(detection: Detection, config: AwsConfig, *, deadline: float) -> Access:
    """Find the credentials, take on the stack's role, and ask who that makes us.

    Args:
        detection: What to read, and how far its account is trusted.
        config: Its config, checked.
        deadline: When to stop, on the monotonic clock.

    Raises:
        DetectionError: The account may not have it read; there are no credentials, they are not accepted, or the role
            may not be taken on.
        OutOfTime: The deadline has passed.
    """
    _check_endpoint(config.endpoint_url, detection.private_hosts)
    refused = refusal(config.role_arn, config.external_id, detection.trust)
    if refused is not None:
        _refuse(f"{refused.name}: {refused.message}")
    desk = _Desk(config.endpoint_url, _home_of(config), deadline)
    session = _new_session()
    try:
        if config.role_arn:
            session = _in_role(session, config, detection.trust, desk)
        answer = desk.ask(session, "get_caller_identity")
    except CallFailed as failure:
        raise DetectionError(f"AWS cannot be read: {failure.reason}") from failure
    arn = str(answer.get("Arn", ""))
    partition = arn.split(":")[1] if arn.count(":") >= 5 else "aws"
    return Access(Caller(str(answer.get("Account", "")), partition), deadline, session, config.endpoint_url)


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where STS is asked, and until when."""

    endpoint: str
    region: str
    deadline: float

    def ask(self, session: Session, operation: str, **parameters: Any) -> Mapping[str, Any]:
        """Make one call, which no attempt and no wait for an answer carries far past the deadline."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise OutOfTime
        client = _client(session, "sts", self.region, self.endpoint, most_seconds=left)
        client.meta.events.register("before-send", self._before_send)
        with _translated(f"sts:{operation}"):
            answer: Mapping[str, Any] = getattr(client, operation)(**parameters)
            return answer

    def _before_send(self, **_: object) -> None:
        if time.monotonic() >= self.deadline:
            raise OutOfTime


def _in_role(session: Session, config: AwsConfig, trust: Trust, desk: _Desk) -> Session:
    asked = {"RoleArn": config.role_arn, "RoleSessionName": SESSION_NAME, "DurationSeconds": ROLE_SECONDS}
    if not trust.is_alone and _is_open_to_all(session, asked, desk):
        _refuse(OPEN_TO_ALL)
    external_id = config.external_id or trust.external_id
    answer = desk.ask(session, "assume_role", **asked, **({"ExternalId": external_id} if external_id else {}))
    given = answer["Credentials"]
    assumed = _new_session()
    assumed.set_credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    return assumed


def _is_open_to_all(session: Session, asked: Mapping[str, Any], desk: _Desk) -> bool:
    """Say whether a role asks for no external id in particular, by asking with one that nobody was given."""
    try:
        desk.ask(session, "assume_role", **asked, ExternalId=strangers_external_id())
    except CallFailed as failure:
        if any(mark in failure.code for mark in _DENIED):
            return False
        raise
    return True


def _new_session() -> Session:
    """Return a session of boto3's core, with the usual chain of credentials."""
    session = Session()
    session.register_component("data_loader", _LOADER)
    return session


def _home_of(config: AwsConfig) -> str:
    """Return where to ask STS: the partition is known from the role, or else from the first region."""
    if config.role_arn:
        return _HOMES.get(config.role_arn.split(":")[1], HOME_REGION)
    first = config.regions[0] if config.regions else ""
    partition = next((name for prefix, name in _PARTITIONS.items() if first.startswith(prefix)), "aws")
    return _HOMES[partition]


def _client(session: Session, service: str, region: str, endpoint: str, *, most_seconds: float = 600.0) -> Any:
    times = {**_TIMES, **{name: min(_TIMES[name], most_seconds) for name in ("connect_timeout", "read_timeout")}}
    made = Config(**times, s3={"addressing_style": "path"} if endpoint else {})
    return session.create_client(service, region_name=region, endpoint_url=endpoint or None, config=made)


def _check_endpoint(endpoint: str, allowed: tuple[str, ...]) -> None:
    host = (urlsplit(endpoint).hostname or "") if endpoint else ""
    if host and host.lower() not in allowed:
        _refuse(f"endpointUrl: the operator does not allow the host {host[:200]}.")


def _refuse(words: str) -> NoReturn:
    raise DetectionError(words)
