"""Forms of the admin: users, stacks and accounts, all written through the actions."""

from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import actions
from accounts.models import Account, Session, User
from drifts.models import Stack
from driftsentry.api.access import Role
from driftsentry.api.errors import Conflict, NotFound
from tests.admin.conftest import browser, entries

USERS, STACKS, ACCOUNTS = "/admin/accounts/user/", "/admin/drifts/stack/", "/admin/accounts/account/"
NEW_USER = {"email": "Dora@Acme.example", "name": "Dora", "role": "engineer", "password": "a long enough one"}
NEW_STACK = {
    "name": "payments-prod",
    "environment": "production",
    "labels": '{"team": "payments"}',
    "is_enabled": "on",
    "detector_config": "{}",
    "scan_time_limit_seconds": "900",
}


def kinds(account: Account) -> list[str]:
    from audit.models import AuditLog

    told = AuditLog.objects.filter(account=account).exclude(kind="user.admin_logged_in")
    return list(told.order_by("seq").values_list("kind", flat=True))


def change_user(world: Any, user: User, **more: str | None) -> Any:
    data: dict[str, str | None] = {"name": user.name, "role": user.role, "password": ""}
    data["is_active"] = "on" if user.is_active else None
    data.update(more)
    sent = {name: value for name, value in data.items() if value is not None}
    return browser(world.owner).post(f"{USERS}{user.pk}/change/", sent, follow=True)


def test_an_admin_makes_a_user_of_their_account(world: Any) -> None:
    page = browser(world.owner).post(f"{USERS}add/", NEW_USER, follow=True)
    assert page.status_code == 200
    user = User.objects.get(email="dora@acme.example")
    assert (user.account, user.role, user.check_password(NEW_USER["password"])) == (world.account, "engineer", True)
    assert entries(world.account.pk, "user.created")[-1].actor_id == world.owner.pk
    assert NEW_USER["password"] not in page.content.decode()


def test_an_admin_cannot_choose_another_account(world: Any) -> None:
    data = {**NEW_USER, "account": str(world.other_account.pk), "is_superuser": "on"}
    browser(world.owner).post(f"{USERS}add/", data)
    user = User.objects.get(email="dora@acme.example")
    assert (user.account, user.is_superuser) == (world.account, False)


def test_a_superuser_chooses_the_account(world: Any, superuser: Any) -> None:
    browser(superuser).post(f"{USERS}add/", {**NEW_USER, "account": str(world.other_account.pk)})
    assert User.objects.get(email="dora@acme.example").account == world.other_account
    assert kinds(world.other_account)[-1] == "user.created"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("email", "BOB@acme.example"),
        ("email", "nobody"),
        ("password", "short"),
        ("password", "password"),
        ("role", "x"),
    ],
)
def test_a_user_that_cannot_be_is_refused(world: Any, name: str, value: str) -> None:
    before = User.objects.count()
    page = browser(world.owner).post(f"{USERS}add/", {**NEW_USER, name: value})
    assert page.status_code == 200
    assert "errorlist" in page.content.decode()
    assert User.objects.count() == before


def test_a_role_is_changed_and_journaled(world: Any) -> None:
    change_user(world, world.viewer, role="engineer")
    world.viewer.refresh_from_db()
    assert world.viewer.role == "engineer"
    (entry,) = entries(world.account.pk, "user.role_changed")
    assert (entry.data["previousRole"], entry.data["role"]) == ("viewer", "engineer")
    assert entries(world.account.pk, "user.changed")[-1].data["fields"] == ["role"]


def test_saving_without_a_change_writes_nothing(world: Any) -> None:
    before = kinds(world.account)
    change_user(world, world.viewer)
    assert kinds(world.account) == before


def test_a_deactivated_user_is_signed_out_everywhere(world: Any) -> None:
    client = world.client(world.viewer)
    assert client.get("/api/v1/users/me").status_code == 200
    change_user(world, world.viewer, is_active=None)
    assert client.get("/api/v1/users/me").status_code == 401
    assert not Session.objects.live(timezone.now()).filter(user=world.viewer).exists()
    assert entries(world.account.pk, "session.revoked")[-1].data["because"] == "deactivated"


def test_a_new_password_works_and_signs_out(world: Any) -> None:
    client = world.client(world.viewer)
    page = change_user(world, world.viewer, password="another long one")
    assert client.get("/api/v1/users/me").status_code == 401
    body = {"email": world.viewer.email, "password": "another long one"}
    assert APIClient().post("/api/v1/auth/login", body, format="json").status_code == 200
    assert entries(world.account.pk, "user.password_changed")[-1].data["how"] == "admin"
    assert "another long one" not in page.content.decode()
    assert world.viewer.password not in page.content.decode()


