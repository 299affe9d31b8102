"""One resource in an answer of CloudFormation's drift detection."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field

from drifts.findings import Finding, Json, JsonObject, Kind, Mask
from drifts.ingest import places
from drifts.ingest.errors import FormatError
from drifts.ingest.formats.limits import Budget, check_names, in_words
from drifts.ingest.formats.planting import MAX_STEPS, plant
from drifts.ingest.json_text import check_storable, decode_exact, values_in

_STATUS = "StackResourceDriftStatus"
IN_SYNC = "IN_SYNC"
DRIFT: dict[str, Kind] = {"MODIFIED": Kind.MODIFIED, "DELETED": Kind.DELETED}
"""The statuses that are drift, and what each means."""

_WHY_NOT: dict[str, str] = {
    "NOT_CHECKED": "CloudFormation has not checked it for drift.",
    "UNKNOWN": "CloudFormation could not tell whether it has drifted.",
    "UNSUPPORTED": "CloudFormation does not support drift detection for its type.",
}
"""The statuses that are neither drift nor in sync."""

_STACK = re.compile(
    r"arn:aws[a-z-]*:cloudformation:(?P<region>[^:]{0,64}):(?P<account>[0-9]{12})?[^:]{0,64}:stack/(?P<name>[^/]{1,128})"
)
_OWN = "Send the AWS CLI's own output."
_MAX_DIFFERENCES = 10_000
_MAX_PATH = 4096
_MAX_STACK_NAME = 128

Pointer = tuple[str, ...]
"""The steps of a JSON pointer (RFC 6901)."""


@dataclass(frozen=True, slots=True)
class StackName:
    """A CloudFormation stack, by its ARN."""

    id: str = ""
    """The ARN; '' where the answer does not say."""
    name: str = ""
    region: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What an answer says of one resource."""

    stack: StackName
    logical_id: str
    address: str
    """The logical id, qualified where several stacks of a body use it."""
    status: str
    why_not: str = ""
    """Why it was not assessed, in words."""
    provider_type: str
    physical_id: str = ""
    expected: JsonObject | None = field(default=None, repr=False)
    actual: JsonObject | None = field(default=None, repr=False)
    equal: Mask = False
    """Where CloudFormation says that both sides mean the same."""

    @property
    def rank(self) -> int:
        """How much it says: drift most, then that it was not assessed, then that it is in sync."""
        return 2 if self.status in DRIFT else 0 if self.status == IN_SYNC else 1

    @property
    def finding(self) -> Finding:
        """What it says, where its status is drift."""
        return Finding(
            address=self.address,
            provider_type=self.provider_type,
            kind=DRIFT[self.status],
            expected=self.expected,
            actual=self.actual,
            unknown=self.equal,
            resource_id=self.physical_id or self.address,
            region=places.as_region(self.stack.region),
            cloud_account=self.stack.account,
        )


def entry_of(values: JsonObject, budget: Budget) -> Entry:
    """Read one resource of an answer.

    Args:
        values: The resource as answered.
        budget: Pays for what its properties hold.

    Raises:
        FormatError: It is not what the API answers.
    """
    logical_id, provider_type = text_of(values, "LogicalResourceId"), text_of(values, "ResourceType")
    stack_id, physical_id = text_of(values, "StackId"), text_of(values, "PhysicalResourceId")
    check_names(logical_id, provider_type, physical_id)
    check_storable(stack_id, "StackId")
    told = values.get("DriftInformation")
    status = text_of(values if _STATUS in values or not isinstance(told, dict) else told, _STATUS)
    expected = actual = None
    equal: Mask = False
    if status == "MODIFIED":
        expected, actual, equal = _sides(values, budget)
    elif status == "DELETED":
        expected = _properties(values.get("ExpectedProperties"), budget)
    return Entry(
        stack=_stack(stack_id),
        logical_id=logical_id,
        address=logical_id,
        status=status,
        why_not=_why_not(status, text_of(values, "DriftStatusReason")),
        provider_type=provider_type,
        physical_id=physical_id,
        expected=expected,
        actual=actual,
        equal=equal,
    )


def text_of(values: Mapping[str, Json], key: str) -> str:
    """Return one member of an answer, '' where it is absent or null.

    Raises:
        FormatError: It is no text.
    """
    value = values.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise FormatError(f"{key} is no text.", _OWN)
    return value


