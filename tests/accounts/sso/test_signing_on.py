"""A single sign-on from its beginning to tokens, and who becomes whom by it."""

from typing import Any

from allauth.socialaccount.models import SocialAccount, SocialToken
from rest_framework.test import APIClient

from accounts.models import OneTimeToken, Session, User
from audit.models import AuditLog
from driftsentry.api.access import Role
from tests.accounts.sso.conftest import Browser, use
from tests.accounts.sso.idp import Idp, signed_on_a_curve
from tests.conftest import World


def kinds(world: World) -> list[str]:
    """The journal of the first account, from the first single sign-on on."""
    found = AuditLog.objects.filter(account_id=world.account.pk).order_by("seq").values_list("kind", flat=True)
    return [kind for kind in found if not kind.startswith(("account.", "domain."))][3:]


def test_the_first_log_in_makes_a_user_in_the_account_of_the_domain(world: World, browser: Browser) -> None:
    found = browser.tokens()
    user = User.objects.get(email="dana@acme.example")
    assert found["user"] == {"id": str(user.pk), "email": user.email, "name": "Dana", "role": "viewer"}
    assert user.account_id == world.account.pk
    assert not user.has_usable_password()
    me = APIClient().get("/api/v1/users/me", headers={"authorization": f"Bearer {found['accessToken']}"})
    assert me.json()["data"]["email"] == "dana@acme.example"
    assert kinds(world) == ["user.created", "user.provisioned", "user.logged_in"]


def test_the_second_log_in_finds_the_same_user_even_with_another_email(
    world: World, browser: Browser, idp: Idp
) -> None:
    first = browser.tokens()["user"]["id"]
    idp.person["email"] = "dana.married@acme.example"
    again = Browser().tokens()["user"]
    assert (again["id"], again["email"]) == (first, "dana@acme.example")


def test_what_is_kept_of_the_provider_is_a_digest_and_nothing_else(browser: Browser, idp: Idp) -> None:
    browser.tokens()
    link = SocialAccount.objects.get()
    assert link.provider == idp.issuer
    assert "dana" not in link.uid
    assert link.extra_data == {}
    assert not SocialToken.objects.exists()


def test_a_user_of_the_domains_account_is_linked_and_keeps_their_role(world: World, browser: Browser, idp: Idp) -> None:
    idp.person |= {"email": "Bob@ACME.example"}
    found = browser.tokens()["user"]
    assert found == {"id": str(world.engineer.pk), "email": "bob@acme.example", "name": "Bob", "role": "engineer"}
    assert kinds(world) == ["user.linked", "user.logged_in"]


def test_a_token_signed_on_a_curve_is_taken(browser: Browser, idp: Idp) -> None:
    idp.sign = signed_on_a_curve
    assert browser.tokens()["user"]["email"] == "dana@acme.example"


def test_keys_that_were_changed_are_fetched_anew(browser: Browser, idp: Idp) -> None:
    keys, idp.keys = idp.keys, []
    assert browser.sign_on().status_code == 403
    idp.keys = keys
    assert Browser().tokens()["user"]["email"] == "dana@acme.example"


def test_what_the_id_token_does_not_say_is_asked_of_the_userinfo(browser: Browser, idp: Idp) -> None:
    idp.person = {"sub": "dana-1"}
    idp.userinfo = {"email": "dana@acme.example", "email_verified": "true", "groups": ["platform"]}
    use(role_claim=("groups",), role_map={"platform": Role.ENGINEER})
    assert browser.tokens()["user"]["role"] == "engineer"


def test_an_email_that_entra_vouches_for_is_taken(browser: Browser, idp: Idp) -> None:
    del idp.person["email_verified"]
    idp.person["xms_edov"] = True
    assert browser.tokens()["user"]["email"] == "dana@acme.example"


def test_the_role_follows_the_claim_at_each_log_in_and_other_sessions_end(
    world: World, browser: Browser, idp: Idp
) -> None:
    use(role_claim=("realm", "roles"), role_map={"leads": Role.ADMIN, "platform": Role.ENGINEER})
    idp.person["realm"] = {"roles": ["x", "platform", "leads"]}
    first = browser.tokens()
    assert first["user"]["role"] == "admin"
    idp.person["realm"] = {"roles": ["platform"]}
    assert Browser().tokens()["user"]["role"] == "engineer"
    idp.person["realm"] = {"roles": []}
    assert Browser().tokens()["user"]["role"] == "viewer"
    old = APIClient().get("/api/v1/users/me", headers={"authorization": f"Bearer {first['accessToken']}"})
    assert old.status_code == 401
    changes = AuditLog.objects.filter(kind="user.role_changed").order_by("seq")
    assert [(entry.data["previousRole"], entry.data["role"], entry.actor_id) for entry in changes] == [
        ("admin", "engineer", None),
        ("engineer", "viewer", None),
    ]


def test_who_has_no_mapped_role_is_refused_where_there_is_no_default(browser: Browser, idp: Idp) -> None:
    use(role_claim=("groups",), role_map={"platform": Role.ENGINEER}, default_role=None)
    answer = browser.sign_on()
    assert answer.status_code == 403
    assert b"not been given a role" in answer.content
    assert not User.objects.filter(email="dana@acme.example").exists()


def test_the_last_admin_stays_one_whatever_the_claim_says(world: World, browser: Browser, idp: Idp) -> None:
    use(role_claim=("groups",), role_map={"platform": Role.ENGINEER})
    idp.person |= {"email": world.owner.email, "groups": ["platform"]}
    assert browser.tokens()["user"]["role"] == "admin"
    world.owner.refresh_from_db()
    assert world.owner.role == "admin"


def test_a_code_is_kept_as_a_digest_and_dies_within_a_minute(browser: Browser) -> None:
    code = browser.code()
    kept = OneTimeToken.objects.get()
    assert code.encode() not in bytes(kept.digest)
    assert (kept.expires_at - kept.created_at).total_seconds() <= 61
    OneTimeToken.objects.update(expires_at=kept.created_at)
    assert browser.redeem(code).status_code == 401
    assert not Session.objects.exists()


def test_a_browser_that_has_handed_its_code_over_keeps_no_session(browser: Browser) -> None:
    browser.code()
    assert browser.client.session.session_key is None or not list(browser.client.session.keys())


def test_the_page_for_clients_without_one_shows_the_code_by_script_only(browser: Browser) -> None:
    answer: Any = browser.client.get("/sso/done")
    assert answer.status_code == 200
    assert b"/static/accounts/sso.js" in answer.content
    assert "no-store" in answer["Cache-Control"]
