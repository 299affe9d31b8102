"""Forgetting a person: afterwards nothing anywhere says who they were, and the journal still verifies."""

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.core.management import call_command
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from accounts import actions
from accounts.models import ApiKey, OneTimeToken, Session, User
from audit.actors import Actor
from audit.models import AuditLog
from audit.verification import verify
from driftsentry.api.access import Role
from driftsentry.api.errors import Unauthenticated
from tests.accounts.mailbox import forget_jobs, jobs
from tests.accounts.signing import LOGIN, ME, log_in, post
from tests.conftest import PASSWORD, SYSTEM, World
from tests.drifts.reported import report

EMAIL, NAME = "bob@acme.example", "Bobadilla Quixote"
ADDRESS, AGENT = "203.0.113.77", "BobBrowser/7.7"
APPROVAL, REJECTION, NOTE = "I, Bobadilla, approve this.", "I, Bobadilla, reject this.", "Ask me, Bobadilla, at home."
TRACES = (EMAIL, NAME, "Bobadilla", ADDRESS, AGENT, APPROVAL, REJECTION, NOTE)


@pytest.fixture
def lived(world: World) -> World:
    """The engineer has done everything that leaves a trace."""
    forget_jobs()
    with override_settings(TRUSTED_PROXIES=()):
        _live(world)
    return world


def _live(world: World) -> None:
    invited = {"email": "new@acme.example", "name": "Someone", "role": "viewer"}
    client = world.client(world.owner)
    assert client.post("/api/v1/users", invited, format="json").status_code == 201
    User.objects.filter(pk=world.engineer.pk).update(name=NAME)
    headers = {"REMOTE_ADDR": ADDRESS, "HTTP_USER_AGENT": AGENT}
    client.defaults.update(headers)
    token = client.post(LOGIN, {"email": EMAIL, "password": PASSWORD}, format="json").json()["data"]["accessToken"]
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    first, second = report(world.owner, "i-1"), report(world.owner, "i-2")
    for path, body in (
        (f"drifts/{first.pk}/comments", {"text": NOTE}),
        (f"drifts/{first.pk}/approve", {"reason": APPROVAL}),
        (f"drifts/{second.pk}/reject", {"reason": REJECTION}),
    ):
        assert client.post(f"/api/v1/{path}", body, format="json", HTTP_IDEMPOTENCY_KEY=path).status_code in {200, 201}
    assert client.post("/api/v1/auth/password/forgot", {"email": EMAIL}, format="json").status_code == 202
    known_as = {"email": EMAIL, "name": NAME}
    SocialAccount.objects.create(user=world.engineer, provider="oidc", uid="bobadilla-7", extra_data=known_as)
    ApiKey.objects.create(
        account=world.account,
        user=world.engineer,
        name="Bobadilla's",
        prefix="dsk_bob",
        last4="1234",
        digest=b"x" * 32,
        scopes=["read"],
    )


