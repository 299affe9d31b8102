"""Secrets are hidden before anything else happens; all that is left is that they changed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drifts.findings import SENSITIVE, Json, JsonObject, Mask
from drifts.ingest.masked import JsonText, Masked, MaskedJson, opened
from drifts.ingest.masking import mask_pair
from drifts.ingest.masks import child
from tests.drifts.ingest.plans import KEY, finding, judged_findings
from tests.drifts.ingest.trees import MASKS, STATES

SECRET = "correct-horse-battery"


def shown(state: JsonObject, sensitive: Mask = False, other: JsonObject | None = None) -> Json:
    """A state as it reads after masking."""
    return opened(mask_pair(state, other, sensitive, key=KEY).expected)


def test_what_the_tool_marks_is_hidden() -> None:
    state: JsonObject = {"a": "x-secret-x", "b": {"c": ["one", "two"], "d": "plain"}, "e": {"f": 1}}
    mask: Mask = {"a": True, "b": {"c": [False, True]}, "e": True}
    assert shown(state, mask) == {
        "a": SENSITIVE,
        "b": {"c": ["one", SENSITIVE], "d": "plain"},
        "e": SENSITIVE,
    }


def test_a_bare_true_hides_everything() -> None:
    assert shown({"a": "x", "b": [1]}, True) == {"a": SENSITIVE, "b": SENSITIVE}


def test_what_is_unset_has_nothing_to_hide() -> None:
    assert shown({"a": None, "b": "", "c": [], "d": {}, "e": False}, True) == {
        "a": None,
        "b": None,
        "c": None,
        "d": None,
        "e": SENSITIVE,
    }


@pytest.mark.parametrize("mask", [{"a": {"x": True}}, {"a": [True]}, {"a": [[True]]}])
def test_a_mask_of_another_shape_hides_the_whole(mask: Mask) -> None:
    value: Json = ["one"] if isinstance(mask, dict) and isinstance(mask["a"], dict) else "one"
    assert shown({"a": value}, mask) == {"a": SENSITIVE}


@pytest.mark.parametrize(
    ("state", "as_shown"),
    [
        ({"password": "abc"}, {"password": SENSITIVE}),
        ({"password": 123456}, {"password": SENSITIVE}),
        ({"password_length": 12}, {"password_length": 12}),
        ({"token": True}, {"token": True}),
        ({"key_name": "deploy", "http_tokens": "required"}, {"key_name": "deploy", "http_tokens": "required"}),
        ({"secrets": {"a": "x", "b": ["y"]}}, {"secrets": {"a": SENSITIVE, "b": [SENSITIVE]}}),
        ({"env": [{"name": "DB_PASSWORD", "value": "x"}]}, {"env": [{"name": "DB_PASSWORD", "value": SENSITIVE}]}),
        ({"env": [{"name": "PORT", "value": "80"}]}, {"env": [{"name": "PORT", "value": "80"}]}),
        ({"Key": "api_key", "Value": "x"}, {"Key": "api_key", "Value": SENSITIVE}),
        ({"note": "DB_PASSWORD=hunter2"}, {"note": SENSITIVE}),
        (
            {"secrets": [{"name": "A", "valueFrom": "arn:aws:ssm:eu-west-1:123456789012:parameter/a"}]},
            {"secrets": [{"name": "A", "valueFrom": "arn:aws:ssm:eu-west-1:123456789012:parameter/a"}]},
        ),
        (
            {"master_user_secret": [{"secret_arn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds-1"}]},
            {"master_user_secret": [{"secret_arn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds-1"}]},
        ),
    ],
)
def test_names_and_shapes_give_secrets_away(state: JsonObject, as_shown: Json) -> None:
    assert shown(state) == as_shown


@pytest.mark.parametrize(
    ("provider_type", "attribute"),
    [
        ("random_password", "result"),
        ("aws_ssm_parameter", "value"),
        ("kubernetes_secret", "data"),
        ("azurerm_key_vault_secret", "value"),
        ("github_actions_secret", "plaintext_value"),
    ],
)
def test_some_types_hold_secrets_under_plain_names(provider_type: str, attribute: str) -> None:
    hidden = mask_pair({attribute: "abc"}, None, False, key=KEY, provider_type=provider_type)
    plain = mask_pair({attribute: "abc"}, None, False, key=KEY, provider_type="aws_instance")
    assert opened(hidden.expected) == {attribute: SENSITIVE}
    assert opened(plain.expected) == {attribute: "abc"}


def test_secrets_inside_json_texts_are_hidden_and_the_rest_is_not() -> None:
    text = json.dumps([{"name": "web", "environment": [{"name": "API_KEY", "value": "abc"}]}])
    assert shown({"container_definitions": text}) == {
        "container_definitions": [{"name": "web", "environment": [{"name": "API_KEY", "value": SENSITIVE}]}]
    }
    kept = mask_pair({"container_definitions": text}, None, False, key=KEY).expected["container_definitions"]
    assert isinstance(kept, JsonText)
    assert kept.text == ""


def test_a_json_text_without_secrets_keeps_its_spelling() -> None:
    text = '{ "b" : 1,  "a": [] }'
    assert mask_pair({"doc": text}, None, False, key=KEY).expected["doc"] == JsonText(text, {"b": 1, "a": []})


def test_json_texts_within_json_texts_hide_their_secrets_at_any_depth() -> None:
    text: Json = {"password": SECRET}
    for _ in range(8):
        text = {"inner": json.dumps(text)}
    assert SECRET not in str(shown(text if isinstance(text, dict) else {}))


def test_a_secret_found_in_one_place_is_hidden_in_all_others() -> None:
    state: JsonObject = {
        "password": SECRET,
        "endpoint": f"db.example.org/?p={SECRET}",
        "list": ["a", SECRET],
        "doc": json.dumps({"x": SECRET}),
        SECRET: 1,
        "plain": "correct",
    }
    read = shown(state)
    assert SECRET not in str(read)
    assert isinstance(read, dict)
    assert read["plain"] == "correct"
    assert read["list"] == ["a", SENSITIVE]


def test_a_secret_of_one_side_is_hidden_on_the_other() -> None:
    pair = mask_pair(
        {"password": SECRET, "note": "new-secret"}, {"password": "new-secret", "note": SECRET}, False, key=KEY
    )
    assert opened(pair.expected) == opened(pair.actual) == {"password": SENSITIVE, "note": SENSITIVE}


def test_what_a_provider_derives_from_a_secret_is_hidden_too() -> None:
    state: JsonObject = {
        "sensitive_content": "pin",
        "id": "46b1eac1d0b02ee2d3d4ee4d3ad2e0f7b8c2ed1d",
        "content_sha256": "x",
        "size": 3,
    }
    import hashlib

    state["id"] = hashlib.sha1(b"pin", usedforsecurity=False).hexdigest()
    state["content_sha256"] = hashlib.sha256(b"pin").hexdigest()
    assert shown(state, {"sensitive_content": True}) == {
        "sensitive_content": SENSITIVE,
        "id": SENSITIVE,
        "content_sha256": SENSITIVE,
        "size": 3,
    }


def test_a_hidden_key_reads_alike_on_both_sides() -> None:
    pair = mask_pair({"password": SECRET, "map": {SECRET: 1}}, {"map": {SECRET: 2}, "password": SECRET}, False, key=KEY)
    assert isinstance(pair.expected["map"], dict)
    assert isinstance(pair.actual["map"], dict)
    assert pair.expected["map"].keys() == pair.actual["map"].keys()


def test_a_key_of_a_secrets_shape_is_hidden() -> None:
    assert "ghp_" not in str(shown({"map": {"ghp_" + "a1B2" * 9: 1}}))


def digest_of(value: Json, key: bytes = KEY, provider_type: str = "aws_security_group", name: str = "ingress") -> str:
    hidden = mask_pair({name: value}, None, True, key=key, provider_type=provider_type).expected[name]
    assert isinstance(hidden, Masked)
    return hidden.digest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("8", 8),
        ({"a": 1, "b": None}, {"a": 1}),
        ('{"a": [1, 2]}', '{ "a":[1,2] }'),
        ([{"from_port": 22}, {"from_port": 80}], [{"from_port": 80}, {"from_port": 22}]),
        ([{"cidr_blocks": ["a", "b"]}], [{"cidr_blocks": ["b", "a"]}]),
    ],
)
def test_a_hidden_value_that_is_only_spelt_differently_has_one_digest(one: Json, other: Json) -> None:
    assert digest_of(one) == digest_of(other)


@pytest.mark.parametrize(("one", "other"), [("8", "08"), ("a", "A"), ("a", "a "), ([1, 2], [1, 3]), ("true", "True")])
def test_a_hidden_value_that_changed_has_another_digest(one: Json, other: Json) -> None:
    assert digest_of(one) != digest_of(other)


def test_a_hidden_lists_order_counts_where_it_is_no_set() -> None:
    assert digest_of(["a", "b"], name="steps") != digest_of(["b", "a"], name="steps")


def test_the_digest_depends_on_the_key() -> None:
    assert digest_of("a secret") != digest_of("a secret", key=b"another key")


def leaves(value: MaskedJson | Json, mask: Mask) -> set[str]:
    """The texts that a mask covers."""
    if isinstance(value, dict):
        return {leaf for name, one in value.items() for leaf in leaves(one, child(mask, name))}
    if isinstance(value, list):
        return {leaf for index, one in enumerate(value) for leaf in leaves(one, child(mask, index))}
    return {value} if isinstance(value, str) and mask is True and len(value) >= 6 else set()


@given(STATES, STATES, MASKS)
def test_no_masked_value_survives_anywhere(expected: JsonObject, actual: JsonObject, mask: Mask) -> None:
    """Not even where a sender spells it out in another place: in a key, a path, the id or the reason."""
    hidden = leaves(expected, mask) | leaves(actual, mask)
    result = judged_findings(finding(expected, actual, sensitive=mask, resource_id=next(iter(hidden), "i-1")))
    for one in result.observations:
        everything = json.dumps(
            [one.expected_state, one.actual_state, one.difference, one.severity_reason, one.resource_id],
            ensure_ascii=False,
        )
        decoded = json.dumps([*hidden], ensure_ascii=False)
        assert [text for text in json.loads(decoded) if json.dumps(text, ensure_ascii=False)[1:-1] in everything] == []


@given(STATES, MASKS)
def test_masking_the_same_twice_says_the_same(state: JsonObject, mask: Mask) -> None:
    pair = mask_pair(state, state, mask, key=KEY)
    assert pair.expected == pair.actual


@given(st.text(min_size=1, max_size=30).filter(lambda one: "\0" not in one and one.isprintable()))
def test_a_changed_secret_is_a_changed_difference(secret: str) -> None:
    def digest(value: str) -> bytes:
        result = judged_findings(finding({"password": "before"}, {"password": value}))
        return result.observations[0].difference_digest

    assert digest(f"{secret}1") != digest(f"{secret}2")
    assert digest(f"{secret}1") == digest(f"{secret}1")


@pytest.mark.parametrize("member", ["data", "stringData", "binaryData", "string_data"])
def test_what_a_kubernetes_secret_holds_is_hidden(member: str) -> None:
    state: JsonObject = {"manifest": {"kind": "Secret", "type": "Opaque", member: {"a": "abc"}}}
    assert shown(state) == {"manifest": {"kind": "Secret", "type": "Opaque", member: {"a": SENSITIVE}}}
    assert shown({"manifest": {"kind": "ConfigMap", "data": {"a": "abc"}}}) == {
        "manifest": {"kind": "ConfigMap", "data": {"a": "abc"}}
    }


def test_an_item_that_the_mask_does_not_know_of_is_hidden_as_the_others_are() -> None:
    sides = mask_pair({"a": [{"v": "old one"}]}, {"a": [{"v": "x"}, {"v": SECRET}]}, {"a": [{"v": True}]}, key=KEY)
    assert opened(sides.actual) == {"a": [{"v": SENSITIVE}, {"v": SENSITIVE}]}


@pytest.mark.parametrize(
    ("provider_type", "name"),
    [
        ("azuread_application_password", "value"),
        ("aws_api_gateway_api_key", "value"),
        ("aws:ssm/parameter:Parameter", "value"),
        ("gitlab_project_variable", "value"),
        ("tfe_variable", "value"),
    ],
)
def test_some_types_hold_a_secret_under_a_name_that_does_not_tell(provider_type: str, name: str) -> None:
    hidden = mask_pair({name: SECRET}, None, False, key=KEY, provider_type=provider_type)
    assert opened(hidden.expected) == {name: SENSITIVE}
