"""A new password by e-mail: for whoever has one, once, within the hour, and nobody learns who that is."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import actions
from accounts.models import OneTimeToken, User
from audit.models import AuditLog
from tests.accounts.mailbox import forget_jobs, jobs, mailed_token, work
from tests.accounts.signing import ME, log_in, post
from tests.conftest import World

FORGOT, RESET = "/api/v1/auth/password/forgot", "/api/v1/auth/password/reset"
NEW, MANY = "quite another staple", 20


@pytest.fixture(autouse=True)
def no_jobs(transactional_db: None) -> None:
    forget_jobs()


def forgot(email: str, **headers: str) -> Any:
    return post(FORGOT, {"email": email}, **headers)


def reset(token: str, new: str = NEW) -> Any:
    return post(RESET, {"token": token, "newPassword": new})


def asked(world: World) -> str:
    """The token that the viewer has been mailed."""
    assert forgot(world.viewer.email).status_code == 202
    work()
    return mailed_token()


def refused(answer: Any) -> bool:
    fields = [one["field"] for one in answer.json()["error"]["details"]["errors"]]
    return (answer.status_code, fields) == (400, ["token"])


def test_the_link_sets_a_password_and_signs_out_everywhere(world: World) -> None:
    client, token = world.client(world.viewer), asked(world)
    answer = reset(token)
    assert (answer.status_code, answer.json()["data"]) == (200, None)
    assert client.get(ME).status_code == 401
    assert (log_in(world.viewer.email, NEW).status_code, log_in(world.viewer.email).status_code) == (200, 401)
    entry = AuditLog.objects.get(kind="user.password_changed")
    assert (entry.actor_id, entry.data["how"]) == (world.viewer.pk, "reset")
    mail.outbox.clear()
    work()
    assert [one.subject for one in mail.outbox] == ["Your DriftSentry password was changed"]


def test_the_request_is_journaled_with_where_it_came_from(world: World) -> None:
    forgot("CAROL@acme.example ", **{"User-Agent": "Firefox"})
    work()
    entry = AuditLog.objects.get(kind="user.password_reset_requested")
    assert entry.personal is not None
    assert (entry.actor_id, entry.personal["userAgent"], entry.personal["address"]) == (
        world.viewer.pk,
        "Firefox",
        "127.0.0.1",
    )


def test_the_token_is_nowhere_but_in_the_mail(world: World) -> None:
    token = asked(world)
    row = OneTimeToken.objects.get()
    assert bytes(row.digest) == hashlib.sha256(token.encode()).digest()
    assert token not in json.dumps(jobs())
    assert world.viewer.email not in json.dumps(jobs())
    assert token not in str([entry.data for entry in AuditLog.objects.all()])


def nobody(world: World, kind: str) -> str:
    if kind == "unknown":
        return "nobody@acme.example"
    if kind == "deactivated":
        actions.administer_user(
            world.account.pk, world.viewer.pk, changes={"is_active": False}, by=world.actor(world.owner)
        )
    if kind == "without a password":
        world.viewer.set_unusable_password()
        world.viewer.save()
    return world.viewer.email


@pytest.mark.parametrize("kind", ["known", "unknown", "deactivated", "without a password"])
def test_the_answer_and_the_work_are_the_same_for_everybody(world: World, kind: str) -> None:
    email = nobody(world, kind)
    with CaptureQueriesContext(connection) as queries:
        answer = forgot(email)
    assert (answer.status_code, answer.json()["data"]) == (202, None)
    statements = [query["sql"].split()[0] for query in queries if "procrastinate" in query["sql"]]
    assert len(statements) == 1
    (job,) = (one for one in jobs() if one["task_name"] == "accounts.tasks.take_reset_request")
    assert set(job["args"]) == {"account_id", "user_id", "origin"}
    work()
    assert len(mail.outbox) == (1 if kind == "known" else 0)
    assert AuditLog.objects.filter(kind="user.password_reset_requested").count() == (1 if kind == "known" else 0)


def test_the_number_of_statements_does_not_tell(world: World) -> None:
    counts = set()
    for email in (world.viewer.email, "nobody@acme.example", world.viewer.email, "no-one@acme.example"):
        with CaptureQueriesContext(connection) as queries:
            forgot(email)
        counts.add(len(queries))
    assert len(counts) == 1


def test_of_twenty_tries_at_once_one_succeeds(world: World) -> None:
    token, start = asked(world), Barrier(MANY)

    def try_it(number: int) -> int:
        try:
            start.wait(timeout=60)
            return int(reset(token, f"{NEW} {number}").status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(MANY) as pool:
        statuses = list(pool.map(try_it, range(MANY)))
    assert sorted(statuses) == [200] + [400] * (MANY - 1)
    assert log_in(world.viewer.email, f"{NEW} {statuses.index(200)}").status_code == 200
    assert AuditLog.objects.filter(kind="user.password_changed").count() == 1


def test_it_works_once(world: World) -> None:
    token = asked(world)
    assert reset(token).status_code == 200
    assert refused(reset(token, "a third one of mine"))
    assert log_in(world.viewer.email, NEW).status_code == 200


def test_it_works_for_an_hour(world: World) -> None:
    token = asked(world)
    assert OneTimeToken.objects.get().expires_at - timezone.now() <= timedelta(hours=1)
    OneTimeToken.objects.update(expires_at=timezone.now())
    assert refused(reset(token))


def test_a_newer_link_voids_the_older_one(world: World) -> None:
    first = asked(world)
    second = asked(world)
    assert refused(reset(first))
    assert reset(second).status_code == 200


@pytest.mark.parametrize("way", ["deactivation", "deactivation and back", "erasure", "another password"])
def test_it_is_void_after(world: World, way: str) -> None:
    token, by = asked(world), world.actor(world.owner)
    account_id, user_id = world.account.pk, world.viewer.pk
    if way == "erasure":
        actions.erase_user(account_id, user_id, by=by)
    elif way == "another password":
        actions.set_password(account_id, user_id, password="given by an admin", by=by)
    else:
        actions.administer_user(account_id, user_id, changes={"is_active": False}, by=by)
    if way == "deactivation and back":
        actions.administer_user(account_id, user_id, changes={"is_active": True}, by=by)
    assert refused(reset(token))


@pytest.mark.parametrize("new", ["short", "password123", "carol@acme.example"])
def test_a_weak_password_is_refused_and_the_link_still_works(world: World, new: str) -> None:
    token = asked(world)
    answer = reset(token, new)
    assert answer.json()["error"]["details"]["errors"][0]["field"] == "newPassword"
    assert reset(token).status_code == 200


@pytest.mark.parametrize("token", ["x", "é", "a" * 200, "' OR 1=1 --"])
def test_a_token_that_nobody_made_is_refused_in_the_same_words(world: World, token: str) -> None:
    assert refused(reset(token))


def test_a_token_of_single_sign_on_sets_no_password(world: World) -> None:
    OneTimeToken.objects.create(
        account=world.account,
        user=world.viewer,
        purpose=OneTimeToken.Purposes.SSO,
        digest=hashlib.sha256(b"sso-token").digest(),
        expires_at=timezone.now() + timedelta(minutes=5),
    )
    assert refused(reset("sso-token"))
    assert User.objects.get(pk=world.viewer.pk).password == world.viewer.password


def test_a_job_about_nobody_ends_well(world: World) -> None:
    forgot("nobody@acme.example")
    work()
    assert [job["status"] for job in jobs("accounts.tasks.take_reset_request")] == ["succeeded"]


def test_the_page_keeps_the_token_out_of_every_request(world: World) -> None:
    page = Client().get("/password/")
    text = page.content.decode()
    assert page.status_code == 200
    assert "<script>" not in text
    assert " style=" not in text
    assert "onclick" not in text
    assert page["Referrer-Policy"] in {"same-origin", "no-referrer"}
    forgot(world.viewer.email)
    work()
    assert "/password/#" in str(mail.outbox[-1].body)
