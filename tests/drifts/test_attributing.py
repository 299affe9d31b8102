"""After a scan the trail is asked who did it: kept on the drift, told in its timeline, and never a failed scan."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from drifts.actions.attributing import ATTRIBUTE
from drifts.actions.stacks import create_stack
from drifts.detectors.aws import trail
from drifts.models import Drift
from drifts.tasks import attribute_drifts
from driftsentry.api import tenancy
from tests.drifts.detectors.aws.trail_stub import ALICE, TrailStub, record, serving
from tests.drifts.scans import STACK, drifted, facts, ingest, instance, only_drift, open_group

REGION = "us-east-1"
WEB = "i-aws_instance.web"


@pytest.fixture(autouse=True)
def no_jobs_left(transactional_db: None) -> Iterator[None]:
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


@pytest.fixture
def stub(world: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[TrailStub]:
    """A trail, and a stack that says how it is read."""
    settings.DETECTOR_PRIVATE_HOSTS = ("127.0.0.1",)
    settings.DETECTOR_OWN_CREDENTIALS = "allow"
    monkeypatch.setattr(trail, "PAUSE", 0.0)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with serving() as found:
        config = {"attribution": {"regions": [REGION], "endpointUrl": found.url}}
        values = {"name": STACK, "detector_config": config}
        create_stack(world.account.pk, values=values, by=world.actor(world.engineer))
        yield found


def jobs() -> list[ProcrastinateJob]:
    return list(ProcrastinateJob.objects.filter(task_name=ATTRIBUTE).order_by("id"))


def work() -> None:
    for job in jobs():
        ProcrastinateJob.objects.filter(pk=job.pk).delete()
        with tenancy.behind():
            attribute_drifts(**job.args)


def resized(minutes: int = 5, **told: Any) -> dict[str, Any]:
    return record("ModifyInstanceAttribute", timezone.now() - timedelta(minutes=minutes), **told)


def test_who_did_it_is_shown_on_the_drift_and_in_its_timeline(world: Any, stub: TrailStub) -> None:
    stub.pages[WEB] = [[resized()]]
    ingest(world, drifted(instance()))
    (job,) = jobs()
    assert job.scheduled_at
    assert job.scheduled_at > timezone.now()
    work()
    drift = only_drift()
    client = world.client(world.viewer)
    shown = client.get(f"/api/v1/drifts/{drift.pk}").json()["data"]["attribution"]
    assert (shown["principal"], shown["eventName"], shown["via"]) == (ALICE, "ModifyInstanceAttribute", "api")
    assert shown["sourceAddress"] == "203.0.113.9"
    (fact,) = facts(world, "drift.attributed")
    assert fact.data["eventName"] == "ModifyInstanceAttribute"
    assert "alice" not in str(fact.data)
    assert "203.0.113.9" not in str(fact.data)
    story = client.get(f"/api/v1/drifts/{drift.pk}/timeline").json()["data"]
    assert any(ALICE in entry["message"] for entry in story)
    assert jobs() == []


def test_doing_it_again_changes_nothing(world: Any, stub: TrailStub) -> None:
    stub.pages[WEB] = [[resized()]]
    ingest(world, drifted(instance()))
    args = jobs()[0].args
    for _ in range(2):
        with tenancy.behind():
            attribute_drifts(**args)
    assert len(facts(world, "drift.attributed")) == 1


def test_an_event_that_is_late_is_found_the_second_time_and_then_it_rests(world: Any, stub: TrailStub) -> None:
    ingest(world, drifted(instance(), open_group()))
    work()
    (again,) = jobs()
    assert again.args["attempt"] == 1
    stub.pages[WEB] = [[resized()]]
    work()
    assert (Drift.objects.exclude(attribution=None).count(), jobs()) == (1, [])


def test_only_what_came_after_the_last_scan_explains_it(world: Any, stub: TrailStub) -> None:
    ingest(world, drifted(clean=("aws_instance.web",)))
    ingest(world, drifted(instance()))
    work()
    asked = stub.asked[0]
    assert asked["EndTime"] - asked["StartTime"] < 2 * 3600


def test_a_missing_permission_is_just_absence(world: Any, stub: TrailStub, capfd: pytest.CaptureFixture[str]) -> None:
    stub.refusals = [(400, "AccessDeniedException")] * 10
    scan = ingest(world, drifted(instance(), open_group())).scan
    work()
    scan.refresh_from_db()
    assert (scan.status, len(stub.asked)) == ("succeeded", 1)
    assert not Drift.objects.exclude(attribution=None).exists()
    assert facts(world, "drift.attributed") == []


def test_a_changed_drift_is_asked_about_again(world: Any, stub: TrailStub) -> None:
    stub.pages[WEB] = [[resized(ident="e-1")]]
    ingest(world, drifted(instance()))
    work()
    stub.pages[WEB] = [[resized(minutes=0, ident="e-2")]]
    ingest(world, drifted(instance(size="t3.xlarge")))
    work()
    assert [fact.data["eventId"] for fact in facts(world, "drift.attributed")] == ["e-1", "e-2"]
    attribution = only_drift().attribution
    assert attribution is not None
    assert attribution["eventId"] == "e-2"


def test_a_stack_that_does_not_say_how_is_not_asked_about(world: Any, stub: TrailStub) -> None:
    ingest(world, drifted(instance()), stack="another")
    assert (jobs(), stub.asked) == ([], [])


def test_how_it_is_read_is_looked_at_when_it_is_written(world: Any) -> None:
    body = {"name": "x", "detectorConfig": {"attribution": {"roleArn": "nonsense"}}}
    refused = world.client(world.engineer).post("/api/v1/stacks", body, format="json")
    assert refused.status_code == 400
    assert refused.json()["error"]["details"]["errors"][0]["field"] == "detectorConfig.attribution.roleArn"
