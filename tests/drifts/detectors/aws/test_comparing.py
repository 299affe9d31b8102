"""Only what both sides have is compared, in the state's spelling and order; nothing of a secret is told."""

from typing import Any

import msgspec
import pytest

from drifts.detectors.aws.attributes import DATABASE, INSTANCE, spelt, tags_in, with_tags
from drifts.detectors.aws.comparing import both, finding_of
from drifts.detectors.aws.databases import _actual
from drifts.detectors.aws.gaps import MAX_GAPS, bounded
from drifts.detectors.aws.outcome import Placed, Seen
from drifts.detectors.terraform_state import StateResource
from drifts.findings import Gap, NotAssessed
from drifts.ingest.normalise import normalise

SAME: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"a": 1}, {"a": 1, "b": 2}),
    ({"a": 1, "c": 3}, {"a": 1}),
    ({"a": None}, {"a": False}),
    ({"a": ""}, {"a": 0}),
    ({"a": None}, {"a": []}),
    ({"a": []}, {"a": [{"enabled": False, "inner": [{"x": 0}]}]}),
    ({"tenancy": ""}, {"tenancy": "default"}),
    ({"a": [1, 2]}, {"a": [2, 1]}),
    ({"a": [{"x": 1, "y": 2}]}, {"a": [{"x": 1, "z": 3}]}),
    ({"a": [{"x": None}]}, {"a": [{"x": False}]}),
    ({"a": [{"x": 1}, {"x": 2}]}, {"a": [{"x": 2}, {"x": 1}]}),
    ({"a": [{"x": [1, 2]}, {"x": [3]}]}, {"a": [{"x": [3]}, {"x": [2, 1]}]}),
]


@pytest.mark.parametrize(("expected", "actual"), SAME)
def test_what_means_the_same_compares_equal(expected: dict[str, Any], actual: dict[str, Any]) -> None:
    wanted, found = both(expected, actual)
    assert wanted == found


DIFFERENT: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"a": True}, {"a": False}),
    ({"a": None}, {"a": True}),
    ({"a": []}, {"a": [{"enabled": True}]}),
    ({"tenancy": ""}, {"tenancy": "dedicated"}),
    ({"a": [1]}, {"a": []}),
    ({"a": []}, {"a": [{"x": 1}]}),
    ({"a": [{"x": 1}]}, {"a": [{"x": 1}, {"x": 2}]}),
    ({"a": [{"x": 1}]}, {"a": [{"x": 2}]}),
    ({"a": "x"}, {"a": ""}),
]


@pytest.mark.parametrize(("expected", "actual"), DIFFERENT)
def test_what_differs_stays_different(expected: dict[str, Any], actual: dict[str, Any]) -> None:
    wanted, found = both(expected, actual)
    assert wanted != found


def test_tags_are_all_but_the_providers_own_and_awss_are_nobodys() -> None:
    said = [{"Key": key, "Value": value} for key, value in (("a", "1"), ("team", "core"), ("aws:x", "y"))]
    expected: Any = {"tags": {"a": "1"}, "tags_all": {"a": "1", "team": "core"}}
    tags = tags_in(said)
    assert with_tags({}, expected, tags) == expected
    assert with_tags({}, expected, {**tags, "team": "mine"})["tags"] == {"a": "1", "team": "mine"}
    assert with_tags({}, expected, {"team": "core"})["tags"] == {}


def test_a_database_reachable_from_the_internet_is_seen() -> None:
    assert spelt(DATABASE, {"PubliclyAccessible": True})["publicly_accessible"] is True
    assert spelt(DATABASE, {})["publicly_accessible"] is False


def test_a_change_that_waits_for_the_maintenance_window_counts_as_made() -> None:
    said = {"DBInstanceClass": "db.t3.micro", "PendingModifiedValues": {"DBInstanceClass": "db.t3.large"}}
    assert _actual({"instance_class": "db.t3.large"}, said)["instance_class"] == "db.t3.large"
    assert _actual({"instance_class": "db.r5.large"}, said)["instance_class"] == "db.t3.micro"


def test_storage_that_grows_by_itself_and_a_failover_are_no_drift() -> None:
    said = {"AllocatedStorage": 50, "AvailabilityZone": "eu-west-1b"}
    assert _actual({"allocated_storage": 20}, {**said, "MaxAllocatedStorage": 100})["allocated_storage"] == 20
    assert _actual({"allocated_storage": 20}, said)["allocated_storage"] == 50
    assert _actual({"allocated_storage": 80}, {**said, "MaxAllocatedStorage": 100})["allocated_storage"] == 50
    assert "availability_zone" in _actual({}, said)
    assert "availability_zone" not in _actual({}, {**said, "MultiAZ": True})


PROFILE = {"Arn": "arn:aws:iam::123456789012:instance-profile/path/web"}


def test_of_an_instances_addresses_the_first_interface_counts() -> None:
    first = {"Attachment": {"DeviceIndex": 0}, "Ipv6Addresses": [{"Ipv6Address": "2001:db8::1"}]}
    first["PrivateIpAddresses"] = [
        {"Primary": True, "PrivateIpAddress": "10.0.0.1"},
        {"Primary": False, "PrivateIpAddress": "10.0.0.2"},
    ]
    other = {
        "Attachment": {"DeviceIndex": 1},
        "PrivateIpAddresses": [{"Primary": False, "PrivateIpAddress": "10.0.0.9"}],
    }
    read = spelt(INSTANCE, {"NetworkInterfaces": [other, first], "IamInstanceProfile": PROFILE})
    assert read["secondary_private_ips"] == ["10.0.0.2"]
    assert read["ipv6_addresses"] == ["2001:db8::1"]
    assert read["iam_instance_profile"] == "web"


def test_what_the_state_marks_as_sensitive_is_hidden_on_both_sides() -> None:
    marks = msgspec.Raw(b'[[{"type": "get_attr", "value": "username"}]]')
    attributes = {"username": "hidden-one", "engine": "mysql"}
    resource = StateResource("aws_db_instance.a", "aws_db_instance", "", "aws", None, msgspec.Raw(b"{}"), marks)
    seen = Seen(Placed(resource, {**attributes}, "eu-west-1", "1"), {"username": "hidden-two", "engine": "mysql"})
    finding = finding_of(seen, "123456789012")
    assert finding is not None
    stored = normalise(finding, key=b"k")
    assert "username" in stored.difference
    assert "hidden" not in str((stored.difference, stored.expected_state, stored.actual_state))
    assert "hidden" not in repr((seen, finding))


def gap(number: int) -> NotAssessed:
    return NotAssessed(Gap.RESOURCE, f"aws_instance.a[{number}]", "Denied.")


def test_gaps_stay_short_first_by_type_and_then_altogether() -> None:
    several = [gap(number) for number in range(MAX_GAPS + 1)]
    assert len(bounded(several[:MAX_GAPS], {})) == MAX_GAPS
    assert bounded(several, {one.name: "aws_instance" for one in several}) == (
        NotAssessed(Gap.TYPE, "aws_instance", "Denied."),
    )
    (everything,) = bounded(several, {one.name: one.name for one in several})
    assert everything.what is Gap.ALL