def _stack(arn: str) -> StackName:
    found = _STACK.match(arn)
    if found is None:
        return StackName(arn, arn[:_MAX_STACK_NAME])
    return StackName(arn, found["name"], found["region"], found["account"] or "")


def _why_not(status: str, reason: str) -> str:
    if status in DRIFT or status == IN_SYNC:
        return ""
    words = _WHY_NOT.get(status, f"Its drift status is {in_words(status)[:60] or 'missing'}.")
    return f"{words} {in_words(reason)}".rstrip()


def _sides(values: JsonObject, budget: Budget) -> tuple[JsonObject | None, JsonObject | None, Mask]:
    """Return both sides of a changed resource, and where they are equal by CloudFormation's word.

    StackSets and lists without properties leave nothing but the differences, or nothing at all.
    """
    expected = _properties(values.get("ExpectedProperties"), budget)
    actual = _properties(values.get("ActualProperties"), budget)
    differences = values.get("PropertyDifferences") or []
    if not isinstance(differences, list) or len(differences) > _MAX_DIFFERENCES:
        raise FormatError("PropertyDifferences is no list, or an absurdly long one.", _OWN)
    told = [(one, _pointer(one)) for one in differences]
    if expected is None or actual is None:
        return _planted({}, {}, told, budget) if told else (None, None, False)
    lost = [one for one in told if not (_stands(expected, one[1]) or _stands(actual, one[1]))]
    if lost:
        expected, actual, _ = _planted(deepcopy(expected), deepcopy(actual), lost, budget)
    return expected, actual, _elsewhere(expected, actual, [pointer for _, pointer in told]) if told else False


def _stands(value: Json, pointer: Pointer) -> bool:
    """Say whether a side has the place that a pointer names."""
    for step in pointer:
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return False
    return True


def _properties(value: Json, budget: Budget) -> JsonObject | None:
    """Read one side's properties: an object, or JSON of one in a string."""
    if isinstance(value, str):
        budget.spend(values_in(value))
        value = decode_exact(value, "A resource's properties")
    if value is not None and not isinstance(value, dict):
        raise FormatError("A resource's properties are no object.", _OWN)
    check_storable(value, "A resource's properties")
    return value


def _pointer(difference: Json) -> Pointer:
    path = difference.get("PropertyPath") if isinstance(difference, dict) else None
    if not isinstance(path, str) or not path.startswith("/") or len(path) > _MAX_PATH:
        raise FormatError("A property difference has no path, or none that is a JSON pointer.", _OWN)
    check_storable(path, "The path of a property difference")
    steps = path[1:].split("/")
    if len(steps) > MAX_STEPS:
        raise FormatError("The path of a property difference has absurdly many steps.", _OWN)
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in steps)


def _planted(
    expected: JsonObject, actual: JsonObject, told: Sequence[tuple[Json, Pointer]], budget: Budget
) -> tuple[JsonObject, JsonObject, Mask]:
    """Set what the differences tell in both sides."""
    for difference, pointer in told:
        members = difference if isinstance(difference, dict) else {}
        plant(expected, pointer, _value(members.get("ExpectedValue"), budget), budget)
        plant(actual, pointer, _value(members.get("ActualValue"), budget), budget)
    return expected, actual, False


def _value(value: Json, budget: Budget) -> Json:
    """Read one side of a difference: text that may hold JSON; the text `null` means that nothing is there."""
    if not isinstance(value, str):
        check_storable(value, "The value of a property difference")
        return value
    check_storable(value, "The value of a property difference")
    if value == "null":
        return None
    if value[:1] in ("{", "["):
        budget.spend(values_in(value))
        try:
            return decode_exact(value, "The value of a property difference")
        except FormatError:
            return value
    return value


def _elsewhere(expected: Json, actual: Json, pointers: Sequence[Pointer]) -> Mask:
    """Return the mask of all places that no pointer names: there both sides mean the same."""
    if not pointers:
        return True
    if () in pointers or not (isinstance(expected, dict) and isinstance(actual, dict)):
        return False
    below: dict[str, list[Pointer]] = {}
    for first, *rest in pointers:
        below.setdefault(first, []).append(tuple(rest))
    return {
        name: _elsewhere(expected.get(name), actual.get(name), below.get(name, ())) for name in {**expected, **actual}
    }
