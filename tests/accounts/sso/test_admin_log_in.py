"""Single sign-on to the admin, and the admin's page of domains."""

from typing import Any

import pytest
from django.test import Client

from accounts.actions import administer_user
from accounts.models import Domain, Session, User
from accounts.views.sso import ADMIN_SESSION
from audit.models import AuditLog
from driftsentry import admin_site
from driftsentry.api.access import Role
from tests.accounts.sso.conftest import Browser, use
from tests.accounts.sso.idp import Idp
from tests.conftest import SYSTEM, World


@pytest.fixture
def admins(browser: Browser) -> None:
    use(role_claim=("groups",), role_map={"leads": Role.ADMIN})


def test_the_admins_log_in_page_has_a_button_where_single_sign_on_is_set_up(browser: Browser, settings: Any) -> None:
    page = browser.client.get("/admin/login/", {"next": "/admin/drifts/drift/"})
    assert b"Log in with Acme" in page.content
    assert b"/sso/login?next=%2Fadmin%2Fdrifts%2Fdrift%2F" in page.content
    assert (
        b"evil" not in browser.client.get("/admin/login/", {"next": "https://evil.example"}).content.split(b"/sso/")[1]
    )
    settings.SINGLE_SIGN_ON = None
    assert b"/sso/login" not in browser.client.get("/admin/login/").content


def test_an_admin_comes_to_the_page_they_wanted_in_a_session_that_can_be_revoked(
    admins: None, browser: Browser, idp: Idp, world: World
) -> None:
    idp.person["groups"] = ["leads"]
    begun = browser.begin(next="/admin/drifts/drift/")
    before = browser.client.session.session_key
    answer = browser.back(browser.at_the_provider(begun))
    assert (answer.status_code, answer["Location"]) == (302, "/admin/drifts/drift/")
    assert browser.client.session.session_key not in {before, None}
    assert browser.client.get("/admin/drifts/drift/").status_code == 200
    assert ADMIN_SESSION == admin_site.SESSION
    user = User.objects.get(email="dana@acme.example")
    entry = AuditLog.objects.get(kind="user.admin_logged_in")
    assert (entry.actor_id, entry.account_id) == (user.pk, world.account.pk)
    administer_user(world.account.pk, user.pk, changes={"is_active": False}, by=SYSTEM)
    assert browser.client.get("/admin/drifts/drift/").status_code == 302
    assert not Session.objects.filter(revoked_at=None).exists()


def test_who_is_no_admin_gets_no_session_of_the_admin(admins: None, browser: Browser) -> None:
    answer = browser.sign_on(next="/admin/")
    assert answer.status_code == 403
    assert b"for admins" in answer.content
    assert browser.client.get("/admin/").status_code == 302
    assert not Session.objects.exists()


def test_a_client_may_sign_on_in_a_browser_that_is_logged_in_to_the_admin(
    admins: None, browser: Browser, idp: Idp
) -> None:
    idp.person["groups"] = ["leads"]
    browser.sign_on(next="/admin/")
    assert browser.redeem(browser.code()).status_code == 200
    assert browser.client.get("/admin/").status_code == 200


def _superuser(world: World) -> Client:
    User.objects.filter(pk=world.owner.pk).update(is_superuser=True)
    client = Client()
    answer = client.post("/admin/login/", {"username": world.owner.email, "password": "correct horse battery"})
    assert answer.status_code == 302, answer.content
    return client


def test_a_superuser_adds_and_removes_domains_in_the_admin_and_the_journal_tells(world: World) -> None:
    client, page = _superuser(world), "/admin/accounts/domain/"
    added = client.post(f"{page}add/", {"name": "Example.COM", "account": str(world.account.pk)})
    assert added.status_code == 302, added.content
    domain = Domain.objects.get()
    assert domain.name == "example.com"
    again = client.post(f"{page}add/", {"name": "not a domain", "account": str(world.account.pk)})
    assert (again.status_code, Domain.objects.count()) == (200, 1)
    client.post(page, {"action": "remove", "_selected_action": str(domain.pk)})
    assert not Domain.objects.exists()
    kinds = AuditLog.objects.filter(kind__startswith="domain.").order_by("seq").values_list("kind", flat=True)
    assert list(kinds) == ["domain.added", "domain.removed"]


def test_an_admin_who_is_no_superuser_cannot_add_a_domain(world: World) -> None:
    client = _superuser(world)
    User.objects.filter(pk=world.owner.pk).update(is_superuser=False)
    page = "/admin/accounts/domain/"
    assert client.get(page).status_code == 200
    assert client.post(f"{page}add/", {"name": "a.example", "account": str(world.account.pk)}).status_code == 403
    assert not Domain.objects.exists()
