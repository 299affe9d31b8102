"""When AWS does not answer as asked: nothing is called deleted, nothing clean, and people are told why."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from drifts.detectors.aws import access, detector
from drifts.detectors.aws.config import TYPES, AwsConfig, read_config
from drifts.detectors.aws.detector import detect_aws
from drifts.detectors.aws.jobs import LATE
from drifts.detectors.base import Detection, DetectionError
from tests.drifts.detectors.aws.cloud import ACCOUNT, REGION, Cloud, gaps, resource, shown
from tests.drifts.detectors.aws.stub import Stub, error, plain_error, stubbed

WEB = resource("aws_instance", "web", {"id": "i-1", "arn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-1"})
ORDERS = resource(
    "aws_db_instance", "orders", {"arn": f"arn:aws:rds:{REGION}:{ACCOUNT}:db:orders", "identifier": "orders"}
)
NONE_LISTED = """<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances/>
</DescribeDBInstancesResult></DescribeDBInstancesResponse>"""


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    monkeypatch.setitem(access._TIMES, "retries", {"mode": "adaptive", "total_max_attempts": 2})
    with stubbed() as stub:
        yield stub


@pytest.fixture
def broken(stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """An account behind the stub."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    return Cloud(stub.address, tmp_path)


FAILURES = [
    (503, error("RequestLimitExceeded"), "was throttled until the retries ran out (RequestLimitExceeded)"),
    (403, error("UnauthorizedOperation"), "is not allowed (UnauthorizedOperation)"),
    (401, error("AuthFailure"), "credentials are not accepted (AuthFailure)"),
    (500, error("InternalError"), "failed (InternalError)"),
    (200, "this is no XML", "was not answered: ResponseParserError"),
]


@pytest.mark.parametrize(("status", "text", "words"), FAILURES, ids=[words for *_, words in FAILURES])
def test_a_type_that_could_not_be_read_is_not_assessed(
    broken: Cloud, stub: Stub, status: int, text: str, words: str
) -> None:
    stub.answers |= {"DescribeInstances": (status, text), "DescribeDBInstances": (200, NONE_LISTED)}
    said = broken.scan(WEB, ORDERS)
    assert shown(said) == {"aws_db_instance.orders": "deleted"}
    assert words in gaps(said)["aws_instance"]
    assert "secret words" not in str(said)
    assert said.complete


def test_throttling_is_retried(broken: Cloud, stub: Stub) -> None:
    stub.answers["DescribeInstances"] = (503, error("RequestLimitExceeded"))
    broken.scan(WEB)
    assert stub.asked["DescribeInstances"] == 2


def test_a_scan_that_read_nothing_is_not_complete(broken: Cloud, stub: Stub) -> None:
    stub.answers["DescribeInstances"] = (403, error("UnauthorizedOperation"))
    said = broken.scan(WEB)
    assert (said.complete, said.resources_checked) == (False, 0)
    assert "Nothing of what this stack asks for" in said.incomplete_reason


def test_a_failed_listing_says_that_unmanaged_ones_were_not_looked_for(broken: Cloud, stub: Stub) -> None:
    stub.answers |= {
        "DescribeInstances": (403, error("UnauthorizedOperation")),
        "DescribeSecurityGroups": (403, error("UnauthorizedOperation")),
    }
    said = broken.scan(unmanaged=True, regions=[REGION], types=["aws_instance", "aws_security_group"])
    assert set(gaps(said)) == {"aws_instance", "aws_security_group"}


def test_credentials_that_are_not_accepted_fail_the_reading(broken: Cloud, stub: Stub) -> None:
    stub.answers["GetCallerIdentity"] = (403, plain_error("InvalidClientTokenId"))
    with pytest.raises(DetectionError, match="credentials are not accepted") as refusal:
        broken.scan(WEB)
    assert "secret words" not in str(refusal.value)


def test_a_role_that_may_not_be_taken_on_fails_the_reading(broken: Cloud, stub: Stub) -> None:
    stub.answers["AssumeRole"] = (403, plain_error("AccessDenied"))
    with pytest.raises(DetectionError, match="sts:assume_role is not allowed"):
        broken.scan(WEB, roleArn=f"arn:aws:iam::{ACCOUNT}:role/r", externalId="acme-7")


