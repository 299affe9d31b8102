"""How fast a scan is read, judged, priced, recorded and journalled: all drifts new, then all seen again."""

from collections.abc import Iterator

from accounts.models import User
from drifts.actions.ingest import Submission, ingest_scan
from drifts.models import Scan, Stack
from tests.benchmarks.measured import Figure, copy_again, execute, timed
from tests.drifts.reported import actor
from tests.drifts.scans import drifted, instance, spelt_otherwise

SIZES = (1000, 5000)


def ingesting(user: User) -> Iterator[Figure]:
    """Measure a scan of each size, sent twice.

    Args:
        user: Who sends them.
    """
    for size in SIZES:
        body = drifted(*(instance(f"aws_instance.web[{number}]") for number in range(size)))
        submission = Submission(stack=f"stack-{size}")

        def send(sent: bytes, submission: Submission = submission) -> None:
            ingest_scan(user.account_id, sent, submission, by=actor(user))

        seconds = timed(lambda: send(body))
        stack = Stack.objects.get(name=submission.stack)
        mine = f"stack_id = '{stack.pk}'"
        bare = copy_again(f"SELECT * FROM drifts_drift WHERE {mine}", table="drifts_drift")  # noqa: S608 - an id of ours
        yield Figure(
            what="ingest, all new", seconds=seconds, units=size, baseline="bare COPY", baseline_seconds=bare
        )
        again = spelt_otherwise(body)
        seconds = timed(lambda: send(again))
        assert sorted(Scan.objects.filter(stack=stack).values_list("drifts_new", "drifts_recurring")) == [
            (0, size),
            (size, 0),
        ]
        touch = f"UPDATE drifts_drift SET last_seen_at = now(), occurrences = occurrences + 1 WHERE {mine}"  # noqa: S608
        bare = timed(lambda: execute(touch))
        yield Figure(
            what="ingest, all seen again", seconds=seconds, units=size, baseline="bare UPDATE", baseline_seconds=bare
        )
