"""Inviting and erasing people in the admin: by the same actions as over the API."""

from typing import Any

import pytest

from accounts.models import User
from audit.models import AuditLog
from tests.accounts.mailbox import forget_jobs, jobs
from tests.admin.conftest import browser

USERS = "/admin/accounts/user/"


@pytest.fixture(autouse=True)
def no_jobs(transactional_db: None) -> None:
    forget_jobs()


def act(world: Any, action: str, user: User) -> str:
    form = {"action": action, "_selected_action": [str(user.pk)]}
    return str(browser(world.owner).post(USERS, form, follow=True).content.decode())


def test_a_new_user_without_a_password_is_invited(world: Any) -> None:
    form = {"email": "dora@acme.example", "name": "Dora", "role": "viewer", "password": ""}
    browser(world.owner).post(f"{USERS}add/", form)
    user = User.objects.get(email="dora@acme.example")
    assert user.status == "invited"
    assert [job["task_name"] for job in jobs()] == ["accounts.tasks.send_invitation"]
    assert "Invitations on their way: 1." in act(world, "invite_again", user)
    assert "has logged in already" in act(world, "invite_again", world.viewer)


def test_an_erased_user_cannot_be_changed(world: Any) -> None:
    assert "Users erased: 1." in act(world, "erase", world.viewer)
    world.viewer.refresh_from_db()
    assert world.viewer.status == "erased"
    assert AuditLog.objects.get(kind="user.erased").actor_id == world.owner.pk
    change = f"{USERS}{world.viewer.pk}/change/"
    answer = browser(world.owner).post(change, {"name": "Back", "role": "admin", "is_active": "on", "password": ""})
    assert answer.status_code == 403
    assert "There is nothing here." in act(world, "erase", world.viewer)


def test_the_last_admin_and_superusers_are_kept(world: Any) -> None:
    assert "last active admin" in act(world, "erase", world.owner)
    User.objects.filter(pk=world.engineer.pk).update(is_superuser=True)
    assert "Only a superuser may change a superuser." in act(world, "erase", world.engineer)
    assert not User.objects.filter(erased_at__isnull=False).exists()
