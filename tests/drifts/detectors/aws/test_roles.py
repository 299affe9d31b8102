"""`aws_iam_role` with its policies: inline, attached, in the role or as resources of their own."""

import json
from typing import Any

import pytest

from tests.drifts.detectors.aws.cloud import ACCOUNT, Cloud, clean, gaps, resource, shown

ROLE = "aws_iam_role.app"
INLINE = "aws_iam_role_policy.read"
ATTACHED = "aws_iam_role_policy_attachment.logs"
READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "*"}]}
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}],
}
OPEN_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}],
}


def create(cloud: Cloud, name: str) -> dict[str, Any]:
    iam = cloud.client("iam")
    made: dict[str, Any] = iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps(TRUST),
        Description="The app",
        Tags=[{"Key": "Team", "Value": "core"}],
    )["Role"]
    return made


@pytest.fixture
def app(cloud: Cloud) -> dict[str, Any]:
    """A role as Terraform records it."""
    one = create(cloud, "app")
    return {
        "arn": one["Arn"],
        "assume_role_policy": json.dumps(TRUST, separators=(",", ":")),
        "description": "The app",
        "force_detach_policies": False,
        "id": "app",
        "inline_policy": [],
        "managed_policy_arns": [],
        "max_session_duration": 3600,
        "name": "app",
        "path": "/",
        "permissions_boundary": "",
        "tags": {"Team": "core"},
        "tags_all": {"Team": "core"},
        "unique_id": one["RoleId"],
    }


@pytest.fixture
def logs(cloud: Cloud) -> str:
    """A managed policy's ARN."""
    made = cloud.client("iam").create_policy(PolicyName="logs", PolicyDocument=json.dumps(READ))
    return str(made["Policy"]["Arn"])


def everything(app: dict[str, Any], logs: str) -> list[dict[str, Any]]:
    """A role whose policies are resources of their own."""
    return [
        resource("aws_iam_role", "app", app),
        resource(
            "aws_iam_role_policy", "read", {"id": "app:read", "name": "read", "policy": json.dumps(READ), "role": "app"}
        ),
        resource("aws_iam_role_policy_attachment", "logs", {"id": "app-1", "policy_arn": logs, "role": "app"}),
    ]


@pytest.fixture
def whole(cloud: Cloud, app: dict[str, Any], logs: str) -> list[dict[str, Any]]:
    cloud.client("iam").put_role_policy(RoleName="app", PolicyName="read", PolicyDocument=json.dumps(READ, indent=2))
    cloud.client("iam").attach_role_policy(RoleName="app", PolicyArn=logs)
    return everything(app, logs)


def test_a_role_and_its_policies_as_recorded_are_clean(cloud: Cloud, whole: list[dict[str, Any]]) -> None:
    said = cloud.scan(*whole)
    assert (shown(said), clean(said)) == ({}, {ROLE, INLINE, ATTACHED})


def test_a_state_refreshed_since_names_them_in_the_role_too(cloud: Cloud, whole: list[dict[str, Any]]) -> None:
    role = whole[0]["instances"][0]["attributes"]
    role["inline_policy"] = [{"name": "read", "policy": json.dumps(READ)}]
    role["managed_policy_arns"] = [whole[2]["instances"][0]["attributes"]["policy_arn"]]
    assert shown(cloud.scan(*whole)) == {}


def test_a_policy_spelt_otherwise_is_the_same(cloud: Cloud, whole: list[dict[str, Any]]) -> None:
    spelt = {"Statement": [{"Action": "S3:getobject", "Effect": "Allow", "Resource": ["*"]}], "Version": "2012-10-17"}
    cloud.client("iam").put_role_policy(RoleName="app", PolicyName="read", PolicyDocument=json.dumps(spelt))
    assert shown(cloud.scan(*whole)) == {}


def test_a_trust_policy_and_a_role_that_changed_are_found(cloud: Cloud, whole: list[dict[str, Any]]) -> None:
    iam = cloud.client("iam")
    iam.update_assume_role_policy(RoleName="app", PolicyDocument=json.dumps(OPEN_TRUST))
    iam.update_role(RoleName="app", Description="Mine", MaxSessionDuration=43200)
    found = shown(cloud.scan(*whole))
    assert set(found) == {ROLE}
    assert set(found[ROLE]) == {"assume_role_policy", "description", "max_session_duration"}
    assert found[ROLE]["max_session_duration"] == (3600, 43200)


