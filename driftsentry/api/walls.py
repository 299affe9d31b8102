"""What migrations say to PostgreSQL of the wall between tenants: its role, a table behind it, a table beside it.

`ROLE` is the role that walled work runs as. It owns nothing, so the policies bind it; it cannot log in. The role that
logs in owns the tables, so it passes: migrations, foreign-key checks and work for which the wall is lifted run as it.
"""

from collections.abc import Sequence

from django.db.migrations.operations import RunSQL

ROLE = "driftsentry_web"
SETTING = "driftsentry.account"
ALL = ("SELECT", "INSERT", "UPDATE", "DELETE")

_MISSING = (
    f"This database role may not make the role {ROLE}, behind which tenants are kept apart. "
    f"Have an administrator of the database run: CREATE ROLE {ROLE} NOLOGIN; GRANT {ROLE} TO %I; and migrate again."
)
# Roles belong to the whole cluster: another database of it may be migrated at this very moment. And whoever makes a
# role may administer it but not become it, from PostgreSQL 16 on.
MAKE_ROLE = f"""
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN
        BEGIN
            CREATE ROLE {ROLE} NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END IF;
    BEGIN
        PERFORM set_config('role', '{ROLE}', true);
        PERFORM set_config('role', 'none', true);
    EXCEPTION WHEN insufficient_privilege THEN
        BEGIN
            GRANT {ROLE} TO CURRENT_USER;
        EXCEPTION WHEN unique_violation OR internal_error THEN
            NULL;
        END;
        PERFORM set_config('role', '{ROLE}', true);
        PERFORM set_config('role', 'none', true);
    END;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('{_MISSING}', CURRENT_USER);
END $$
"""  # nosec B608 - constants of ours


def role() -> RunSQL:
    """Make the role. It stays when the migration is taken back: other databases may use it."""
    return RunSQL(MAKE_ROLE, RunSQL.noop)


def wall(table: str, *, account: str = "account_id", verbs: Sequence[str] = ALL) -> RunSQL:
    """Put a table behind the wall: walled work sees and changes only the rows of its account.

    Args:
        table: The table.
        account: The column that says whose a row is.
        verbs: What walled work may do there.
    """
    return _behind(table, f"{account} = NULLIF(current_setting('{SETTING}', true), '')::uuid", verbs)


def wall_by_user(table: str, *verbs: str) -> RunSQL:
    """Put a library's table behind the wall, whose rows belong to users and so to their account.

    Args:
        table: The table; its `user_id` says whose a row is.
        *verbs: What walled work may do there.
    """
    return _behind(table, "user_id IN (SELECT id FROM accounts_user)", verbs)


def _behind(table: str, mine: str, verbs: Sequence[str]) -> RunSQL:
    policy = f"{table}_of_account"
    return RunSQL(
        [
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"CREATE POLICY {policy} ON {table} FOR ALL TO {ROLE} USING ({mine}) WITH CHECK ({mine})",
            _grant(table, verbs),
        ],
        [
            _revoke(table),
            f"DROP POLICY {policy} ON {table}",
            f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
        ],
    )


def beside(table: str, *verbs: str) -> RunSQL:
    """Let walled work use a table that holds no tenant's rows.

    Args:
        table: The table.
        *verbs: What it may do there.
    """
    return RunSQL(_grant(table, verbs), _revoke(table))


def _grant(table: str, verbs: Sequence[str]) -> str:
    return f"GRANT {', '.join(verbs)} ON {table} TO {ROLE}"


def _revoke(table: str) -> str:
    return f"REVOKE ALL ON {table} FROM {ROLE}"
