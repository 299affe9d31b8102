"""Making tenants, users and the first admin."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from accounts import actions
from accounts.models import Account, User, normalised_email
from audit.models import AuditLog
from audit.verification import verify
from driftsentry.api.access import Role
from driftsentry.api.errors import Conflict
from tests.accounts.signing import log_in
from tests.conftest import SYSTEM, World

SECRET = "a long enough secret"


def test_a_tenant_begins_with_a_journal_of_its_own(world: World) -> None:
    account = actions.create_account("third", by=SYSTEM)
    assert [entry.kind for entry in AuditLog.objects.filter(account_id=account.pk)] == ["account.created"]
    assert verify(account.pk).valid


def test_a_tenants_name_is_taken_once_and_the_refusal_leaves_no_journal(world: World) -> None:
    before = AuditLog.objects.count()
    with pytest.raises(Conflict, match="already an account"):
        actions.create_account("acme", by=SYSTEM)
    assert AuditLog.objects.count() == before


@pytest.mark.parametrize("email", ["bob@acme.example", "BOB@acme.example", " Bob@Acme.Example "])
def test_an_e_mail_is_taken_once_whatever_its_case_and_whichever_the_tenant(world: World, email: str) -> None:
    before = AuditLog.objects.count()
    with pytest.raises(Conflict, match="already a user"):
        actions.create_user(world.other_account, email=email, name="Bob", role=Role.VIEWER, password=SECRET, by=SYSTEM)
    assert AuditLog.objects.count() == before


def test_the_database_itself_refuses_two_spellings_of_an_e_mail(world: World) -> None:
    with pytest.raises(IntegrityError, match="accounts_user_email"), transaction.atomic():
        User.objects.create(account=world.account, email="BOB@acme.example", name="Bob")


def test_the_database_itself_refuses_a_role_that_is_none(world: World) -> None:
    with pytest.raises(IntegrityError, match="accounts_user_role"), transaction.atomic():
        User.objects.filter(pk=world.viewer.pk).update(role="emperor")


def test_an_e_mail_is_stored_in_lower_case() -> None:
    assert normalised_email(" Bob@Acme.Example ") == "bob@acme.example"


def test_only_admins_may_use_the_admin_pages(world: World) -> None:
    assert [user.is_staff for user in (world.owner, world.engineer, world.viewer)] == [True, False, False]


def test_createsuperuser_without_a_terminal(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_EMAIL", "Root@Example.org")
    monkeypatch.setenv("DJANGO_SUPERUSER_NAME", "Root")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", SECRET)
    out = StringIO()
    call_command("createsuperuser", interactive=False, stdout=out)
    user = User.objects.get()
    assert (user.email, user.name, user.role, user.is_superuser) == ("root@example.org", "Root", "admin", True)
    assert user.account == Account.objects.get(name="default")
    assert {entry.kind for entry in AuditLog.objects.all()} == {"account.created", "user.created"}
    assert verify(user.account_id).valid
    assert log_in("root@example.org", SECRET).status_code == 200
    assert SECRET not in out.getvalue()


def test_createsuperuser_twice_is_refused_in_words(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", SECRET)
    arguments: dict[str, Any] = {"interactive": False, "email": "root@example.org", "name": "Root"}
    call_command("createsuperuser", **arguments, stdout=StringIO())
    with pytest.raises(CommandError, match="already taken"):
        call_command("createsuperuser", **arguments | {"email": "ROOT@example.org"}, stdout=StringIO())
    assert User.objects.count() == 1


def test_createsuperuser_asks_for_the_e_mail_the_name_and_the_password(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {"Email": "root@example.org", "Name": "Root"}
    asked: list[str] = []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return next(value for name, value in answers.items() if prompt.startswith(name))

    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("builtins.input", answer)
    monkeypatch.setattr("getpass.getpass", lambda *_: SECRET)
    monkeypatch.delenv("DJANGO_SUPERUSER_PASSWORD", raising=False)
    call_command("createsuperuser", stdin=Terminal(), stdout=StringIO())
    assert len(asked) == 2
    assert User.objects.get().check_password(SECRET)


def test_createsuperuser_joins_the_account_that_is_there(transactional_db: None) -> None:
    default = actions.create_account("default", by=SYSTEM)
    user = User.objects.create_superuser("root@example.org", SECRET, name="Root")
    assert user.account == default
    connection.close()
