"""What is refused: answers of the provider that do not hold, people who are not ours, and whoever comes between."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.db import connection
from django.test import Client

from accounts.actions import administer_user
from accounts.actions.erasure import erase_user
from accounts.models import Session, User
from audit.models import AuditLog
from driftsentry.api.access import Role
from tests.accounts.sso.conftest import Browser, code_of, use
from tests.accounts.sso.idp import (
    CLIENT_ID,
    OTHER_KEY,
    Claims,
    Idp,
    jwk,
    signed_by_another,
    signed_with_the_public_key,
    unsigned,
)
from tests.conftest import SYSTEM, World

NOW = int(time.time())
FORGED: dict[str, Claims] = {
    "another nonce": {"nonce": "of another log-in"},
    "no nonce": {"nonce": None},
    "another audience": {"aud": "another client"},
    "several audiences, made for another": {"aud": [CLIENT_ID, "another"], "azp": "another"},
    "another issuer": {"iss": "https://elsewhere.example"},
    "expired": {"exp": NOW - 3600, "iat": NOW - 7200},
    "no expiry": {"exp": None},
    "issued in the future": {"iat": NOW + 3600, "exp": NOW + 7200},
    "no subject": {"sub": None},
    "an empty subject": {"sub": ""},
    "no email": {"email": None, "email_verified": True},
    "an email not verified": {"email_verified": False},
    "an email verified in odd words": {"email_verified": "yes"},
    "an email nobody speaks for": {"email_verified": None},
    "an email not verified, of an organisation": {"email_verified": False, "xms_edov": True},
    "another domain": {"email": "dana@elsewhere.example"},
    "a domain below ours": {"email": "dana@sub.acme.example"},
    "a domain that ends like ours": {"email": "dana@not-acme.example"},
    "two domains": {"email": "dana@elsewhere.example@acme.example"},
    "a quoted at sign": {"email": '"dana@acme.example"@elsewhere.example'},
    "letters that only look alike": {"email": "dana@\u0430cme.example"},
    "no text": {"email": ["dana@acme.example"]},
}


def without_none(claims: Claims) -> Claims:
    return {name: value for name, value in claims.items() if value is not None}


def is_refused(answer: Any) -> bool:
    assert "no-store" in answer["Cache-Control"]
    assert b"Traceback" not in answer.content
    return answer.status_code == 403 and not Session.objects.exists() and not SocialAccount.objects.exists()


@pytest.mark.parametrize("claims", FORGED.values(), ids=FORGED)
def test_a_token_that_says_something_else_lets_nobody_in(browser: Browser, idp: Idp, claims: Claims) -> None:
    idp.change = lambda usual: without_none({**usual, **claims})
    assert is_refused(browser.sign_on())


@pytest.mark.parametrize("sign", [unsigned, signed_with_the_public_key, signed_by_another])
def test_a_token_that_the_provider_did_not_sign_lets_nobody_in(
    browser: Browser, idp: Idp, sign: Callable[[Claims], str]
) -> None:
    idp.sign = sign
    assert is_refused(browser.sign_on())


def test_a_key_that_is_not_for_signing_is_not_used(browser: Browser, idp: Idp) -> None:
    idp.sign, idp.keys = signed_by_another, [{**jwk(OTHER_KEY, "one"), "use": "enc"}]
    assert is_refused(browser.sign_on())


def test_a_kelvin_sign_does_not_become_a_k(browser: Browser, idp: Idp, world: World) -> None:
    from accounts.actions.domains import add_domain

    add_domain(world.account, "kilo.example", by=SYSTEM)
    idp.person["email"] = "dana@\u212ailo.example"
    assert is_refused(browser.sign_on())


def test_a_userinfo_about_somebody_else_is_not_believed(browser: Browser, idp: Idp) -> None:
    idp.person = {"sub": "dana-1"}
    idp.userinfo = {"sub": "eve-1", "email": "dana@acme.example", "email_verified": True}
    assert is_refused(browser.sign_on())


def test_the_callback_works_once_and_in_the_browser_that_began_only(browser: Browser) -> None:
    address = browser.at_the_provider(browser.begin())
    stranger = Browser()
    stranger.begin()
    assert stranger.back(address).status_code == 400
    assert browser.back(address).status_code == 302
    assert browser.back(address).status_code == 400


@pytest.mark.parametrize("change", [{"state": "another"}, {"state": ""}, {"iss": "https://elsewhere.example"}])
def test_a_callback_with_another_state_or_issuer_is_refused(browser: Browser, change: dict[str, str]) -> None:
    parts = urlsplit(browser.at_the_provider(browser.begin()))
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    answer = browser.client.get("/sso/callback", query | change)
    assert answer.status_code == 400
    assert not Session.objects.exists()


def test_a_code_of_another_log_in_is_refused_by_its_nonce_and_pkce(browser: Browser) -> None:
    mine, other = browser.at_the_provider(browser.begin()), Browser()
    theirs = other.at_the_provider(other.begin())
    stolen = {name: values[0] for name, values in parse_qs(urlsplit(theirs).query).items()}["code"]
    state = parse_qs(urlsplit(mine).query)["state"][0]
    assert browser.client.get("/sso/callback", {"code": stolen, "state": state}).status_code == 502
    assert not Session.objects.exists()


def test_what_the_provider_says_of_an_error_is_not_shown(browser: Browser) -> None:
    state = parse_qs(urlsplit(browser.begin()["Location"]).query)["state"][0]
    query = {"error": "<script>alert(1)</script>", "error_description": "<b>pwned</b>", "state": state}
    answer = browser.client.get("/sso/callback", query)
    assert answer.status_code == 502
    assert b"<b>" not in answer.content
    assert b"alert(1)" not in answer.content


def test_whoever_cancels_is_told_so(browser: Browser) -> None:
    state = parse_qs(urlsplit(browser.begin()["Location"]).query)["state"][0]
    answer = browser.client.get("/sso/callback", {"error": "access_denied", "state": state})
    assert (answer.status_code, b"cancelled" in answer.content) == (403, True)


@pytest.mark.parametrize("again", [True, False], ids=["who has come before", "who comes for the first time"])
def test_a_deactivated_user_is_refused(world: World, browser: Browser, idp: Idp, again: bool) -> None:
    idp.person["email"] = world.viewer.email
    if again:
        browser.tokens()
    administer_user(world.account.pk, world.viewer.pk, changes={"is_active": False}, by=SYSTEM)
    assert Browser().sign_on().status_code == 403
    assert not Session.objects.filter(revoked_at=None).exists()
    refused = AuditLog.objects.filter(kind="user.sso_refused")
    assert [(entry.actor_id, entry.data["because"]) for entry in refused] == (
        [(world.viewer.pk, "inactive")] if again else []
    )


def test_an_erased_user_is_forgotten_and_comes_back_as_somebody_new(world: World, browser: Browser) -> None:
    first = browser.tokens()["user"]["id"]
    erase_user(world.account.pk, User.objects.get(pk=first).pk, by=world.actor(world.owner))
    assert not SocialAccount.objects.exists()
    assert Browser().tokens()["user"]["id"] != first


def test_a_superuser_is_neither_linked_nor_let_in_nor_changed(world: World, browser: Browser, idp: Idp) -> None:
    use(role_claim=("groups",), role_map={"platform": Role.VIEWER})
    idp.person |= {"email": world.engineer.email, "groups": ["platform"]}
    User.objects.filter(pk=world.engineer.pk).update(is_superuser=True)
    assert is_refused(browser.sign_on())
    User.objects.filter(pk=world.engineer.pk).update(is_superuser=False)
    code = Browser.code(other := Browser())
    User.objects.filter(pk=world.engineer.pk).update(is_superuser=True, role="engineer")
    assert Browser().sign_on().status_code == 403
    assert other.redeem(code).status_code == 401
    world.engineer.refresh_from_db()
    assert world.engineer.role == "engineer"


def test_a_user_of_another_account_cannot_be_reached(world: World, browser: Browser, idp: Idp) -> None:
    User.objects.filter(pk=world.outsider.pk).update(email="mallory@acme.example")
    idp.person["email"] = "mallory@acme.example"
    assert is_refused(browser.sign_on())


def test_an_email_given_to_another_person_does_not_give_them_the_user_of_the_first(browser: Browser, idp: Idp) -> None:
    browser.tokens()
    idp.person |= {"sub": "dana-2"}
    answer = Browser().sign_on()
    assert answer.status_code == 403
    assert SocialAccount.objects.count() == 1


def test_another_issuer_with_the_same_subject_is_another_person(browser: Browser, idp: Idp) -> None:
    browser.tokens()
    SocialAccount.objects.update(provider="https://before.example")
    idp.person["email"] = "eve@acme.example"
    assert Browser().tokens()["user"]["email"] == "eve@acme.example"


def test_of_twenty_exchanges_at_once_one_succeeds(browser: Browser) -> None:
    code = browser.code()

    def redeem(_: int) -> int:
        try:
            return int(browser.redeem(code).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        found = sorted(pool.map(redeem, range(20)))
    assert found == [200] + [401] * 19
    assert Session.objects.count() == 1


def test_two_first_log_ins_at_once_make_one_user(sso: Any) -> None:
    browsers = [Browser() for _ in range(4)]
    addresses = [browser.at_the_provider(browser.begin()) for browser in browsers]

    def back(place: int) -> int:
        try:
            return int(browsers[place].back(addresses[place]).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(back, range(4))) == [302] * 4
    assert User.objects.filter(email="dana@acme.example").count() == 1
    assert SocialAccount.objects.count() == 1


def test_a_code_is_worth_nothing_without_the_verifier_of_whoever_began(browser: Browser) -> None:
    code = browser.code()
    assert browser.redeem(code, "x" * 43).status_code == 401
    assert browser.redeem(code[:-1] + "_").status_code == 401
    assert browser.redeem(code).status_code == 200


ASTRAY = [
    {},
    {"next": "https://evil.example/"},
    {"next": "//evil.example/admin/"},
    {"next": "/admin/../sso/login"},
    {"next": "/admin/\\..\\evil"},
    {"next": "\t//evil.example"},
    {"next": "/api/v1/users/me"},
    {"next": "javascript:alert(1)"},
    {"challenge": "short"},
    {"challenge": "x" * 43, "redirect": "https://evil.example/"},
    {"challenge": "x" * 43, "redirect": "https://app.example/back/evil"},
    {"challenge": "x" * 43, "redirect": "https://app.example/back?more"},
    {"challenge": "x" * 43, "redirect": "//evil.example"},
]


@pytest.mark.parametrize("query", ASTRAY, ids=urlencode)
def test_a_log_in_cannot_lead_astray(browser: Browser, idp: Idp, query: dict[str, str]) -> None:
    use(handover_urls=("https://app.example/back",))
    answer = browser.client.get("/sso/login", query)
    assert answer.status_code == 400
    assert idp.asked == []


def test_a_code_goes_to_an_address_that_is_allowed_in_the_fragment_only(browser: Browser) -> None:
    from accounts.actions.single_sign_on import challenge_of

    use(handover_urls=("https://app.example/back",))
    answer = browser.sign_on(challenge=challenge_of(browser.verifier), redirect="https://app.example/back")
    address = urlsplit(answer["Location"])
    assert (address.scheme, address.netloc, address.path, address.query) == ("https", "app.example", "/back", "")
    assert browser.redeem(code_of(answer)).status_code == 200


@pytest.mark.parametrize("path", ["/sso/login", "/sso/callback", "/sso/done"])
def test_without_settings_there_is_nothing(path: str, db: None) -> None:
    assert Client().get(path, {"challenge": "x" * 43}).status_code == 404
    assert Browser().redeem("code").status_code == 404
