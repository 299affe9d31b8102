"""One spelling for values that mean the same, and different ones for values that do not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from drifts.findings import Json, JsonObject
from drifts.ingest.canonical import canonical, canonical_text, without_indices
from drifts.ingest.masking import mask_pair
from tests.drifts.ingest.plans import KEY, policy
from tests.drifts.ingest.trees import STATES


def spelt(value: Json, path: str = "x", provider_type: str = "aws_thing") -> object:
    """The canonical spelling of a value at a path."""
    names = path.split(".")
    state: Json = value
    for name in reversed(names):
        state = {name: state}
    assert isinstance(state, dict)
    found: Any = canonical(mask_pair(state, None, False, key=KEY).expected, provider_type)
    for name in names:
        found = None if found is None else found.get(name)
    return found


@pytest.mark.parametrize("unset", [None, "", [], {}, {"a": None}, {"a": {"b": ""}}])
def test_what_is_unset_is_one(unset: Json) -> None:
    assert spelt(unset) is None


@pytest.mark.parametrize("value", [False, 0, "0", "false", " ", [None], [""], "null", "None"])
def test_what_is_set_is_not_unset(value: Json) -> None:
    assert spelt(value) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (8, "8"),
        (8.0, 8),
        (2.0**53, "9007199254740992"),
        (1e22, "10000000000000000000000"),
        (True, "true"),
        (0.5, "0.5"),
        ({"a": 1, "b": None}, {"a": "1"}),
        ('{"a":1}', {"a": 1}),
        ('{"a":1,"b":2}', '{"b": 2, "a": 1}'),
        ("[1,2]", [1, 2]),
    ],
)
def test_values_that_mean_the_same_are_spelt_alike(one: Json, other: Json) -> None:
    assert spelt(one) == spelt(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (8, "08"),
        ("8", "8.0"),
        ("8", "8 "),
        ("1e3", 1000),
        (True, "True"),
        (True, 1),
        (False, None),
        (0, None),
        ("a", "A"),
        ([1, 2], [2, 1]),
        ([1], [1, 1]),
        (["a", None], ["a"]),
        ("9007199254740993", "9007199254740992"),
        ('{"a":"01"}', '{"a":1}'),
        ("{a: 1}", "{a: 2}"),
    ],
)
def test_values_that_differ_are_spelt_differently(one: Json, other: Json) -> None:
    assert spelt(one) != spelt(other)


@pytest.mark.parametrize(
    ("provider_type", "path"),
    [
        ("aws_security_group", "ingress"),
        ("aws_instance", "vpc_security_group_ids"),
        ("aws_db_subnet_group", "subnet_ids"),
        ("aws_iam_role", "managed_policy_arns"),
        ("aws_route53_record", "records"),
        ("AWS::EC2::SecurityGroup", "SecurityGroupIngress"),
        ("aws_lb", "subnets"),
    ],
)
def test_the_order_and_repetition_of_a_set_mean_nothing(provider_type: str, path: str) -> None:
    assert spelt(["b", "a", "b"], path, provider_type) == spelt(["a", "b"], path, provider_type)
    assert spelt(["a", "b"], path, provider_type) != spelt(["a", "c"], path, provider_type)


@pytest.mark.parametrize(
    ("provider_type", "path"),
    [
        ("aws_instance", "user_data_lines"),
        ("aws_lb_listener", "default_action"),
        ("aws_ecs_task_definition", "command"),
        ("aws_thing", "records"),
        ("aws_cloudfront_distribution", "ordered_cache_behavior"),
        ("aws_wafv2_web_acl", "rule"),
        ("kubernetes_network_policy", "spec.ingress"),
    ],
)
def test_the_order_of_any_other_list_counts(provider_type: str, path: str) -> None:
    assert spelt(["b", "a"], path, provider_type) != spelt(["a", "b"], path, provider_type)


def test_a_set_of_blocks_is_compared_block_by_block_whatever_the_order_inside() -> None:
    one: Json = [{"from_port": 22, "cidr_blocks": ["10.0.0.0/8", "10.1.0.0/16"]}, {"from_port": 80, "cidr_blocks": []}]
    other: Json = [{"from_port": "80"}, {"cidr_blocks": ["10.1.0.0/16", "10.0.0.0/8"], "from_port": 22}]
    assert spelt(one, "ingress", "aws_security_group") == spelt(other, "ingress", "aws_security_group")


@pytest.mark.parametrize(
    ("path", "provider_type"), [("dns_name", "aws_lb"), ("name", "aws_route53_record"), ("a.fqdn", "azurerm_x")]
)
def test_a_host_name_has_neither_case_nor_a_trailing_dot(path: str, provider_type: str) -> None:
    assert spelt("Www.Example.org.", path, provider_type) == spelt("www.example.org", path, provider_type)


def test_other_names_have_case_and_dots() -> None:
    assert spelt("Www.", "name", "aws_instance") != spelt("www", "name", "aws_instance")


ALLOW: dict[str, Json] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (policy(ALLOW), policy({**ALLOW, "Action": ["s3:GetObject"], "Resource": ["*"]})),
        (policy({**ALLOW, "Action": ["a:b", "c:d"]}), policy({**ALLOW, "Action": ["c:D", "A:b", "c:d"]})),
        (policy(ALLOW, {**ALLOW, "Effect": "Deny"}), policy({**ALLOW, "Effect": "Deny"}, ALLOW)),
        (policy(ALLOW), json.dumps({"Statement": ALLOW, "Version": "2012-10-17"}, indent=4)),
        (policy({**ALLOW, "Principal": "*"}), policy({**ALLOW, "Principal": {"AWS": ["*"]}})),
        (
            policy({**ALLOW, "Principal": {"AWS": "123456789012"}}),
            policy({**ALLOW, "Principal": {"AWS": ["arn:aws:iam::123456789012:root"]}}),
        ),
        (
            policy({**ALLOW, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}),
            policy({**ALLOW, "Condition": {"Bool": {"aws:SecureTransport": [False]}}}),
        ),
    ],
)
def test_policies_that_say_the_same_are_spelt_alike(one: str, other: str) -> None:
    assert spelt(one) == spelt(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (policy(ALLOW), policy({**ALLOW, "Effect": "Deny"})),
        (policy(ALLOW), policy({**ALLOW, "Action": "s3:*"})),
        (policy(ALLOW), policy({**ALLOW, "Resource": "arn:aws:s3:::A"})),
        (policy({**ALLOW, "Resource": "arn:aws:s3:::a"}), policy({**ALLOW, "Resource": "arn:aws:s3:::A"})),
        (policy(ALLOW), policy({**ALLOW, "Condition": {"Bool": {"aws:SecureTransport": "true"}}})),
        (policy(ALLOW), policy({**ALLOW, "Action": [{"odd": 1}]})),
        (policy(ALLOW, "odd"), policy(ALLOW)),
        (policy(ALLOW), policy({"Effect": "Allow", "NotAction": "s3:GetObject", "Resource": "*"})),
        (policy({**ALLOW, "Principal": {"AWS": "1"}}), policy({**ALLOW, "Principal": {"Service": "1"}})),
    ],
)
def test_policies_that_say_something_else_are_spelt_differently(one: str, other: str) -> None:
    assert spelt(one) != spelt(other)


@given(STATES)
def test_a_canonical_value_has_one_text_whatever_the_order_of_its_members(state: JsonObject) -> None:
    turned = dict(reversed(state.items()))
    one, other = (mask_pair(side, None, False, key=KEY).expected for side in (state, turned))
    assert canonical_text(canonical(one, "aws_thing")) == canonical_text(canonical(other, "aws_thing"))


def test_tables_name_paths_without_indices() -> None:
    assert without_indices('a[0].b[12]["x.y"].c') == 'a.b["x.y"].c'


@pytest.mark.parametrize(
    ("provider_type", "path", "one", "other"),
    [
        ("AWS::WAFv2::WebACL", "DefaultAction", {"Allow": {}}, {"Block": {}}),
        ("AWS::WAFv2::WebACL", "DefaultAction", {"Allow": {}}, {}),
        ("AWS::WAFv2::WebACL", "Rules", [{"Action": {"Block": {}}}], [{"Action": {"Count": {}}}]),
        ("aws:wafv2/webAcl:WebAcl", "defaultAction", {"allow": {}}, {"block": {}}),
        ("kubernetes_manifest", "manifest", {"from": [{"podSelector": {}}]}, {"from": [{}]}),
        ("kubernetes:networking.k8s.io/v1:NetworkPolicy", "spec", {"podSelector": {}}, {}),
    ],
)
def test_an_object_may_say_something_by_being_there(provider_type: str, path: str, one: Json, other: Json) -> None:
    assert spelt(one, path, provider_type) != spelt(other, path, provider_type)


def test_an_object_that_says_nothing_elsewhere_is_unset_there_too() -> None:
    assert spelt({"Allow": {}}, "DefaultAction") is None


@pytest.mark.parametrize(
    ("provider_type", "path", "one", "other"),
    [
        ("aws_sfn_state_machine", "definition", {"States": {"A": {"ResultPath": None}}}, {"States": {"A": {}}}),
        ("AWS::StepFunctions::StateMachine", "DefinitionString", {"Parameters": {}}, {}),
        ("aws_cloudwatch_event_rule", "event_pattern", {"source": [""]}, {"source": [None]}),
        ("AWS::Events::Rule", "EventPattern", {"source": [""]}, {"source": [None]}),
    ],
)
def test_some_languages_tell_null_from_nothing(provider_type: str, path: str, one: Json, other: Json) -> None:
    assert spelt(json.dumps(one), path, provider_type) != spelt(json.dumps(other), path, provider_type)
    assert spelt(json.dumps(one), path, provider_type) == spelt(json.dumps(one, indent=1), path, provider_type)


def test_pulumis_lists_are_sets_where_terraforms_are() -> None:
    one: Json = [{"cidrBlocks": ["10.0.0.0/8", "11.0.0.0/8"]}, {"cidrBlocks": ["12.0.0.1/8"]}]
    other: Json = [{"cidrBlocks": ["12.0.0.0/8"]}, {"cidrBlocks": ["11.0.0.0/8", "10.0.0.0/8"]}]
    group = "aws:ec2/securityGroup:SecurityGroup"
    assert spelt(one, "ingress", group) == spelt(other, "ingress", group)
    assert spelt(["b", "a"], "vpcSecurityGroupIds", "aws:ec2/instance:Instance") == ["a", "b"]
