"""The user's own profile and settings."""

from typing import Any

import pytest

from accounts import actions
from accounts.models import User
from audit.models import AuditLog
from tests.accounts.signing import ME
from tests.conftest import World

SETTINGS = f"{ME}/settings"


def test_my_profile(world: World) -> None:
    data = world.client(world.engineer).get(ME).json()["data"]
    assert data.pop("createdAt").endswith("Z")
    assert data.pop("updatedAt").endswith("Z")
    assert data == {
        "id": str(world.engineer.pk),
        "email": "bob@acme.example",
        "name": "Bob",
        "role": "engineer",
        "accountId": str(world.account.pk),
        "settings": {"emailNotifications": True, "slackIntegration": False, "criticalAlertsOnly": False},
    }


def test_my_name_can_be_changed_and_the_journal_says_that_not_to_what(world: World) -> None:
    answer = world.client(world.engineer).patch(ME, {"name": "Robert"}, format="json")
    assert answer.json()["data"]["name"] == "Robert"
    assert User.objects.get(pk=world.engineer.pk).name == "Robert"
    entry = AuditLog.objects.get(kind="user.changed")
    assert entry.data == {"id": str(world.engineer.pk), "fields": ["name"]}
    assert "Robert" not in str(entry.personal)


def test_a_change_to_the_same_is_no_change(world: World) -> None:
    assert world.client(world.engineer).patch(ME, {"name": "Bob"}, format="json").status_code == 200
    assert world.client(world.engineer).patch(ME, {}, format="json").status_code == 200
    assert not AuditLog.objects.filter(kind="user.changed").exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "x"),
        ("email", "x@y.example"),
        ("role", "admin"),
        ("accountId", "x"),
        ("createdAt", "2020-01-01T00:00:00Z"),
    ],
)
def test_what_is_not_mine_to_change_stays(world: World, field: str, value: str) -> None:
    before = User.objects.values().get(pk=world.viewer.pk)
    world.client(world.viewer).patch(ME, {field: value}, format="json")
    after = User.objects.values().get(pk=world.viewer.pk)
    assert after | {"last_login": None} == before | {"last_login": None}


def test_other_settings_are_refused_here_and_the_same_may_be_sent_back(world: World) -> None:
    client = world.client(world.engineer)
    mine = client.get(ME).json()["data"]
    assert client.patch(ME, {"name": "Rob", "settings": mine["settings"]}, format="json").status_code == 200
    others: list[Any] = [{"emailNotifications": False}, None, "x", []]
    for other in others:
        answer = client.patch(ME, {"name": "Robert", "settings": other}, format="json")
        assert answer.status_code == 400
        assert [one["field"] for one in answer.json()["error"]["details"]["errors"]] == ["settings"]
    user = User.objects.get(pk=world.engineer.pk)
    assert (user.name, user.email_notifications) == ("Rob", True)


@pytest.mark.parametrize("field", ["isSuperuser", "is_superuser", "password", "isActive", "nmae"])
def test_an_unknown_field_is_refused_by_name(world: World, field: str) -> None:
    answer = world.client(world.viewer).patch(ME, {field: "x"}, format="json")
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["error"]["details"]["errors"]] == [field]


@pytest.mark.parametrize("name", ["", "   ", None, "x" * 201, {"a": 1}, ["Bob"]])
def test_a_name_that_cannot_be_one_is_refused(world: World, name: object) -> None:
    answer = world.client(world.viewer).patch(ME, {"name": name}, format="json")
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["errors"][0]["field"] == "name"


def test_my_settings_can_be_changed(world: World) -> None:
    client = world.client(world.viewer)
    wanted = {"emailNotifications": False, "slackIntegration": True, "criticalAlertsOnly": True}
    answer = client.put(SETTINGS, wanted, format="json")
    assert (answer.status_code, answer.json()["data"]) == (200, wanted)
    assert client.get(ME).json()["data"]["settings"] == wanted
    entry = AuditLog.objects.get(kind="user.changed")
    assert entry.data["fields"] == ["critical_alerts_only", "email_notifications", "slack_integration"]


def test_settings_are_put_whole(world: World) -> None:
    answer = world.client(world.viewer).put(SETTINGS, {"emailNotifications": False}, format="json")
    assert answer.status_code == 400
    fields = {error["field"] for error in answer.json()["error"]["details"]["errors"]}
    assert fields == {"slackIntegration", "criticalAlertsOnly"}


@pytest.mark.parametrize("value", ["perhaps", 2, None, [], {}])
def test_a_setting_is_yes_or_no(world: World, value: object) -> None:
    body = {"emailNotifications": value, "slackIntegration": True, "criticalAlertsOnly": True}
    answer = world.client(world.viewer).put(SETTINGS, body, format="json")
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["errors"][0]["field"] == "emailNotifications"


def test_the_action_refuses_fields_that_it_was_not_made_for(world: World) -> None:
    with pytest.raises(ValueError, match="is_superuser"):
        actions.change_profile(world.viewer, changes={"is_superuser": True}, by=world.actor(world.viewer))
