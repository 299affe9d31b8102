"""API keys in the admin: made, shown once, revoked; never changed."""

from accounts import api_keys
from accounts.models import ApiKey
from driftsentry.api.access import Scope
from tests.accounts.keys import account_key, showing
from tests.admin.conftest import browser, entries
from tests.conftest import World


def test_the_admin_shows_a_new_key_once_and_keeps_it_in_no_cookie_or_session(world: World) -> None:
    pages = browser(world.owner)
    form = {
        "name": "from the admin",
        "scopes": ["read", "ingest"],
        "stack_name": "",
        "expires_at_0": "",
        "expires_at_1": "",
    }
    page = pages.post("/admin/accounts/apikey/add/", form)
    assert page.status_code == 200
    row = ApiKey.objects.get()
    found = api_keys.SHAPE.search(page.content.decode())
    assert found is not None
    assert showing(found.group()).get("/api/v1/drifts").status_code == 200
    assert "no-store" in page["Cache-Control"]
    assert (row.name, row.scopes, row.account_id) == ("from the admin", ["read", "ingest"], world.account.pk)
    held = str(pages.cookies) + str(dict(pages.session))
    assert found.group() not in held
    assert found.group() not in pages.get("/admin/accounts/apikey/").content.decode()


def test_the_admin_revokes_keys_and_changes_none(world: World) -> None:
    pages = browser(world.owner)
    key, theirs = account_key(world, Scope.READ), account_key(world, Scope.READ, admin=world.outsider)
    selected = {"action": "revoke", "_selected_action": [str(key.row.pk), str(theirs.row.pk)]}
    assert pages.post("/admin/accounts/apikey/", selected).status_code == 302
    assert key.client.get("/api/v1/drifts").status_code == 401
    assert theirs.client.get("/api/v1/drifts").status_code == 200
    assert pages.post(f"/admin/accounts/apikey/{key.row.pk}/change/", {"name": "x"}).status_code == 403
    (entry,) = entries(world.account.pk, "api_key.revoked")
    assert (entry.actor_id, entry.data["id"]) == (world.owner.pk, str(key.row.pk))
    assert entries(world.other_account.pk, "api_key.revoked") == []


def test_the_admin_says_what_is_wrong(world: World) -> None:
    pages = browser(world.owner)
    form = {"name": "x", "scopes": ["audit"], "stack_name": "none", "expires_at_0": "", "expires_at_1": ""}
    page = pages.post("/admin/accounts/apikey/add/", form, follow=True)
    assert "a key limited to a stack cannot read it" in page.content.decode()
    assert not ApiKey.objects.exists()
