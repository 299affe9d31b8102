"""No tenant reads through this server what is another's: whose credentials are used, and which external id is named."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from drifts.detectors import cloudformation
from drifts.detectors.aws import access
from drifts.detectors.aws.config import AwsConfig
from drifts.detectors.aws.detector import DETECTOR
from drifts.detectors.aws.trust import check_trust, external_id_of, strangers_external_id
from drifts.detectors.base import BadConfig, Detection, DetectionError, Trust
from tests.drifts.detectors.aws.cloud import ACCOUNT, ALONE
from tests.drifts.detectors.aws.stub import Stub, plain_error, stubbed

ROLE = f"arn:aws:iam::{ACCOUNT}:role/reader"
OURS = external_id_of(str(uuid4()), key=b"k")
AMONG_OTHERS = Trust(external_id=OURS)

MAY: list[tuple[dict[str, Any], Trust]] = [
    ({}, ALONE),
    ({}, replace(AMONG_OTHERS, own_credentials=True)),
    ({"roleArn": ROLE}, ALONE),
    ({"roleArn": ROLE}, replace(ALONE, own_credentials=False)),
    ({"roleArn": ROLE}, AMONG_OTHERS),
    ({"roleArn": ROLE, "externalId": OURS}, AMONG_OTHERS),
    ({"roleArn": ROLE, "externalId": "acme-7"}, ALONE),
    ({"roleArn": ROLE, "externalId": None}, AMONG_OTHERS),
]
MAY_NOT: list[tuple[dict[str, Any], Trust, str, str]] = [
    ({}, AMONG_OTHERS, "roleArn", "Name a role"),
    ({"roleArn": None}, AMONG_OTHERS, "roleArn", "awsExternalId"),
    ({}, replace(ALONE, own_credentials=False), "roleArn", "Name a role"),
    ({"roleArn": ROLE, "externalId": "acme-7"}, AMONG_OTHERS, "externalId", "nobody chooses"),
    (
        {"roleArn": ROLE, "externalId": "a7"},
        replace(AMONG_OTHERS, own_credentials=True),
        "externalId",
        "nobody chooses",
    ),
    ({"roleArn": ROLE}, Trust(), "externalId", "No external id is known"),
    ({}, Trust(), "roleArn", "Name a role"),
]


@pytest.mark.parametrize(("config", "trust"), MAY)
def test_what_harms_nobody_is_taken(config: dict[str, Any], trust: Trust) -> None:
    check_trust(config, trust)


@pytest.mark.parametrize(("config", "trust", "name", "words"), MAY_NOT)
def test_what_could_read_anothers_is_refused_by_name(
    config: dict[str, Any], trust: Trust, name: str, words: str
) -> None:
    with pytest.raises(BadConfig, match=words) as refused:
        check_trust(config, trust)
    assert refused.value.name == name


def test_every_detector_that_speaks_to_aws_asks() -> None:
    assert DETECTOR.check_trust is cloudformation.DETECTOR.check_trust is check_trust


def test_an_external_id_is_an_accounts_own_and_needs_the_key() -> None:
    one, other = str(uuid4()), str(uuid4())
    assert external_id_of(one, key=b"k") == external_id_of(one, key=b"k")
    ids = {external_id_of(name, key=key) for name in (one, other) for key in (b"k", b"l")}
    assert len(ids) == 4
    assert {len(name) for name in (*ids, strangers_external_id())} == {44}
    assert strangers_external_id() != strangers_external_id()


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Stub]:
    monkeypatch.setitem(access._TIMES, "retries", {"mode": "adaptive", "total_max_attempts": 1})
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with stubbed() as stub:
        yield stub


def opened(stub: Stub, trust: Trust, **config: Any) -> access.Access:
    detection = Detection(config={}, trust=trust, private_hosts=("127.0.0.1",))
    told = AwsConfig(state="", endpoint_url=stub.address, **config)
    return access.open_access(detection, told, deadline=time.monotonic() + 30)


def test_among_others_the_accounts_own_external_id_goes_along(stub: Stub) -> None:
    stub.role_demands = OURS
    assert opened(stub, AMONG_OTHERS, role_arn=ROLE).caller.account == ACCOUNT
    stranger, own = stub.external_ids
    assert (own, stranger == OURS, len(stranger)) == (OURS, False, len(OURS))


def test_a_role_of_another_tenant_is_not_taken_on(stub: Stub) -> None:
    stub.role_demands = external_id_of(str(uuid4()), key=b"k")
    with pytest.raises(DetectionError, match="sts:assume_role is not allowed"):
        opened(stub, AMONG_OTHERS, role_arn=ROLE)
    with pytest.raises(DetectionError, match=r"externalId: .* nobody chooses"):
        opened(stub, AMONG_OTHERS, role_arn=ROLE, external_id=stub.role_demands)
    assert stub.asked["GetCallerIdentity"] == 0


def test_a_role_that_asks_for_no_external_id_is_not_used_among_others(stub: Stub) -> None:
    with pytest.raises(DetectionError, match="can be taken on with any external id"):
        opened(stub, AMONG_OTHERS, role_arn=ROLE)
    assert stub.asked == {"AssumeRole": 1}


def test_whether_a_role_asks_is_not_guessed_where_aws_does_not_say(stub: Stub) -> None:
    stub.answers["AssumeRole"] = (500, plain_error("InternalFailure"))
    with pytest.raises(DetectionError, match="sts:assume_role failed"):
        opened(stub, AMONG_OTHERS, role_arn=ROLE)
    assert stub.asked == {"AssumeRole": 1}


def test_alone_the_chosen_external_id_goes_along_or_else_the_accounts_own(stub: Stub) -> None:
    opened(stub, ALONE, role_arn=ROLE)
    opened(stub, ALONE, role_arn=ROLE, external_id="acme-7")
    opened(stub, replace(ALONE, external_id=""), role_arn=ROLE)
    assert stub.external_ids == [ALONE.external_id, "acme-7", ""]


def test_nothing_is_asked_with_credentials_that_may_not_be_used(stub: Stub) -> None:
    with pytest.raises(DetectionError, match="roleArn: Name a role"):
        opened(stub, AMONG_OTHERS)
    assert not stub.asked
