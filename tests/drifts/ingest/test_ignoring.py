"""Ignore rules: they hide what they say and nothing else, never a deletion or what guards something by accident."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drifts.findings import Assessment, Json, JsonObject, Judged, Kind, Severity
from drifts.ingest.ignoring import GLOB, IgnoreRule, Ignoring, Thing, glob_fault
from drifts.ingest.policy import Policy, judge
from drifts.ingest.security_attributes import guarded_segments, segments
from tests.drifts.ingest.plans import KEY, finding

MODIFIED, ALL = frozenset({Kind.MODIFIED}), frozenset(Kind)


def thing(*paths: str, kind: Kind = Kind.MODIFIED, **more: str) -> Thing:
    named = {
        "stack": "prod",
        "provider_type": "aws_instance",
        "address": "module.a.aws_instance.web",
        "resource_id": "i-1",
    }
    return Thing(**{**named, "identity": named["address"], **more}, kind=kind, paths=paths)


def left(rule: IgnoreRule, one: Thing) -> tuple[str, ...] | None:
    """The paths left to be seen; None where nothing is left."""
    cut = Ignoring((rule,)).cut(one)
    return None if cut.whole else cut.left


def rule(*attributes: str, kinds: frozenset[Kind] = MODIFIED, **more: Any) -> IgnoreRule:
    return IgnoreRule(id="one", attributes=attributes, kinds=kinds, **more)


@pytest.mark.parametrize(
    "about",
    [
        {},
        {"stack": "pr*"},
        {"types": ("aws_*",)},
        {"types": ("x", "*instance")},
        {"addresses": ("module.a.*",)},
        {"addresses": ("i-1",)},
    ],
)
def test_a_rule_hides_what_it_is_about(about: dict[str, Any]) -> None:
    assert left(rule(**about), thing("size")) is None


@pytest.mark.parametrize(
    "about", [{"stack": "dev"}, {"types": ("aws_eip",)}, {"types": ("instance",)}, {"addresses": ("module.b.*",)}]
)
def test_a_rule_hides_nothing_else(about: dict[str, Any]) -> None:
    assert left(rule(**about), thing("size")) == ("size",)


@pytest.mark.parametrize("glob", ["tags", "tags.*", "tags.owner", "*.owner", "t*", "tags.own*"])
def test_globs_over_attributes_hide_these_and_what_lies_below(glob: str) -> None:
    assert left(rule(glob), thing("size", "tags.owner")) == ("size",)


@pytest.mark.parametrize("glob", ["tag", "owner", "tags.o", "Tags", ""])
def test_globs_over_attributes_fit_as_a_whole(glob: str) -> None:
    assert left(rule(glob), thing("size", "tags.owner")) == ("size", "tags.owner")


@pytest.mark.parametrize("glob", ["rule[0].name", "rule.name", "rule", "rule[*"])
def test_globs_fit_with_and_without_indices(glob: str) -> None:
    assert left(rule(glob), thing("rule[0].name")) is None


def test_names_of_other_tools_are_read_in_snake_case_too() -> None:
    assert left(rule("memory_size"), thing("MemorySize")) is None


@pytest.mark.parametrize("kind", [Kind.DELETED, Kind.UNMANAGED])
def test_a_deletion_or_an_unmanaged_resource_is_hidden_only_where_it_is_named(kind: Kind) -> None:
    assert left(rule(), thing(kind=kind)) == ()
    assert left(rule(kinds=frozenset({kind})), thing(kind=kind)) is None
    assert left(rule(kinds=frozenset({kind})), thing("size")) == ("size",)


def test_what_differs_in_an_unknown_way_stays() -> None:
    assert left(rule(kinds=ALL), thing()) == ()


GUARDS = [
    ("aws_security_group", "ingress[0].cidr_blocks", "ingress"),
    ("aws_iam_role", "assume_role_policy", "assume_role_policy"),
    ("aws_db_instance", "publicly_accessible", "publicly_accessible"),
    ("aws_db_instance", "storage_encrypted", "storage_encrypted"),
    ("aws_db_instance", "deletion_protection", "deletion_protection"),
    ("aws_instance", "root_block_device[0].kms_key_id", "*.kms_key_id"),
    ("aws_s3_bucket", "versioning[0].enabled", "versioning.enabled"),
    ("aws_s3_bucket", "logging", "logging"),
    ("aws_s3_bucket_public_access_block", "block_public_acls", "block_public_acls"),
    ("aws_kms_key", "enable_key_rotation", "enable_key_rotation"),
    ("AWS::EC2::SecurityGroup", "SecurityGroupIngress", "SecurityGroupIngress"),
    ("google_compute_firewall", "source_ranges", "source_ranges"),
    ("azurerm_storage_account", "allow_nested_items_to_be_public", "allow_nested_items_to_be_public"),
    ("aws_instance", "metadata_options[0].http_tokens", "metadata_options"),
]


@pytest.mark.parametrize(("provider_type", "path", "named"), GUARDS)
def test_what_guards_is_hidden_only_by_its_name(provider_type: str, path: str, named: str) -> None:
    one = thing("size", path, provider_type=provider_type)
    wild = path[0] + "*"
    for loose in (rule(), rule("*"), rule("*.*", "*"), rule(wild), rule(f"*{path[3:5]}*")):
        assert path in (left(loose, one) or ()), loose.attributes
    assert left(rule(named), one) == ("size",)
    assert left(rule(named, "size"), one) is None


def test_a_block_does_not_name_what_guards_in_it() -> None:
    one = thing("root_block_device[0].encrypted", "root_block_device[0].volume_size")
    assert left(rule("root_block_device.*"), one) == ("root_block_device[0].encrypted",)
    assert left(rule("root_block_device.encrypted", "root_block_device.*"), one) is None


@pytest.mark.parametrize("path", ["tags.encryption", "tags_all.policy", 'labels["kms.key"]', "instance_type", "size"])
def test_tags_and_plain_attributes_guard_nothing(path: str) -> None:
    assert guarded_segments("aws_instance", path) == frozenset()


PATHS = st.sampled_from([path for _, path, _ in GUARDS] + ["size", "tags.a", "instance_type", "rule[1].name"])
GLOBS = st.lists(st.sampled_from(["*", "*.*", "s*", "tags*", "*e*", "i*", "r*.*", "*[0]*", "p*", "b*_*"]), max_size=4)


@given(st.lists(PATHS, unique=True, max_size=6), GLOBS, st.sampled_from(GUARDS))
def test_no_star_ever_hides_what_guards(paths: list[str], globs: list[str], one: tuple[str, str, str]) -> None:
    asked = thing(*paths, provider_type=one[0])
    shown = left(rule(*globs, kinds=ALL), asked) or ()
    assert {path for path in paths if guarded_segments(one[0], path)} <= set(shown)


@given(st.lists(PATHS, unique=True, max_size=6), GLOBS, GLOBS)
def test_what_is_hidden_and_what_is_left_are_the_whole(paths: list[str], some: list[str], others: list[str]) -> None:
    rules = tuple(IgnoreRule(id=str(place), attributes=tuple(globs)) for place, globs in enumerate((some, others)))
    cut = Ignoring(rules).cut(thing(*paths))
    hidden = [path for hit in cut.hits for path in hit.paths]
    assert sorted([*hidden, *cut.left]) == sorted(paths)
    assert cut.whole == (bool(paths) and not cut.left)


def test_the_first_of_several_rules_is_credited() -> None:
    rules = (IgnoreRule(id="a", attributes=("size",)), IgnoreRule(id="b"))
    cut = Ignoring(rules).cut(thing("size", "color"))
    assert [(hit.rule.id, hit.paths) for hit in cut.hits] == [("a", ("size",)), ("b", ("color",))]


def test_a_rule_is_over_once_it_has_expired() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert rule(expires_at=now).is_over(now)
    assert not rule(expires_at=datetime(2026, 1, 2, tzinfo=UTC)).is_over(now)
    assert not rule().is_over(now)


@pytest.mark.parametrize("glob", ["", "a" * 201, "*" * 11, "a\nb", "a\0", "\x1b[31m", "a*\n"])
def test_a_glob_is_bounded(glob: str) -> None:
    assert glob_fault(glob)


@pytest.mark.parametrize("glob", ["*", "a" * 200, "*a" * 10, 'tags["é x"]', "a.b[0]", " "])
def test_any_other_glob_may_be_kept(glob: str) -> None:
    assert glob_fault(glob) == ""
    assert re.search(GLOB, glob)


def test_paths_are_read_name_by_name() -> None:
    assert segments('a[0].bC["d.e"].f') == ("a", "b_c", "d.e", "f")


def test_hostile_globs_take_no_time() -> None:
    hostile = rule("*a*a*a*a*a*a*a*a*a*b", "*" + "a*" * 9)
    assert left(hostile, thing("a" * 100_000)) is None
    assert left(rule("*a*a*a*a*a*a*a*a*a*b"), thing("a" * 100_000)) == ("a" * 100_000,)


def judged(*rules: IgnoreRule, **sides: Json) -> Judged:
    """One security group that differs in what is given, judged under rules."""
    expected: JsonObject = {"id": "sg-1"}
    one = finding(expected, {**expected, **sides}, provider_type="aws_security_group")
    said = Assessment("terraform-plan", "1.9", (one,), complete=True)
    policy = Policy(ignoring=Ignoring(rules), stack="prod")
    return judge(said, account_id="a", stack="s", environment="", masking_key=KEY, policy=policy)


DOOR: Json = [{"from_port": 22, "to_port": 22, "protocol": "tcp", "cidr_blocks": ["0.0.0.0/0"]}]


def test_what_is_hidden_as_a_whole_is_ignored_and_held_open() -> None:
    found = judged(rule("ingress"), ingress=DOOR)
    assert (found.observations, found.ignored, found.noise) == ((), 1, {})
    assert found.assessment.still_pending == {"aws_security_group.one"}
    (hidden,) = found.hidden
    assert (hidden.severity, hidden.paths, hidden.whole) == (Severity.CRITICAL, ("ingress",), True)
    assert "from_port" not in repr(found)


def test_what_is_left_is_judged_by_itself() -> None:
    whole, cut = judged(ingress=DOOR, description="x"), judged(rule("ingress"), ingress=DOOR, description="x")
    assert (whole.observations[0].severity, cut.observations[0].severity) == (Severity.CRITICAL, Severity.LOW)
    assert list(cut.observations[0].difference) == list(cut.observations[0].attribute_digests) == ["description"]
    assert cut.observations[0].difference_digest == judged(description="x").observations[0].difference_digest
    assert (cut.ignored, cut.assessment.still_pending, cut.hidden[0].whole) == (0, frozenset(), False)
