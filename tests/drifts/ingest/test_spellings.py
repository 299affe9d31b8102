"""Lengths of time, networks and names that are written otherwise: the same ones are one, others never are."""

from __future__ import annotations

import ipaddress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drifts.ingest.names import is_name_of
from drifts.ingest.spellings import address, duration, network
from tests.drifts.ingest.plans import finding, judged_findings


def differs(provider_type: str, path: str, one: str, other: str, **more: Any) -> bool:
    found = judged_findings(finding({path: one}, {path: other}, provider_type=provider_type, **more))
    return bool(found.observations)


@pytest.mark.parametrize(
    "text", ["1h", "60m", "3600s", "59m60s", "PT1H", "PT60M", "PT3600S", "PT59M60S", "3600000ms", "3600.0s"]
)
def test_an_hour_is_an_hour(text: str) -> None:
    assert duration(text) == "3600s"


@pytest.mark.parametrize(
    "text",
    ["3600", "", "1 h", "h", "P1M", "P1Y", "P", "PT", "-1h", "1H", "1e3s", "abc", "1h ", "P1W1D", "9" * 90 + "s"],
)
def test_what_has_no_one_length_stays(text: str) -> None:
    assert duration(text) == text


@given(st.decimals(0, 10**6, places=3), st.decimals(0, 10**6, places=3))
def test_different_lengths_stay_different(one: Decimal, other: Decimal) -> None:
    assert (duration(f"{one}s") == duration(f"{other}s")) == (one == other)


def test_only_attributes_that_are_durations_are_read_as_such() -> None:
    assert not differs("google_kms_crypto_key", "rotation_period", "2160h", "7776000s")
    assert differs("google_kms_crypto_key", "rotation_period", "2160h", "7776001s")
    assert not differs("azurerm_servicebus_queue", "lock_duration", "PT1M", "PT60S")
    assert differs("google_kms_crypto_key", "name", "1h", "60m")
    assert differs("aws_instance", "rotation_period", "1h", "60m")


NETWORKS = st.builds(
    lambda number, bits: ipaddress.ip_network((number, bits), strict=False),
    st.integers(0, 2**32 - 1),
    st.integers(0, 32),
)
SIXES = st.builds(
    lambda number, bits: ipaddress.ip_network((number, bits), strict=False),
    st.integers(2**32, 2**128 - 1),
    st.integers(0, 128),
)


@given(st.one_of(NETWORKS, SIXES), st.one_of(NETWORKS, SIXES))
def test_different_networks_stay_different(
    one: ipaddress.IPv4Network | ipaddress.IPv6Network, other: ipaddress.IPv4Network | ipaddress.IPv6Network
) -> None:
    assert (network(str(one)) == network(str(other))) == (one == other)


@given(st.one_of(NETWORKS, SIXES), st.integers(0, 2**128 - 1))
def test_a_network_is_the_same_by_any_of_its_addresses(
    one: ipaddress.IPv4Network | ipaddress.IPv6Network, number: int
) -> None:
    within = one[number % one.num_addresses]
    assert network(f"{within}/{one.prefixlen}") == network(f"{one.exploded}") == str(one)


@pytest.mark.parametrize(
    "text", ["010.0.0.1", "10.0.0.0/33", "a::b::c", "example.org", "", "::1/-1", "10.0.0", "0.0.0.0/0 "]
)
def test_what_is_no_network_stays(text: str) -> None:
    assert network(text) == text


def test_an_address_keeps_its_place_in_its_network() -> None:
    assert address("2001:DB8::1/64") == "2001:db8::1/64" != address("2001:db8::2/64")
    assert address("2001:0db8:0::1") == "2001:db8::1"
    assert address("x:y") == "x:y"
    assert address("plain") == "plain"


