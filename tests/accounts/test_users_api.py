"""Users, as their account's admins see and change them."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts import actions
from accounts.actions.admins import keep_an_admin
from accounts.models import Session, User
from audit import journal
from audit.models import AuditLog
from driftsentry.api.access import Role
from driftsentry.api.errors import Conflict
from tests.accounts.signing import ME
from tests.conftest import PASSWORD, SYSTEM, World

USERS = "/api/v1/users"


def path(user: User) -> str:
    return f"{USERS}/{user.pk}"


def patch(world: World, user: User, by: User | None = None, **changes: Any) -> Any:
    return world.client(by or world.owner).patch(path(user), changes, format="json")


def second_admin(world: World) -> User:
    names: dict[str, Any] = {"email": "ann@acme.example", "name": "Ann", "role": Role.ADMIN}
    return actions.create_user(world.account, **names, password=PASSWORD, by=SYSTEM)


def errors_of(answer: Any) -> set[str]:
    return {one["field"] for one in answer.json()["error"]["details"]["errors"]}


def test_a_user_as_an_admin_sees_them(world: World) -> None:
    data = world.client(world.owner).get(path(world.viewer)).json()["data"]
    assert {data.pop("createdAt")[-1], data.pop("updatedAt")[-1]} == {"Z"}
    assert data == {
        "id": str(world.viewer.pk),
        "email": "carol@acme.example",
        "name": "Carol",
        "role": "viewer",
        "isActive": True,
        "status": "active",
        "lastLoginAt": None,
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["alice", "bob", "carol"]),
        ({"role": "viewer"}, ["carol"]),
        ({"role": "viewer,engineer"}, ["bob", "carol"]),
        ({"isActive": "true"}, ["alice", "carol"]),
        ({"isActive": "false"}, ["bob"]),
        ({"search": "AROL"}, ["carol"]),
        ({"search": "acme.example"}, ["alice", "bob", "carol"]),
        ({"search": "mallory"}, []),
        ({"limit": "2", "page": "2"}, ["carol"]),
    ],
)
def test_the_list_is_filtered_and_by_e_mail(world: World, query: dict[str, str], names: list[str]) -> None:
    User.objects.filter(pk=world.engineer.pk).update(is_active=False)
    data = world.client(world.owner).get(USERS, query).json()["data"]
    assert [one["email"].partition("@")[0] for one in data["items"]] == names


@pytest.mark.parametrize("query", [{"role": "emperor"}, {"password": "x"}, {"isSuperuser": "true"}, {"isActive": "2"}])
def test_what_is_no_filter_is_refused(world: World, query: dict[str, str]) -> None:
    assert world.client(world.owner).get(USERS, query).status_code == 400


def test_a_name_a_role_and_a_deactivation(world: World) -> None:
    answer = patch(world, world.viewer, name="Caroline", role="engineer", isActive=False)
    data = answer.json()["data"]
    assert (data["name"], data["role"], data["isActive"], data["status"]) == (
        "Caroline",
        "engineer",
        False,
        "deactivated",
    )
    assert patch(world, world.viewer, isActive=True).json()["data"]["status"] == "active"


@pytest.mark.parametrize(("changes", "because"), [({"role": "engineer"}, "role"), ({"isActive": False}, "deactivated")])
def test_a_role_change_and_a_deactivation_end_every_session_at_once(
    world: World, changes: dict[str, Any], because: str
) -> None:
    client = world.client(world.viewer)
    assert client.get(ME).status_code == 200
    assert patch(world, world.viewer, **changes).status_code == 200
    assert client.get(ME).status_code == 401
    assert not Session.objects.live(timezone.now()).filter(user=world.viewer).exists()
    assert {one.data["because"] for one in AuditLog.objects.filter(kind="session.revoked")} == {because}


def test_a_new_name_ends_no_session(world: World) -> None:
    client = world.client(world.viewer)
    patch(world, world.viewer, name="Caroline", role="viewer", isActive=True)
    assert client.get(ME).status_code == 200


@pytest.mark.parametrize(
    "field",
    ["id", "email", "accountId", "account", "isSuperuser", "is_superuser", "isStaff", "status", "password", "erasedAt"],
)
def test_nothing_else_can_be_assigned(world: World, field: str) -> None:
    before = User.objects.values().get(pk=world.viewer.pk)
    answer = patch(world, world.viewer, name="Changed", **dict[str, Any]({field: "x"}))
    assert (answer.status_code, errors_of(answer)) == (400, {field})
    body = {"email": "new@acme.example", "name": "New", "role": "viewer", field: "x"}
    assert world.client(world.owner).post(USERS, body, format="json").status_code == 400
    assert User.objects.values().get(pk=world.viewer.pk) == before


@pytest.mark.parametrize("changes", [{"role": "emperor"}, {"name": " "}, {"isActive": "perhaps"}, {"role": None}])
def test_a_value_that_cannot_be_is_refused(world: World, changes: dict[str, Any]) -> None:
    answer = patch(world, world.viewer, **changes)
    assert (answer.status_code, errors_of(answer)) == (400, set(changes))


def test_an_admin_does_not_demote_or_deactivate_themselves(world: World) -> None:
    second_admin(world)
    for changes in ({"role": "viewer"}, {"isActive": False}):
        assert patch(world, world.owner, **changes).status_code == 409


@pytest.mark.parametrize("changes", [{"role": "engineer"}, {"isActive": False}])
def test_the_last_admin_who_can_log_in_stays(world: World, changes: dict[str, Any]) -> None:
    other = second_admin(world)
    client = world.client(other)
    assert patch(world, world.owner, by=other, **changes).status_code == 200
    assert client.patch(path(other), changes, format="json").status_code == 409
    invited = {"email": "never@acme.example", "name": "Never Came", "role": "admin"}
    assert client.post(USERS, invited, format="json").status_code == 201
    with pytest.raises(Conflict, match="last active admin"):
        actions.erase_user(world.account.pk, other.pk, by=world.actor(other))


def test_the_guard_for_other_ways_refuses_too(world: World) -> None:
    with pytest.raises(Conflict), journal.writing(world.account.pk, by=SYSTEM):
        keep_an_admin(world.account.pk, leaving=world.owner.pk)
    with journal.writing(world.account.pk, by=SYSTEM):
        keep_an_admin(world.account.pk, leaving=world.viewer.pk)


@pytest.mark.parametrize("way", ["demote", "deactivate", "erase"])
def test_two_admins_who_remove_each_other_at_once_leave_one(world: World, way: str) -> None:
    pair = (world.owner, second_admin(world))
    clients, start = [world.client(one) for one in pair], Barrier(2)

    def remove(number: int) -> int:
        victim = pair[1 - number]
        try:
            start.wait(timeout=30)
            if way == "erase":
                return int(clients[number].delete(path(victim)).status_code)
            changes: dict[str, Any] = {"role": "viewer"} if way == "demote" else {"isActive": False}
            return int(clients[number].patch(path(victim), changes, format="json").status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        statuses = sorted(pool.map(remove, range(2)))
    assert statuses[0] in {200, 204}
    assert statuses[1] in {401, 403, 409}
    assert User.objects.filter(account=world.account, role="admin", is_active=True).count() == 1


def test_only_a_superuser_changes_a_superuser(world: World) -> None:
    root = second_admin(world)
    User.objects.filter(pk=root.pk).update(is_superuser=True)
    client = world.client(world.owner)
    for answer in (
        client.patch(path(root), {"name": "Mine"}, format="json"),
        client.patch(path(root), {"isActive": False}, format="json"),
        client.post(f"{path(root)}/invite"),
        client.delete(path(root)),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "FORBIDDEN")
    root.refresh_from_db()
    assert (root.name, root.is_active) == ("Ann", True)
    assert patch(world, world.owner, by=root, name="Alicia").status_code == 200


@pytest.mark.parametrize("email", ["bob@acme.example", "mallory@rival.example", " MALLORY@rival.example"])
def test_a_taken_e_mail_is_refused_in_words_that_do_not_tell_whose_it_is(world: World, email: str) -> None:
    body = {"email": email, "name": "X", "role": "viewer"}
    answer = world.client(world.owner).post(USERS, body, format="json")
    assert (answer.status_code, answer.json()["error"]["message"]) == (
        409,
        "There is already a user with this e-mail.",
    )


def test_engineers_and_viewers_see_no_users(world: World) -> None:
    for user in (world.engineer, world.viewer):
        assert world.client(user).get(USERS).status_code == 403
        assert world.client(user).patch(path(user), {"role": "admin"}, format="json").status_code == 403
