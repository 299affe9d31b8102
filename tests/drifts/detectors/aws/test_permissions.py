"""The printed policy lets a scan do all it does, and nothing that it does is missing in it."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from moto.iam.models import iam_backends

from drifts.detectors.aws.access import SESSION_NAME
from drifts.detectors.aws.permissions import ALWAYS_ALLOWED, PERMISSIONS, Part, action_of
from drifts.detectors.base import Detection
from drifts.detectors.cloudformation import detect
from drifts.findings import JsonObject
from tests.drifts.detectors.aws.cloud import ACCOUNT, ALONE, REGION, Cloud, gaps, resource, shown
from tests.drifts.detectors.cloudformation_stub import Stub, serving

ALL_TYPES = [
    resource("aws_instance", "a", {"id": "i-1", "arn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-1"}),
    resource("aws_db_instance", "a", {"id": "db-1", "identifier": "a"}),
    resource("aws_iam_role", "a", {"id": "a", "name": "a"}),
    resource("aws_security_group", "a", {"id": "sg-0123456789abcdef0"}),
    resource(
        "aws_security_group_rule",
        "a",
        {"id": "sgrule-1", "security_group_id": "sg-0123456789abcdef0", "type": "ingress"},
    ),
]
"""One of each reader's, all in one account and region."""


def printed(*words: str) -> Any:
    out = StringIO()
    call_command("aws_policy", *words, stdout=out)
    return json.loads(out.getvalue())


def actions(policy: Any) -> set[str]:
    return {action for statement in policy["Statement"] for action in statement["Action"]}


def everything(cloud: Cloud) -> list[dict[str, Any]]:
    """A state with something of every type, whose bucket, instance and role are there."""
    ec2, s3 = cloud.client("ec2"), cloud.client("s3")
    one = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    s3.create_bucket(Bucket="acme", CreateBucketConfiguration={"LocationConstraint": REGION})
    cloud.client("iam").create_role(RoleName="b", AssumeRolePolicyDocument="{}")
    inside = {
        "versioning": [],
        "server_side_encryption_configuration": [],
        "policy": "",
        "acl": "private",
        "logging": [],
    }
    return [
        *ALL_TYPES,
        resource("aws_instance", "b", {"id": one, "root_block_device": [{"volume_size": 8}]}),
        resource("aws_iam_role", "b", {"id": "b", "name": "b"}),
        resource("aws_s3_bucket", "a", {"id": "acme", "bucket": "acme", **inside}),
        resource("aws_s3_bucket_public_access_block", "a", {"id": "acme", "bucket": "acme"}),
    ]


def test_every_operation_of_a_scan_is_in_the_policy_and_none_besides(cloud: Cloud) -> None:
    told = everything(cloud)
    cloud.client("s3").put_object(Bucket="acme", Key="state", Body=b'{"version": 4, "resources": []}')
    cloud.scan(*told, unmanaged=True)
    cloud.scan(*told)
    made = set(cloud.requests)
    cloud.scan(*told, unmanaged=True, state="s3://acme/state")
    made |= set(cloud.requests)
    cloud.scan(*told, unmanaged=True)
    made |= set(cloud.requests)
    needed = {action_of(one) for one in made - ALWAYS_ALLOWED}
    assert needed == {one.action for one in PERMISSIONS if one.part in {Part.SCAN, Part.STATE, Part.UNMANAGED}}


def test_every_operation_of_cloudformations_detection_is_in_the_policy(cloud: Cloud) -> None:
    config: JsonObject = {"stackName": "payments", "region": REGION}
    status = {"DetectionStatus": "DETECTION_COMPLETE", "StackDriftStatus": "IN_SYNC", "DriftedStackResourceCount": 0}
    with serving(Stub(statuses=[status])) as stub, cloud.watched(stub.url):
        told: JsonObject = {**config, "endpointUrl": stub.url}
        detect(Detection(config=told, trust=ALONE, private_hosts=("127.0.0.1",), seconds=30))
    made = set(cloud.requests) - ALWAYS_ALLOWED
    assert "cloudformation:DetectStackDrift" in made
    assert made <= actions(printed("--cloudformation", "--without-scan"))


