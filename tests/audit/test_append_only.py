"""The trigger: nothing in the journal can be changed, but the personal part can be erased."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.actions import erase_user
from audit.models import AuditLog
from audit.verification import verify
from tests.audit.entries import append, entries, run
from tests.conftest import SYSTEM, World


@pytest.mark.parametrize(
    "change",
    [
        "kind = 'drift.approved'",
        "data = '{}'",
        "at = now()",
        "actor_role = 'viewer'",
        "personal = '{}'",
        "personal = NULL",
        "salt = NULL",
        "personal = NULL, salt = NULL, kind = 'x'",
        "seq = seq + 1000",
        "hash = prev_hash",
    ],
)
def test_an_update_is_refused(world: World, change: str) -> None:
    with pytest.raises(IntegrityError, match="append-only: UPDATE is refused"):
        run(f"UPDATE audit_log SET {change} WHERE account_id = %s AND seq = 2", world.account.pk)  # noqa: S608
    assert verify(world.account.pk).valid


def test_a_delete_is_refused(world: World) -> None:
    with pytest.raises(IntegrityError, match="append-only: DELETE is refused"):
        AuditLog.objects.filter(account_id=world.account.pk).delete()
    assert verify(world.account.pk).entries == 4


def test_a_truncate_is_refused(world: World) -> None:
    with transaction.atomic():
        run("ALTER TABLE audit_log ENABLE TRIGGER audit_log_no_truncate")  # the test database lifts it
        with pytest.raises(IntegrityError, match="append-only: TRUNCATE is refused"), transaction.atomic():
            run("TRUNCATE audit_log")
        transaction.set_rollback(True)
    assert verify(world.account.pk).entries == 4


def test_the_triggers_are_there_as_the_migration_made_them(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = 'audit_log'::regclass AND NOT tgisinternal")
        names = {name for (name,) in cursor.fetchall()}
    assert {"audit_log_append_only", "audit_log_no_truncate"} <= names


def test_a_person_can_be_forgotten_and_the_chain_still_verifies_and_says_so(world: World) -> None:
    append(world.account.pk, "one", "two", by=world.actor(world.engineer))
    erase_user(world.account.pk, world.engineer.pk, by=SYSTEM)
    verdict = verify(world.account.pk)
    assert verdict.valid
    assert verdict.erased == 2
    assert world.engineer.email not in str([row.personal for row in entries(world.account.pk) if row.actor_id])


def test_an_entry_that_claims_an_earlier_time_than_the_one_before_gets_that_ones(world: World) -> None:
    """A clock set back does not reorder the journal."""
    ahead = datetime(2999, 1, 1, tzinfo=UTC)
    with transaction.atomic():
        run("ALTER TABLE audit_log DISABLE TRIGGER audit_log_append_only")
        run("UPDATE audit_log SET at = %s WHERE account_id = %s AND seq = 4", ahead, world.account.pk)
        run("ALTER TABLE audit_log ENABLE TRIGGER audit_log_append_only")
    append(world.account.pk, "one")
    assert entries(world.account.pk)[-1].at == ahead
