"""Asking CloudTrail over real HTTP: pages, pace, bounds, and what a missing permission means."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from drifts.detectors.aws import access, trail
from drifts.detectors.aws.trail import CallFailed, OutOfTime, Trail, Trailed, open_trail
from drifts.detectors.aws.trail_config import check_attribution, trail_config
from drifts.detectors.base import BadConfig, Detection, Trust
from drifts.detectors.terraform import check
from drifts.findings import JsonObject
from tests.drifts.detectors.aws.trail_stub import ALICE, TrailStub, record, serving

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
REGION = "eu-central-1"
ROLE = "arn:aws:iam::123456789012:role/driftsentry"
WEB = Trailed(name="i-1", region=REGION, since=NOW - timedelta(days=1), until=NOW)


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[TrailStub]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setitem(access._TIMES, "retries", {"mode": "adaptive", "total_max_attempts": 2})
    with serving() as found:
        yield found


def opened(stub: TrailStub, *, seconds: float = 60, waits: list[float] | None = None) -> Trail:
    config: JsonObject = {"attribution": {"regions": [REGION], "endpointUrl": stub.url}}
    made = trail_config("", config)
    assert made is not None
    detection = Detection(
        config={}, private_hosts=("127.0.0.1",), seconds=seconds, trust=Trust(own_credentials=True, is_alone=True)
    )
    found = open_trail(detection, made)
    found._wait = (waits if waits is not None else []).append
    return found


def test_it_asks_for_the_resource_in_the_window_and_reads_every_page(stub: TrailStub) -> None:
    first = [record("ModifyInstanceAttribute", NOW, f"e-{number}") for number in range(2)]
    stub.pages["i-1"] = [first, [record("StopInstances", NOW, "e-2")]]
    found = list(opened(stub).events(WEB))
    assert [(one.id, one.name, one.principal) for one in found] == [
        ("e-0", "ModifyInstanceAttribute", ALICE),
        ("e-1", "ModifyInstanceAttribute", ALICE),
        ("e-2", "StopInstances", ALICE),
    ]
    assert found[0].at == NOW
    asked = stub.asked[0]
    assert asked["LookupAttributes"] == [{"AttributeKey": "ResourceName", "AttributeValue": "i-1"}]
    assert (asked["StartTime"], asked["EndTime"]) == (WEB.since.timestamp(), WEB.until.timestamp())
    assert stub.regions == [REGION, REGION]


def test_it_asks_twice_a_second_at_most(stub: TrailStub) -> None:
    waits: list[float] = []
    stub.pages["i-1"] = [[], [], []]
    asking = opened(stub, waits=waits)
    for _ in range(2):
        list(asking.events(WEB))
    assert len(waits) == 5
    assert all(0 < wait <= trail.PAUSE for wait in waits)


def test_a_resource_with_endless_pages_comes_to_an_end_and_so_does_a_reading(
    stub: TrailStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trail, "MAX_LOOK_UPS", 5)
    stub.pages["i-1"] = [[] for _ in range(100)]
    asking = opened(stub)
    for _ in range(4):
        list(asking.events(WEB))
    assert (len(stub.asked), asking.is_used_up) == (5, True)


@pytest.mark.parametrize(
    ("refusals", "words"),
    [
        ([(400, "AccessDeniedException")], "is not allowed (AccessDeniedException)"),
        ([(400, "ThrottlingException")] * 2, "was throttled until the retries ran out (ThrottlingException)"),
        ([(400, "InvalidTimeRangeException")], "failed (InvalidTimeRangeException)"),
    ],
)
def test_what_aws_refuses_is_told_in_words_without_its_own(
    stub: TrailStub, refusals: list[tuple[int, str]], words: str
) -> None:
    stub.refusals = refusals
    with pytest.raises(CallFailed) as failed:
        list(opened(stub).events(WEB))
    assert words in failed.value.reason
    assert "secret words" not in str(failed.value)


def test_a_throttled_look_up_is_tried_again(stub: TrailStub) -> None:
    stub.refusals = [(400, "ThrottlingException")]
    stub.pages["i-1"] = [[record("StopInstances", NOW)]]
    assert [one.name for one in opened(stub).events(WEB)] == ["StopInstances"]


def test_it_ends_when_its_time_is_over(stub: TrailStub) -> None:
    asking = opened(stub)
    asking.access.deadline = 0.0
    with pytest.raises(OutOfTime):
        list(asking.events(WEB))
    assert stub.asked == []


def test_a_stack_says_how_its_trail_is_read() -> None:
    of_aws = trail_config("aws", {"state": "s3://acme/state", "roleArn": ROLE, "regions": [REGION]})
    of_cloudformation = trail_config("cloudformation", {"stackName": "x", "region": REGION, "roleArn": ROLE})
    of_none = trail_config("terraform", {"directory": "x", "attribution": {"roleArn": ROLE}})
    assert of_aws is not None
    assert of_cloudformation is not None
    assert of_none is not None
    assert {of_aws.role_arn, of_cloudformation.role_arn, of_none.role_arn} == {ROLE}
    assert of_cloudformation.regions == (REGION,)
    assert trail_config("terraform", {"directory": "x"}) is None
    assert trail_config("aws", {"state": "nonsense"}) is None
    assert trail_config("", {"attribution": {"roleArn": "nonsense"}}) is None


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("yes", "attribution"),
        ({"role": ROLE}, "attribution.role"),
        ({"roleArn": "x"}, "attribution.roleArn"),
        ({"externalId": "abc"}, "attribution.externalId"),
        ({"regions": "x"}, "attribution.regions"),
    ],
)
def test_what_will_not_do_is_named(told: Any, name: str) -> None:
    with pytest.raises(BadConfig) as error:
        check_attribution(told)
    assert error.value.name == name


def test_a_stack_that_terraform_reads_may_say_it_too() -> None:
    check({"directory": "network", "attribution": {"roleArn": ROLE}}, [])
    with pytest.raises(BadConfig):
        check({"directory": "network", "attribution": {"roleArn": "x"}}, [])
