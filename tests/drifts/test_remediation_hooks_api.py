"""`/stacks/{id}/remediation-hook`: engineers read it, admins set it, and nobody ever sees its secret."""

from base64 import b64encode
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from drifts.actions.stacks import create_stack
from drifts.models import RemediationHook
from tests.drifts.scans import facts

SECRET = "ghp_0123456789abcdef"
BODY = {"kind": "github", "project": "acme/infra", "secret": SECRET}


@pytest.fixture
def path(world: Any) -> str:
    stack = create_stack(world.account.pk, values={"name": "payments"}, by=world.actor(world.engineer))
    return f"/api/v1/stacks/{stack.pk}/remediation-hook"


def put(world: Any, path: str, **body: Any) -> Any:
    return world.client(world.owner).put(path, body, format="json")


def test_an_admin_sets_it_and_its_secret_is_never_shown(world: Any, path: str) -> None:
    assert world.client(world.engineer).get(path).status_code == 404
    made = put(world, path, **BODY)
    assert (made.status_code, made.json()["data"]["url"]) == (200, "https://api.github.com")
    read = world.client(world.engineer).get(path)
    assert read.json()["data"]["project"] == "acme/infra"
    assert world.client(world.viewer).get(path).status_code == 403
    assert world.client(world.outsider).get(path).status_code == 404
    assert SECRET not in made.content.decode() + read.content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM drifts_remediation_hook")
        assert SECRET not in str(cursor.fetchall())


def test_engineers_do_not_set_or_remove_it(world: Any, path: str) -> None:
    put(world, path, **BODY)
    client = world.client(world.engineer)
    assert client.put(path, BODY, format="json").status_code == 403
    assert client.delete(path).status_code == 403
    assert RemediationHook.objects.count() == 1


def test_a_change_is_told_by_names_and_where_it_points(world: Any, path: str) -> None:
    put(world, path, **BODY)
    put(world, path, kind="github", isEnabled=False)
    put(world, path, kind="github")
    assert world.client(world.owner).delete(path).status_code == 204
    told = [fact.data["changed"] for fact in facts(world, "stack.hook_changed")]
    assert told == [["kind", "url", "project", "ref", "is_enabled", "secret"], ["is_enabled"], ["removed"]]
    assert [fact.data["changes"] for fact in facts(world, "stack.hook_changed")] == [
        {
            "kind": [None, "github"],
            "host": [None, "api.github.com"],
            "project": [None, "acme/infra"],
            "is_enabled": [None, True],
        },
        {"is_enabled": [True, False]},
        {
            "kind": ["github", None],
            "host": ["api.github.com", None],
            "project": ["acme/infra", None],
            "is_enabled": [False, None],
        },
    ]
    assert SECRET not in str([(fact.data, fact.personal) for fact in facts(world)])
    assert world.client(world.owner).delete(path).status_code == 404


def test_of_an_address_the_journal_has_the_host_alone(world: Any, path: str) -> None:
    key = f"whsec_{b64encode(bytes(32)).decode()}"
    for url in ("https://ci.example/hooks/T0KEN?key=K3Y", "https://ci.example/0THER", "https://ci.example:8443/"):
        assert put(world, path, kind="generic", url=url, secret=key).status_code == 200
    told = facts(world, "stack.hook_changed")
    assert [fact.data["changes"].get("host") for fact in told] == [
        [None, "ci.example"],
        None,
        ["ci.example", "ci.example:8443"],
    ]
    assert [fact.data["changed"] for fact in told[1:]] == [["url", "secret"]] * 2
    assert not any(word in str([fact.data for fact in told]) for word in ("T0KEN", "K3Y", "0THER", key))


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "github", "project": "mallory/infra"},
        {"kind": "github", "url": "https://api.mallory.example"},
        {"kind": "gitlab", "project": "acme/infra", "ref": "main"},
    ],
)
def test_a_secret_goes_to_nobody_else_than_it_was_given_for(world: Any, path: str, change: dict[str, Any]) -> None:
    put(world, path, **BODY)
    refused = put(world, path, **change)
    assert refused.status_code == 400
    assert refused.json()["error"]["details"]["errors"][0]["field"] == "secret"
    assert RemediationHook.objects.get().project == "acme/infra"
    assert put(world, path, **change, secret="another-token").status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**BODY, "project": "acme"}, "project"),
        ({**BODY, "url": "http://10.0.0.1/"}, "url"),
        ({"kind": "github", "project": "acme/infra"}, "secret"),
        ({**BODY, "kind": "jenkins"}, "kind"),
        ({"kind": "generic", "url": "https://ci.example/", "secret": SECRET}, "secret"),
    ],
)
def test_a_hook_that_cannot_work_is_refused(world: Any, path: str, body: dict[str, Any], field: str) -> None:
    refused = put(world, path, **body)
    assert refused.status_code == 400
    assert refused.json()["error"]["details"]["errors"][0]["field"] == field
    assert SECRET not in refused.content.decode()
    assert not RemediationHook.objects.exists()


def test_its_secret_is_written_anew_with_the_newest_key(world: Any, path: str, settings: Any) -> None:
    put(world, path, **BODY)
    settings.ENCRYPTION_KEYS = ("newest" * 6, *settings.ENCRYPTION_KEYS)
    call_command("rotate_secrets", stdout=StringIO())
    settings.ENCRYPTION_KEYS = settings.ENCRYPTION_KEYS[:1]
    assert RemediationHook.objects.get().secret == SECRET


def test_a_stack_with_a_hook_alone_can_be_removed(world: Any, path: str) -> None:
    put(world, path, **BODY)
    assert world.client(world.engineer).delete(path.removesuffix("/remediation-hook")).status_code == 204
    assert not RemediationHook.objects.exists()