def test_no_credentials_at_all_fail_the_reading(broken: Cloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(DetectionError, match="NoCredentialsError"):
        broken.scan(WEB)


def opened_late(detection: Detection, config: AwsConfig, *, deadline: float) -> access.Access:
    """Open the way to AWS at a time when no time is left."""
    made = access.open_access(detection, config, deadline=deadline)
    made.deadline = 0.0
    return made


def test_what_time_does_not_allow_is_not_assessed(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detector, "open_access", opened_late)
    said = cloud.scan(WEB, ORDERS)
    assert shown(said) == {}
    assert gaps(said) == {"aws_instance": LATE, "aws_db_instance": LATE}
    assert [request for request in cloud.requests if request.startswith(("ec2:", "rds:"))] == []


def test_no_request_is_sent_past_the_deadline(cloud: Cloud) -> None:
    detection = cloud.detection(WEB)
    late = opened_late(detection, read_config(detection.config), deadline=time.monotonic() + 60)
    with pytest.raises(access.OutOfTime):
        late.call("rds", REGION, "describe_db_instances")
    with pytest.raises(access.OutOfTime):
        list(late.pages("ec2", REGION, "describe_instances"))
    assert late.calls == 0


def test_who_we_are_is_not_asked_past_the_deadline(broken: Cloud, stub: Stub) -> None:
    for role in ({}, {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/r"}):
        with pytest.raises(DetectionError, match="time limit of 0 seconds ran out before"):
            detect_aws(replace(broken.detection(WEB, **role), seconds=0.0))
    assert not stub.asked


def test_no_attempt_to_ask_who_we_are_is_made_past_the_deadline(
    broken: Cloud, stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.answers["GetCallerIdentity"] = (500, plain_error("InternalFailure"))
    times = iter([0.0, 0.0, 100.0])
    monkeypatch.setattr(access, "time", SimpleNamespace(monotonic=lambda: next(times)))
    detection = broken.detection(WEB)
    with pytest.raises(access.OutOfTime):
        access.open_access(detection, read_config(detection.config), deadline=50.0)
    assert stub.asked["GetCallerIdentity"] == 1


def test_a_state_in_s3_that_time_does_not_allow_fails_the_reading(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detector, "open_access", opened_late)
    with pytest.raises(DetectionError, match="time limit of 60 seconds ran out before"):
        cloud.scan(state="s3://acme/state")


def test_an_endpoint_that_the_operator_does_not_allow_is_never_spoken_to(cloud: Cloud) -> None:
    with pytest.raises(DetectionError, match=r"does not allow the host 127\.0\.0\.1"):
        detect_aws(replace(cloud.detection(WEB), private_hosts=()))
    assert cloud.requests == []


def test_a_resource_whose_region_nobody_knows_is_not_called_deleted(cloud: Cloud) -> None:
    rule = resource("aws_security_group_rule", "a", {"security_group_id": "sg-0123456789abcdef0", "type": "ingress"})
    assert "name one in regions" in gaps(cloud.scan(rule))["aws_security_group_rule"]
    group = resource("aws_security_group", "a", {"id": "sg-0123456789abcdef0", "owner_id": ACCOUNT})
    assert set(shown(cloud.scan(group, regions=[REGION])).values()) == {"deleted"}


def test_a_resource_of_another_partition_is_not_called_deleted(cloud: Cloud) -> None:
    said = cloud.scan(resource("aws_s3_bucket", "a", {"bucket": "acme-cn", "arn": "arn:aws-cn:s3:::acme-cn"}))
    assert shown(said) == {}
    assert "partition aws-cn" in gaps(said)["aws_s3_bucket"]


def test_types_that_are_not_read_or_not_asked_for_are_told(cloud: Cloud) -> None:
    others = [resource("aws_lambda_function", "f", {}, {}), resource("random_id", "r", {})]
    said = cloud.scan(WEB, *others, types=["aws_db_instance"], regions=[REGION])
    assert gaps(said) == {
        "aws_instance": "Not among the types that this stack asks for (1 in the state).",
        "aws_lambda_function": "This scanner does not read the type (2 in the state).",
        "random_id": "This scanner does not read the type (1 in the state).",
    }
    assert said.complete


def test_whether_unmanaged_ones_were_looked_for_is_told(cloud: Cloud) -> None:
    without = cloud.scan(ORDERS)
    assert "unmanaged" not in without.kinds
    asked = cloud.scan(ORDERS, unmanaged=True, types=["aws_db_instance"])
    assert "unmanaged" in asked.kinds
    assert {one.name for one in asked.not_assessed} == set(TYPES) - {"aws_db_instance"}


def test_where_unmanaged_ones_were_looked_for_is_told(cloud: Cloud) -> None:
    everything = cloud.scan(ORDERS, unmanaged=True, regions=["eu-west-1", "eu-west-2"]).searched
    assert everything is not None
    assert everything.cloud_account == ACCOUNT
    both = frozenset({"eu-west-1", "eu-west-2"})
    assert everything.regions == {
        **dict.fromkeys(["aws_instance", "aws_db_instance", "aws_security_group"], both),
        **dict.fromkeys(["aws_s3_bucket", "aws_iam_role"], frozenset()),
    }
    nowhere = cloud.scan(resource("aws_iam_role", "a", {"name": "a"}), unmanaged=True, types=["aws_instance"])
    assert nowhere.searched is not None
    assert nowhere.searched.regions == {}
    assert cloud.scan(ORDERS).searched is None


def test_an_empty_state_says_nothing_about_anything(cloud: Cloud) -> None:
    said = cloud.scan()
    assert (said.complete, said.incomplete_reason) == (False, "The state holds no resources.")


def test_an_object_in_an_older_form_is_not_assessed(cloud: Cloud) -> None:
    flat: dict[str, Any] = {"attributes": None, "attributes_flat": {"id": "i-1"}}
    assert "older form" in gaps(cloud.scan(resource("aws_instance", "web", flat)))["aws_instance"]
