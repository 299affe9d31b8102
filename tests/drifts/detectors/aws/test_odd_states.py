"""Whatever a state holds in an attribute's place, reading it never breaks, and what equals itself never differs."""

import json
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from drifts.detectors.aws.bucket_parts import PARTS
from drifts.detectors.aws.comparing import both, finding_of
from drifts.detectors.aws.config import TYPES, check_config
from drifts.detectors.aws.databases import _actual as database
from drifts.detectors.aws.group_rules import as_they_are, atoms_of_block, without
from drifts.detectors.aws.instances import _actual as instance
from drifts.detectors.aws.outcome import Placed, Seen
from drifts.detectors.aws.rule_resources import keys_in_state, seen_rule
from drifts.detectors.base import DetectionError
from drifts.detectors.terraform_state import StateResource, parse_state

PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-(2**31), 2**31)
    | st.text(max_size=8)
    | st.sampled_from(["tcp", "-1", "10.0.0.0/8"])
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    [
        "id",
        "arn",
        "tags",
        "tags_all",
        "ingress",
        "cidr_blocks",
        "self",
        "protocol",
        "from_port",
        "to_port",
        "type",
        "policy",
        "description",
        "security_group_id",
        "cidr_ipv4",
        "ip_protocol",
        "root_block_device",
        "versioning_configuration",
        "access_control_policy",
        "grant",
        "acl",
        "allocated_storage",
        "server_side_encryption_configuration",
        "engine_version",
    ]
)
ATTRIBUTES = st.dictionaries(NAMES, VALUES, max_size=8)
MEMBERS = st.fixed_dictionaries({}, optional=dict.fromkeys(("type", "name", "mode", "module", "instances"), VALUES))
SETTINGS = st.sampled_from(
    ["state", "regions", "roleArn", "externalId", "types", "unmanaged", "endpointUrl", "unknown"]
)
QUICKLY = settings(max_examples=100, deadline=None)


def placed(kind: str, attributes: Any) -> Placed:
    null = msgspec.Raw(b"null")
    resource = StateResource(f"{kind}.a", kind, "", "aws", None, null, null)
    return Placed(resource, attributes, "eu-west-1", "123456789012")


@QUICKLY
@given(st.sampled_from(TYPES), ATTRIBUTES)
def test_what_equals_itself_never_differs(kind: str, attributes: Any) -> None:
    wanted, found = both(attributes, attributes)
    assert wanted == found
    assert finding_of(Seen(placed(kind, attributes), attributes), "123456789012") is None


@QUICKLY
@given(ATTRIBUTES)
def test_reading_never_breaks_on_what_a_state_holds(attributes: Any) -> None:
    for kind in ("aws_security_group_rule", "aws_vpc_security_group_ingress_rule"):
        keys_in_state(placed(kind, attributes))
        seen_rule(placed(kind, attributes), {"x": {}}, [])
    blocks = without(attributes.get("ingress"), frozenset(), egress=False, group="sg-1")
    atoms = [atom for one in blocks for atom in atoms_of_block(one, egress=False, group="sg-1")]
    assert as_they_are(blocks, atoms, egress=False, group="sg-1") == blocks
    for part in PARTS.values():
        part.inline({"Policy": "{}"}, attributes)
        part.own({"Policy": "{}"}, attributes)
    database(attributes, {})
    instance(attributes, {}, {})


@QUICKLY
@given(st.binary(max_size=60) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_whatever_is_sent_as_a_state_is_read_or_refused(body: bytes) -> None:
    try:
        parse_state(body)
    except DetectionError:
        return


@QUICKLY
@given(st.lists(MEMBERS, max_size=4))
def test_whatever_a_state_lists_is_read_or_refused(resources: Any) -> None:
    try:
        for one in parse_state(json.dumps({"version": 4, "resources": resources}).encode()).resources:
            one.attributes()
            one.sensitive()
    except DetectionError:
        return


@QUICKLY
@given(st.dictionaries(SETTINGS, VALUES))
def test_any_config_is_taken_or_refused_by_name(config: Any) -> None:
    assert all(one.message for one in check_config(config))
