"""What a change's fact tells: the old and the new of what changed, never a whole row, never a secret."""

import re
from dataclasses import fields
from typing import Any, get_type_hints

import pytest

from accounts.actions.users import administer_user
from audit.facts import REGISTRY
from audit.models import AuditLog
from drifts.actions.detection_settings import change_detection_settings
from drifts.actions.severity_rules import change_severity_rule, create_severity_rule
from drifts.actions.stacks import change_stack, create_stack
from driftsentry.api.casing import camel
from tests.conftest import World

DIFFS = {"id", "text", "name", "severity", "changes"}
"""`changes` maps each changed field to its old and its new value; the others say what it is about."""
NAMES_ONLY = {
    "user.changed": "fields",  # their values name people
    "api_key.changed": "fields",  # its name is a person's words
}
OTHERWISE = {
    "user.role_changed": {"id", "text", "previous_role", "role"},
    "user.password_changed": {"id", "text", "how"},
    "stack.hook_changed": {"id", "text", "name", "changed", "changes"},  # of an address its host, no secret
}
SECRET = re.compile(r"secret|passw|token|seed|credential|private|salt")
CHANGED = sorted(kind for kind, _ in REGISTRY if kind.endswith("changed"))


def names_of(kind: str) -> set[str]:
    return {field.name for (known, _), fact in REGISTRY.items() if known == kind for field in fields(fact)}


@pytest.mark.parametrize("kind", CHANGED)
def test_a_change_tells_old_and_new_by_field_or_names_only_or_what_is_listed_here(kind: str) -> None:
    names = names_of(kind)
    if kind in OTHERWISE:
        assert names == OTHERWISE[kind]
    elif kind in NAMES_ONLY:
        assert names <= {"id", "text", "name", NAMES_ONLY[kind]}
        assert get_type_hints(REGISTRY[kind, 1])[NAMES_ONLY[kind]] == tuple[str, ...]
    else:
        assert names <= DIFFS
        assert get_type_hints(REGISTRY[kind, 1])["changes"] == dict[str, list[object]]


def test_no_fact_has_a_place_for_a_secret() -> None:
    named = {(kind, field.name) for (kind, _), fact in REGISTRY.items() for field in fields(fact)}
    assert [(kind, name) for kind, name in sorted(named) if SECRET.search(name)] == []


def test_no_fact_holds_a_whole_state() -> None:
    states = {"expected_state", "actual_state", "difference", "config", "body", "output"}
    assert [kind for (kind, _), fact in REGISTRY.items() if states & {field.name for field in fields(fact)}] == []


def told(world: World, kind: str) -> dict[str, Any]:
    data: dict[str, Any] = AuditLog.objects.filter(account_id=world.account.pk, kind=kind).latest("seq").data
    return data


def test_a_changed_stack_tells_what_changed_and_what_did_not_is_no_entry(world: World) -> None:
    by = world.actor(world.owner)
    stack = create_stack(world.account.pk, values={"name": "network", "owner": "platform"}, by=by)
    change_stack(world.account.pk, stack.pk, values={"owner": "core", "labels": {}}, by=by)
    assert told(world, "stack.changed")["changes"] == {"owner": ["platform", "core"]}
    before = AuditLog.objects.count()
    change_stack(world.account.pk, stack.pk, values={"owner": "core"}, by=by)
    assert AuditLog.objects.count() == before


def test_a_changed_rule_and_setting_tell_what_changed(world: World) -> None:
    by = world.actor(world.owner)
    values = {"name": "x", "severity": "low", "because": "x.", "types": ["none"]}
    rule = create_severity_rule(world.account.pk, values=values, by=by)
    change_severity_rule(world.account.pk, rule.pk, values={"severity": "high", "because": "x."}, by=by)
    assert told(world, "severity_rule.changed")["changes"] == {"severity": ["low", "high"]}
    change_detection_settings(world.account.pk, values={"flap_window_days": 8}, by=by)
    ((field, (old, new)),) = told(world, "detection_settings.changed")["changes"].items()
    assert (camel(field), new) == ("flapWindowDays", 8)
    assert old != new


def test_a_changed_user_is_told_by_the_names_of_the_fields(world: World) -> None:
    administer_user(world.account.pk, world.viewer.pk, changes={"name": "Carola"}, by=world.actor(world.owner))
    assert told(world, "user.changed")["fields"] == ["name"]
    assert "Carola" not in str(told(world, "user.changed"))
