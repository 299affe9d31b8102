"""Every model's pages: they answer, show one's own account only, escape what they show, and hold nothing inline."""

import re
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.admin.conftest import HOSTILE, browser, kept_answer, rows_of
from tests.drifts.reported import report

OF_AN_ACCOUNT = [
    *("accounts/account", "accounts/user", "accounts/session", "accounts/secondfactor", "accounts/recoverycode"),
    "accounts/apikey",
    *("audit/auditlog", "audit/audithead", "audit/auditcheckpoint"),
    *("alerts/channel", "alerts/delivery"),
    *("alerts/alert", "costs/costmetric", "drifts/stack", "drifts/scan", "drifts/drift"),
    *("drifts/detectionsettings", "alerts/notificationsettings"),
    *("drifts/ignorerule", "drifts/hiddenfinding", "drifts/noisechoice"),
    "drifts/severityrule",
    *("drifts/approvalpolicy", "drifts/driftapproval", "drifts/driftreview"),
    *("drifts/remediationhook", "drifts/remediationrun"),
    *("drifts/driftgroupdecision", "drifts/driftgroupmember"),
]
OF_THE_SYSTEM = ["api/idempotentrequest", "costs/pricelist", "procrastinate/procrastinatejob"]
OF_SUPERUSERS = {"accounts/domain"}  # tests/accounts/sso has its tests
NOWHERE = {
    "accounts/onetimetoken",  # a digest and a time: nothing for a person to see
    "drifts/stacksecrets",  # secrets
    "drifts/scanoutput",  # on its scan's page
    "alerts/attempt",  # on its delivery's page
    "alerts/told",  # which channel was told of which drift: a channel's deliveries say it to people
    "alerts/reminder",  # a number and a time, which the drift's timeline tells
}
MAY_BE_ADDED = [
    *("accounts/user", "accounts/apikey", "alerts/channel", "drifts/approvalpolicy", "drifts/detectionsettings"),
    "drifts/stack",
]
MAY_BE_ADDED += ["alerts/notificationsettings"]
MAX_STATEMENTS = 12
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", re.IGNORECASE)


def registered() -> set[str]:
    return {f"{one._meta.app_label}/{one._meta.model_name}" for one in admin.site._registry}


def test_the_lists_above_name_every_model_of_the_admin() -> None:
    assert registered() == {*OF_AN_ACCOUNT, *OF_THE_SYSTEM, *OF_SUPERUSERS}


def test_every_model_of_ours_is_in_the_admin() -> None:
    from django.apps import apps

    ours = {"accounts", "audit", "alerts", "costs", "drifts", "api"}
    models = [one for one in apps.get_models() if one._meta.app_label in ours]
    assert {f"{one._meta.app_label}/{one._meta.model_name}" for one in models} - NOWHERE <= registered()


@pytest.mark.parametrize("model", OF_AN_ACCOUNT)
def test_an_admin_reads_the_rows_of_their_account_only(world: Any, model: str) -> None:
    mine, theirs = rows_of(world, world.owner), rows_of(world, world.outsider)
    client = browser(world.owner)
    page = client.get(f"/admin/{model}/")
    assert page.status_code == 200
    found = page.content.decode()
    assert mine.url(model) in found
    assert theirs.url(model) not in found
    assert client.get(mine.url(model)).status_code == 200
    assert client.get(theirs.url(model)).status_code == 302
    assert client.get(theirs.url(model, "history")).status_code in {302, 404}


@pytest.mark.parametrize("model", OF_AN_ACCOUNT)
def test_a_superuser_reads_every_account(world: Any, superuser: Any, model: str) -> None:
    mine, theirs = rows_of(world, world.owner), rows_of(world, world.outsider)
    client = browser(superuser)
    found = client.get(f"/admin/{model}/").content.decode()
    assert mine.url(model) in found
    assert theirs.url(model) in found
    assert client.get(theirs.url(model)).status_code == 200


@pytest.mark.parametrize("model", OF_THE_SYSTEM)
def test_what_has_no_account_is_for_superusers(world: Any, superuser: Any, model: str) -> None:
    kept_answer(world.engineer, "key")
    assert browser(world.outsider).get(f"/admin/{model}/").status_code == 403
    assert browser(superuser).get(f"/admin/{model}/").status_code == 200


def test_a_kept_answer_is_not_shown(world: Any, superuser: Any) -> None:
    row = kept_answer(world.engineer, HOSTILE)
    page = browser(superuser).get(f"/admin/api/idempotentrequest/{row.pk}/change/").content.decode()
    assert "of the answer" not in page
    assert HOSTILE not in page


@pytest.mark.parametrize("model", MAY_BE_ADDED)
def test_what_may_be_added_has_a_form(world: Any, superuser: Any, model: str) -> None:
    for user in (superuser, world.outsider):
        assert browser(user).get(f"/admin/{model}/add/").status_code == 200


@pytest.mark.parametrize("model", sorted({*OF_AN_ACCOUNT, *OF_THE_SYSTEM} - {*MAY_BE_ADDED, "accounts/account"}))
def test_nothing_else_may_be_added(world: Any, superuser: Any, model: str) -> None:
    assert browser(superuser).get(f"/admin/{model}/add/").status_code == 403


