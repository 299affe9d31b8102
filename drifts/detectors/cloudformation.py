"""`detector: cloudformation`: has CloudFormation look for drift in one of its stacks, waits, and reads what it found.

Beside the drifts the stack's resources are listed, so that what CloudFormation did not check is told as not assessed.
A detection that failed leaves partial results: they count, and nothing that they do not name is resolved.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DetectStackDrift.html
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from drifts.detectors.aws.config import CHECKS, AwsConfig
from drifts.detectors.aws.trust import check_trust
from drifts.detectors.base import BadConfig, BadSecrets, Detecting, Detection, DetectionError
from drifts.findings import Assessment, Json, JsonObject
from drifts.ingest.formats.base import ParseOptions
from drifts.ingest.formats.cloudformation import assessment_of_pages

if TYPE_CHECKING:
    from drifts.detectors.aws.access import Access

SERVICE = "cloudformation"
KNOWN = ("stackName", "region", "roleArn", "externalId", "endpointUrl")
RUNNING = "DETECTION_IN_PROGRESS"
COMPLETE = "DETECTION_COMPLETE"
JUDGED = frozenset({"IN_SYNC", "MODIFIED", "DELETED"})
"""The drift statuses of a resource that the drifts themselves tell."""
FIRST_WAIT, LONGEST_WAIT = 2.0, 15.0
MAX_PAGES = 200
"""Of each list; at 100 resources a page far more than a stack can have."""
_STACK = re.compile(
    r"[A-Za-z][A-Za-z0-9-]{0,127}"
    r"|arn:aws[a-z-]{0,20}:cloudformation:[a-z0-9-]{1,30}:\d{12}:stack/[A-Za-z0-9-]{1,128}/[A-Za-z0-9-]{1,64}"
)


def detect(detection: Detection) -> Assessment:
    """Have a stack checked, and read what was found.

    Args:
        detection: What to read.

    Raises:
        DetectionError: AWS cannot be reached, refuses, or takes too long.
        FormatError: AWS answers otherwise than documented.
    """
    from drifts.detectors.aws.access import CallFailed, OutOfTime, open_access  # noqa: PLC0415 - boto3 loads slowly

    config = detection.config
    asked = AwsConfig(
        state="",
        regions=(str(config["region"]),),
        role_arn=str(config.get("roleArn") or ""),
        external_id=str(config.get("externalId") or ""),
        endpoint_url=str(config.get("endpointUrl") or ""),
    )
    try:
        reading = _Reading(open_access(detection, asked, deadline=time.monotonic() + detection.seconds), detection)
        return reading.read()
    except CallFailed as failure:
        raise DetectionError(f"CloudFormation cannot be read: {failure.reason}") from failure
    except OutOfTime:
        words = f"It took longer than the stack's time limit of {detection.seconds:.0f} seconds."
        raise DetectionError(words) from None


class _Reading:
    """One detection of one stack."""

    def __init__(self, access: Access, detection: Detection) -> None:
        self._access = access
        self._say = detection.say
        self._limit = detection.seconds
        self._stack = str(detection.config["stackName"])
        self._region = str(detection.config["region"])

    def read(self) -> Assessment:
        self._say(f"Asking CloudFormation to look for drift in {self._stack} ({self._region}).")
        status = self._detected()
        drifts = list(self._pages("describe_stack_resource_drifts", "StackResourceDrifts"))
        unchecked = self._unchecked(str(status.get("StackId") or ""))
        whole = status["DetectionStatus"] == COMPLETE and unchecked is not None
        found = assessment_of_pages(
            [_without_times(page) for page in (*drifts, *(unchecked or ()), status)],
            ParseOptions(complete=True if whole else None),
        )
        self._say(f"{found.resources_checked} resources checked, {len(found.findings)} of them have drifted.")
        return found

    def _detected(self) -> dict[str, Any]:
        """Start the detection and wait until it has ended, in whatever way."""
        ident = self._call("detect_stack_drift", StackName=self._stack)["StackDriftDetectionId"]
        wait = FIRST_WAIT
        while True:
            status = self._call("describe_stack_drift_detection_status", StackDriftDetectionId=ident)
            if status.get("DetectionStatus") != RUNNING:
                self._say(f"{status.get('DetectionStatus')} {status.get('DetectionStatusReason') or ''}".rstrip())
                return status
            if wait >= self._access.time_left():
                raise DetectionError(f"CloudFormation did not end within the time limit of {self._limit:.0f} seconds.")
            time.sleep(wait)
            wait = min(wait * 1.5, LONGEST_WAIT)

    def _unchecked(self, stack_id: str) -> list[dict[str, Any]] | None:
        """The resources that the drifts do not tell of; None where they may not be listed."""
        from drifts.detectors.aws.access import CallFailed  # noqa: PLC0415 - see above

        try:
            pages = list(self._pages("list_stack_resources", "StackResourceSummaries"))
        except CallFailed as failure:
            self._say(f"What was not checked is not known: {failure.reason}")
            return None
        return [
            {
                "StackResourceSummaries": [
                    {**one, "StackId": stack_id}
                    for one in page["StackResourceSummaries"]
                    if one.get("DriftInformation", {}).get("StackResourceDriftStatus", "NOT_CHECKED") not in JUDGED
                    and one.get("ResourceStatus") != "DELETE_COMPLETE"
                ]
            }
            for page in pages
        ]

    def _pages(self, operation: str, member: str) -> Iterator[dict[str, Any]]:
        token: dict[str, str] = {}
        for _ in range(MAX_PAGES):
            page = self._call(operation, StackName=self._stack, **token)
            following = page.get("NextToken")
            yield {member: page.get(member, [])}
            if not following:
                return
            token = {"NextToken": following}
        raise DetectionError(f"CloudFormation lists more than {MAX_PAGES} pages; that is more than a stack can have.")

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._access.call(SERVICE, self._region, operation, **parameters)
        return answer


def _without_times(page: dict[str, Any]) -> dict[str, Json]:
    """A page without what is no JSON: boto3 makes objects of times."""
    return {name: _plain(value) for name, value in page.items() if name != "ResponseMetadata"}


def _plain(value: Any) -> Json:
    match value:
        case dict():
            return {str(name): _plain(inner) for name, inner in value.items()}
        case list():
            return [_plain(inner) for inner in value]
        case None | bool() | int() | float() | str():
            return value
    return str(value)


def check(config: JsonObject, secrets: Collection[str]) -> None:
    """Refuse a config that will not do.

    Args:
        config: As a person wrote it.
        secrets: The names of the stack's secrets; there are none to be had.

    Raises:
        BadConfig: The first thing that is wrong with it.
    """
    for name in config:
        if name not in KNOWN:
            raise BadConfig(name[:100], f"Known are: {', '.join(KNOWN)}.")
    stack, region = config.get("stackName"), config.get("region")
    if not isinstance(stack, str) or not _STACK.fullmatch(stack):
        raise BadConfig("stackName", "Name the CloudFormation stack, or give its ARN.")
    if not isinstance(region, str) or CHECKS["regions"]([region]):
        raise BadConfig("region", "Name the region of the stack: eu-central-1.")
    _check_access(config)
    if secrets:
        raise BadSecrets("This detector takes no secrets: name a role.")


def _check_access(config: JsonObject) -> None:
    for name in ("roleArn", "externalId", "endpointUrl"):
        if config.get(name) is not None and (words := CHECKS[name](config[name])):
            raise BadConfig(name, words)
    if config.get("externalId") is not None and config.get("roleArn") is None:
        raise BadConfig("externalId", "An external id goes with a role: name roleArn, too.")


DETECTOR = Detecting(check=check, detect=detect, check_trust=check_trust)
