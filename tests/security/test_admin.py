"""The admin under attack: forms from elsewhere, and hostile text in every field that somebody outside can fill."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib import admin
from django.db import DatabaseError, connection, models, transaction
from django.test import Client

from accounts.models import User
from tests.admin.conftest import browser, kept_answer, rows_of
from tests.conftest import PASSWORD, World
from tests.laws.routes import admin_paths

HOSTILE = """<script>alert(1)</script>"'><img src=x onerror=alert(2)>"""
MUST_BE_TRIED = {  # what others can fill, at the least; whatever else takes a text is tried as well
    *("accounts.Account.name", "accounts.User.name", "accounts.User.email", "accounts.Session.user_agent"),
    *("alerts.Alert.title", "alerts.Alert.message"),
    *("drifts.Stack.name", "drifts.Stack.labels", "drifts.Stack.owner", "drifts.Stack.repository_url"),
    *("drifts.Scan.error", "drifts.Scan.tool_version", "drifts.Drift.resource_id", "drifts.Drift.address"),
    *("drifts.Drift.expected_state", "drifts.Drift.actual_state", "drifts.Drift.difference"),
    *("drifts.Drift.approval_reason", "drifts.Drift.rejection_reason", "drifts.Drift.severity_reason"),
    *("drifts.Drift.region", "drifts.Drift.provider_type"),
}
WRITES = ["/admin/logout/", "/admin/password_change/", "/admin/second-factor/", "/admin/accounts/user/add/"]


@pytest.fixture
def superuser(world: World) -> User:
    """The owner, who sees every account."""
    User.objects.filter(pk=world.owner.pk).update(is_superuser=True)
    world.owner.refresh_from_db()
    return world.owner


def registered() -> list[type[models.Model]]:
    return list(admin.site._registry)


def text_fields(model: type[models.Model]) -> "Iterator[models.Field[Any, Any]]":
    """The columns that hold a text of somebody's choosing."""
    for field in model._meta.concrete_fields:
        free = not field.choices and not field.primary_key and not field.is_relation
        if free and isinstance(field, models.CharField | models.TextField | models.JSONField):
            yield field


def hostile(field: "models.Field[Any, Any]") -> Any:
    if isinstance(field, models.JSONField):
        return {HOSTILE: HOSTILE, "deeper": [{HOSTILE: [HOSTILE]}]}
    return HOSTILE[: field.max_length or None]


def poison(row: models.Model) -> set[str]:
    """Put the text into every field of a row, past all forms; the database may refuse some.

    Returns:
        The fields that hold it.
    """
    done = set()
    for field in text_fields(type(row)):
        try:
            with transaction.atomic():
                type(row)._base_manager.filter(pk=row.pk).update(**{field.name: hostile(field)})
        except DatabaseError:
            continue
        done.add(f"{row._meta.label}.{field.name}")
    return done


def poisoned(world: World) -> tuple[list[models.Model], set[str]]:
    """A row of every model of the admin, and the fields that hold the text."""
    rows = rows_of(world, world.outsider, HOSTILE).by_model.values()
    kept = kept_answer(world.outsider, HOSTILE)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET task_name = %s, queue_name = %s", [HOSTILE, HOSTILE])
    found: list[models.Model] = [*rows, kept]
    for model in set(registered()) - {type(row) for row in found}:
        found += list(model._base_manager.all()[:1])
    done: set[str] = set()
    for row in found:
        if row._meta.managed:
            done |= poison(row)
    return found, done


