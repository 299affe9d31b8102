"""`detectorConfig` of `detector: aws`: what it takes, and what each refusal says."""

from typing import Any

import pytest

from drifts.detectors.aws.config import CHECKS, STATE_HEADERS, TYPES, check, check_config, headers_in, read_config
from drifts.detectors.aws.detector import DETECTOR
from drifts.detectors.base import BadConfig, DetectionError

ROLE = "arn:aws:iam::123456789012:role/team/driftsentry"

GOOD: list[dict[str, Any]] = [
    {"state": "file:prod/terraform.tfstate"},
    {"state": "s3://acme-states/prod/terraform.tfstate", "regions": ["eu-west-1", "us-gov-west-1"]},
    {"state": "https://gitlab.example.com/api/v4/projects/1/terraform/state/prod", "unmanaged": True},
    {"state": "s3://acme/s", "roleArn": ROLE, "externalId": "acme-7", "types": ["aws_s3_bucket"]},
    {"state": "s3://acme/s", "endpointUrl": "http://localhost:4566", "roleArn": None},
]


@pytest.mark.parametrize("config", GOOD, ids=[str(one) for one in GOOD])
def test_a_good_config_is_taken(config: dict[str, Any]) -> None:
    assert check_config(config) == []
    assert read_config(config).state == config["state"]


def test_what_is_not_said_has_its_default() -> None:
    config = read_config({"state": "s3://acme/s"})
    assert (config.types, config.unmanaged, config.regions, config.role_arn) == (TYPES, False, (), "")


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({}, "state", "Say where the state is"),
    ({"state": 3}, "state", "Say where the state is"),
    ({"state": "/etc/passwd"}, "state", "file:…"),
    ({"state": "http://example.com/s"}, "state", "https://…"),
    ({"state": "https://"}, "state", "https://…"),
    ({"state": "https://[::1/s"}, "state", "https://…"),
    ({"state": "https://u:p@example.com/s"}, "state", STATE_HEADERS),
    ({"state": "s3://Acme"}, "state", "s3://bucket/key"),
    ({"state": "file:"}, "state", "file:path"),
    ({"state": "s3://acme/s", "regions": "eu-west-1"}, "regions", "List regions"),
    ({"state": "s3://acme/s", "regions": ["http://x"]}, "regions", "List regions"),
    ({"state": "s3://acme/s", "regions": ["eu-west-1"] * 41}, "regions", "at most 40"),
    ({"state": "s3://acme/s", "roleArn": "admin"}, "roleArn", "no role's ARN"),
    ({"state": "s3://acme/s", "roleArn": ROLE, "externalId": "a b"}, "externalId", "2 to 1224"),
    ({"state": "s3://acme/s", "externalId": "acme"}, "externalId", "name roleArn"),
    ({"state": "s3://acme/s", "types": []}, "types", "aws_instance"),
    ({"state": "s3://acme/s", "types": ["aws_lambda_function"]}, "types", "aws_instance"),
    ({"state": "s3://acme/s", "unmanaged": "yes"}, "unmanaged", "true or false"),
    ({"state": "s3://acme/s", "endpointUrl": "ftp://x"}, "endpointUrl", "http://"),
    ({"state": "s3://acme/s", "endpointUrl": "http://x:99999"}, "endpointUrl", "http://"),
    ({"state": "s3://acme/s", "role_arn": ROLE}, "role_arn", "roleArn"),
]


@pytest.mark.parametrize(("config", "name", "words"), BAD, ids=[str(one) for one, *_ in BAD])
def test_a_bad_config_is_refused_by_name(config: dict[str, Any], name: str, words: str) -> None:
    (wrong,) = check_config(config)
    assert (wrong.name, words in wrong.message) == (name, True)
    with pytest.raises(BadConfig, match=r".+"):
        check(config, ())
    with pytest.raises(DetectionError, match=name):
        read_config(config)


def test_every_name_is_tried() -> None:
    assert {name for _, name, _ in BAD} >= set(CHECKS)


def test_the_one_secret_goes_with_an_https_state() -> None:
    https, s3 = {"state": "https://example.com/s"}, {"state": "s3://acme/s"}
    assert check_config(dict(https), {STATE_HEADERS}) == []
    assert [one.name for one in check_config(dict(s3), {STATE_HEADERS})] == ["secrets"]
    assert [one.name for one in check_config(dict(https), {"password"})] == ["secrets"]


def test_headers_are_an_object_of_texts() -> None:
    assert headers_in("") == {}
    assert headers_in('{"Authorization": "Bearer abc"}') == {"Authorization": "Bearer abc"}


@pytest.mark.parametrize(
    "secret",
    ["Bearer abc", "[]", '{"A": 1}', '{"A": "b\\r\\nC: d"}', '{"A b": "c"}', '{"Host": "x"}', '{"A": "\\u00e9"}'],
)
def test_other_headers_are_refused_without_repeating_them(secret: str) -> None:
    with pytest.raises(DetectionError, match=STATE_HEADERS) as refusal:
        headers_in(secret)
    assert "abc" not in str(refusal.value)


def test_the_module_offers_its_detector() -> None:
    DETECTOR.check({"state": "s3://acme/s"}, ())
    with pytest.raises(BadConfig):
        DETECTOR.check({}, ())
