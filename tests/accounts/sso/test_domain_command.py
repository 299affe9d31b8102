"""`manage.py domain`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Domain
from audit.models import AuditLog
from tests.conftest import World


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("domain", *arguments, stdout=out)
    return out.getvalue()


def test_domains_are_added_listed_and_removed(world: World) -> None:
    assert "example.com belongs to acme" in run("add", " Example.com. ", "--account", "acme")
    assert run("list") == "example.com\tacme\n"
    run("remove", "EXAMPLE.com")
    assert run("list") == ""
    entries = AuditLog.objects.filter(kind__startswith="domain.").order_by("seq")
    assert [(entry.kind, entry.data["name"], entry.account_id) for entry in entries] == [
        ("domain.added", "example.com", world.account.pk),
        ("domain.removed", "example.com", world.account.pk),
    ]


def test_a_domain_belongs_to_one_account(world: World) -> None:
    run("add", "example.com", "--account", "acme")
    with pytest.raises(CommandError, match="belongs to an account already"):
        run("add", "EXAMPLE.com", "--account", "rival")
    assert Domain.objects.get().account_id == world.account.pk


@pytest.mark.parametrize("name", ["", "acme", "a b.example", "@example.com", "https://example.com", "*.example.com"])
def test_what_is_no_domain_is_refused(world: World, name: str) -> None:
    with pytest.raises(CommandError, match="no domain name"):
        run("add", name, "--account", "acme")


def test_an_unknown_account_or_domain_is_told(world: World) -> None:
    with pytest.raises(CommandError, match="no account called"):
        run("add", "example.com", "--account", "nobody")
    with pytest.raises(CommandError, match="belongs to no account"):
        run("remove", "example.com")
