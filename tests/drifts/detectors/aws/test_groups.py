"""`aws_security_group` with rules inside, and rules that are resources of their own, in both generations."""

from typing import Any

import pytest

from tests.drifts.detectors.aws.cloud import ACCOUNT, REGION, Cloud, clean, resource, shown

DOOR = "aws_security_group.door"
SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def block(port: int, *networks: str, **more: Any) -> dict[str, Any]:
    """A block of `ingress` as a state has it."""
    return {
        "cidr_blocks": list(networks),
        "description": "",
        "from_port": port,
        "ipv6_cidr_blocks": [],
        "prefix_list_ids": [],
        "protocol": "tcp",
        "security_groups": [],
        "self": False,
        "to_port": port,
        **more,
    }


EVERYWHERE = block(0, "0.0.0.0/0", protocol="-1")


@pytest.fixture
def door(cloud: Cloud) -> dict[str, Any]:
    """A group with no rules of its own but for what AWS lets out, as Terraform records it."""
    ec2 = cloud.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    group = ec2.create_security_group(GroupName="door", Description="The door", VpcId=vpc)["GroupId"]
    return {
        "arn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/{group}",
        "description": "The door",
        "egress": [EVERYWHERE],
        "id": group,
        "ingress": [],
        "name": "door",
        "name_prefix": "",
        "owner_id": ACCOUNT,
        "revoke_rules_on_delete": False,
        "tags": {},
        "tags_all": {},
        "timeouts": None,
        "vpc_id": vpc,
    }


def allow(cloud: Cloud, group: str, *permissions: dict[str, Any]) -> list[str]:
    """Open a group; returns the rules' ids."""
    said = cloud.client("ec2").authorize_security_group_ingress(GroupId=group, IpPermissions=list(permissions))
    return [rule["SecurityGroupRuleId"] for rule in said["SecurityGroupRules"]]


def web(*networks: str, **more: Any) -> dict[str, Any]:
    return {
        "IpProtocol": "tcp",
        "FromPort": 443,
        "ToPort": 443,
        "IpRanges": [{"CidrIp": one} for one in networks],
        **more,
    }


