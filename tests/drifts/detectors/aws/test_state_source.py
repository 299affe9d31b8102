"""A scan's state from S3, from an HTTPS address and from a file, and what is said where it is not there."""

import json
from dataclasses import replace
from typing import Any

import pytest

from drifts.detectors.aws import state_source
from drifts.detectors.aws.detector import detect_aws
from drifts.detectors.base import DetectionError
from tests.drifts.detectors.aws.cloud import ACCOUNT, REGION, Cloud, clean, resource, state

ROLE = resource("aws_iam_role", "a", {"name": "a", "arn": f"arn:aws:iam::{ACCOUNT}:role/a"})


@pytest.fixture
def kept(cloud: Cloud) -> Cloud:
    """The state in S3, and the role that it names."""
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="acme-states", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="acme-states", Key="prod/a b.tfstate", Body=json.dumps(state(ROLE)).encode())
    cloud.client("iam").create_role(RoleName="a", AssumeRolePolicyDocument="{}")
    return cloud


def scan(cloud: Cloud, where: str, **config: Any) -> Any:
    return detect_aws(cloud.detection(state=where, **config))


def test_a_state_in_s3_is_read_whatever_its_region(kept: Cloud) -> None:
    assert clean(scan(kept, "s3://acme-states/prod/a b.tfstate")) == {"aws_iam_role.a"}
    assert kept.said[0] == f"1 resources in the state; reading the account {ACCOUNT}"


def test_a_state_that_is_not_in_s3_is_an_error_in_words(kept: Cloud) -> None:
    with pytest.raises(DetectionError, match="NoSuchKey"):
        scan(kept, "s3://acme-states/prod/other.tfstate")
    with pytest.raises(DetectionError, match="NoSuchBucket"):
        scan(kept, "s3://acme-other/prod/other.tfstate")


def test_a_state_that_is_too_large_is_refused(kept: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_source, "MAX_BYTES", 100)
    with pytest.raises(DetectionError, match="larger than 100 bytes"):
        scan(kept, "s3://acme-states/prod/a b.tfstate")
    with pytest.raises(DetectionError, match="larger than 100 bytes"):
        kept.scan(ROLE)


def test_a_state_behind_https_is_fetched_with_the_stacks_secret(kept: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def fetch(url: str, **more: Any) -> bytes:
        asked.append((url, more["headers"], more["private_hosts"]))
        return json.dumps(state(ROLE)).encode()

    monkeypatch.setattr(state_source, "read_https", fetch)
    detection = replace(
        kept.detection(state="https://git.example.com/s"), secrets={"stateHeaders": '{"Authorization": "Bearer abc"}'}
    )
    assert clean(detect_aws(detection)) == {"aws_iam_role.a"}
    assert asked == [("https://git.example.com/s", {"Authorization": "Bearer abc"}, ("127.0.0.1",))]
    assert "abc" not in repr(detection)
    assert not any("abc" in line for line in kept.said)


def test_a_file_is_read_only_where_the_operator_opens_a_folder(kept: Cloud) -> None:
    with pytest.raises(DetectionError, match="not open to stacks"):
        detect_aws(replace(kept.detection(ROLE), files_root=""))