def cells() -> Iterator[tuple[str, str, str]]:
    """Every value of every column of every table, as text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name IN"
            " (SELECT table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE')"
        )
        for table, column, kind in cursor.fetchall():
            value = f"encode(\"{column}\", 'escape')" if kind == "bytea" else f'"{column}"::text'
            cursor.execute(f'SELECT {value} FROM "{table}" WHERE "{column}" IS NOT NULL')  # noqa: S608 - our own tables
            for (text,) in cursor.fetchall():
                yield table, column, text


def places(*needles: str) -> dict[str, set[str]]:
    """Where each text stands."""
    found: dict[str, set[str]] = {needle: set() for needle in needles}
    for table, column, text in cells():
        for needle in needles:
            if needle.lower() in text.lower():
                found[needle].add(f"{table}.{column}")
    return {needle: where for needle, where in found.items() if where}


def test_before_an_erasure_the_walk_finds_all_that_it_looks_for(lived: World) -> None:
    assert set(places(*TRACES)) == set(TRACES)


@pytest.mark.parametrize("who", ["themselves", "an admin"])
def test_afterwards_nothing_of_a_person_is_in_any_column_of_any_table(lived: World, who: str) -> None:
    if who == "themselves":
        client = lived.client(lived.engineer)
        client.defaults.update({"REMOTE_ADDR": ADDRESS, "HTTP_USER_AGENT": AGENT})
        assert client.delete(ME).status_code == 204
    else:
        assert lived.client(lived.owner).delete(f"/api/v1/users/{lived.engineer.pk}").status_code == 204
    assert places(*TRACES) == {}


def test_the_chain_verifies_and_the_command_says_so(lived: World) -> None:
    written = AuditLog.objects.filter(actor_id=lived.engineer.pk).count()
    actions.erase_user(lived.account.pk, lived.engineer.pk, by=lived.actor(lived.owner))
    verdict = verify(lived.account.pk)
    assert (verdict.valid, verdict.erased) == (True, written)
    out = StringIO()
    call_command("audit_verify", stdout=out)
    assert f"{written} erased" in out.getvalue()


def test_the_row_stays_under_its_id_alone(lived: World) -> None:
    actions.erase_user(lived.account.pk, lived.engineer.pk, by=lived.actor(lived.owner))
    user = User.objects.get(pk=lived.engineer.pk)
    assert (user.email, user.name) == (f"erased-{user.pk}@erased.invalid", "Erased user")
    assert (user.is_active, user.has_usable_password(), user.last_login) == (False, False, None)
    assert user.erased_at is not None
    assert user.status == "erased"
    assert not Session.objects.live(timezone.now()).filter(user=user).exists()
    assert not OneTimeToken.objects.filter(user=user).exists()
    assert ApiKey.objects.get(user=user).revoked_at is not None


def test_erasing_oneself_is_journaled_without_personal_data(lived: World) -> None:
    assert lived.client(lived.engineer).delete(ME).status_code == 204
    entry = AuditLog.objects.get(kind="user.erased")
    assert (entry.actor_id, entry.data) == (lived.engineer.pk, {"id": str(lived.engineer.pk)})
    assert (entry.personal, entry.salt) == (None, None)
    ended = AuditLog.objects.filter(kind="session.revoked", actor_id=lived.engineer.pk)
    assert {one.data["because"] for one in ended} == {"erased"}


def test_an_admins_erasure_names_the_admin(lived: World) -> None:
    lived.client(lived.owner).delete(f"/api/v1/users/{lived.engineer.pk}")
    entry = AuditLog.objects.get(kind="user.erased")
    assert entry.actor_id == lived.owner.pk
    assert entry.personal is not None
    assert entry.personal["actorEmail"] == lived.owner.email


def test_their_session_ends_at_once_and_they_log_in_no_more(world: World) -> None:
    client = world.client(world.viewer)
    assert client.delete(ME).status_code == 204
    assert client.get(ME).status_code == 401
    assert log_in("carol@acme.example").status_code == 401


def test_what_they_did_is_shown_as_erased(lived: World) -> None:
    approved = AuditLog.objects.get(kind="drift.approved")
    actions.erase_user(lived.account.pk, lived.engineer.pk, by=lived.actor(lived.owner))
    client = lived.client(lived.owner)
    timeline = client.get(f"/api/v1/drifts/{approved.drift_id}/timeline").json()["data"]
    shown = [step for step in timeline if step["action"] in {"drift.approved", "drift.commented"}]
    assert {step["actorEmail"] for step in shown} == {"(erased)"}
    listed = client.get("/api/v1/audit-logs", {"actorId": str(lived.engineer.pk)}).json()["data"]["items"]
    assert {entry["actorEmail"] for entry in listed} == {entry["address"] for entry in listed} == {"(erased)"}
    drift = client.get(f"/api/v1/drifts/{approved.drift_id}").json()["data"]
    assert (drift["status"], drift["approvalReason"]) == ("approved", "")
    assert drift["approvedBy"] == str(lived.engineer.pk)


def test_a_warning_of_theirs_names_no_address_afterwards(lived: World) -> None:
    stolen = lived.sign_in(lived.engineer)
    actions.refresh_session(stolen.refresh, by=Actor(None, "", "system", ADDRESS, AGENT))
    Session.objects.update(taken_up_at=timezone.now())
    with pytest.raises(Unauthenticated):
        actions.refresh_session(stolen.refresh, by=Actor(None, "", "system", ADDRESS, AGENT))
    assert "alerts_alert.message" in places(ADDRESS)[ADDRESS]
    actions.erase_user(lived.account.pk, lived.engineer.pk, by=lived.actor(lived.owner))
    assert places(*TRACES) == {}


def test_others_keep_theirs(lived: World) -> None:
    before = places("alice@acme.example")
    actions.erase_user(lived.account.pk, lived.engineer.pk, by=lived.actor(lived.owner))
    assert places("alice@acme.example") == before


def test_an_erased_user_is_nobody_to_the_api(world: World) -> None:
    client, path = world.client(world.owner), f"/api/v1/users/{world.viewer.pk}"
    assert client.delete(path).status_code == 204
    assert client.delete(path).status_code == 404
    assert client.get(path).status_code == 404
    assert client.patch(path, {"isActive": True}, format="json").status_code == 404
    assert client.post(f"{path}/invite").status_code == 404
    items = client.get("/api/v1/users").json()["data"]["items"]
    assert str(world.viewer.pk) not in {one["id"] for one in items}


def test_the_same_e_mail_may_be_invited_anew_as_somebody_else(world: World) -> None:
    client = world.client(world.owner)
    client.delete(f"/api/v1/users/{world.viewer.pk}")
    body = {"email": "carol@acme.example", "name": "Carol", "role": "viewer"}
    answer = client.post("/api/v1/users", body, format="json")
    assert answer.status_code == 201
    assert answer.json()["data"]["id"] != str(world.viewer.pk)


def test_the_last_admin_cannot_be_erased_not_even_by_themselves(world: World) -> None:
    client = world.client(world.owner)
    for path in (ME, f"/api/v1/users/{world.owner.pk}"):
        answer = client.delete(path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "CONFLICT")
    world.owner.refresh_from_db()
    assert world.owner.is_active


def test_a_request_that_was_under_way_is_erased_by_the_job_that_follows(lived: World) -> None:
    actions.erase_user(lived.account.pk, lived.engineer.pk, by=lived.actor(lived.owner))
    late = lived.actor(lived.engineer)
    actions.create_user(lived.account, email="late@acme.example", name="L", role=Role.VIEWER, password=None, by=late)
    assert places(EMAIL)
    waiting = [job for job in jobs("erase_leftovers") if job["status"] == "todo"]
    assert waiting[0]["args"] == {"account_id": str(lived.account.pk), "user_id": str(lived.engineer.pk)}
    from accounts.tasks import erase_leftovers

    erase_leftovers(**waiting[0]["args"])
    assert places(EMAIL) == {}
    assert verify(lived.account.pk).valid


def test_the_job_leaves_alone_who_was_not_erased(lived: World) -> None:
    from accounts.tasks import erase_leftovers

    before = places(EMAIL, ADDRESS)
    erase_leftovers(account_id=str(lived.account.pk), user_id=str(lived.engineer.pk))
    assert places(EMAIL, ADDRESS) == before


def test_answers_kept_for_others_that_hold_the_e_mail_are_dropped(world: World) -> None:
    client = world.client(world.owner)
    body = {"email": "dora@acme.example", "name": "Dora Dolorosa", "role": "viewer"}
    made = client.post("/api/v1/users", body, format="json", HTTP_IDEMPOTENCY_KEY="k").json()["data"]
    assert "api_idempotent_request.body" in places("Dolorosa")["Dolorosa"]
    assert client.delete(f"/api/v1/users/{made['id']}").status_code == 204
    assert places("Dolorosa", "dora@") == {}


def test_an_erasure_takes_no_more_statements_for_a_longer_past(
    lived: World, django_assert_max_num_queries: Any
) -> None:
    now = timezone.now()
    for number in range(30):
        Session.objects.create(
            account=lived.account,
            user=lived.engineer,
            refresh_digest=bytes([number]) * 32,
            refreshed_at=now,
            expires_at=now - timedelta(days=1),
        )
    with django_assert_max_num_queries(70):
        actions.erase_user(lived.account.pk, lived.engineer.pk, by=SYSTEM)


def test_a_stranger_erases_nobody(world: World) -> None:
    assert post(ME, {}).status_code == 401
    assert world.client(world.engineer).delete(f"/api/v1/users/{world.viewer.pk}").status_code == 403
    assert world.client(world.outsider).delete(f"/api/v1/users/{world.viewer.pk}").status_code == 404
    assert not User.objects.filter(erased_at__isnull=False).exists()
