"""Logging in to the admin: judged as over the API, in a session that is listed and ended like any other."""

from typing import Any

import pytest
from django.contrib.auth.hashers import BCryptSHA256PasswordHasher
from django.test import Client
from django.utils import timezone

from accounts import actions, guard
from accounts.lockouts import OwnCounts
from accounts.models import SecondFactor, Session, User
from audit.models import AuditLog
from driftsentry.api.access import Role
from tests.accounts.authenticator import Authenticator, enrol
from tests.accounts.signing import log_in as log_in_over_the_api
from tests.admin.conftest import browser, entries
from tests.api.counted import nothing_counted
from tests.conftest import PASSWORD, World

LOGIN, PASSWORD_PAGE, SECOND_FACTOR = "/admin/login/", "/admin/password_change/", "/admin/second-factor/"
NEW = "another horse battery"


def log_in(client: Client, user: User, password: str = PASSWORD, code: str = "", **more: str) -> Any:
    return client.post(LOGIN, {"username": user.email, "password": password, "code": code, **more})


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


@pytest.fixture
def held(world: World) -> Authenticator:
    """The owner's authenticator."""
    return enrol(world.client(world.owner), world.owner)


def test_an_admin_gets_in_and_the_journal_tells_from_where(world: World) -> None:
    client = Client(headers={"user-agent": "Firefox/140"})
    answer = log_in(client, world.owner)
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    assert is_in(client)
    (entry,) = entries(world.account.pk, "user.admin_logged_in")
    session = Session.objects.get(pk=entry.data["sessionId"])
    assert entry.actor_id == session.user_id == world.owner.pk
    assert entry.personal is not None
    assert (entry.personal["address"], entry.personal["userAgent"]) == ("127.0.0.1", "Firefox/140")
    assert (session.address, session.user_agent) == ("127.0.0.1", "Firefox/140")


