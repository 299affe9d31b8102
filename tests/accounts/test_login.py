"""Logging in."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import BCryptSHA256PasswordHasher
from django.utils import timezone

from accounts.models import Session, User
from audit.models import AuditLog
from driftsentry.api.errors import Unauthenticated
from tests.accounts.signing import LOGIN, claims_of, log_in, me, post, without_its_trace
from tests.conftest import PASSWORD, World


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that bcrypt was asked to hash: what a log-in costs."""
    asked: list[str] = []
    usual = BCryptSHA256PasswordHasher.encode

    def encode(self: BCryptSHA256PasswordHasher, password: str, salt: Any) -> str:
        asked.append(password)
        return usual(self, password, salt)

    monkeypatch.setattr(BCryptSHA256PasswordHasher, "encode", encode)
    return asked


def test_the_right_password_gives_tokens_and_the_user(world: World) -> None:
    answer = log_in(world.engineer.email)
    assert answer.status_code == 200
    assert answer.json()["success"] is True
    data = answer.json()["data"]
    assert set(data) == {"accessToken", "refreshToken", "user"}
    assert data["user"] == {
        "id": str(world.engineer.pk),
        "email": "bob@acme.example",
        "name": "Bob",
        "role": "engineer",
    }
    assert me(data["accessToken"]).status_code == 200


def test_the_access_token_says_what_the_contract_says(world: World) -> None:
    claims = claims_of(log_in(world.engineer.email).json()["data"]["accessToken"])
    session = Session.objects.get()
    assert claims.pop("exp") - claims.pop("iat") == 15 * 60
    assert claims.pop("jti")
    assert claims.pop("token_type") == "access"
    assert claims == {
        "iss": "driftsentry",
        "aud": "api",
        "sub": str(world.engineer.pk),
        "sid": str(session.pk),
        "role": "engineer",
        "account": str(world.account.pk),
    }


def test_the_refresh_token_lasts_seven_days(world: World) -> None:
    claims = claims_of(log_in(world.engineer.email).json()["data"]["refreshToken"])
    assert claims["exp"] - claims["iat"] == timedelta(days=7).total_seconds()


@pytest.mark.parametrize("spelling", ["BOB@ACME.EXAMPLE", "Bob@Acme.Example", "  bob@acme.example "])
def test_the_case_of_an_e_mail_does_not_matter(world: World, spelling: str) -> None:
    assert log_in(spelling).json()["data"]["user"]["id"] == str(world.engineer.pk)


def test_a_wrong_password_an_unknown_e_mail_and_a_former_user_read_alike_and_cost_alike(
    world: World, hashed: list[str]
) -> None:
    User.objects.filter(pk=world.viewer.pk).update(is_active=False)
    refused = {}
    for why, email, password in (
        ("wrong", world.engineer.email, "wrong horse battery"),
        ("unknown", "nobody@acme.example", "wrong horse battery"),
        ("inactive", world.viewer.email, PASSWORD),
        ("inactive and wrong", world.viewer.email, "wrong horse battery"),
    ):
        hashed.clear()
        refused[why] = log_in(email, password)
        assert hashed == [password], f"{why}: one bcrypt of the password given"
    assert {answer.status_code for answer in refused.values()} == {401}
    bodies = [without_its_trace(answer) for answer in refused.values()]
    assert all(body == bodies[0] for body in bodies)
    assert bodies[0]["code"] == "AUTH_ERROR"
    assert not Session.objects.exists()


def test_a_user_without_a_password_cannot_log_in(world: World, hashed: list[str]) -> None:
    world.viewer.set_unusable_password()
    world.viewer.save()
    hashed.clear()
    assert log_in(world.viewer.email).status_code == 401
    assert len(hashed) == 1


def test_a_refused_log_in_of_a_known_user_is_journaled_with_its_origin(world: World) -> None:
    log_in(world.engineer.email, "wrong horse battery")
    entry = AuditLog.objects.get(kind="user.login_failed")
    assert (entry.account_id, entry.actor_id) == (world.account.pk, world.engineer.pk)
    assert entry.personal is not None
    assert entry.personal["address"] == "127.0.0.1"


