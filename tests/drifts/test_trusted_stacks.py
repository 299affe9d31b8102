"""Whose AWS credentials a stack may be read with: asked when it is saved and when it is scanned."""

from typing import Any

import pytest
from django.db import connection

from accounts.actions import create_account
from accounts.models import Account
from drifts.actions.detection import aws_external_id, trust_of
from drifts.actions.scanning import request_scan
from drifts.detectors.base import Trust
from drifts.models import Stack
from driftsentry.api import tenancy
from tests.conftest import SYSTEM
from tests.drifts.detectors.pretend import run_waiting

URL = "/api/v1/stacks"
ROLE = "arn:aws:iam::123456789012:role/reader"
AWS: dict[str, Any] = {"state": "s3://acme/state"}
CLOUDFORMATION: dict[str, Any] = {"stackName": "payments", "region": "eu-west-1"}


def saved(world: Any, detector: str, config: dict[str, Any], name: str = "payments") -> Any:
    told = {"name": name, "detector": detector, "detectorConfig": config}
    return world.client(world.engineer).post(URL, told, format="json")


@pytest.mark.parametrize(("detector", "config"), [("aws", AWS), ("cloudformation", CLOUDFORMATION)])
def test_among_several_accounts_a_stack_names_a_role_and_no_external_id(
    world: Any, detector: str, config: dict[str, Any]
) -> None:
    for told, name in ((config, "roleArn"), ({**config, "roleArn": ROLE, "externalId": "acme-7"}, "externalId")):
        refused = saved(world, detector, told)
        assert refused.status_code == 400
        assert f"detectorConfig.{name}" in str(refused.json())
    own = aws_external_id(world.account.pk)
    assert saved(world, detector, {**config, "roleArn": ROLE}).status_code == 201
    assert saved(world, detector, {**config, "roleArn": ROLE, "externalId": own}, "more").status_code == 201
    anothers = aws_external_id(world.other_account.pk)
    assert saved(world, detector, {**config, "roleArn": ROLE, "externalId": anothers}, "most").status_code == 400


@pytest.mark.parametrize(("detector", "config"), [("", {}), ("terraform", {"directory": "payments"})])
def test_whose_trail_is_asked_for_a_stack_is_looked_at_likewise(
    world: Any, detector: str, config: dict[str, Any]
) -> None:
    refused = saved(world, detector, {**config, "attribution": {"regions": ["eu-west-1"]}})
    assert (refused.status_code, "attribution.roleArn" in str(refused.json())) == (400, True)
    assert saved(world, detector, {**config, "attribution": {"roleArn": ROLE}}).status_code == 201


@pytest.mark.parametrize(
    ("said", "alone", "among_others"), [("auto", True, False), ("allow", True, True), ("deny", False, False)]
)
@pytest.mark.usefixtures("transactional_db")
def test_the_operator_says_who_may_use_the_servers_credentials(
    settings: Any, said: str, alone: bool, among_others: bool
) -> None:
    settings.DETECTOR_OWN_CREDENTIALS = said
    account = create_account("acme", by=SYSTEM)
    own = aws_external_id(account.pk)
    assert trusted(account) == Trust(own_credentials=alone, external_id=own, is_alone=True)
    create_account("other", by=SYSTEM)
    assert trusted(account) == Trust(own_credentials=among_others, external_id=own, is_alone=False)


def trusted(account: Account) -> Trust:
    """What its own requests find, which see no other account's rows."""
    with tenancy.behind(), tenancy.within(account.pk):
        return trust_of(account.pk)


def test_a_stack_from_the_time_of_one_account_is_refused_when_it_is_scanned(world: Any, settings: Any) -> None:
    settings.DETECTOR_OWN_CREDENTIALS = "allow"
    assert saved(world, "aws", AWS).status_code == 201
    settings.DETECTOR_OWN_CREDENTIALS = "auto"
    request_scan(world.account.pk, Stack.objects.get().pk, by=world.actor(world.engineer))
    (scan,) = run_waiting()
    assert scan.status == "failed"
    assert scan.error.startswith("roleArn: Name a role: on this server no stack is read with the server's own")
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")