def test_whoever_may_not_reads_the_same_words_at_the_same_cost(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    User.objects.filter(pk=world.outsider.pk).update(is_active=False)
    hashed: list[str] = []
    usual = BCryptSHA256PasswordHasher.encode

    def encode(self: BCryptSHA256PasswordHasher, password: str, salt: Any) -> str:
        hashed.append(password)
        return usual(self, password, salt)

    monkeypatch.setattr(BCryptSHA256PasswordHasher, "encode", encode)
    nobody = User(email="nobody@acme.example")
    for user, password in (
        (world.owner, "wrong"),
        (nobody, "wrong"),
        (world.outsider, PASSWORD),
        (world.viewer, PASSWORD),
    ):
        hashed.clear()
        client = Client()
        page = log_in(client, user, password)
        assert page.status_code == 200
        assert "The e-mail or the password is wrong." in page.content.decode()
        assert hashed == [password]
        assert not is_in(client)
    assert len(entries(world.account.pk, "user.login_failed")) == 2
    assert not Session.objects.exists()


def test_the_second_factor_is_asked_for_here_too(world: World, held: Authenticator) -> None:
    client = Client()
    page = log_in(client, world.owner)
    assert "Send the code of your authenticator" in page.content.decode()
    page = log_in(client, world.owner, code=held.wrong_code())
    assert "The code is wrong, or was used before." in page.content.decode()
    assert entries(world.account.pk, "user.second_factor_refused")
    assert not is_in(client)
    code = held.unused_code()
    assert log_in(client, world.owner, code=code).status_code == 302
    assert is_in(client)
    assert log_in(Client(), world.owner, code=code).status_code == 200, "a code works once, here as over the API"
    assert log_in_over_the_api(world.owner.email).status_code == 401


def test_a_recovery_code_lets_in_here_too(world: World, held: Authenticator) -> None:
    assert log_in(Client(), world.owner, code=held.recovery_codes[0]).status_code == 302
    assert entries(world.account.pk, "user.recovery_code_used")[0].data["left"] == 9


def test_the_browsers_session_is_another_one_after_the_log_in(world: World) -> None:
    client = Client()
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    before = str(session.session_key)
    client.cookies["sessionid"] = before
    log_in(client, world.owner)
    assert client.session.session_key != before
    other = Client()
    other.cookies["sessionid"] = before
    assert not is_in(other)


def test_a_session_that_our_log_in_did_not_open_is_none(world: World) -> None:
    client = Client()
    client.force_login(world.owner)
    assert not is_in(client)


def test_another_persons_session_is_none(world: World) -> None:
    mine, theirs = Client(), Client()
    log_in(mine, world.owner)
    log_in(theirs, world.outsider)
    session = theirs.session
    session["driftsentry_session"] = mine.session["driftsentry_session"]
    session.save()
    assert not is_in(theirs)


def test_logging_out_ends_the_session_and_is_journaled(world: World) -> None:
    client = browser(world.owner)
    kept = client.cookies["sessionid"].value
    assert client.post("/admin/logout/").status_code == 200
    assert not is_in(client)
    client.cookies["sessionid"] = kept
    assert not is_in(client)
    entry = entries(world.account.pk, "session.revoked")[-1]
    assert (entry.data["because"], entry.actor_id) == ("logout", world.owner.pk)


def a_password(world: World) -> None:
    actions.set_password(world.other_account.pk, world.outsider.pk, password=NEW, by=world.actor(world.outsider))


def a_role(world: World) -> None:
    User.objects.filter(pk=world.outsider.pk).update(role="viewer")


def a_deactivation(world: World) -> None:
    User.objects.filter(pk=world.outsider.pk).update(is_active=False)


def a_revocation(world: World) -> None:
    Session.objects.filter(user=world.outsider).update(revoked_at=timezone.now())


def an_end(world: World) -> None:
    Session.objects.filter(user=world.outsider).update(expires_at=timezone.now())


@pytest.mark.parametrize("end", [a_password, a_role, a_deactivation, a_revocation, an_end])
def test_what_ends_a_users_sessions_ends_those_of_the_admin_at_once(world: World, end: Any) -> None:
    client = browser(world.outsider)
    assert is_in(client)
    end(world)
    assert not is_in(client)


def test_a_session_does_not_come_back_with_the_role(world: World) -> None:
    second = actions.create_user(
        world.account,
        email="dan@acme.example",
        name="Dan",
        role=Role.ADMIN,
        password=PASSWORD,
        by=world.actor(world.owner),
    )
    client = browser(second)
    for role in ("viewer", "admin"):
        actions.administer_user(world.account.pk, second.pk, changes={"role": role}, by=world.actor(world.owner))
    assert not is_in(client)


def test_a_browsers_session_cannot_be_refreshed_over_the_api_and_is_no_credential_of_it(world: World) -> None:
    client = browser(world.owner)
    assert client.get("/api/v1/users/me").status_code == 401


def test_guessing_is_stopped(world: World, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.THROTTLE_LOGIN = "1000/minute"
    with nothing_counted():
        monkeypatch.setattr(guard, "_own", OwnCounts())
        pages = [log_in(Client(), world.owner, "wrong horse battery") for _ in range(8)]
        assert pages[0].status_code == 200
        assert pages[-1].status_code == 429
        assert int(pages[-1]["Retry-After"]) > 0
        assert "Too many attempts" in pages[-1].content.decode()
        assert log_in_over_the_api(world.owner.email).status_code == 429, "one count for both doors"


ELSEWHERE = [
    *("//evil.example", "https://evil.example", "https:evil.example", "http:///evil.example", "///evil.example"),
    *("\\\\evil.example", "/\\evil.example", "\t//evil.example", "javascript:alert(1)", "data:text/html,x"),
    *("//evil.example/admin/", "https://testserver.evil.example", "https://testserver@evil.example", "//testserver:1"),
]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_a_log_in_leads_nowhere_else(world: World, target: str) -> None:
    page = Client().get(LOGIN, {"next": target})
    assert 'name="next" value=""' in page.content.decode()
    assert log_in(Client(), world.owner, next=target)["Location"] == "/admin/"
    client = Client()
    answer = client.post(f"{LOGIN}?next={target}", {"username": world.owner.email, "password": PASSWORD})
    assert answer["Location"] == "/admin/"


def test_a_log_in_leads_to_the_page_that_was_asked_for(world: World) -> None:
    sent = Client().get("/admin/drifts/drift/")
    assert sent["Location"] == "/admin/login/?next=/admin/drifts/drift/"
    page = Client().get(sent["Location"])
    assert 'name="next" value="/admin/drifts/drift/"' in page.content.decode()
    assert log_in(Client(), world.owner, next="/admin/drifts/drift/")["Location"] == "/admin/drifts/drift/"


def change(client: Client, old: str = PASSWORD, new: str = NEW, again: str = "") -> Any:
    return client.post(PASSWORD_PAGE, {"old_password": old, "new_password1": new, "new_password2": again or new})


def test_ones_password_is_changed_and_the_other_sessions_end(world: World) -> None:
    client, elsewhere, api = browser(world.owner), browser(world.owner), world.client(world.owner)
    assert change(client)["Location"] == "/admin/password_change/done/"
    assert (is_in(client), is_in(elsewhere)) == (True, False)
    assert api.get("/api/v1/users/me").status_code == 401
    assert log_in_over_the_api(world.owner.email, NEW).status_code == 200
    assert AuditLog.objects.filter(account=world.account, kind="user.password_changed").count() == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"old": "wrong horse battery"}, "This is not your present password."),
        ({"new": "short"}, "too short"),
        ({"new": "password123"}, "too common"),
        ({"again": "something else"}, "not the same"),
    ],
)
def test_a_password_that_cannot_be_is_refused(world: World, given: Any, words: str) -> None:
    client = browser(world.owner)
    page = change(client, **given)
    assert page.status_code == 200
    assert words in page.content.decode()
    assert log_in_over_the_api(world.owner.email).status_code == 200


