"""Emptying the database after a test that commits: only what the test filled, which takes a tenth of Django's flush.

Django's own flush truncates every table, each with new files for itself and its indexes, and then makes all content
types and permissions anew. Here the tables with rows are emptied by DELETE, in any order since Django's foreign keys
are checked at the end of the transaction, and content types and permissions stay. The journal and the costs' ledger
refuse DELETE, so they are truncated. Jobs that a test left waiting go too: Django does not know procrastinate's tables
as its own. Where a test has filled a table with many rows, everything is truncated as Django does it.
"""

from collections.abc import Sequence
from typing import Any

import pytest
from django.core.management.commands import flush
from django.db import connection

MANY = 2000
"""Rows from which on truncating is quicker than deleting."""
KEPT = frozenset({"django_content_type", "auth_permission"})
"""What migrations fill and no test changes."""
APPEND_ONLY = "{audit_log,audit_checkpoint,costs_cost_metric}"
"""Tables that refuse DELETE; nothing refers to them."""

EMPTY = """
DO $$
DECLARE
    one text;
    held integer;
    filled text[] := '{{}}';
    large boolean := false;
BEGIN
    FOREACH one IN ARRAY ARRAY[{names}]::text[] LOOP
        EXECUTE format('SELECT count(*) FROM (SELECT FROM %I LIMIT {many}) AS part', one) INTO held;
        IF held > 0 THEN filled := filled || one; END IF;
        large := large OR held = {many};
    END LOOP;
    IF large THEN
        TRUNCATE {all};
    ELSE
        FOREACH one IN ARRAY filled LOOP
            EXECUTE format(CASE WHEN one = ANY('{append_only}') THEN 'TRUNCATE %I' ELSE 'DELETE FROM %I' END, one);
        END LOOP;
    END IF;
    IF EXISTS (SELECT FROM procrastinate_jobs) THEN
        DELETE FROM procrastinate_periodic_defers;
        DELETE FROM procrastinate_events;
        DELETE FROM procrastinate_jobs;
    END IF;
END $$
"""


def _statements(style: Any, tables: Sequence[str], **options: Any) -> list[str]:
    """What Django asks its backend for: the statements that empty these tables."""
    del style, options
    names = sorted(set(tables) - KEPT)
    if not names:
        return []
    quoted = ", ".join(connection.ops.quote_name(name) for name in names)
    literals = ", ".join(f"'{name}'" for name in names)
    return [EMPTY.format(names=literals, many=MANY, all=quoted, append_only=APPEND_ONLY)]


def _nothing_to_make(*args: Any, **options: Any) -> None:
    """What Django makes anew after a flush is still there."""
    del args, options


def empty_only_what_is_filled(patch: pytest.MonkeyPatch) -> None:
    """Let Django's flush empty the database so.

    Args:
        patch: Undone at the end of the session.
    """
    patch.setattr(connection.ops, "sql_flush", _statements)
    patch.setattr(flush, "emit_post_migrate_signal", _nothing_to_make)
