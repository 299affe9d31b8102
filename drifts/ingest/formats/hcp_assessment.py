"""A health assessment of HCP Terraform, as its notification or its API's answer tells of it: counts, and no resource.

Which resources have drifted stands in the assessment's `json-output`, which is a plan. So this is taken in, says in
words what is known and what to send, and never closes or opens anything: not even "nothing has drifted" is clean,
since nothing says what was looked at.

Source: https://developer.hashicorp.com/terraform/cloud-docs/api-docs/notification-configurations (notification
payload) and https://developer.hashicorp.com/terraform/cloud-docs/api-docs/assessment-results
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from drifts.findings import Assessment, Gap, Json, JsonObject, NotAssessed
from drifts.ingest.errors import FormatError, UnrecognisedFormat
from drifts.ingest.formats.base import Format, ParseOptions
from drifts.ingest.json_text import decode_exact
from drifts.ingest.json_walk import Members, documents

NAME = "hcp-assessment"
_SEND = "Send the assessment result's json-output, which is a plan: GET /api/v2/assessment-results/ID/json-output."
_TYPE = b'"assessment-results"'

_Shape = TypeVar("_Shape")


class _Result(msgspec.Struct, frozen=True):
    """One assessment's counts, in the notification's spelling."""

    succeeded: bool | None = None
    drifted: bool | None = None
    resources_drifted: int | None = None
    resources_undrifted: int | None = None


class _Details(msgspec.Struct, frozen=True):
    """A notification's `details`."""

    new_assessment_result: _Result | None = None


class _Run(msgspec.Struct, frozen=True):
    """One of `notifications`, in the older payload."""

    trigger: str = ""


class _Notification(msgspec.Struct, frozen=True):
    """A notification; its `payload_version` is a number in the documentation and a text in its sample."""

    trigger: str = ""
    notifications: list[_Run] | None = None
    details: _Details | None = None

    @property
    def about(self) -> str:
        """What it tells of: `assessment:drifted`, `run:completed`, `verification`."""
        return self.trigger or next((one.trigger for one in self.notifications or ()), "")


class _Attributes(msgspec.Struct, frozen=True):
    """The attributes of an assessment result, in the API's spelling."""

    drifted: bool | None = None
    succeeded: bool | None = None


class _Data(msgspec.Struct, frozen=True):
    """The API's `data`."""

    attributes: _Attributes = _Attributes()


def _sniff(members: Members) -> bool:
    keys = members.keys()
    if "notification_configuration_id" in keys and bool({"trigger", "notifications"} & keys):
        return True
    return "data" in keys and _TYPE in bytes(memoryview(members["data"])[:100_000])


def _parse(body: bytes, options: ParseOptions) -> Assessment:
    """Read a notification, or the API's answer.

    Raises:
        FormatError: It is malformed or hostile.
        UnrecognisedFormat: It tells of something else than an assessment.
    """
    del options
    members = next(documents(body))
    values = {name: decode_exact(raw, name) for name, raw in members.items()}
    result, words = _from_api(values) if "data" in values else _from_notification(values)
    return Assessment(
        format=NAME,
        tool_version="",
        findings=(),
        complete=False,
        incomplete_reason=words,
        absent_is_gone=False,
        resources_checked=(result.resources_drifted or 0) + (result.resources_undrifted or 0),
        not_assessed=(NotAssessed(Gap.ALL, "", words),),
    )


def _from_notification(values: JsonObject) -> tuple[_Result, str]:
    said = _converted(values, _Notification)
    result = (said.details.new_assessment_result if said.details else None) or _Result()
    if said.about == "verification":
        return result, "HCP Terraform only tried whether its notifications arrive."
    if not said.about.startswith("assessment:"):
        raise UnrecognisedFormat(
            f"This notification of HCP Terraform tells of {said.about[:40] or 'nothing'}, not of an assessment.", _SEND
        )
    return result, _in_words(result, failed=said.about == "assessment:failed")


def _from_api(values: JsonObject) -> tuple[_Result, str]:
    attributes = _converted(values["data"], _Data).attributes
    result = _Result(succeeded=attributes.succeeded, drifted=attributes.drifted)
    return result, _in_words(result, failed=False)


def _in_words(result: _Result, *, failed: bool) -> str:
    """Say what is known, and what to send."""
    if failed or result.succeeded is False:
        return "HCP Terraform could not assess the workspace: whether anything has drifted is not known."
    if result.resources_drifted is not None:
        count = f"{result.resources_drifted} resource{'' if result.resources_drifted == 1 else 's'}"
        return f"HCP Terraform says that {count} drifted, and not which. {_SEND}"
    if result.drifted:
        return f"HCP Terraform says that resources drifted, and not which. {_SEND}"
    return f"HCP Terraform names no resource that it looked at. {_SEND}"


def _converted(value: Json, shape: type[_Shape]) -> _Shape:
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        raise FormatError(f"This is not what HCP Terraform sends: {error}.", _SEND) from error


FORMAT = Format(
    name=NAME,
    title="HCP Terraform's assessment notification",
    sniff=_sniff,
    parse=_parse,
)
