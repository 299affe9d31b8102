"""`aws_s3_bucket` and its parts: inside, as old providers have them, and as resources of their own."""

import json
from typing import Any

import pytest

from tests.drifts.detectors.aws.cloud import REGION, Cloud, clean, gaps, resource, shown

NAME = "acme-data"
BUCKET = "aws_s3_bucket.data"
ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{NAME}/*"}
    ],
}


def create(cloud: Cloud, name: str) -> None:
    cloud.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})


def bucket(**more: Any) -> dict[str, Any]:
    return resource(
        "aws_s3_bucket",
        "data",
        {
            "arn": f"arn:aws:s3:::{NAME}",
            "bucket": NAME,
            "force_destroy": False,
            "id": NAME,
            "region": REGION,
            "tags": {"Team": "core"},
            "tags_all": {"Team": "core"},
            **more,
        },
    )


OLD: dict[str, Any] = {
    "acl": "private",
    "grant": [],
    "logging": [],
    "policy": None,
    "server_side_encryption_configuration": [],
    "versioning": [{"enabled": True, "mfa_delete": False}],
}
"""What a provider before version 4 records inside the bucket."""


@pytest.fixture
def data(cloud: Cloud) -> Cloud:
    """The account with the bucket in it: versioned, private, tagged."""
    create(cloud, NAME)
    s3 = cloud.client("s3")
    s3.put_bucket_versioning(Bucket=NAME, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket=NAME, Tagging={"TagSet": [{"Key": "Team", "Value": "core"}]})
    return cloud


def kms(cloud: Cloud, key: str = "key-1") -> None:
    by_default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rules = [{"ApplyServerSideEncryptionByDefault": by_default, "BucketKeyEnabled": True}]
    cloud.client("s3").put_bucket_encryption(Bucket=NAME, ServerSideEncryptionConfiguration={"Rules": rules})


def log_to(cloud: Cloud, target: str) -> None:
    create(cloud, target)
    s3 = cloud.client("s3")
    grants = [{"Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"}, "Permission": one}
              for one in ("WRITE", "READ_ACP")]  # fmt: skip
    owner = s3.get_bucket_acl(Bucket=target)["Owner"]
    s3.put_bucket_acl(Bucket=target, AccessControlPolicy={"Grants": grants, "Owner": owner})
    told = {"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": "logs/"}}
    s3.put_bucket_logging(Bucket=NAME, BucketLoggingStatus=told)


def block_public(cloud: Cloud, **more: bool) -> None:
    told = {"BlockPublicAcls": True, "BlockPublicPolicy": True, "IgnorePublicAcls": True, "RestrictPublicBuckets": True}
    cloud.client("s3").put_public_access_block(Bucket=NAME, PublicAccessBlockConfiguration={**told, **more})


def test_a_bucket_with_its_parts_inside_is_clean(data: Cloud) -> None:
    said = data.scan(bucket(**OLD))
    assert (shown(said), clean(said)) == ({}, {BUCKET})


def test_each_part_inside_that_changed_is_found(data: Cloud) -> None:
    s3 = data.client("s3")
    s3.put_bucket_versioning(Bucket=NAME, VersioningConfiguration={"Status": "Suspended"})
    s3.put_bucket_acl(Bucket=NAME, ACL="public-read")
    s3.put_bucket_policy(Bucket=NAME, Policy=json.dumps(POLICY))
    s3.put_bucket_tagging(Bucket=NAME, Tagging={"TagSet": [{"Key": "Team", "Value": "mine"}]})
    kms(data)
    log_to(data, "acme-logs")
    found = shown(data.scan(bucket(**OLD)))
    assert set(found[BUCKET]) == {
        "acl", "logging", "policy", "server_side_encryption_configuration", "tags.Team", "versioning[0].enabled",
    }  # fmt: skip
    assert found[BUCKET]["acl"] == ("private", "public-read")
    assert found[BUCKET]["logging"][1] == [{"target_bucket": "acme-logs", "target_prefix": "logs/"}]


def test_aws_own_default_encryption_is_no_drift(data: Cloud) -> None:
    rules = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]
    data.client("s3").put_bucket_encryption(Bucket=NAME, ServerSideEncryptionConfiguration={"Rules": rules})
    assert shown(data.scan(bucket(**OLD))) == {}


def test_a_grant_that_no_canned_acl_gives_is_named(data: Cloud) -> None:
    s3 = data.client("s3")
    said = s3.get_bucket_acl(Bucket=NAME)
    grants = [*said["Grants"], {"Grantee": {"Type": "Group", "URI": ALL_USERS}, "Permission": "READ_ACP"}]
    s3.put_bucket_acl(Bucket=NAME, AccessControlPolicy={"Grants": grants, "Owner": said["Owner"]})
    found = shown(data.scan(bucket(**OLD)))
    assert set(found[BUCKET]) == {"grant"}
    assert ALL_USERS in str(found[BUCKET]["grant"][1])


def parts(data: Cloud) -> list[dict[str, Any]]:
    """The bucket's parts as resources of their own, set up and recorded."""
    s3 = data.client("s3")
    kms(data)
    block_public(data)
    log_to(data, "acme-logs")
    s3.put_bucket_policy(Bucket=NAME, Policy=json.dumps(POLICY))
    owner = s3.get_bucket_acl(Bucket=NAME)["Owner"]
    grantee = {"display_name": "", "email_address": "", "id": owner["ID"], "type": "CanonicalUser", "uri": ""}
    grant = [{"grantee": [grantee], "permission": "FULL_CONTROL"}]
    by_default = [{"kms_master_key_id": "key-1", "sse_algorithm": "aws:kms"}]
    told: dict[str, dict[str, Any]] = {
        "versioning": {"versioning_configuration": [{"mfa_delete": "", "status": "Enabled"}], "mfa": None},
        "server_side_encryption_configuration": {
            "rule": [{"apply_server_side_encryption_by_default": by_default, "bucket_key_enabled": True}]
        },
        "public_access_block": {
            "block_public_acls": True,
            "block_public_policy": True,
            "ignore_public_acls": True,
            "restrict_public_buckets": True,
        },
        "policy": {"policy": json.dumps(POLICY, indent=2)},
        "acl": {
            "acl": "private",
            "access_control_policy": [{"grant": grant, "owner": [{"display_name": "", "id": owner["ID"]}]}],
            "id": f"{NAME},private",
        },
        "logging": {"target_bucket": "acme-logs", "target_grant": [], "target_prefix": "logs/"},
    }
    return [
        resource(f"aws_s3_bucket_{name}", "data", {"id": NAME, "bucket": NAME, "expected_bucket_owner": "", **more})
        for name, more in told.items()
    ]


STALE: dict[str, Any] = {**OLD, "acl": None, "versioning": [{"enabled": False, "mfa_delete": False}]}
"""What a newer provider recorded inside the bucket before its parts were made: theirs to tell, not the bucket's."""


def test_parts_of_their_own_are_clean_and_not_the_buckets(data: Cloud) -> None:
    said = data.scan(bucket(**STALE), *parts(data))
    assert shown(said) == {}
    assert (len(said.assessed_clean), said.not_assessed) == (7, ())


def test_each_part_of_its_own_that_changed_is_its_own_drift(data: Cloud) -> None:
    told = parts(data)
    s3 = data.client("s3")
    s3.put_bucket_versioning(Bucket=NAME, VersioningConfiguration={"Status": "Suspended"})
    kms(data, "key-2")
    block_public(data, BlockPublicAcls=False)
    s3.put_bucket_policy(Bucket=NAME, Policy=json.dumps({**POLICY, "Id": "mine"}))
    s3.put_bucket_acl(Bucket=NAME, ACL="public-read")
    found = shown(data.scan(bucket(**STALE), *told))
    changed = {name.removeprefix("aws_s3_bucket_").removesuffix(".data"): [*paths] for name, paths in found.items()}
    assert set(changed.pop("acl")) == {"acl", "access_control_policy[0].grant"}
    assert changed == {
        "versioning": ["versioning_configuration[0].status"],
        "server_side_encryption_configuration": [
            "rule[0].apply_server_side_encryption_by_default[0].kms_master_key_id"
        ],
        "public_access_block": ["block_public_acls"],
        "policy": ["policy.Id"] if "policy.Id" in changed["policy"] else ["policy"],
    }


def test_each_part_that_was_taken_away_is_gone_and_the_bucket_is_not(data: Cloud) -> None:
    told = parts(data)
    s3 = data.client("s3")
    s3.delete_bucket_encryption(Bucket=NAME)
    s3.delete_public_access_block(Bucket=NAME)
    s3.delete_bucket_policy(Bucket=NAME)
    s3.put_bucket_logging(Bucket=NAME, BucketLoggingStatus={})
    said = data.scan(bucket(**STALE), *told)
    assert shown(said) == {
        f"aws_s3_bucket_{name}.data": "deleted"
        for name in ("server_side_encryption_configuration", "public_access_block", "policy", "logging")
    }
    assert BUCKET in said.assessed_clean


def test_a_bucket_that_is_gone_takes_its_parts_along(cloud: Cloud) -> None:
    told = resource("aws_s3_bucket_policy", "data", {"id": NAME, "bucket": NAME, "policy": "{}"})
    assert shown(cloud.scan(bucket(**OLD), told)) == {BUCKET: "deleted", "aws_s3_bucket_policy.data": "deleted"}


def test_only_those_parts_are_asked_for_that_the_state_has(data: Cloud) -> None:
    data.scan(bucket())
    assert [one for one in data.requests if one.startswith("s3:")] == ["s3:GetBucketTagging"]


def test_a_bucket_that_no_code_wants_is_found_when_asked_for(data: Cloud) -> None:
    create(data, "acme-forgotten")
    said = data.scan(bucket(), unmanaged=True, types=["aws_s3_bucket"])
    assert shown(said) == {"aws_s3_bucket.acme-forgotten": "unmanaged"}
    assert gaps(said) == {}
