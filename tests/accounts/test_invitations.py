"""Invitations: from the admin's request to the first log-in, over the worker and a mail."""

from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test import override_settings
from procrastinate.contrib.django import app

from accounts.actions.mailing import SEND_INVITATION, SEND_PASSWORD_CHANGED, SEND_PASSWORD_RESET, TAKE_RESET_REQUEST
from accounts.models import OneTimeToken, User
from audit.models import AuditLog
from tests.accounts.mailbox import forget_jobs, jobs, mailed_token, work
from tests.accounts.signing import log_in, post
from tests.accounts.smtp_server import Answers, smtp_server
from tests.conftest import World

USERS, RESET = "/api/v1/users", "/api/v1/auth/password/reset"
BODY = {"email": "Dora@Acme.example", "name": "Dora", "role": "engineer"}
PASSWORD = "quite another staple"


@pytest.fixture(autouse=True)
def no_jobs(transactional_db: None) -> None:
    forget_jobs()


def invite(world: World, **more: object) -> Any:
    return world.client(world.owner).post(USERS, {**BODY, **more}, format="json")


def accept(token: str) -> Any:
    return post(RESET, {"token": token, "newPassword": PASSWORD})


def test_from_the_invitation_to_the_first_log_in(world: World) -> None:
    made = invite(world)
    assert made.status_code == 201
    data = made.json()["data"]
    assert (data["email"], data["status"], data["role"]) == ("dora@acme.example", "invited", "engineer")
    assert mail.outbox == []
    work()
    (message,) = mail.outbox
    assert message.to == ["dora@acme.example"]
    assert "Alice invites you to the DriftSentry of acme" in str(message.body)
    assert f"{settings.PUBLIC_URL}/password/#" in str(message.body)
    assert accept(mailed_token()).status_code == 200
    signed_in = log_in("dora@acme.example", PASSWORD)
    assert signed_in.json()["data"]["user"]["role"] == "engineer"
    shown = world.client(world.owner).get(f"{USERS}/{data['id']}").json()["data"]
    assert shown["status"] == "active"
    kinds = AuditLog.objects.filter(account_id=world.account.pk, data__id=data["id"]).order_by("seq")
    assert [one.kind for one in kinds] == ["user.created", "user.invited", "user.password_changed", "user.logged_in"]


def test_nobody_logs_in_before_they_have_set_a_password(world: World) -> None:
    invite(world)
    for password in ("", "!", PASSWORD):
        assert log_in("dora@acme.example", password or " ").status_code == 401


def test_an_invitation_that_is_refused_sends_nothing(world: World) -> None:
    assert invite(world, email="bob@acme.example").status_code == 409
    assert invite(world, email="no e-mail").status_code == 400
    assert jobs() == []


def test_the_same_request_again_invites_once(world: World) -> None:
    client = world.client(world.owner)
    answers = [client.post(USERS, BODY, format="json", HTTP_IDEMPOTENCY_KEY="once") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["data"] == answers[1].json()["data"]
    assert len(jobs()) == 1


def test_another_invitation_voids_the_first(world: World) -> None:
    ident = invite(world).json()["data"]["id"]
    work()
    first = mailed_token()
    answer = world.client(world.owner).post(f"{USERS}/{ident}/invite")
    assert (answer.status_code, answer.json()["data"]["status"]) == (202, "invited")
    work()
    assert accept(first).status_code == 400
    assert accept(mailed_token()).status_code == 200
    assert AuditLog.objects.filter(kind="user.invited").count() == 2


def test_who_has_come_or_is_deactivated_is_not_invited_again(world: World) -> None:
    client = world.client(world.owner)
    assert client.post(f"{USERS}/{world.viewer.pk}/invite").status_code == 409
    ident = invite(world).json()["data"]["id"]
    client.patch(f"{USERS}/{ident}", {"isActive": False}, format="json")
    assert client.post(f"{USERS}/{ident}/invite").status_code == 409


def test_an_invitation_of_somebody_deactivated_meanwhile_is_not_sent(world: World) -> None:
    ident = invite(world).json()["data"]["id"]
    world.client(world.owner).patch(f"{USERS}/{ident}", {"isActive": False}, format="json")
    work()
    assert mail.outbox == []
    assert not OneTimeToken.objects.exists()


def test_a_name_does_not_write_the_mail(world: World) -> None:
    User.objects.filter(pk=world.owner.pk).update(name="Eve\n\nYour account is locked: http://evil.example\n")
    invite(world, name="<b>Dora</b>")
    work()
    body = str(mail.outbox[0].body)
    assert "\nYour account is locked" not in body
    assert "Hello <b>Dora</b>," in body


def test_every_job_that_an_action_names_is_there() -> None:

    names = {SEND_INVITATION, TAKE_RESET_REQUEST, SEND_PASSWORD_RESET, SEND_PASSWORD_CHANGED}
    assert names <= set(app.tasks)


def test_where_no_mail_can_be_sent_the_log_says_so(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with override_settings(MAIL_CAN_BE_SENT=False):
        assert invite(world).status_code == 201
        work()
    assert mail.outbox == []
    assert "EMAIL_URL is not set" in caplog.text
    assert not OneTimeToken.objects.exists()


def over_smtp(port: int) -> override_settings:
    backend = "django.core.mail.backends.smtp.EmailBackend"
    return override_settings(EMAIL_BACKEND=backend, EMAIL_HOST="127.0.0.1", EMAIL_PORT=port)


def test_over_a_real_mail_server(world: World) -> None:
    with smtp_server(Answers()) as server, over_smtp(server.port):
        invite(world)
        work()
    (message,) = server.mails
    assert "To: dora@acme.example" in message
    assert "Auto-Submitted: auto-generated" in message
    assert "text/plain" in message
    assert "text/html" not in message


def test_a_mail_server_that_is_busy_is_asked_again_later_with_a_new_link(world: World) -> None:
    with smtp_server(Answers(rcpt="450 try again later")) as server, over_smtp(server.port):
        invite(world)
        work()
    assert server.mails == []
    (job,) = jobs(SEND_INVITATION)
    assert (job["status"], job["attempts"]) == ("todo", 1)
    first = OneTimeToken.objects.get()
    due_now()
    with smtp_server(Answers()) as server, over_smtp(server.port):
        work()
    assert len(server.mails) == 1
    first.refresh_from_db()
    assert first.used_at is not None
    assert OneTimeToken.objects.filter(used_at=None).count() == 1
    assert jobs(SEND_INVITATION)[0]["status"] == "succeeded"


def test_a_mail_server_that_refuses_the_address_is_asked_once(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with smtp_server(Answers(rcpt="550 no such user dora@acme.example")) as server, over_smtp(server.port):
        invite(world)
        work()
    assert jobs(SEND_INVITATION)[0]["status"] == "succeeded"
    logged = caplog.text
    assert "mail_refused" in logged
    assert "dora@acme.example" not in logged


def test_no_mail_server_at_all_is_a_reason_to_try_again_and_names_nobody(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with smtp_server(Answers()) as server:
        port = server.port
    with over_smtp(port):
        invite(world)
        work()
    assert jobs(SEND_INVITATION)[0]["status"] == "todo"
    logged = caplog.text
    assert "did not take the mail" in logged
    assert "dora@acme.example" not in logged


def due_now() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")
