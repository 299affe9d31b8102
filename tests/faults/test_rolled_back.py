"""What is rolled back, for whatever reason and however late, is told to nobody: no event, no message, no job."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection
from procrastinate.contrib.django.models import ProcrastinateJob

from alerts.actions.channels import create_channel
from alerts.models import Alert, Delivery
from audit import journal
from audit.models import AuditHead, AuditLog
from audit.verification import verify
from drifts.facts import ScanCompleted
from drifts.models import Drift, Scan
from tests.alerts.receiver import LOCAL
from tests.drifts.scans import drifted, head, ingest, instance, open_group

PLAN = drifted(open_group(), instance())
DELIVER = "alerts.tasks.deliver"
WEBHOOK = {"name": "all", "kind": "webhook", "secrets": {"url": "http://127.0.0.1:9/hook"}, "digest_above": 1000}


def break_a_constraint() -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO audit_log SELECT * FROM audit_log LIMIT 1")


def lose_the_session() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


@pytest.fixture
def channel(world: Any, settings: Any) -> None:
    settings.NOTIFICATION_PRIVATE_HOSTS = LOCAL
    create_channel(world.account.pk, values=WEBHOOK, by=world.actor(world.owner))


@pytest.mark.usefixtures("channel")
@pytest.mark.parametrize(
    ("fail", "error"), [(break_a_constraint, IntegrityError), (lose_the_session, OperationalError)]
)
def test_a_scan_that_fails_after_all_is_written_is_told_only_as_failed(
    world: Any, fail: Callable[[], None], error: type[DatabaseError]
) -> None:
    client, start = world.client(world.viewer), head(world)
    append = journal._append

    def append_and_fail(writer: journal.Writer) -> int:
        seq = append(writer)
        if any(isinstance(fact, ScanCompleted) for _, fact in writer.facts):
            assert Delivery.objects.count() >= Drift.objects.count() == 2
            assert ProcrastinateJob.objects.filter(task_name=DELIVER).exists()
            fail()
        return seq

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal, "_append", append_and_fail)
        with pytest.raises(error):
            ingest(world, PLAN)
    assert told_since(client, start) == ["scan:started", "scan:failed", "alert:created"]
    assert not Drift.objects.exists()
    assert [alert.type for alert in Alert.objects.all()] == ["scan_failed"]
    assert_everything_told_has_happened()
    assert set(Delivery.objects.values_list("type", flat=True)) == {"scan_failed"}

    ingest(world, PLAN)
    assert told_since(client, start).count("drift:created") == 2
    assert Delivery.objects.filter(type="drift_detected", channel__isnull=False).count() == 2
    assert_everything_told_has_happened()
    assert (Scan.objects.filter(status="succeeded").count(), verify(world.account.pk).valid) == (1, True)


def told_since(client: Any, seq: int) -> list[str]:
    return [event["event"] for event in client.get("/api/v1/events", {"after": seq}).json()["data"]["events"]]


def assert_everything_told_has_happened() -> None:
    entries = set(AuditLog.objects.values_list("pk", flat=True))
    assert AuditHead.objects.get(account__name="acme").seq == AuditLog.objects.filter(account__name="acme").count()
    assert {delivery.entry_id for delivery in Delivery.objects.all()} <= entries
    jobs = ProcrastinateJob.objects.filter(task_name=DELIVER).values_list("args", flat=True)
    assert {args["delivery_id"] for args in jobs} == {str(pk) for pk in Delivery.objects.values_list("pk", flat=True)}
