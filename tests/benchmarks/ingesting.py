"""How fast a scan is read, judged, priced, recorded and journalled: all drifts new, then all seen again."""

from collections.abc import Iterator
from functools import partial

from accounts.models import User
from drifts.actions.ingest import Submission, ingest_scan
from drifts.models import Scan, Stack
from tests.benchmarks.measured import Figure, copy_again, execute, timed
from tests.drifts.reported import actor
from tests.drifts.scans import drifted, instance, spelt_otherwise

SIZES = (1000, 5000)
NEW, AGAIN = "ingest, all new", "ingest, all seen again"


def ingesting(user: User) -> Iterator[Figure]:
    """Measure a scan of each size, sent twice.

    Args:
        user: Who sends them.
    """
    for size in SIZES:
        body = drifted(*(instance(f"aws_instance.web[{number}]") for number in range(size)))
        send = partial(ingest_scan, user.account_id, submission=Submission(stack=f"stack-{size}"), by=actor(user))
        seconds = timed(partial(send, body))
        stack = Stack.objects.get(name=f"stack-{size}")
        mine = f"stack_id = '{stack.pk}'"
        bare = copy_again(f"SELECT * FROM drifts_drift WHERE {mine}", table="drifts_drift")  # noqa: S608 - our own id
        yield Figure(what=NEW, seconds=seconds, units=size, baseline="bare COPY", baseline_seconds=bare)
        seconds = timed(partial(send, spelt_otherwise(body)))
        counted = Scan.objects.filter(stack=stack).order_by("id").values_list("drifts_new", "drifts_recurring")
        assert list(counted) == [(size, 0), (0, size)]
        touch = f"UPDATE drifts_drift SET last_seen_at = now(), occurrences = occurrences + 1 WHERE {mine}"  # noqa: S608
        bare = timed(partial(execute, touch))
        yield Figure(what=AGAIN, seconds=seconds, units=size, baseline="bare UPDATE", baseline_seconds=bare)