@pytest.fixture
def inline(cloud: Cloud, door: dict[str, Any]) -> dict[str, Any]:
    """The same with rules inside, written in another order and spelling than AWS keeps them in."""
    peers = [{"GroupId": door["id"], "UserId": ACCOUNT}]
    allow(cloud, door["id"], web("10.0.0.0/8", "192.168.0.0/16", UserIdGroupPairs=peers))
    allow(
        cloud,
        door["id"],
        {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32"}]},
    )
    door["ingress"] = [
        block(80, ipv6_cidr_blocks=["2001:DB8:0::/32"]),
        block(443, "192.168.0.0/16", protocol="6"),
        block(443, "10.0.0.0/8", self=True),
    ]
    return door


def test_a_group_as_recorded_is_clean_however_its_rules_are_grouped(cloud: Cloud, inline: dict[str, Any]) -> None:
    said = cloud.scan(resource("aws_security_group", "door", inline))
    assert (shown(said), clean(said)) == ({}, {DOOR})


def test_a_rule_that_was_added_is_all_that_differs(cloud: Cloud, inline: dict[str, Any]) -> None:
    allow(cloud, inline["id"], SSH)
    found = shown(cloud.scan(resource("aws_security_group", "door", inline)))
    assert set(found[DOOR]) == {"ingress"}
    expected, actual = found[DOOR]["ingress"]
    assert [one for one in actual if one not in expected] == [block(22, "0.0.0.0/0")]
    assert len(actual) == len(expected) + 1


def test_one_source_of_a_rule_that_was_taken_away_is_found(cloud: Cloud, inline: dict[str, Any]) -> None:
    inline["ingress"] = [inline["ingress"][0], block(443, "192.168.0.0/16", "10.0.0.0/8", self=True)]
    cloud.client("ec2").revoke_security_group_ingress(GroupId=inline["id"], IpPermissions=[web("10.0.0.0/8")])
    found = shown(cloud.scan(resource("aws_security_group", "door", inline)))
    assert block(443, "192.168.0.0/16", self=True) in found[DOOR]["ingress"][1]


def test_a_group_that_is_gone_is_found(cloud: Cloud, inline: dict[str, Any]) -> None:
    cloud.client("ec2").delete_security_group(GroupId=inline["id"])
    assert shown(cloud.scan(resource("aws_security_group", "door", inline))) == {DOOR: "deleted"}


def classic(door: dict[str, Any], *networks: str, **more: Any) -> dict[str, Any]:
    """An `aws_security_group_rule`."""
    return {
        "cidr_blocks": list(networks),
        "description": "",
        "from_port": 443,
        "id": "sgrule-1234",
        "ipv6_cidr_blocks": None,
        "prefix_list_ids": None,
        "protocol": "tcp",
        "security_group_id": door["id"],
        "self": False,
        "source_security_group_id": None,
        "to_port": 443,
        "type": "ingress",
        **more,
    }


def modern(door: dict[str, Any], rule: str, **more: Any) -> dict[str, Any]:
    """An `aws_vpc_security_group_ingress_rule`."""
    return {
        "arn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:security-group-rule/{rule}",
        "cidr_ipv4": "10.0.0.0/8",
        "cidr_ipv6": None,
        "description": None,
        "from_port": 443,
        "id": rule,
        "ip_protocol": "tcp",
        "prefix_list_id": None,
        "referenced_security_group_id": None,
        "security_group_id": door["id"],
        "security_group_rule_id": rule,
        "tags": None,
        "tags_all": {},
        "to_port": 443,
        **more,
    }


CLASSIC = "aws_security_group_rule.web"
MODERN = "aws_vpc_security_group_ingress_rule.web"


def test_rules_of_their_own_are_not_drift_of_their_group(cloud: Cloud, door: dict[str, Any]) -> None:
    first, *_ = allow(cloud, door["id"], web("10.0.0.0/8"))
    allow(cloud, door["id"], web("192.168.0.0/16", "172.16.0.0/12"))
    said = cloud.scan(
        resource("aws_security_group", "door", door),
        resource("aws_security_group_rule", "web", classic(door, "172.16.0.0/12", "192.168.0.0/16")),
        resource("aws_vpc_security_group_ingress_rule", "web", modern(door, first)),
    )
    assert (shown(said), clean(said)) == ({}, {DOOR, CLASSIC, MODERN})


def test_a_group_that_records_them_too_is_as_clean(cloud: Cloud, door: dict[str, Any]) -> None:
    first, *_ = allow(cloud, door["id"], web("10.0.0.0/8"))
    door["ingress"] = [block(443, "10.0.0.0/8")]
    rule = resource("aws_vpc_security_group_ingress_rule", "web", modern(door, first))
    assert shown(cloud.scan(resource("aws_security_group", "door", door), rule)) == {}


def test_what_was_added_beside_them_is_drift_of_the_group(cloud: Cloud, door: dict[str, Any]) -> None:
    first, *_ = allow(cloud, door["id"], web("10.0.0.0/8"))
    allow(cloud, door["id"], SSH)
    rule = resource("aws_vpc_security_group_ingress_rule", "web", modern(door, first))
    assert shown(cloud.scan(resource("aws_security_group", "door", door), rule)) == {
        DOOR: {"ingress": ([], [block(22, "0.0.0.0/0")])}
    }


def test_a_rule_of_its_own_that_is_gone_is_its_own_drift(cloud: Cloud, door: dict[str, Any]) -> None:
    first, *_ = allow(cloud, door["id"], web("10.0.0.0/8"))
    cloud.client("ec2").revoke_security_group_ingress(GroupId=door["id"], SecurityGroupRuleIds=[first])
    said = cloud.scan(
        resource("aws_security_group", "door", door),
        resource("aws_security_group_rule", "web", classic(door, "172.16.0.0/12")),
        resource("aws_vpc_security_group_ingress_rule", "web", modern(door, first)),
    )
    assert shown(said) == {CLASSIC: "deleted", MODERN: "deleted"}


def change(cloud: Cloud, door: dict[str, Any], rule: str, **more: Any) -> None:
    told = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv4": "0.0.0.0/0", **more}
    cloud.client("ec2").modify_security_group_rules(
        GroupId=door["id"], SecurityGroupRules=[{"SecurityGroupRuleId": rule, "SecurityGroupRule": told}]
    )


def test_a_rule_opened_to_the_world_under_its_id_is_its_own_drift(cloud: Cloud, door: dict[str, Any]) -> None:
    first, *_ = allow(cloud, door["id"], web("10.0.0.0/8"))
    change(cloud, door, first)
    said = cloud.scan(
        resource("aws_security_group", "door", door),
        resource("aws_vpc_security_group_ingress_rule", "web", modern(door, first)),
    )
    assert shown(said) == {MODERN: {"cidr_ipv4": ("10.0.0.0/8", "0.0.0.0/0")}}


def test_a_classic_rule_is_followed_by_its_id_where_the_state_has_it(cloud: Cloud, door: dict[str, Any]) -> None:
    first, *_ = allow(cloud, door["id"], web("10.0.0.0/8"))
    change(cloud, door, first)
    said = cloud.scan(
        resource("aws_security_group", "door", door),
        resource("aws_security_group_rule", "web", classic(door, "10.0.0.0/8", security_group_rule_id=first)),
    )
    assert shown(said) == {CLASSIC: {"cidr_blocks": (["10.0.0.0/8"], ["0.0.0.0/0"])}}


def test_a_classic_rule_that_lost_one_of_its_sources_is_modified(cloud: Cloud, door: dict[str, Any]) -> None:
    allow(cloud, door["id"], web("192.168.0.0/16"))
    rule = resource("aws_security_group_rule", "web", classic(door, "172.16.0.0/12", "192.168.0.0/16"))
    assert shown(cloud.scan(resource("aws_security_group", "door", door), rule)) == {
        CLASSIC: {"cidr_blocks": (["172.16.0.0/12", "192.168.0.0/16"], ["192.168.0.0/16"])}
    }


def test_a_group_that_no_code_wants_is_found_with_its_rules(cloud: Cloud, door: dict[str, Any]) -> None:
    made = cloud.client("ec2").create_security_group(GroupName="hole", Description="x", VpcId=door["vpc_id"])["GroupId"]
    allow(cloud, made, SSH)
    told = resource("aws_security_group", "door", door)
    said = cloud.scan(told, unmanaged=True, types=["aws_security_group"])
    assert shown(said) == {f"aws_security_group.{made}": "unmanaged"}
    assert (said.findings[0].actual or {})["ingress"] == [block(22, "0.0.0.0/0")]