def test_only_attributes_that_are_networks_are_read_as_such() -> None:
    assert not differs("aws_route", "destination_ipv6_cidr_block", "2001:DB8::/32", "2001:db8:0::/32")
    assert not differs("aws_vpc", "cidr_block", "10.0.0.7/16", "10.0.0.0/16")
    assert differs("aws_vpc", "cidr_block", "10.0.0.0/16", "10.1.0.0/16")
    assert differs("aws_instance", "description", "10.0.0.7/16", "10.0.0.0/16")


ARN = "arn:aws:ecs:eu-west-1:123456789012:cluster/main"
HERE = {"region": "eu-west-1", "cloud_account": "123456789012"}


def test_a_name_and_the_arn_of_the_same_object_are_one() -> None:
    assert not differs("aws_ecs_service", "cluster", "main", ARN, **HERE)
    assert not differs("aws_ecs_service", "cluster", ARN, "main", **HERE)


@pytest.mark.parametrize(
    ("attribute", "one", "other", "where"),
    [
        ("cluster", "main", ARN.replace("main", "other"), HERE),
        ("cluster", "main", ARN, {**HERE, "region": "eu-west-2"}),
        ("cluster", "main", ARN, {**HERE, "cloud_account": "210987654321"}),
        ("cluster", "main", ARN, {}),
        ("iam_role", "main", ARN, HERE),
        ("cluster", ARN, ARN.replace("eu-west-1", "eu-west-2"), HERE),
        ("task_definition", "web", "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:3", HERE),
    ],
)
def test_any_other_object_is_another_one(attribute: str, one: str, other: str, where: dict[str, str]) -> None:
    assert differs("aws_ecs_service", attribute, one, other, **where)


def test_an_alias_of_a_key_is_named_in_full() -> None:
    own, arn = ("123456789012", "eu-west-1"), "arn:aws:kms:eu-west-1:123456789012:alias/a"
    assert is_name_of("aws_ebs_volume", "kms_key_id", "alias/a", arn, own=own)
    assert not is_name_of("aws_ebs_volume", "kms_key_id", "a", arn, own=own)
    assert is_name_of("aws_ebs_volume", "kms_key_id", "1-2", "arn:aws:kms:eu-west-1:123456789012:key/1-2", own=own)


def test_the_case_of_an_azure_id_means_nothing() -> None:
    one = "/subscriptions/0a/resourceGroups/RG/providers/Microsoft.Network/virtualNetworks/v"
    other = "/subscriptions/0A/resourcegroups/rg/providers/microsoft.network/virtualNetworks/V"
    assert not differs("azurerm_network_interface", "subnet_id", one, other)
    assert differs("azurerm_network_interface", "subnet_id", one, f"{other}2")
    assert differs("azurerm_network_interface", "name", "A", "a")
    assert differs("aws_x", "subnet_id", one, other)


def test_a_link_to_a_google_object_is_the_same_in_every_version_of_the_api() -> None:
    own = "projects/p/global/networks/default"
    for start in ("https://www.googleapis.com/compute/v1/", "https://compute.googleapis.com/compute/beta/"):
        assert not differs("google_compute_instance", "network", start + own, own)
    assert differs("google_compute_instance", "network", own, "projects/q/global/networks/default")
    assert differs("google_compute_instance", "network", own, f"https://example.org/compute/v1/{own}")


@pytest.mark.parametrize(
    ("within", "name", "one", "other"),
    [
        ("tags", "hostname", "Web", "web"),
        ("tags", "cidr_block", "10.0.0.1/24", "10.0.0.0/24"),
        ("labels", "fqdn", "a.", "a"),
        ("environment", "app_domain_name", "A.example", "a.example"),
        ("app_settings", "host_name", "A", "a"),
    ],
)
def test_what_people_name_themselves_is_any_text(within: str, name: str, one: str, other: str) -> None:
    found = judged_findings(finding({within: {name: one}}, {within: {name: other}}, provider_type="aws_x"))
    assert list(found.observations[0].difference) == [f"{within}.{name}"]