def test_what_was_attached_behind_the_codes_back_shows_on_the_role(cloud: Cloud, whole: list[dict[str, Any]]) -> None:
    iam = cloud.client("iam")
    other = iam.create_policy(PolicyName="admin", PolicyDocument=json.dumps(ALL))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="app", PolicyArn=other)
    iam.put_role_policy(RoleName="app", PolicyName="more", PolicyDocument=json.dumps(ALL))
    found = shown(cloud.scan(*whole))
    assert set(found) == {ROLE}
    assert found[ROLE]["managed_policy_arns"] == ([], [other])
    assert set(found[ROLE]) == {"managed_policy_arns", "inline_policy"}


def test_a_policy_of_its_own_that_changed_is_its_own_drift(cloud: Cloud, whole: list[dict[str, Any]]) -> None:
    cloud.client("iam").put_role_policy(RoleName="app", PolicyName="read", PolicyDocument=json.dumps(ALL))
    cloud.client("iam").detach_role_policy(
        RoleName="app", PolicyArn=whole[2]["instances"][0]["attributes"]["policy_arn"]
    )
    said = cloud.scan(*whole)
    found = shown(said)
    assert set(found) == {INLINE, ATTACHED}
    assert (list(found[INLINE]), found[ATTACHED]) == (["policy"], "deleted")
    assert said.assessed_clean == {ROLE}


def test_a_policy_attached_from_the_policys_side_is_not_the_roles(
    cloud: Cloud, whole: list[dict[str, Any]], logs: str
) -> None:
    whole[2] = resource(
        "aws_iam_policy_attachment", "logs", {"id": "x", "name": "x", "policy_arn": logs, "roles": ["app"]}
    )
    said = cloud.scan(*whole)
    assert shown(said) == {}
    assert gaps(said) == {"aws_iam_policy_attachment": "This scanner does not read the type (1 in the state)."}


def test_a_role_that_is_gone_takes_its_policies_along(cloud: Cloud, whole: list[dict[str, Any]]) -> None:
    iam = cloud.client("iam")
    iam.delete_role_policy(RoleName="app", PolicyName="read")
    iam.detach_role_policy(RoleName="app", PolicyArn=whole[2]["instances"][0]["attributes"]["policy_arn"])
    iam.delete_role(RoleName="app")
    assert shown(cloud.scan(*whole)) == {ROLE: "deleted", INLINE: "deleted", ATTACHED: "deleted"}


def test_a_policy_of_a_role_in_an_unknown_account_is_never_called_deleted(cloud: Cloud) -> None:
    said = cloud.scan(
        resource("aws_iam_role_policy", "read", {"id": "a:read", "name": "read", "policy": "{}", "role": "a"})
    )
    assert shown(said) == {}
    assert gaps(said) == {"aws_iam_role_policy": "It was not found, and the state does not say its account."}


def test_a_role_of_another_account_is_not_looked_at(cloud: Cloud, whole: list[dict[str, Any]]) -> None:
    whole[0]["instances"][0]["attributes"]["arn"] = "arn:aws:iam::210987654321:role/app"
    said = cloud.scan(*whole)
    assert shown(said) == {}
    assert set(gaps(said)) == {"aws_iam_role", "aws_iam_role_policy", "aws_iam_role_policy_attachment"}
    assert all("account 210987654321" in reason for reason in gaps(said).values())
    assert not said.complete


def test_a_role_that_no_code_wants_is_found_when_asked_for(cloud: Cloud, whole: list[dict[str, Any]]) -> None:
    create(cloud, "backdoor")
    cloud.client("iam").create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")
    said = cloud.scan(*whole, unmanaged=True, types=["aws_iam_role"])
    assert shown(said) == {"aws_iam_role.backdoor": "unmanaged"}
    assert said.findings[0].cloud_account == ACCOUNT