def allow(cloud: Cloud, names: list[str]) -> None:
    """Let the user do this and no more. Moto takes two of S3's operations for `s3:ListBucket`."""
    known = [*names, *(["s3:ListBucket"] if set(names) >= TAKEN_FOR_LISTING else [])]
    statement = {"Effect": "Allow", "Action": known, "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam_backends[ACCOUNT]["aws"].put_user_policy("scanner", "p", policy)


def user(cloud: Cloud, policy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go on as a user who may do what a policy says and nothing else."""
    iam = cloud.client("iam")
    iam.create_user(UserName="scanner")
    key = iam.create_access_key(UserName="scanner")["AccessKey"]
    allow(cloud, sorted(actions(policy)))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])


def test_a_user_with_the_printed_policy_can_scan_everything(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    told = everything(cloud)
    user(cloud, printed("--unmanaged"), monkeypatch)
    with cloud.enforcing():
        said = cloud.scan(*told, unmanaged=True)
    assert gaps(said) == {}
    assert said.resources_checked == len(told)


TAKEN_FOR_LISTING = {"s3:GetEncryptionConfiguration", "s3:GetBucketPublicAccessBlock"}
DENIED = {
    "ec2:DescribeInstances": {"aws_instance"},
    "rds:DescribeDBInstances": {"aws_db_instance"},
    "iam:GetAccountAuthorizationDetails": {"aws_iam_role"},
    "ec2:DescribeSecurityGroups": {"aws_security_group"},
    "ec2:DescribeSecurityGroupRules": {"aws_security_group_rule"},
    "s3:GetBucketTagging": {"aws_s3_bucket"},
    "s3:GetBucketPublicAccessBlock": {"aws_s3_bucket_public_access_block", "aws_s3_bucket.a"},
    "ec2:DescribeVolumes": {"aws_instance.b"},
    "s3:GetBucketPolicy": {"aws_s3_bucket.a"},
    "iam:ListRoles": {"aws_iam_role.b"},
}
"""An action that is taken away, and what is then not looked at: a type, or one resource in part."""


def test_what_is_denied_is_not_assessed_and_never_deleted(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    told = everything(cloud)
    user(cloud, printed(), monkeypatch)
    for action, left_out in DENIED.items():
        allow(cloud, [one for one in actions(printed()) if one != action])
        with cloud.enforcing():
            said = cloud.scan(*told)
        assert set(gaps(said)) == left_out, action
        assert all("is not allowed" in reason for reason in gaps(said).values())
        deleted = {one.identity for one in said.findings if one.kind == "deleted"}
        unsure = said.assessed_clean | deleted
        assert not {one for one in unsure if one in left_out or one.partition(".")[0] in left_out}, action


def test_each_part_is_printed_when_asked_for() -> None:
    assert actions(printed()) == {one.action for one in PERMISSIONS if one.part is Part.SCAN}
    assert "cloudtrail:LookupEvents" in actions(printed("--attribution"))
    assert "cloudformation:DetectStackDrift" in actions(printed("--cloudformation"))
    assert actions(printed("--prices", "--without-scan")) == {"pricing:GetProducts"}
    assert actions(printed("--all", "--state", "s3://b-1/k")) == {one.action for one in PERMISSIONS}


def test_the_state_is_one_object_and_no_wildcard() -> None:
    (statement,) = printed("--without-scan", "--state", "s3://acme-states/prod.tfstate")["Statement"]
    assert statement["Resource"] == "arn:aws:s3:::acme-states/prod.tfstate"
    with pytest.raises(CommandError, match="bucket/key"):
        printed("--state", "s3://acme-states/*")


def test_why_each_action_is_needed_is_printed_in_words() -> None:
    out = StringIO()
    call_command("aws_policy", "--explain", "--all", stdout=out)
    lines = out.getvalue().splitlines()
    asked = [one for one in PERMISSIONS if one.part is not Part.STATE]
    assert len(lines) == len(asked)
    assert all(one.why in line for one, line in zip(asked, lines, strict=True))


def test_a_trust_policy_demands_the_external_id() -> None:
    policy = printed("--trust", f"arn:aws:iam::{ACCOUNT}:role/driftsentry", "--external-id", "acme-7")
    assert policy["Statement"][0]["Condition"] == {"StringEquals": {"sts:ExternalId": "acme-7"}}
    with pytest.raises(CommandError, match="external"):
        printed("--trust", f"arn:aws:iam::{ACCOUNT}:role/driftsentry")


def test_a_trust_policy_for_an_account_demands_the_external_id_that_its_people_are_told(world: Any) -> None:
    policy = printed("--trust", f"arn:aws:iam::{ACCOUNT}:role/driftsentry", "--account", "acme")
    told = world.client(world.viewer).get("/api/v1/detection-settings").json()["data"]["awsExternalId"]
    assert policy["Statement"][0]["Condition"] == {"StringEquals": {"sts:ExternalId": told}}
    assert told != world.client(world.outsider).get("/api/v1/detection-settings").json()["data"]["awsExternalId"]
    with pytest.raises(CommandError, match="no account 'nobody'"):
        printed("--trust", f"arn:aws:iam::{ACCOUNT}:role/driftsentry", "--account", "nobody")


def test_a_policy_for_nothing_is_refused() -> None:
    with pytest.raises(CommandError, match="Nothing is left"):
        printed("--without-scan")


def test_no_action_writes() -> None:
    starts = {"cloudformation:DetectStackDrift", "cloudformation:DetectStackResourceDrift"}
    verbs = ("Describe", "BatchDescribe", "Get", "List", "Lookup")
    assert all(one.action.partition(":")[2].startswith(verbs) for one in PERMISSIONS if one.action not in starts)


def test_a_role_is_taken_on_with_the_external_id(cloud: Cloud) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/reader"
    said = cloud.scan(*ALL_TYPES, roleArn=role, externalId="acme-7")
    assert cloud.requests[0] == "sts:AssumeRole"
    assert said.resources_checked == len(ALL_TYPES)
    assert set(shown(said).values()) == {"deleted"}
    assert SESSION_NAME == "driftsentry"
