"""A scan and a plan of the same stack: the same drift, judged alike."""

from typing import Any

from drifts.ingest.pipeline import assess
from drifts.ingest.policy import judge
from tests.drifts.detectors.aws.cloud import ACCOUNT, REGION, Cloud, resource
from tests.drifts.ingest.plans import LIMIT, entry, plan

ADDRESS = 'module.net.aws_security_group.door["a.b"]'
OPEN = {"from_port": 22, "to_port": 22, "protocol": "tcp", "cidr_blocks": ["0.0.0.0/0"]}
JUDGING: dict[str, Any] = {"account_id": "a", "stack": "s", "environment": "", "masking_key": b"k"}


def test_they_name_the_same_drift_and_judge_it_as_gravely(cloud: Cloud) -> None:
    ec2 = cloud.client("ec2")
    group = ec2.create_security_group(GroupName="door", Description="d")["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
    )
    arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/{group}"
    before: dict[str, Any] = {"arn": arn, "id": group, "ingress": []}
    told = resource("aws_security_group", "door", {"index_key": "a.b", "attributes": before}, module="module.net")
    (scanned,) = judge(cloud.scan(told), **JUDGING).observations
    after = {**before, "ingress": [OPEN]}
    body = plan([entry(ADDRESS, type="aws_security_group", name="door", before=before, after=after)], [])
    (planned,) = judge(assess(body, limit=LIMIT), **JUDGING).observations
    assert (scanned.fingerprint, scanned.address) == (planned.fingerprint, planned.address)
    assert (scanned.severity, scanned.severity_reason) == (planned.severity, planned.severity_reason)
    assert scanned.severity == "critical"
    assert set(scanned.difference) == set(planned.difference) == {"ingress"}
    assert (scanned.resource_id, scanned.region, scanned.cloud_account) == (group, REGION, ACCOUNT)
