"""Whatever the table: it is behind the wall between tenants, or it is named here with the reason why not."""

import pytest
from django.db import connection

from driftsentry.api.walls import ROLE
from tests.conftest import World

NO_TENANTS = {
    "django_migrations": "the schema's own history; walled work has no right to it",
    "django_session": "browser sessions, found by their unguessable key before anybody is known",
    "django_content_type": "the names of the models",
    "auth_permission": "the names of permissions",
    "auth_group": "groups of permissions, of the whole installation",
    "auth_group_permissions": "groups of permissions, of the whole installation",
    "costs_price_list": "public list prices, the same for all; walled work reads them only",
    "procrastinate_jobs": "jobs, which name ids only; walled work adds some",
    "procrastinate_events": "what became of jobs; walled work adds some",
    "procrastinate_workers": "the workers; walled work has no right to it",
    "procrastinate_periodic_defers": "when periodic jobs were put in the queue; walled work has no right to it",
    "account_emailaddress": "of allauth, unused; walled work has no right to it",
    "account_emailconfirmation": "of allauth, unused; walled work has no right to it",
    "socialaccount_socialapp": "of allauth, unused; walled work has no right to it",
    "socialaccount_socialtoken": "of allauth, unused; walled work has no right to it",
}
TABLES = """
SELECT relname, relrowsecurity FROM pg_class
WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace
"""
OF_ACCOUNTS = """
SELECT table_name FROM information_schema.columns
WHERE table_schema = current_schema()
AND (column_name = 'account_id' AND data_type = 'uuid' OR table_name = 'accounts_account')
"""
POWERS = """
SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication OR rolcanlogin
FROM pg_roles WHERE rolname = %s
"""
DANGEROUS = ("TRUNCATE", "TRIGGER", "REFERENCES")


def rows(statement: str, *parameters: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return list(cursor.fetchall())


@pytest.fixture
def tables(transactional_db: None) -> dict[str, bool]:
    """Whether row-level security is on, by table."""
    return {str(name): bool(walled) for name, walled in rows(TABLES)}


def test_every_table_is_walled_or_named_with_its_reason(tables: dict[str, bool]) -> None:
    assert {name for name, walled in tables.items() if not walled} == NO_TENANTS.keys()


def test_every_table_with_an_account_is_walled(tables: dict[str, bool]) -> None:
    owned = {str(name) for (name,) in rows(OF_ACCOUNTS)}
    assert "drifts_drift" in owned
    assert not {name for name in owned if not tables[name]}


def test_every_wall_holds_for_reading_and_writing_alike(tables: dict[str, bool]) -> None:
    """One policy a table, for all commands, for the walled role alone; another one would be a gap beside it."""
    found = rows("SELECT tablename, cmd, roles::text[], permissive, qual, with_check FROM pg_policies")
    assert sorted(str(row[0]) for row in found) == sorted(name for name, walled in tables.items() if walled)
    for table, command, roles, permissive, using, check in found:
        assert (command, roles, permissive) == ("ALL", [ROLE], "PERMISSIVE"), table
        assert using == check, table


def test_walled_work_owns_nothing_and_cannot_leave_its_role(tables: dict[str, bool]) -> None:
    assert rows(POWERS, ROLE) == [(False,)]
    assert rows("SELECT count(*) FROM pg_class WHERE relowner = %s::regrole", ROLE) == [(0,)]
    assert rows("SELECT count(*) FROM pg_auth_members WHERE member = %s::regrole", ROLE) == [(0,)]
    assert rows("SELECT has_schema_privilege(%s, current_schema(), 'CREATE')", ROLE) == [(False,)]


@pytest.mark.parametrize("privilege", DANGEROUS)
def test_walled_work_has_no_right_beyond_rows(tables: dict[str, bool], privilege: str) -> None:
    granted = rows(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND has_table_privilege(%s, oid, %s)", ROLE, privilege
    )
    assert granted == []


def test_unused_tables_give_walled_work_no_right(world: World) -> None:
    closed = [name for name, reason in NO_TENANTS.items() if "no right" in reason]
    open_ones = [
        name
        for name in closed
        if rows("SELECT has_table_privilege(%s, %s, 'SELECT,INSERT,UPDATE,DELETE')", ROLE, name) != [(False,)]
    ]
    assert closed
    assert open_ones == []
