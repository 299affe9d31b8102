"""A thousand resources with fewer than one call for every twenty."""

import json
from typing import Any

from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends

from tests.drifts.detectors.aws.cloud import ACCOUNT, REGION, Cloud, gaps, resource

EACH = 200


def groups(names: list[str]) -> dict[str, str]:
    """Make groups without HTTP, for speed; name → id."""
    backend = ec2_backends[ACCOUNT][REGION]
    vpc = next(iter(backend.vpcs))
    return {name: backend.create_security_group(name, "many", vpc).id for name in names}


def roles(names: list[str]) -> None:
    for name in names:
        iam_backends[ACCOUNT]["aws"].create_role(
            role_name=name,
            assume_role_policy_document="{}",
            path="/",
            permissions_boundary=None,
            description="",
            tags=[],
            max_session_duration="3600",
        )


def many(kind: str, attributes: list[dict[str, Any]]) -> dict[str, Any]:
    return resource(kind, "many", *({"index_key": at, "attributes": one} for at, one in enumerate(attributes)))


def whole(cloud: Cloud) -> list[dict[str, Any]]:
    """Two hundred of each; of the databases, most are gone."""
    numbers = range(EACH)
    arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/"
    made = cloud.client("ec2").run_instances(ImageId="ami-12c6146b", MinCount=EACH, MaxCount=EACH)
    cloud.client("rds").create_db_instance(DBInstanceIdentifier="db-0", DBInstanceClass="db.t3.micro", Engine="mysql")
    names = [f"many-{number}" for number in numbers]
    roles(names)
    ids = groups(names)
    doors = [{"id": one, "name": name, "ingress": []} for name, one in ids.items()]
    rules = [{"security_group_id": one, "type": "ingress", "cidr_blocks": ["10.0.0.0/8"]} for one in ids.values()]
    return [
        many(
            "aws_instance",
            [
                {"id": one["InstanceId"], "arn": arn + one["InstanceId"], "root_block_device": [{"volume_size": 8}]}
                for one in made["Instances"]
            ],
        ),
        many("aws_db_instance", [{"identifier": f"db-{number}"} for number in numbers]),
        many("aws_iam_role", [{"name": name, "path": "/"} for name in names]),
        many("aws_security_group", doors),
        many("aws_security_group_rule", rules),
    ]


def test_a_thousand_resources_take_fewer_than_a_call_for_every_twenty(cloud: Cloud) -> None:
    told = whole(cloud)
    said = cloud.scan(*told)
    assert said.resources_checked == 5 * EACH
    assert len(cloud.requests) < said.resources_checked / 20
    assert gaps(said) == {}
    assert len(said.assessed_clean) == 3 * EACH + 1
    assert {(one.provider_type, str(one.kind)) for one in said.findings} == {
        ("aws_db_instance", "deleted"),
        ("aws_security_group_rule", "deleted"),
    }
    assert len(said.findings) == 2 * EACH - 1


def test_unmanaged_ones_are_named_up_to_a_bound(cloud: Cloud, monkeypatch: Any) -> None:
    monkeypatch.setattr("drifts.detectors.aws.detector.MAX_UNMANAGED", 3)
    cloud.client("ec2").run_instances(ImageId="ami-12c6146b", MinCount=5, MaxCount=5)
    said = cloud.scan(unmanaged=True, regions=[REGION], types=["aws_instance"])
    assert len(said.findings) == 3
    assert gaps(said) == {"aws_instance": "5 are unmanaged; only 3 of them are named."}
    assert json.dumps([one.address for one in said.findings]) == json.dumps(
        sorted(one.address for one in said.findings)
    )
