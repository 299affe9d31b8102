"""A state of version 4 is read; anything else is refused by what it is, and no value of it is ever repeated."""

import json
from typing import Any

import pytest

from drifts.detectors.base import DetectionError
from drifts.detectors.terraform_state import parse_state

HEAD = {"version": 4, "terraform_version": "1.9.5", "serial": 1, "lineage": "x", "outputs": {}}


def body(*resources: dict[str, Any]) -> bytes:
    return json.dumps({**HEAD, "resources": list(resources)}).encode()


def resource(*instances: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "mode": "managed",
        "type": "aws_instance",
        "name": "web",
        "provider": "",
        "instances": list(instances),
        **more,
    }


ADDRESSES = [
    (resource({}), "aws_instance.web"),
    (resource({"index_key": 3}), "aws_instance.web[3]"),
    (resource({"index_key": "a.b"}, module="module.x"), 'module.x.aws_instance.web["a.b"]'),
    (resource({"index_key": 'q"'}, module='module.x["y"]'), 'module.x["y"].aws_instance.web["q\\""]'),
    (resource({"deposed": "ab12cd34"}), "aws_instance.web (deposed object ab12cd34)"),
]


@pytest.mark.parametrize(("told", "identity"), ADDRESSES, ids=[identity for _, identity in ADDRESSES])
def test_an_object_is_named_as_terraform_names_it(told: dict[str, Any], identity: str) -> None:
    (one,) = parse_state(body(told)).resources
    assert one.identity == identity


PROVIDERS = [
    ('provider["registry.terraform.io/hashicorp/aws"]', "registry.terraform.io/hashicorp/aws"),
    ('module.x.provider["registry.opentofu.org/hashicorp/aws"].west', "registry.opentofu.org/hashicorp/aws"),
    ("provider.aws.west", "aws"),
    ("", ""),
]


@pytest.mark.parametrize(("written", "name"), PROVIDERS)
def test_the_providers_name_is_read_in_every_spelling(written: str, name: str) -> None:
    (one,) = parse_state(body(resource({}, provider=written))).resources
    assert (one.provider_name, one.provider) == (name, written)


def test_data_sources_are_left_out() -> None:
    assert parse_state(body(resource({}, mode="data"))).resources == ()


def step(kind: str, value: Any) -> dict[str, Any]:
    return {"type": kind, "value": value}


MARKS = [
    ([[step("get_attr", "password")]], {"password": True}),
    ([[step("get_attr", "a"), step("index", {"value": "k", "type": "string"})]], {"a": {"k": True}}),
    ([[step("get_attr", "a"), step("index", {"value": 0, "type": "number"}), step("get_attr", "b")]], {"a": True}),
    ([[step("get_attr", "a")], [step("get_attr", "b")]], {"a": True, "b": True}),
    ([], False),
    (None, False),
    ("nonsense", True),
    ([[step("wild", 1)]], True),
]


@pytest.mark.parametrize(("marks", "mask"), MARKS, ids=[str(mask) for _, mask in MARKS])
def test_what_is_marked_sensitive_is_masked_and_what_cannot_be_read_masks_all(marks: Any, mask: Any) -> None:
    (one,) = parse_state(body(resource({"attributes": {}, "sensitive_attributes": marks}))).resources
    assert one.sensitive() == mask


OTHERS = [
    (b'{"encrypted_data": "x", "encryption_version": "v0", "meta": {}}', "encrypted by OpenTofu"),
    (b'{"format_version": "1.0", "values": {}}', "terraform state pull"),
    (b'{"format_version": "1.2", "resource_changes": []}', "a plan"),
    (b'{"version": 3, "modules": []}', "version 3"),
    (b'{"version": 5, "resources": []}', "version 5"),
    (b'{"version": 4}', "lists no resources"),
    (b'{"hello": "world"}', "without a version"),
    (b"[]", "no Terraform state"),
    (b"", "no Terraform state"),
    (b"<html>secret words</html>", "no Terraform state"),
    (b'{"version": 4, "resources": [{"type": "a", "name": 3}]}', "no Terraform state"),
    (b'{"version": 4, "resources": ' + b"[" * 100_000, ""),
    (body(resource({}, name="x" * 5000)), "too long"),
    (body(resource({"index_key": "\x00"})), "NUL"),
]


@pytest.mark.parametrize(("sent", "words"), OTHERS, ids=[str(one[:60]) for one, _ in OTHERS])
def test_anything_else_is_refused_by_what_it_is(sent: bytes, words: str) -> None:
    with pytest.raises(DetectionError) as refusal:
        parse_state(sent)
    assert words in str(refusal.value)
    assert "secret words" not in str(refusal.value)


def test_a_byte_order_mark_is_no_trouble() -> None:
    assert len(parse_state(b"\xef\xbb\xbf" + body(resource({}))).resources) == 1


def test_values_are_decoded_when_asked_for_and_never_shown() -> None:
    (one,) = parse_state(body(resource({"attributes": {"password": "hunter2", "big": 2**60}}))).resources
    assert one.attributes() == {"password": "hunter2", "big": str(2**60)}
    assert "hunter2" not in repr(one)


def test_values_that_are_no_object_are_refused() -> None:
    (one,) = parse_state(body(resource({"attributes": [1]}))).resources
    with pytest.raises(DetectionError, match="no object"):
        one.attributes()
