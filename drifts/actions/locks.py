"""Locks that are no row: whoever counts before adding waits for whoever is doing the same."""

from uuid import UUID

from django.db import connection

LOCK_WAIT = "55s"


def hold(what: str) -> None:
    """Let no other transaction hold the same lock until this one ends.

    Args:
        what: What is locked, with the id of its account: `ignore rules 0198…`.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [what])


def lock_stack(stack_id: UUID) -> None:
    """Let no other scan of a stack be recorded until the transaction ends.

    Args:
        stack_id: The stack.

    Raises:
        OperationalError: Another scan of it has been recorded for longer than `LOCK_WAIT`.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"stack {stack_id}"])