class Markup(HTMLParser):
    """What a browser would run, or fetch, of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.dangers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "script" and not given.get("src", "").startswith(("/static/", "/admin/jsi18n/")):
            self.dangers.append("script")
        if tag in {"style", "iframe", "object", "embed", "base"}:
            self.dangers.append(tag)
        if tag == "img" and not given.get("src", "").startswith("/static/"):
            self.dangers.append("img")
        self.dangers += [name for name in given if name.startswith("on") or name == "style"]
        targets = (given.get(name, "") for name in ("href", "action", "formaction", "src"))
        self.dangers += [target for target in targets if target.strip().lower().startswith(("javascript:", "data:"))]


def dangers(page: str) -> list[str]:
    found = Markup()
    found.feed(page)
    return found.dangers


def test_the_reader_of_pages_sees_what_a_browser_would_run() -> None:
    assert dangers(HOSTILE) == ["script", "img", "onerror"]
    assert dangers('<a href=" JavaScript:alert(1)" style="x">') == ["style", " JavaScript:alert(1)"]
    assert dangers('<p title="&lt;script&gt;">&lt;img onerror=x&gt;</p><script src="/static/admin/js/x.js">') == []


def test_hostile_text_in_every_field_is_text_on_every_page(world: World, superuser: User) -> None:
    rows, tried = poisoned(world)
    assert tried >= MUST_BE_TRIED
    client = browser(superuser)
    shown = 0
    for row in rows:
        base = f"/admin/{row._meta.app_label}/{row._meta.model_name}/"
        for url in (base, f"{base}?q=alert", f"{base}{row.pk}/change/", f"{base}{row.pk}/history/"):
            page = client.get(url)
            assert page.status_code in {200, 302, 404}, url
            text = page.content.decode()
            assert dangers(text) == [], url
            assert HOSTILE not in text, url
            assert "unsafe" not in page["Content-Security-Policy"]
            shown += "&lt;script&gt;alert(1)" in text
    assert shown >= len(rows) // 2, "the text is there, in its harmless form"


def test_hostile_text_in_an_address_or_a_form_comes_back_as_text(world: World, superuser: User) -> None:
    client = browser(superuser)
    pages = [
        client.get("/admin/drifts/drift/", {"q": HOSTILE}),
        client.get("/admin/accounts/user/add/", {"name": HOSTILE, "email": HOSTILE}),
        client.post(
            "/admin/accounts/user/add/", {"name": HOSTILE, "email": HOSTILE, "role": HOSTILE, "password": HOSTILE}
        ),
        client.post("/admin/drifts/stack/add/", {"name": HOSTILE, "labels": HOSTILE, "repository_url": HOSTILE}),
        client.post("/admin/second-factor/", {"do": "confirm", "code": HOSTILE}),
        Client().get("/admin/login/", {"next": HOSTILE}),
        Client().post("/admin/login/", {"username": HOSTILE, "password": HOSTILE, "code": HOSTILE, "next": HOSTILE}),
    ]
    for page in pages:
        assert page.status_code == 200
        assert dangers(page.content.decode()) == []
        assert HOSTILE not in page.content.decode()


def guarded_browser(user: User) -> Client:
    """A browser that is logged in, and for whom the check of forms is on."""
    client = Client(enforce_csrf_checks=True)
    client.get("/admin/login/")
    token = client.cookies["csrftoken"].value
    answer = client.post("/admin/login/", {"username": user.email, "password": PASSWORD, "csrfmiddlewaretoken": token})
    assert answer.status_code == 302
    return client


@pytest.mark.parametrize(
    "path", [path for path in admin_paths() if "autocomplete" not in path and "jsi18n" not in path]
)
def test_a_form_from_elsewhere_does_nothing(world: World, superuser: User, path: str) -> None:
    """Whatever the page: without its own token no form of the admin is taken."""
    client = guarded_browser(superuser)
    elsewhere = Client()
    elsewhere.get("/admin/login/")
    for token in ("", "x" * 32, elsewhere.cookies["csrftoken"].value):
        answer = client.post(path, {"csrfmiddlewaretoken": token})
        assert answer.status_code in {403, 404}, (token, answer.status_code)
    assert client.get("/admin/").status_code == 200, "not even logged out"


@pytest.mark.parametrize("path", WRITES)
def test_its_own_form_is_taken(world: World, path: str) -> None:
    client = guarded_browser(world.owner)
    token = client.cookies["csrftoken"].value
    assert client.post(path, {"csrfmiddlewaretoken": token}).status_code == 200


def test_a_log_in_cannot_be_forced_from_elsewhere(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/admin/login/", {"username": world.owner.email, "password": PASSWORD}).status_code == 403


def test_the_cookie_of_the_session_is_out_of_reach_of_scripts_and_other_sites(world: World) -> None:
    cookie = browser(world.owner).cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_no_page_may_be_framed_or_kept(world: World) -> None:
    client = browser(world.owner)
    for path in ("/admin/", "/admin/login/", "/admin/second-factor/", "/admin/accounts/user/"):
        page = Client().get(path) if "login" in path else client.get(path)
        assert page["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
        assert "no-store" in page["Cache-Control"]