@pytest.mark.parametrize("model", OF_AN_ACCOUNT)
def test_nothing_is_deleted(world: Any, superuser: Any, model: str) -> None:
    rows = rows_of(world, world.owner)
    client = browser(superuser)
    assert client.post(rows.url(model, "delete"), {"post": "yes"}).status_code == 403
    assert 'value="delete_selected"' not in client.get(f"/admin/{model}/").content.decode()
    rows.by_model[model].refresh_from_db()


@pytest.mark.parametrize("model", sorted(set(OF_AN_ACCOUNT) - set(MAY_BE_ADDED)))
def test_what_is_only_read_cannot_be_changed(world: Any, superuser: Any, model: str) -> None:
    rows = rows_of(world, world.owner)
    assert browser(superuser).post(rows.url(model), {"kind": "x", "name": "x"}).status_code == 403


@pytest.mark.parametrize("who", ["engineer", "viewer"])
def test_others_are_sent_to_log_in(world: Any, who: str) -> None:
    page = browser(getattr(world, who)).get("/admin/drifts/drift/")
    assert page.status_code == 302
    assert "/admin/login/" in page["Location"]


@pytest.mark.parametrize("model", OF_AN_ACCOUNT)
def test_stored_text_is_escaped_and_nothing_is_inline(world: Any, superuser: Any, model: str) -> None:
    rows = rows_of(world, world.outsider, HOSTILE)
    client = browser(superuser)
    for url in (f"/admin/{model}/", rows.url(model)):
        page = client.get(url)
        assert page.status_code == 200
        assert HOSTILE not in page.content.decode()
        assert INLINE.findall(page.content.decode()) == []
        assert "unsafe" not in page["Content-Security-Policy"]
        assert "default-src 'self'" in page["Content-Security-Policy"]


def test_the_hostile_text_is_there_in_its_harmless_form(world: Any, superuser: Any) -> None:
    rows = rows_of(world, world.outsider, HOSTILE)
    client = browser(superuser)
    for model in ("drifts/drift", "drifts/stack", "alerts/alert", "accounts/session", "audit/auditlog"):
        assert "&lt;script&gt;alert(1)" in client.get(rows.url(model)).content.decode(), model


@pytest.mark.parametrize("url", ["/admin/", "/admin/login/", "/admin/drifts/"])
def test_the_other_pages_bear_our_name_and_nothing_inline(world: Any, url: str) -> None:
    client = browser(world.owner)
    if "login" in url:
        client.logout()
    page = client.get(url)
    assert page.status_code == 200
    assert "DriftSentry" in page.content.decode()
    assert "driftsentry/admin.css" in page.content.decode()
    assert INLINE.findall(page.content.decode()) == []


@pytest.mark.parametrize("model", OF_AN_ACCOUNT)
def test_a_longer_list_takes_no_more_statements(world: Any, superuser: Any, model: str) -> None:
    rows_of(world, world.owner)
    client = browser(superuser)
    client.get(f"/admin/{model}/")
    counts = []
    for number in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/admin/{model}/").status_code == 200
        counts.append(len(queries))
        for more in range(3):
            rows_of(world, world.owner, f"{number}-{more}")
    assert counts[0] == counts[1]
    assert counts[0] <= MAX_STATEMENTS


@pytest.mark.parametrize(
    "lookup",
    [
        "accounts/user/?password__startswith=bcrypt",
        "accounts/session/?refresh_digest__isnull=0",
        "accounts/session/?user__password__startswith=b",
        "drifts/drift/?account__name__startswith=a",
        "audit/auditlog/?personal__actorEmail__startswith=a",
    ],
)
def test_a_list_answers_no_questions_about_columns_that_it_does_not_offer(world: Any, lookup: str) -> None:
    page = browser(world.owner).get(f"/admin/{lookup}")
    assert page.status_code == 400


@pytest.mark.parametrize("model", OF_AN_ACCOUNT)
def test_any_text_can_be_searched_for(world: Any, model: str) -> None:
    rows_of(world, world.owner)
    for text in ("no such thing", HOSTILE, "'", "%"):
        assert browser(world.owner).get(f"/admin/{model}/", {"q": text}).status_code == 200


def test_a_stack_leads_to_its_drifts_and_scans(world: Any) -> None:
    rows = rows_of(world, world.owner)
    report(world.owner, "i-elsewhere", stack="another")
    client = browser(world.owner)
    stack = rows.by_model["drifts/stack"]
    drifts = client.get("/admin/drifts/drift/", {"stack__id__exact": str(stack.pk)}).content.decode()
    assert rows.url("drifts/drift") in drifts
    assert "i-elsewhere" not in drifts
    assert client.get("/admin/drifts/scan/", {"stack__id__exact": str(stack.pk)}).status_code == 200


def test_the_journal_is_narrowed_by_kind(world: Any) -> None:
    rows = rows_of(world, world.owner)
    client = browser(world.owner)
    assert rows.url("audit/auditlog") in client.get("/admin/audit/auditlog/?kind=drift.created").content.decode()
    assert rows.url("audit/auditlog") not in client.get("/admin/audit/auditlog/?kind=alert.read").content.decode()