def test_a_refused_log_in_of_an_unknown_e_mail_is_journaled_nowhere(world: World) -> None:
    before = AuditLog.objects.count()
    log_in("nobody@acme.example", "wrong horse battery")
    assert AuditLog.objects.count() == before


def test_a_log_in_is_journaled_and_remembered(world: World) -> None:
    before = timezone.now()
    post(LOGIN, {"email": world.engineer.email, "password": PASSWORD}, **{"user-agent": "curl/8.5"})
    session = Session.objects.get()
    assert (session.user_id, session.address, session.user_agent) == (world.engineer.pk, "127.0.0.1", "curl/8.5")
    entry = AuditLog.objects.get(kind="user.logged_in")
    assert entry.data == {"id": str(world.engineer.pk), "sessionId": str(session.pk)}
    world.engineer.refresh_from_db()
    assert world.engineer.last_login is not None
    assert world.engineer.last_login >= before


def test_a_session_holds_neither_token_but_only_a_digest(world: World) -> None:
    data = log_in(world.engineer.email).json()["data"]
    row = Session.objects.filter(user=world.engineer).values().get()
    assert len(bytes(row["refresh_digest"])) == 32
    kept = str(row | {"refresh_digest": bytes(row["refresh_digest"])})
    for token in (data["accessToken"], data["refreshToken"]):
        claims = claims_of(token)
        assert claims["jti"] not in kept
        assert token.rsplit(".", 1)[-1] not in kept


def test_no_journal_entry_holds_a_password_or_a_token(world: World) -> None:
    data = log_in(world.engineer.email).json()["data"]
    log_in(world.engineer.email, "wrong horse battery")
    everything = str(list(AuditLog.objects.values_list("data", "personal")))
    for secret in (PASSWORD, "wrong horse battery", data["accessToken"], data["refreshToken"]):
        assert secret not in everything


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "email"),
        ({"email": "bob@acme.example"}, "password"),
        ({"email": "bob@acme.example", "password": PASSWORD, "rememberMe": True}, "rememberMe"),
        ({"email": "x" * 255, "password": PASSWORD}, "email"),
        ({"email": "bob@acme.example", "password": "x" * 1001}, "password"),
        ({"email": ["bob@acme.example"], "password": PASSWORD}, "email"),
        ({"email": {"$ne": ""}, "password": PASSWORD}, "email"),
    ],
)
def test_a_malformed_log_in_names_the_field(world: World, body: object, field: str) -> None:
    answer = post(LOGIN, body)
    assert answer.status_code == 400
    assert field in [error["field"] for error in answer.json()["error"]["details"]["errors"]]


@pytest.mark.parametrize("body", [[], "text", 7, None, [{"email": "bob@acme.example", "password": PASSWORD}]])
def test_a_log_in_that_is_no_object_is_malformed(world: World, body: object) -> None:
    assert post(LOGIN, body).status_code == 400


def test_a_password_keeps_its_spaces(world: World) -> None:
    assert log_in(world.engineer.email, f" {PASSWORD}").status_code == 401


def test_passwords_are_kept_as_bcrypt_over_sha256(world: World) -> None:
    assert world.engineer.password.startswith("bcrypt_sha256$$2b$")
    assert world.engineer.check_password(PASSWORD)


def test_a_stale_bearer_does_not_hinder_a_log_in(world: World) -> None:
    assert post(LOGIN, {"email": world.engineer.email, "password": PASSWORD}, token="garbage").status_code == 200


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "another"}])
def test_what_changes_while_the_password_is_checked_counts(
    world: World, monkeypatch: pytest.MonkeyPatch, change: dict[str, object]
) -> None:
    check = User.check_password

    def slow_check(user: User, password: str) -> bool:
        right = check(user, password)
        User.objects.filter(pk=user.pk).update(**change)
        return right

    monkeypatch.setattr(User, "check_password", slow_check)
    with pytest.raises(Unauthenticated):
        world.sign_in(world.viewer)
    assert not world.viewer.sessions.exists()
