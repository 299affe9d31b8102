"""Locks that are no row: whoever counts before adding waits for whoever is doing the same."""

from django.db import connection


def hold(what: str) -> None:
    """Let no other transaction hold the same lock until this one ends.

    Args:
        what: What is locked, with the id of its account: `ignore rules 0198…`.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [what])