def test_a_weak_password_is_refused(world: Any) -> None:
    before = world.viewer.password
    change_user(world, world.viewer, password="12345678")
    world.viewer.refresh_from_db()
    assert world.viewer.password == before


@pytest.mark.parametrize("changes", [{"role": "viewer"}, {"is_active": None}])
def test_an_admin_cannot_shut_themselves_out(world: Any, changes: Any) -> None:
    page = change_user(world, world.owner, **changes)
    assert "You cannot change your own role" in page.content.decode()
    world.owner.refresh_from_db()
    assert (world.owner.role, world.owner.is_active) == ("admin", True)


def test_an_admin_cannot_give_a_superuser_another_password(world: Any) -> None:
    boss = actions.create_user(
        world.account,
        email="boss@acme.example",
        name="Boss",
        role=Role.ADMIN,
        password="x" * 12,
        by=world.actor(world.owner),
    )
    User.objects.filter(pk=boss.pk).update(is_superuser=True)
    client = browser(world.owner)
    assert client.get(f"{USERS}{boss.pk}/change/").status_code == 200
    assert change_user(world, boss, password="another long one").status_code == 403
    boss.refresh_from_db()
    assert boss.check_password("x" * 12)


def test_another_accounts_user_is_out_of_reach(world: Any) -> None:
    change_user(world, world.outsider, role="viewer", password="another long one")
    before = world.outsider.password
    world.outsider.refresh_from_db()
    assert (world.outsider.role, world.outsider.password) == ("admin", before)
    with pytest.raises(NotFound):
        actions.set_password(world.account.pk, world.outsider.pk, password="x" * 12, by=world.actor(world.owner))


def test_only_what_an_admin_may_change_is_changed(world: Any) -> None:
    with pytest.raises(ValueError, match="is_superuser"):
        actions.administer_user(
            world.account.pk, world.viewer.pk, changes={"is_superuser": True}, by=world.actor(world.owner)
        )
    with pytest.raises(Conflict):
        actions.administer_user(
            world.account.pk, world.owner.pk, changes={"role": "viewer"}, by=world.actor(world.owner)
        )


def test_a_stack_is_made_and_changed(world: Any) -> None:
    client = browser(world.owner)
    client.post(f"{STACKS}add/", NEW_STACK)
    stack = Stack.objects.get(name="payments-prod")
    assert (stack.account, stack.environment, stack.labels) == (world.account, "production", {"team": "payments"})
    client.post(f"{STACKS}{stack.pk}/change/", {**NEW_STACK, "owner": "Team Payments"})
    stack.refresh_from_db()
    assert stack.owner == "Team Payments"
    assert kinds(world.account)[-2:] == ["stack.created", "stack.changed"]
    assert entries(world.account.pk, "stack.changed")[0].data["changes"] == {"owner": ["", "Team Payments"]}


def test_a_superuser_makes_a_stack_for_another_account(world: Any, superuser: Any) -> None:
    browser(superuser).post(f"{STACKS}add/", {**NEW_STACK, "account": str(world.other_account.pk)})
    assert Stack.objects.get(name="payments-prod").account == world.other_account


def test_a_second_stack_of_the_name_is_refused(world: Any) -> None:
    client = browser(world.owner)
    client.post(f"{STACKS}add/", NEW_STACK)
    page = client.post(f"{STACKS}add/", NEW_STACK, follow=True)
    assert "There is already a stack of this name." in page.content.decode()
    assert Stack.objects.count() == 1


@pytest.mark.parametrize("labels", ["[1]", '{"a": 1}', "{"])
def test_labels_are_names_and_texts(world: Any, labels: str) -> None:
    page = browser(world.owner).post(f"{STACKS}add/", {**NEW_STACK, "labels": labels})
    assert "errorlist" in page.content.decode()
    assert not Stack.objects.exists()


def test_a_superuser_makes_an_account(world: Any, superuser: Any) -> None:
    browser(superuser).post(f"{ACCOUNTS}add/", {"name": "newcomer"})
    assert kinds(Account.objects.get(name="newcomer")) == ["account.created"]


def test_other_admins_make_no_accounts(world: Any) -> None:
    assert browser(world.owner).post(f"{ACCOUNTS}add/", {"name": "newcomer"}).status_code == 403
    assert not Account.objects.filter(name="newcomer").exists()


def test_accounts_to_choose_from_are_for_superusers(world: Any) -> None:
    query = {"app_label": "accounts", "model_name": "user", "field_name": "account", "term": "rival"}
    found = browser(world.owner).get("/admin/autocomplete/", query)
    assert found.status_code == 403 or found.json()["results"] == []
