"""From a time to a place in the journal. Times never go back along it, so a binary search over its numbers finds it.

That takes some twenty look-ups by the index that the journal has anyway, and lists filtered by time then read by that
index too, whatever else they filter by; a clock that was set back changes neither the order nor what is found.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

from django.db import connection

# The middle is a column of its own: behind the wall an index is asked only with what no function has to compute.
_SEARCH = """
WITH RECURSIVE search(low, high, middle) AS (
    SELECT archived_seq + 1, seq + 1, (archived_seq + seq + 2) / 2 FROM audit_head WHERE account_id = %(account)s
    UNION ALL
    SELECT CASE WHEN is_before THEN middle + 1 ELSE low END,
           CASE WHEN is_before THEN high ELSE middle END,
           CASE WHEN is_before THEN (middle + 1 + high) / 2 ELSE (low + middle) / 2 END
    FROM (
        SELECT low, high, middle, COALESCE(entry.at {comparison} %(moment)s, true) AS is_before
        FROM search LEFT JOIN audit_log AS entry
            ON entry.account_id = %(account)s AND entry.seq = search.middle
        WHERE low < high
    ) AS step
)
SELECT low FROM search WHERE low >= high
"""


def first_seq(account_id: UUID, moment: datetime, *, comparison: Literal["<", "<="]) -> int:
    """The number of the first entry that is not before a time (`<`), or that is after it (`<=`).

    Args:
        account_id: The account.
        moment: The time.
        comparison: How the entries before that one compare with the time.

    Returns:
        One more than the last number where there is none.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SEARCH.format(comparison=comparison), {"account": account_id, "moment": moment})
        row = cursor.fetchone()
    return int(row[0]) if row else 1