def test_ones_second_factor_is_taken_up_renewed_and_removed(world: World) -> None:
    client = browser(world.owner)
    ask = {"do": "begin", "current_password": "wrong"}
    assert "This is not your present password." in client.post(SECOND_FACTOR, ask).content.decode()
    page = client.post(SECOND_FACTOR, {"do": "begin", "current_password": PASSWORD})
    held = Authenticator(world.owner, SecondFactor.objects.get(user=world.owner).secret)
    assert held.secret in page.content.decode()
    assert "otpauth://totp/DriftSentry" in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert held.secret not in client.get(SECOND_FACTOR).content.decode()
    wrong = client.post(SECOND_FACTOR, {"do": "confirm", "code": held.wrong_code()})
    assert "The code is wrong" in wrong.content.decode()
    page = client.post(SECOND_FACTOR, {"do": "confirm", "code": held.code()})
    assert page.content.decode().count("<li><code>") == 10
    assert log_in_over_the_api(world.owner.email).status_code == 401
    assert "Recovery codes left: 10" in client.get(SECOND_FACTOR).content.decode()
    page = client.post(SECOND_FACTOR, {"do": "renew", "code": held.unused_code()})
    assert page.content.decode().count("<li><code>") == 10
    ask = {"do": "remove", "current_password": PASSWORD, "code": held.unused_code()}
    assert "Your second factor is removed." in client.post(SECOND_FACTOR, ask).content.decode()
    assert log_in_over_the_api(world.owner.email).status_code == 200


@pytest.mark.parametrize("wanted", ["", "nothing", "begin"])
def test_a_form_that_says_nothing_does_nothing(world: World, wanted: str) -> None:
    page = browser(world.owner).post(SECOND_FACTOR, {"do": wanted})
    assert page.status_code == 200
    assert not SecondFactor.objects.exists()


def test_an_admin_resets_the_second_factor_of_others_but_not_their_own(world: World) -> None:
    enrol(world.client(world.viewer), world.viewer)
    client = browser(world.owner)
    SecondFactor.objects.create(user=world.owner, account=world.account, secret="A", confirmed_at=timezone.now())
    SecondFactor.objects.create(
        user=world.outsider, account=world.other_account, secret="A", confirmed_at=timezone.now()
    )
    chosen = [str(user.pk) for user in (world.viewer, world.owner, world.outsider)]
    data = {"action": "reset_second_factor", "index": "0", "_selected_action": chosen}
    page = client.post("/admin/accounts/user/", data, follow=True).content.decode()
    assert "Second factor reset: 1." in page
    assert f"Not done for {world.owner.email}" in page
    left = set(SecondFactor.objects.values_list("user_id", flat=True))
    assert left == {world.owner.pk, world.outsider.pk}


def test_no_page_shows_a_seed_or_a_digest(world: World, held: Authenticator) -> None:
    client = Client()
    log_in(client, world.owner, code=held.unused_code())
    for model in ("secondfactor", "recoverycode"):
        for row in client.get(f"/admin/accounts/{model}/").context["cl"].result_list:
            page = client.get(f"/admin/accounts/{model}/{row.pk}/change/").content.decode()
            assert held.secret not in page
            assert "gAAAA" not in page
            assert "digest" not in page.lower()
