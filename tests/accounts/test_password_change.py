"""Changing one's own password."""

from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError

from accounts.models import OneTimeToken, User
from audit.models import AuditLog
from tests.accounts.mailbox import forget_jobs, mailed_token, work
from tests.accounts.signing import ME, log_in, post
from tests.conftest import PASSWORD, World

CHANGE, NEW = f"{ME}/password", "quite another staple"


def change(world: World, current: str = PASSWORD, new: str = NEW, client: Any = None) -> Any:
    body = {"currentPassword": current, "newPassword": new}
    return (client or world.client(world.viewer)).post(CHANGE, body, format="json")


def fields(answer: Any) -> list[str]:
    return [one["field"] for one in answer.json()["error"]["details"]["errors"]]


def test_the_new_one_works_and_only_this_session_stays(world: World) -> None:
    forget_jobs()
    here, elsewhere = world.client(world.viewer), world.client(world.viewer)
    answer = change(world, client=here)
    assert (answer.status_code, answer.json()["data"]) == (200, None)
    assert here.get(ME).status_code == 200
    assert elsewhere.get(ME).status_code == 401
    assert (log_in(world.viewer.email, NEW).status_code, log_in(world.viewer.email).status_code) == (200, 401)
    entry = AuditLog.objects.get(kind="user.password_changed")
    assert (entry.actor_id, entry.data["how"]) == (world.viewer.pk, "own")
    assert [one.data["because"] for one in AuditLog.objects.filter(kind="session.revoked")] == ["password"]
    work()
    assert [(one.to, one.subject) for one in mail.outbox] == [
        (["carol@acme.example"], "Your DriftSentry password was changed")
    ]


def test_a_wrong_present_one_is_refused_at_its_field_and_journaled(world: World) -> None:
    answer = change(world, current="not it at all")
    assert (answer.status_code, fields(answer)) == (400, ["currentPassword"])
    assert AuditLog.objects.filter(kind="user.password_change_refused", actor_id=world.viewer.pk).count() == 1
    assert log_in(world.viewer.email).status_code == 200


def test_tries_are_counted_with_the_log_ins(world: World, settings: Any) -> None:
    settings.THROTTLE_LOGIN = "1000/minute"
    client = world.client(world.viewer)
    statuses = [change(world, current="not it at all", client=client).status_code for _ in range(12)]
    assert statuses[0] == 400
    assert statuses[-1] == 429
    assert log_in(world.viewer.email).status_code == 429


@pytest.mark.parametrize("new", ["short1!", "password123", "carol@acme.example", "Carol@acme", "x" * 1001, ""])
def test_the_rules_hold(world: World, new: str) -> None:
    answer = change(world, new=new)
    assert (answer.status_code, fields(answer)) == (400, ["newPassword"])
    assert log_in(world.viewer.email).status_code == 200


def test_a_name_is_no_password(world: World) -> None:
    User.objects.filter(pk=world.viewer.pk).update(name="Carolina Wintermute")
    assert fields(change(world, new="carolina wintermute")) == ["newPassword"]


def test_spaces_are_a_part_of_it(world: World) -> None:
    assert change(world, new="  with spaces around  ").status_code == 200
    assert log_in(world.viewer.email, "with spaces around").status_code == 401
    assert log_in(world.viewer.email, "  with spaces around  ").status_code == 200


def test_a_mailed_link_works_no_more_afterwards(world: World) -> None:
    forget_jobs()
    post("/api/v1/auth/password/forgot", {"email": world.viewer.email})
    work()
    token = mailed_token()
    assert change(world).status_code == 200
    answer = post("/api/v1/auth/password/reset", {"token": token, "newPassword": "a third one of mine"})
    assert (answer.status_code, fields(answer)) == (400, ["token"])
    assert OneTimeToken.objects.get().used_at is not None


def test_nothing_else_is_taken(world: World) -> None:
    body = {"currentPassword": PASSWORD, "newPassword": NEW, "userId": str(world.owner.pk)}
    assert fields(world.client(world.viewer).post(CHANGE, body, format="json")) == ["userId"]


def test_createsuperuser_keeps_to_the_rules(transactional_db: None) -> None:
    for weak in ("password", "root@example.org", "x" * 7):
        with pytest.raises(ValidationError):
            User.objects.create_superuser("root@example.org", weak, name="Root")
    assert not User.objects.exists()
