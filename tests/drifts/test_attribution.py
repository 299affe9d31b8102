"""Which event of the trail explains a drift: the newest that makes such a change, and none that does not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drifts.attribution import (
    Change,
    TrailEvent,
    Via,
    attribution_of,
    event_of,
    explaining,
    is_global,
    names_for,
    resource_names,
)
from drifts.attribution_events import CREATED, DELETED, EVENTS
from drifts.findings import Kind
from tests.drifts.detectors.aws.trail_stub import ALICE, record

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def read(name: str, minutes: int = 0, ident: str = "e-1", **told: Any) -> TrailEvent | None:
    raw = record(name, NOW, ident, **told)
    return event_of({**raw, "EventTime": NOW - timedelta(minutes=minutes)})


def event(name: str, minutes: int = 0, ident: str = "e-1", **told: Any) -> TrailEvent:
    found = read(name, minutes, ident, **told)
    assert found is not None
    return found


def change(provider_type: str, *paths: str, kind: Kind = Kind.MODIFIED) -> Change:
    return Change(provider_type=provider_type, kind=kind, paths=paths)


@pytest.mark.parametrize(
    ("told", "fits", "does_not"),
    [
        (change("aws_security_group", "ingress"), "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress"),
        (change("aws_security_group", "ingress[0].cidr_blocks"), "ModifySecurityGroupRules", "CreateTags"),
        (change("aws_security_group", 'tags["a b"]'), "CreateTags", "AuthorizeSecurityGroupIngress"),
        (change("aws_instance", "instance_type"), "ModifyInstanceAttribute", "StopInstances"),
        (change("aws_instance", "metadata_options[0].http_tokens"), "ModifyInstanceMetadataOptions", "RunInstances"),
        (change("aws_instance", kind=Kind.DELETED), "TerminateInstances", "StopInstances"),
        (change("aws_instance", kind=Kind.UNMANAGED), "RunInstances", "TerminateInstances"),
        (change("aws_db_instance", "publicly_accessible"), "ModifyDBInstance", "AddTagsToResource"),
        (
            change("aws_s3_bucket_public_access_block", "block_public_acls"),
            "PutBucketPublicAccessBlock",
            "PutBucketAcl",
        ),
        (change("aws_iam_role", "assume_role_policy"), "UpdateAssumeRolePolicy", "AttachRolePolicy"),
        (change("aws_iam_role_policy_attachment", kind=Kind.DELETED), "DetachRolePolicy", "AttachRolePolicy"),
        (change("aws_sqs_queue", "visibility_timeout_seconds"), "SetQueueAttributes", "SendMessage"),
        (change("aws_sqs_queue", "tags.Owner"), "TagQueue", "SetQueueAttributes"),
        (change("aws_sqs_queue", kind=Kind.DELETED), "DeleteQueue", "CreateQueue"),
    ],
)
def test_a_change_has_its_events(told: Change, fits: str, does_not: str) -> None:
    assert explaining(told, [event(fits), event(does_not)], until=NOW) == event(fits)
    assert explaining(told, [event(does_not)], until=NOW) is None


def test_the_newest_that_fits_counts_and_nothing_after_the_scan() -> None:
    told = change("aws_instance", "instance_type")
    events = [
        event("ModifyInstanceAttribute", 30, "old"),
        event("ModifyInstanceAttribute", 10, "new"),
        event("ModifyInstanceAttribute", -5, "later"),
        event("CreateTags", 1, "other"),
    ]
    found = explaining(told, events, until=NOW)
    assert found is not None
    assert found.id == "new"


def test_a_drift_without_known_attributes_is_explained_by_nothing() -> None:
    assert names_for(change("aws_instance")) == ()


@pytest.mark.parametrize("told", [{"readOnly": True}, {"readOnly": "true"}, {"errorCode": "AccessDenied"}])
def test_what_changed_nothing_is_no_event(told: dict[str, Any]) -> None:
    assert read("ModifyInstanceAttribute", **told) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000])
def test_an_event_that_cannot_be_read_is_none(text: str) -> None:
    assert event_of({"EventId": "x", "EventTime": NOW, "CloudTrailEvent": text}) is None


@pytest.mark.parametrize(
    ("told", "principal", "via"),
    [
        ({}, ALICE, Via.API),
        ({"sessionCredentialFromConsole": "true"}, ALICE, Via.CONSOLE),
        ({"userAgent": "console.amazonaws.com"}, ALICE, Via.CONSOLE),
        ({"userIdentity": {"type": "IAMUser", "userName": "bob"}}, "bob", Via.API),
        ({"userIdentity": {"type": "AWSService", "invokedBy": "rds.amazonaws.com"}}, "rds.amazonaws.com", Via.SERVICE),
        ({"sourceIPAddress": "autoscaling.amazonaws.com"}, ALICE, Via.SERVICE),
        ({"userIdentity": None}, "unknown", Via.API),
        ({"userIdentity": {"type": 5, "arn": "a\nb\x00" * 2000}}, "ab" * 512, Via.API),
    ],
)
def test_who_it_was_and_by_what_way(told: dict[str, Any], principal: str, via: Via) -> None:
    found = event("StopInstances", **told)
    assert found.principal.startswith(principal)
    assert (found.via, found.principal.isprintable()) == (via, True)


def test_it_is_kept_as_the_contract_says() -> None:
    assert attribution_of(event("ModifyInstanceAttribute")) == {
        "principal": ALICE,
        "principalType": "AssumedRole",
        "eventName": "ModifyInstanceAttribute",
        "eventSource": "ec2.amazonaws.com",
        "at": "2026-03-01T12:00:00Z",
        "sourceAddress": "203.0.113.9",
        "via": "api",
        "eventId": "e-1",
    }


@pytest.mark.parametrize(
    ("provider_type", "state", "names"),
    [
        ("aws_instance", {"id": "i-1", "arn": "arn:x"}, ("i-1", "arn:x")),
        ("aws_s3_bucket_policy", {"bucket": "acme", "id": "acme"}, ("acme", "one")),
        ("aws_iam_role_policy_attachment", {"role": "web", "id": "web-2026"}, ("web", "one")),
        ("aws_security_group_rule", {"security_group_id": "sg-1"}, ("sg-1", "one")),
        ("AWS::EC2::Instance", {}, ("one",)),
        ("aws_instance", {"id": "(sensitive)", "arn": 5}, ("one",)),
    ],
)
def test_the_names_by_which_the_trail_knows_it(
    provider_type: str, state: dict[str, Any], names: tuple[str, ...]
) -> None:
    assert resource_names(provider_type, "one", state, {}) == names
    assert resource_names(provider_type, "one", {}, state) == names


def test_what_has_no_region_is_asked_at_home() -> None:
    assert is_global("aws_iam_role")
    assert not is_global("aws_instance")


def test_the_tables_name_events_for_every_change() -> None:
    for rows in EVENTS.values():
        assert all(names for _, names in rows)
    assert all(names for table in (DELETED, CREATED) for names in table.values())


@given(st.sampled_from(sorted(EVENTS)), st.lists(st.text(max_size=20), max_size=4), st.sampled_from(list(Kind)))
def test_any_path_has_an_answer(provider_type: str, paths: list[str], kind: Kind) -> None:
    assert isinstance(names_for(Change(provider_type=provider_type, kind=kind, paths=tuple(paths))), tuple)
