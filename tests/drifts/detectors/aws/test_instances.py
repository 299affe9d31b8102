"""`aws_instance`: nothing where nothing changed, exactly what changed where something did."""

from typing import Any

import pytest

from tests.drifts.detectors.aws.cloud import ACCOUNT, REGION, Cloud, gaps, resource, shown

WEB = "aws_instance.web"


@pytest.fixture
def web(cloud: Cloud) -> dict[str, Any]:
    """An instance as Terraform records it after creating it."""
    ec2 = cloud.client("ec2")
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web"}, {"Key": "Team", "Value": "core"}]}]
    made = ec2.run_instances(
        ImageId="ami-12c6146b", MinCount=1, MaxCount=1, InstanceType="t3.micro", TagSpecifications=tags
    )
    one = ec2.describe_instances(InstanceIds=[made["Instances"][0]["InstanceId"]])["Reservations"][0]["Instances"][0]
    return recorded(one)


def recorded(one: dict[str, Any]) -> dict[str, Any]:
    device = one["BlockDeviceMappings"][0]
    root = {
        "delete_on_termination": True,
        "device_name": device["DeviceName"],
        "encrypted": False,
        "iops": 0,
        "kms_key_id": "",
        "tags": {},
        "throughput": 0,
        "volume_id": device["Ebs"]["VolumeId"],
        "volume_size": 8,
        "volume_type": "gp2",
    }
    return {
        "ami": one["ImageId"],
        "arn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{one['InstanceId']}",
        "availability_zone": one["Placement"]["AvailabilityZone"],
        "credit_specification": [{"cpu_credits": "unlimited"}],
        "ebs_block_device": [],
        "ebs_optimized": False,
        "get_password_data": False,
        "hibernation": None,
        "iam_instance_profile": "",
        "id": one["InstanceId"],
        "instance_state": "running",
        "instance_type": "t3.micro",
        "key_name": "",
        "metadata_options": [{"http_endpoint": "enabled", "http_put_response_hop_limit": 1, "http_tokens": "optional"}],
        "monitoring": False,
        "private_ip": one["PrivateIpAddress"],
        "public_ip": one["PublicIpAddress"],
        "root_block_device": [root],
        "secondary_private_ips": [],
        "source_dest_check": True,
        "subnet_id": one["SubnetId"],
        "tags": {"Name": "web"},
        "tags_all": {"Name": "web", "Team": "core"},
        "tenancy": "default",
        "timeouts": None,
        "user_data": "f2d4",
        "vpc_security_group_ids": [group["GroupId"] for group in one["SecurityGroups"]],
    }


def test_an_instance_as_recorded_is_clean(cloud: Cloud, web: dict[str, Any]) -> None:
    said = cloud.scan(resource("aws_instance", "web", web))
    assert shown(said) == {}
    assert (set(said.assessed_clean), said.resources_checked, said.complete) == ({WEB}, 1, True)
    assert gaps(said) == {}
    assert (said.format, said.tool_version) == ("aws-scan", "1.9.5")


def test_exactly_what_changed_is_found_under_terraforms_address(cloud: Cloud, web: dict[str, Any]) -> None:
    ec2 = cloud.client("ec2")
    ec2.stop_instances(InstanceIds=[web["id"]])
    ec2.modify_instance_attribute(InstanceId=web["id"], InstanceType={"Value": "m5.4xlarge"})
    ec2.modify_instance_attribute(InstanceId=web["id"], SourceDestCheck={"Value": False})
    ec2.create_tags(Resources=[web["id"]], Tags=[{"Key": "Team", "Value": "other"}, {"Key": "Extra", "Value": "1"}])
    said = cloud.scan(resource("aws_instance", "web", {"index_key": 'a"b', "attributes": web}, module="module.x[0]"))
    address = 'module.x[0].aws_instance.web["a\\"b"]'
    assert shown(said) == {
        address: {
            "instance_type": ("t3.micro", "m5.4xlarge"),
            "source_dest_check": (True, False),
            "tags.Team": (None, "other"),
            "tags.Extra": (None, "1"),
        }
    }
    (finding,) = said.findings
    assert (finding.resource_id, finding.region, finding.cloud_account) == (web["id"], REGION, ACCOUNT)
    assert said.assessed_clean == frozenset()


def test_a_volume_grown_behind_the_codes_back_is_found(cloud: Cloud, web: dict[str, Any]) -> None:
    volume = web["root_block_device"][0]["volume_id"]
    cloud.client("ec2").modify_volume(VolumeId=volume, Size=500, VolumeType="io2", Iops=3000)
    assert shown(cloud.scan(resource("aws_instance", "web", web))) == {
        WEB: {
            "root_block_device[0].iops": (0, 3000),
            "root_block_device[0].volume_size": (8, 500),
            "root_block_device[0].volume_type": ("gp2", "io2"),
        }
    }


def test_an_instance_that_is_terminated_is_gone(cloud: Cloud, web: dict[str, Any]) -> None:
    cloud.client("ec2").terminate_instances(InstanceIds=[web["id"]])
    said = cloud.scan(resource("aws_instance", "web", web))
    assert shown(said) == {WEB: "deleted"}
    assert said.findings[0].expected == web


def test_an_instance_that_ec2_does_not_know_any_more_is_gone(cloud: Cloud, web: dict[str, Any]) -> None:
    web["id"] = "i-0123456789abcdef0"
    assert shown(cloud.scan(resource("aws_instance", "web", web))) == {WEB: "deleted"}


def test_one_that_no_code_wants_is_found_only_when_asked_for(cloud: Cloud, web: dict[str, Any]) -> None:
    made = cloud.client("ec2").run_instances(ImageId=web["ami"], MinCount=2, MaxCount=2, InstanceType="t3.nano")
    other, owned = (one["InstanceId"] for one in made["Instances"])
    cloud.client("ec2").create_tags(Resources=[owned], Tags=[{"Key": "aws:autoscaling:groupName", "Value": "g"}])
    told = resource("aws_instance", "web", web)
    assert shown(cloud.scan(told)) == {}
    said = cloud.scan(told, unmanaged=True, types=["aws_instance"])
    assert shown(said) == {f"aws_instance.{other}": "unmanaged"}
    assert said.findings[0].actual is not None
    assert said.findings[0].actual["instance_type"] == "t3.nano"


def test_a_leftover_of_a_replacement_is_neither_compared_nor_unmanaged(cloud: Cloud, web: dict[str, Any]) -> None:
    said = cloud.scan(
        resource("aws_instance", "web", {"deposed": "ab12cd34", "attributes": web}),
        unmanaged=True,
        regions=[REGION],
        types=["aws_instance"],
    )
    assert shown(said) == {}
    assert set(gaps(said)) == {"aws_instance"}
