"""The second wall: with no scoping in the code at all, PostgreSQL shows and takes a tenant's own rows only."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import (
    DatabaseError,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
    connection,
    models,
    transaction,
)
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, ApiKey, Domain, OneTimeToken, RecoveryCode, SecondFactor, User
from alerts.models import Channel, Reminder, Told
from audit import journal
from audit.models import AuditCheckpoint, AuditHead, AuditLog
from costs.models import CostMetric
from drifts.models import Drift, Scan, ScanOutput, Stack, StackSecrets
from driftsentry.api import tenancy
from driftsentry.api.ids import new_id
from driftsentry.api.models import IdempotentRequest
from driftsentry.api.tenancy import WrongTenant
from driftsentry.api.walls import ROLE
from tests.conftest import SYSTEM, World
from tests.laws.tenants import furnish

REFUSED = r"row-level security|permission denied"


def _names_account(field: "models.Field[Any, Any]") -> bool:
    """Allauth calls something else an account."""
    return field.attname == "account_id" and field.related_model in (None, Account)


def _of_accounts() -> list[type[models.Model]]:
    """Every model whose rows belong to a tenant, by what the model says."""
    return [one for one in apps.get_models() if one is Account or any(map(_names_account, one._meta.concrete_fields))]


TENANT_MODELS = _of_accounts()
JOURNAL = [AuditHead, AuditLog, AuditCheckpoint]


@pytest.fixture
def furnished(world: World) -> World:
    """Both tenants own one of everything."""
    for owner, account, user in (("acme", world.account, world.owner), ("rival", world.other_account, world.outsider)):
        furnish(world, account.pk, owner=owner)
        world.sign_in(user)
        key = {"account": account, "user": user}
        ApiKey.objects.create(**key, name=owner, prefix=owner, last4="1234", digest=bytes(32), scopes=["read"])
        Domain.objects.create(account=account, name=f"{owner}.example")
        OneTimeToken.objects.create(**key, purpose="invitation", digest=owner.encode(), expires_at=user.created_at)
        SecondFactor.objects.create(**key, secret="JBSWY3DPEHPK3PXP")
        RecoveryCode.objects.create(**key, digest=bytes(32))
        CostMetric.objects.create(
            account=account, drift_id=new_id(), at=user.created_at, impact_delta=1, savings_delta=0
        )
        IdempotentRequest.objects.create(account_id=account.pk, user_id=user.pk, key="key", digest=bytes(32))
        scan = Scan.objects.filter(account=account).latest("id")
        ScanOutput.objects.create(account=account, scan=scan, text="Refreshing state")
        StackSecrets.objects.create(account=account, stack=scan.stack, secrets="{}")
        drift = Drift.objects.filter(account=account).latest("id")
        Reminder.objects.create(account=account, drift=drift, number=1, last_at=user.created_at)
        told = Channel.objects.filter(account=account).first() or Channel.objects.create(account=account, name=owner)
        Told.objects.get_or_create(
            account=account, channel=told, drift=drift, defaults={"severity_rank": 0, "told_at": user.created_at}
        )
        at = {"at": user.created_at, "archived_at": user.created_at}
        AuditCheckpoint.objects.create(account=account, seq=0, hash=bytes(32), entries=0, file_digest=b"", **at)
    return world


def owner_column(model: type[models.Model]) -> str:
    return "id" if model is Account else "account_id"


def owners(model: type[models.Model]) -> set[UUID]:
    return set(model._base_manager.values_list(owner_column(model), flat=True))


def run(statement: str) -> int:
    """Run a bare statement.

    Returns:
        How many rows it changed.
    """
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.rowcount)


def role_and_account() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, coalesce(current_setting('driftsentry.account', true), '')")
        role, account = cursor.fetchone()
    return str(role), str(account)


def raw_role() -> str:
    """What the connection itself is, beside everything that this backend does."""
    (role,) = connection.connection.execute("SELECT current_user").fetchone()
    return str(role)


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda one: one._meta.label)
def test_an_unscoped_query_shows_a_tenants_own_rows_only(furnished: World, model: type[models.Model]) -> None:
    mine, theirs = furnished.account.pk, furnished.other_account.pk
    assert owners(model) == {mine, theirs}
    with tenancy.behind(), tenancy.within(mine):
        assert owners(model) == {mine}
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT DISTINCT {owner_column(model)} FROM {model._meta.db_table}")  # noqa: S608 - our names
            assert cursor.fetchall() == [(mine,)]
        assert set(model._base_manager.values_list(owner_column(model), flat=True).iterator(chunk_size=1)) == {mine}


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda one: one._meta.label)
def test_work_for_nobody_sees_no_tenants_rows(furnished: World, model: type[models.Model]) -> None:
    with tenancy.behind():
        assert owners(model) == set()


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda one: one._meta.label)
def test_anothers_rows_can_be_neither_changed_nor_removed(furnished: World, model: type[models.Model]) -> None:
    table, column = model._meta.db_table, owner_column(model)
    theirs = model._base_manager.filter(**{column: furnished.other_account.pk})
    before = sorted(map(str, theirs.values()))
    where = f"WHERE {column} = '{furnished.other_account.pk}'"
    statements = [f"UPDATE {table} SET {column} = {column} {where}", f"DELETE FROM {table} {where}"]  # noqa: S608
    with tenancy.behind(), tenancy.within(furnished.account.pk):
        if model in JOURNAL:
            for statement in statements:
                with pytest.raises(ProgrammingError, match="permission denied"):
                    run(statement)
        else:
            assert [run(statement) for statement in statements] == [0, 0]
    assert sorted(map(str, theirs.values())) == before


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda one: one._meta.label)
def test_a_row_of_another_tenant_cannot_be_added(furnished: World, model: type[models.Model]) -> None:
    """A copy of a row of theirs: refused for its account, before any key of it is looked at."""
    theirs = model._base_manager.filter(**{owner_column(model): furnished.other_account.pk}).first()
    assert theirs is not None
    with tenancy.behind(), tenancy.within(furnished.account.pk), pytest.raises(DatabaseError, match=REFUSED):
        model._base_manager.bulk_create([theirs])


def test_a_row_cannot_be_given_away(furnished: World) -> None:
    with tenancy.behind(), tenancy.within(furnished.account.pk), pytest.raises(DatabaseError, match=REFUSED):
        Stack.objects.update(account_id=furnished.other_account.pk)


def test_a_key_of_anothers_row_does_not_open_it(furnished: World) -> None:
    """A foreign key is checked by PostgreSQL for whoever owns the tables; what it leads to stays out of sight."""
    theirs = Stack.objects.get(account_id=furnished.other_account.pk, name__contains="stack")
    with tenancy.behind(), tenancy.within(furnished.account.pk):
        assert Drift.objects.filter(stack_id=theirs.pk).count() == 0
        assert Stack.objects.filter(pk=theirs.pk).first() is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET kind = 'other'",
        "UPDATE audit_log SET personal = NULL, salt = NULL, hash = hash",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        "ALTER TABLE audit_log DISABLE TRIGGER ALL",
        "ALTER TABLE audit_log DISABLE ROW LEVEL SECURITY",
        "DROP POLICY audit_log_of_account ON audit_log",
        "DELETE FROM audit_head",
        "UPDATE audit_head SET epoch = gen_random_uuid()",
        "ALTER TABLE drifts_drift ADD COLUMN more text",
        "CREATE TABLE of_mine (id int)",
        "SELECT * FROM django_migrations",
        "SELECT pg_read_file('/etc/hostname')",
        "CREATE ROLE another",
    ],
)
def test_walled_work_can_change_neither_the_journal_nor_the_schema(furnished: World, statement: str) -> None:
    with tenancy.behind(), tenancy.within(furnished.account.pk):
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
            run(statement)
        assert raw_role() != ROLE


def test_a_lifted_wall_shows_everything_and_a_thread_does_not_inherit_it(furnished: World) -> None:
    def others() -> tuple[set[UUID], tuple[str, str]]:
        try:
            return owners(Drift), role_and_account()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        seen, told = pool.submit(others).result()
    assert (seen, told) == (set(), (ROLE, ""))
    assert owners(Drift) == {furnished.account.pk, furnished.other_account.pk}


def test_the_wall_follows_its_context_within_one_transaction(furnished: World) -> None:
    mine = furnished.account.pk
    with tenancy.behind(), transaction.atomic():
        assert role_and_account() == (ROLE, "")
        with tenancy.within(mine):
            assert role_and_account() == (ROLE, str(mine))
            with tenancy.lifted("a test"):
                assert role_and_account()[0] != ROLE
                assert len(owners(Drift)) == 2
            assert owners(Drift) == {mine}
        assert owners(Drift) == set()


def test_work_for_one_account_cannot_turn_to_another(furnished: World) -> None:
    with tenancy.behind(), tenancy.within(furnished.account.pk):
        with pytest.raises(WrongTenant):
            tenancy.enter(furnished.other_account.pk)
        with pytest.raises(WrongTenant), journal.writing(furnished.other_account.pk, by=SYSTEM):
            pass
        assert owners(Drift) == {furnished.account.pk}


def test_an_action_enters_its_account_and_leaves_it(furnished: World) -> None:
    with tenancy.behind():
        with journal.writing(furnished.account.pk, by=SYSTEM):
            assert role_and_account() == (ROLE, str(furnished.account.pk))
            transaction.on_commit(lambda: seen.append(role_and_account()), using="default")
            seen: list[tuple[str, str]] = []
        assert seen == [(ROLE, str(furnished.account.pk))]
        assert role_and_account() == (ROLE, "")


class TestNothingIsLeftBehind:
    """On the connection that others will use."""

    @pytest.fixture(autouse=True)
    def clean_afterwards(self, furnished: World) -> Iterator[None]:
        yield
        assert raw_role() != ROLE
        (left,) = connection.connection.execute("SELECT current_setting('driftsentry.account', true)").fetchone()
        assert not left
        assert owners(Drift) == {furnished.account.pk, furnished.other_account.pk}

    def test_by_a_commit(self, furnished: World) -> None:
        with tenancy.behind(), tenancy.within(furnished.account.pk), transaction.atomic(durable=True):
            assert owners(Drift) == {furnished.account.pk}

    def test_by_a_statement_of_its_own(self, furnished: World) -> None:
        with tenancy.behind(), tenancy.within(furnished.account.pk):
            assert owners(Drift) == {furnished.account.pk}
            assert raw_role() != ROLE

    def test_by_a_rollback(self, furnished: World) -> None:
        with tenancy.behind(), tenancy.within(furnished.account.pk), transaction.atomic():
            assert Stack.objects.update(owner="gone") == 1
            transaction.set_rollback(True)
        assert not Stack.objects.filter(owner="gone").exists()

    def test_by_a_failed_statement(self, furnished: World) -> None:
        with tenancy.behind(), tenancy.within(furnished.account.pk):
            with pytest.raises(ProgrammingError):
                run("SELECT nothing")
            assert owners(Drift) == {furnished.account.pk}
            with pytest.raises(IntegrityError):
                User.objects.update(role="king")

    def test_by_a_cursor_that_is_given_up(self, furnished: World) -> None:
        with tenancy.behind(), tenancy.within(furnished.account.pk):
            rows = iter(Drift.objects.values_list("account_id").iterator(chunk_size=1))
            assert next(rows) == (furnished.account.pk,)
            del rows

    def test_by_a_rollback_to_a_savepoint(self, furnished: World) -> None:
        """It takes back what was told since: the transaction must be told again."""
        mine = furnished.account.pk
        with transaction.atomic():
            with tenancy.behind(), tenancy.within(mine):
                before = transaction.savepoint()
                assert owners(Drift) == {mine}
            transaction.savepoint_rollback(before)
            assert len(owners(Drift)) == 2
            with tenancy.behind(), tenancy.within(mine):
                before = transaction.savepoint()
                assert owners(Drift) == {mine}
                transaction.savepoint_rollback(before)
                assert owners(Drift) == {mine}

    def test_by_a_statement_that_fails_within_a_savepoint(self, furnished: World) -> None:
        mine = furnished.account.pk
        with tenancy.behind(), transaction.atomic():
            with tenancy.within(mine), pytest.raises(ProgrammingError), transaction.atomic():
                run("SELECT nothing")
            assert owners(Drift) == set()
            with tenancy.within(mine):
                assert owners(Drift) == {mine}

    def test_by_copy_stream_and_many(self, furnished: World) -> None:
        mine = str(furnished.account.pk)
        with tenancy.behind(), tenancy.within(furnished.account.pk), connection.cursor() as cursor:
            with cursor.copy("COPY (SELECT DISTINCT account_id FROM drifts_drift) TO STDOUT") as out:
                assert b"".join(map(bytes, out)).decode().split() == [mine]
            assert [str(row[0]) for row in cursor.stream("SELECT DISTINCT account_id FROM drifts_drift")] == [mine]
            cursor.executemany("UPDATE drifts_stack SET owner = %s", [["a"], ["b"]])
        assert Stack.objects.filter(owner="b").count() == Stack.objects.filter(account_id=mine).count()

    def test_by_a_copy_into_anothers(self, furnished: World) -> None:
        """PostgreSQL refuses to copy into a walled table at all, but for its owner."""
        row = f"77\t{furnished.other_account.pk}\tmine.example\t2026-01-01\n"
        with tenancy.behind(), tenancy.within(furnished.account.pk), connection.cursor() as cursor:
            copy = cursor.copy("COPY accounts_domain (id, account_id, name, created_at) FROM STDIN")
            with pytest.raises(NotSupportedError, match="row-level security"), copy as into:
                into.write(row)

    def test_by_a_transaction_that_django_has_not_begun(self, furnished: World) -> None:
        raw = connection.connection
        with tenancy.behind():
            for account in (furnished.account.pk, furnished.account.pk):
                with raw.transaction(), tenancy.within(account):
                    assert owners(Drift) == {account}


def test_the_wall_costs_no_query_that_django_counts(furnished: World) -> None:
    with tenancy.behind(), tenancy.within(furnished.account.pk), CaptureQueriesContext(connection) as queries:
        list(Drift.objects.all())
        with transaction.atomic():
            list(Drift.objects.all())
    assert [query["sql"].split()[0] for query in queries] == ["SELECT", "BEGIN", "SELECT", "COMMIT"]
