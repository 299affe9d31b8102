"""The `OIDC_…` settings: all or none, and one message for everything that is wrong."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from driftsentry.api.access import Role
from driftsentry.single_sign_on import single_sign_on

GIVEN = {
    "OIDC_ISSUER": "https://sso.example.com/realms/main",
    "OIDC_CLIENT_ID": "driftsentry",
    "OIDC_CLIENT_SECRET": "s3cret",
}


def configure(monkeypatch: pytest.MonkeyPatch, **changes: str) -> None:
    for name, value in {**GIVEN, **changes}.items():
        monkeypatch.setenv(name, value)


def test_without_any_of_them_there_is_none() -> None:
    assert single_sign_on("production") is None


def test_the_roles_are_read_and_the_strongest_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, OIDC_ROLE_CLAIM="realm.roles", OIDC_ROLE_MAP="platform-admins=admin, cn=x=engineer")
    found = single_sign_on("production")
    assert found is not None
    assert found.role_claim == ("realm", "roles")
    assert found.role_of(["cn=x", "platform-admins"]) == Role.ADMIN
    assert found.role_of(["cn=x"]) == Role.ENGINEER
    assert found.role_of(["admin"]) == Role.VIEWER
    assert "s3cret" not in repr(found)


def test_without_a_map_the_claim_holds_our_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, OIDC_ROLE_CLAIM="role", OIDC_DEFAULT_ROLE="none")
    found = single_sign_on("production")
    assert found is not None
    assert (found.role_of(["engineer"]), found.role_of(["owner"])) == (Role.ENGINEER, None)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"OIDC_CLIENT_SECRET": "", "OIDC_CLIENT_ID": ""}, "OIDC_CLIENT_ID is not set; OIDC_CLIENT_SECRET is not set"),
        ({"OIDC_ISSUER": ""}, "OIDC_ISSUER is not set"),
        ({"OIDC_ISSUER": "http://sso.example.com"}, "OIDC_ISSUER must be"),
        ({"OIDC_ISSUER": "http://127.0.0.1:8080"}, "OIDC_ISSUER must be"),
        ({"OIDC_ISSUER": "https://user@sso.example.com"}, "OIDC_ISSUER must be"),
        ({"OIDC_ISSUER": "https://sso.example.com?x"}, "OIDC_ISSUER must be"),
        ({"OIDC_ISSUER": "https://sso.example.com/" + "x" * 200}, "longer than 200"),
        ({"OIDC_ROLE_MAP": "a=admin"}, "OIDC_ROLE_MAP needs"),
        ({"OIDC_ROLE_CLAIM": "a", "OIDC_ROLE_MAP": "a=owner"}, "OIDC_ROLE_MAP takes"),
        ({"OIDC_ROLE_CLAIM": "a..b"}, "OIDC_ROLE_CLAIM takes"),
        ({"OIDC_DEFAULT_ROLE": "owner"}, "OIDC_DEFAULT_ROLE takes"),
        ({"OIDC_DEFAULT_ROLE": "none"}, "lets nobody in"),
        ({"OIDC_HANDOVER_URLS": "https://a.example/b#c"}, "OIDC_HANDOVER_URLS"),
        ({"OIDC_HANDOVER_URLS": "javascript:alert(1)"}, "OIDC_HANDOVER_URLS"),
    ],
)
def test_what_is_missing_or_wrong_is_named(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], words: str
) -> None:
    configure(monkeypatch, **changes)
    with pytest.raises(ImproperlyConfigured, match=r"all of its settings or none") as raised:
        single_sign_on("production")
    assert words in str(raised.value)
    assert "s3cret" not in str(raised.value)


def test_plain_http_is_for_this_machine_in_development(monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, OIDC_ISSUER="http://127.0.0.1:8080")
    assert single_sign_on("development") is not None
    configure(monkeypatch, OIDC_ISSUER="http://localhost.example:8080")
    with pytest.raises(ImproperlyConfigured):
        single_sign_on("development")
