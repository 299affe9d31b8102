"""Versions of providers: read off constraints, references and what tools write, and compared between scans."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drifts.ingest.provider_versions import (
    MAX_NAME,
    MAX_PROVIDERS,
    MAX_VERSION,
    ProviderVersions,
    of_reference,
    pinned,
    provider_of,
    steps_between,
)
from tests.drifts.ingest.plans import AWS, assessed, entry, plan

URN = "urn:pulumi:prod::shop::"
REFERENCE = f"{URN}pulumi:providers:aws::default_6_0_2::0b5ec1a2"


def configured(**providers: dict[str, Any]) -> dict[str, Any]:
    """What a plan with these providers says of their versions."""
    return assessed(plan([entry()], configuration={"provider_config": providers})).provider_versions


@pytest.mark.parametrize(
    ("constraint", "version"),
    [
        ("5.31.0", "5.31.0"),
        ("= 5.31.0", "5.31.0"),
        ("=5.31", "5.31.0"),
        ("v5.31.0-beta1", "5.31.0-beta1"),
        ("~> 5.0, 5.31.0", "5.31.0"),
        ("5.31.0, = 5.31", "5.31.0"),
        ("~> 5.31", ""),
        ("~> 5.31.0", ""),
        (">= 5.31.0", ""),
        ("!= 5.31.0", ""),
        ("5.31.0, 5.32.0", ""),
        ("5.31.0 or so", ""),
        ("5.31.0" + " " * 1000, ""),
        ("", ""),
    ],
)
def test_only_a_constraint_that_allows_one_version_tells_it(constraint: str, version: str) -> None:
    assert pinned(constraint) == version


def test_a_plan_tells_the_providers_that_it_pins() -> None:
    told = configured(
        aws={"name": "aws", "full_name": AWS, "version_constraint": "5.31.0"},
        **{"aws.west": {"name": "aws", "full_name": AWS}, "module.net:random": {"version_constraint": "= 3.6"}},
        google={
            "name": "google",
            "full_name": "registry.terraform.io/hashicorp/google",
            "version_constraint": "~> 5.0",
        },
        null={"name": "null", "version_constraint": {"no": "text"}},
    )
    assert told == {AWS: "5.31.0", "random": "3.6.0"}


def test_a_provider_that_two_modules_pin_differently_is_left_out() -> None:
    one, other = ({"full_name": AWS, "version_constraint": version} for version in ("5.31.0", "5.30.0"))
    assert configured(aws=one, **{"module.old:aws": other}) == {}
    assert configured(aws=one, **{"module.old:aws": one}) == {AWS: "5.31.0"}


def test_a_plan_without_a_configuration_tells_none() -> None:
    assert assessed(plan([entry()])).provider_versions == {}


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        (REFERENCE, ("aws", "6.0.2")),
        (REFERENCE.replace("default_6_0_2", "default_6_0_2_alpha_1"), ("", "")),
        (REFERENCE.replace("default_6_0_2", "default"), ("", "")),
        (REFERENCE.replace("default_6_0_2", "in-the-west"), ("", "")),
        ("", ""),
    ],
)
def test_a_reference_of_pulumi_names_the_default_provider_with_its_version(reference: str, told: Any) -> None:
    assert of_reference(reference) == (told or ("", ""))


def refreshed(name: str, **state: Any) -> dict[str, Any]:
    """A step of a refresh that found a resource as recorded."""
    kind = state.pop("type")
    both = {"urn": f"{URN}{kind}::{name}", "type": kind, "custom": True, "id": name, "inputs": {}, **state}
    return {"op": "refresh", "urn": both["urn"], "oldState": both, "newState": both}


def previewed(*steps: dict[str, Any]) -> dict[str, str]:
    """What a preview says of the providers' versions."""
    body = {"config": {}, "steps": steps, "changeSummary": {"same": len(steps)}}
    return assessed(json.dumps(body).encode()).provider_versions


def test_pulumi_tells_default_providers_by_reference_and_others_by_their_own_inputs() -> None:
    bucket = refreshed("logs", type="aws:s3/bucket:Bucket", provider=REFERENCE)
    west = refreshed("west", type="pulumi:providers:gcp", inputs={"version": "7.1.0", "region": "x"})
    bare = refreshed("bare", type="pulumi:providers:random", inputs={"version": {"a": "secret"}})
    assert previewed(bucket, west, bare) == {"aws": "6.0.2", "gcp": "7.1.0"}
    older = refreshed("east", type="pulumi:providers:aws", inputs={"version": "5.9.0"})
    assert previewed(bucket, older) == {}


def test_what_the_program_wants_is_not_what_the_refresh_was_read_by() -> None:
    bucket = refreshed("logs", type="aws:s3/bucket:Bucket", provider=REFERENCE)
    wanted = {**bucket["newState"], "provider": REFERENCE.replace("6_0_2", "7_0_0")}
    update = {"op": "update", "urn": bucket["urn"], "oldState": bucket["newState"], "newState": wanted}
    assert previewed(bucket, update) == {"aws": "6.0.2"}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"provider_name": "AWS", "provider_version": "3.19.0"}, {"AWS": "3.19.0"}),
        ({"provider_name": "AWS"}, {}),
        ({"provider_name": ["AWS"], "provider_version": 3}, {}),
        ({"provider_name": "<b>", "provider_version": "3.19.0"}, {}),
    ],
)
def test_driftctl_tells_the_one_provider_that_it_used(said: dict[str, Any], told: dict[str, str]) -> None:
    body = {"summary": {}, "managed": [], "unmanaged": [], "missing": [], "coverage": 0, **said}
    assert assessed(json.dumps(body).encode()).provider_versions == told


@given(st.lists(st.tuples(st.text(max_size=MAX_NAME + 9), st.text("0123456789.-a\n ", max_size=MAX_VERSION + 9))))
def test_what_is_kept_is_plain_and_bounded(pairs: list[tuple[str, str]]) -> None:
    versions = ProviderVersions()
    for pair in (*pairs, *((f"p{number}", "1.0") for number in range(MAX_PROVIDERS + 9))):
        versions.note(*pair)
    told = versions.told()
    assert 0 < len(told) <= MAX_PROVIDERS
    assert all(len(name) <= MAX_NAME and name.isascii() and name.isprintable() for name in told)
    assert all(len(version) <= MAX_VERSION and version[0].isdigit() and " " not in version for version in told.values())


@pytest.mark.parametrize(
    ("provider_type", "provider"),
    [
        ("aws_security_group", "aws"),
        ("azurerm_subnet", "azurerm"),
        ("google_compute_instance", "google"),
        ("aws:s3/bucket:Bucket", "aws"),
        ("azure-native:network:Subnet", "azure-native"),
        ("", ""),
    ],
)
def test_a_type_names_its_provider(provider_type: str, provider: str) -> None:
    assert provider_of(provider_type) == provider


def test_a_step_is_another_version_that_both_scans_tell() -> None:
    before = {AWS: "5.30.0", "random": "3.6.0", "google": "5.0.0"}
    now = {AWS: "5.31.0", "random": "3.6.0", "azurerm": "4.0.0"}
    assert steps_between(before, now) == {"aws": ("5.30.0", "5.31.0")}
    assert steps_between({"AWS": "3.18.0"}, {"AWS": "3.19.0"}) == {"aws": ("3.18.0", "3.19.0")}
    assert steps_between({}, now) == {}


def test_two_providers_of_one_short_name_tell_no_step() -> None:
    assert steps_between({AWS: "5.30.0"}, {AWS: "5.31.0", "example.com/ours/aws": "1.0.0"}) == {}
