"""`aws_db_instance`: nothing where nothing changed, exactly what changed where something did."""

from typing import Any

import pytest

from tests.drifts.detectors.aws.cloud import ACCOUNT, REGION, Cloud, clean, resource, shown

ORDERS = "aws_db_instance.orders"


@pytest.fixture
def orders(cloud: Cloud) -> dict[str, Any]:
    """A database as Terraform records it after creating it."""
    return recorded(create(cloud, "orders"))


def create(cloud: Cloud, name: str) -> dict[str, Any]:
    made: dict[str, Any] = cloud.client("rds").create_db_instance(
        DBInstanceIdentifier=name,
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        EngineVersion="14.7",
        AllocatedStorage=20,
        MasterUsername="app",
        MasterUserPassword="hunter2hunter2",
        BackupRetentionPeriod=7,
        StorageEncrypted=True,
        KmsKeyId=f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1",
        Tags=[{"Key": "Team", "Value": "core"}],
    )["DBInstance"]
    return made


def recorded(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "address": one["Endpoint"]["Address"],
        "allocated_storage": 20,
        "arn": one["DBInstanceArn"],
        "apply_immediately": True,
        "auto_minor_version_upgrade": True,
        "availability_zone": one["AvailabilityZone"],
        "backup_retention_period": 7,
        "ca_cert_identifier": one["CACertificateIdentifier"],
        "copy_tags_to_snapshot": False,
        "db_name": "",
        "deletion_protection": False,
        "enabled_cloudwatch_logs_exports": None,
        "engine": "postgres",
        "engine_version": "14",
        "engine_version_actual": "14.7",
        "id": one["DbiResourceId"],
        "identifier": "orders",
        "instance_class": "db.t3.micro",
        "iops": 0,
        "kms_key_id": one["KmsKeyId"],
        "max_allocated_storage": 0,
        "monitoring_interval": 0,
        "monitoring_role_arn": "",
        "multi_az": False,
        "parameter_group_name": one["DBParameterGroups"][0]["DBParameterGroupName"],
        "password": "hunter2hunter2",
        "performance_insights_enabled": False,
        "publicly_accessible": False,
        "resource_id": one["DbiResourceId"],
        "storage_encrypted": True,
        "storage_type": "gp2",
        "tags": {"Team": "core"},
        "tags_all": {"Team": "core"},
        "username": "app",
        "vpc_security_group_ids": [group["VpcSecurityGroupId"] for group in one["VpcSecurityGroups"]],
    }


def test_a_database_as_recorded_is_clean(cloud: Cloud, orders: dict[str, Any]) -> None:
    said = cloud.scan(resource("aws_db_instance", "orders", orders))
    assert (shown(said), clean(said)) == ({}, {ORDERS})


def test_exactly_what_changed_is_found(cloud: Cloud, orders: dict[str, Any]) -> None:
    cloud.client("rds").modify_db_instance(
        DBInstanceIdentifier="orders",
        DBInstanceClass="db.r6g.4xlarge",
        BackupRetentionPeriod=0,
        DeletionProtection=True,
        EngineVersion="15.2",
        ApplyImmediately=True,
    )
    assert shown(cloud.scan(resource("aws_db_instance", "orders", orders))) == {
        ORDERS: {
            "instance_class": ("db.t3.micro", "db.r6g.4xlarge"),
            "backup_retention_period": (7, 0),
            "deletion_protection": (False, True),
            "engine_version": ("14", "15.2"),
            "parameter_group_name": ("default.postgres14", "default.postgres15"),
        }
    }


def test_a_database_that_the_complete_listing_does_not_name_is_gone(cloud: Cloud, orders: dict[str, Any]) -> None:
    cloud.client("rds").delete_db_instance(DBInstanceIdentifier="orders", SkipFinalSnapshot=True)
    assert shown(cloud.scan(resource("aws_db_instance", "orders", orders))) == {ORDERS: "deleted"}


def test_one_that_was_renamed_is_known_by_its_resource_id(cloud: Cloud, orders: dict[str, Any]) -> None:
    orders["identifier"] = "before"
    assert shown(cloud.scan(resource("aws_db_instance", "orders", orders))) == {
        ORDERS: {"identifier": ("before", "orders")}
    }


def test_one_that_no_code_wants_is_found_when_asked_for(cloud: Cloud, orders: dict[str, Any]) -> None:
    create(cloud, "forgotten")
    said = cloud.scan(resource("aws_db_instance", "orders", orders), unmanaged=True, types=["aws_db_instance"])
    assert shown(said) == {"aws_db_instance.forgotten": "unmanaged"}
    assert "hunter2" not in str(said.findings[0].actual)
