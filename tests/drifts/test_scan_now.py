"""`POST /stacks/{id}/scan`: a detector's scan waits, runs in a worker and is recorded as one that was sent."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from drifts.actions import scanning
from drifts.actions.ingest import UNTAKEN, fail_abandoned_scans
from drifts.actions.scanning import ScanCrashed, run_scan
from drifts.detectors.base import Detection, DetectionError
from drifts.findings import Assessment
from drifts.ingest.errors import FormatError
from drifts.models import Drift, Scan, ScanOutput, StackSecrets
from tests.drifts.detectors.pretend import (
    SECRET,
    change,
    doing,
    finds_drift,
    finds_nothing,
    make_stack,
    pretend,
    run_waiting,
)
from tests.drifts.scans import alerts, clean, facts, ingest, kinds_after

__all__ = ["pretend"]
pytestmark = pytest.mark.usefixtures("pretend")


def ask(world: Any, stack: Any, **headers: str) -> Any:
    return world.client(world.engineer).post(f"/api/v1/stacks/{stack.pk}/scan", headers=headers)


def asked(world: Any, stack: Any) -> Scan:
    answer = ask(world, stack)
    assert answer.status_code == 202, answer.content
    return Scan.objects.select_related("stack").get(pk=answer.json()["data"]["id"])


def test_it_is_accepted_and_waits_and_location_says_where(world: Any) -> None:
    stack = make_stack(world)
    answer = ask(world, stack)
    data = answer.json()["data"]
    assert (answer.status_code, data["status"], data["detector"], data["detectedBy"]) == (
        202,
        "pending",
        "aws",
        "manual",
    )
    assert (data["startedAt"], data["stack"]) == (None, "payments")
    assert world.client(world.viewer).get(answer["Location"]).json()["data"]["queuedAt"] == data["queuedAt"]
    (job,) = ProcrastinateJob.objects.filter(task_name="drifts.tasks.run_scan")
    assert job.args == {"account_id": str(world.account.pk), "scan_id": data["id"]}
    (fact,) = facts(world, "scan.queued")
    assert (fact.actor_id, fact.data["status"]) == (world.engineer.pk, "pending")


def test_the_worker_runs_it_and_records_what_it_finds(world: Any) -> None:
    asked(world, make_stack(world))
    with doing(finds_drift):
        (scan,) = run_waiting()
    assert (scan.status, scan.drifts_new, scan.format, scan.error) == ("succeeded", 1, "terraform-plan", "")
    assert (scan.is_complete, scan.tool_version != "", scan.submitted_by) == (True, True, world.engineer)
    assert Drift.objects.get().detected_by == "manual"
    told = [fact.kind for fact in facts(world, "scan.")]
    assert told == ["scan.queued", "scan.started", "scan.completed"]
    assert {fact.actor_role for fact in facts(world, "scan.")[1:]} == {"system"}


def test_it_runs_outside_of_any_transaction(world: Any) -> None:
    seen: list[tuple[bool, str]] = []

    def look(detection: Detection) -> Assessment:
        seen.append((connection.in_atomic_block, Scan.objects.get().status))
        return finds_nothing(detection)

    asked(world, make_stack(world))
    with doing(look):
        run_waiting()
    assert seen == [(False, "running")]


def test_the_detector_is_told_config_secrets_and_time_limit(world: Any, settings: Any) -> None:
    settings.TERRAFORM_ROOT, settings.DETECTOR_PRIVATE_HOSTS = "/srv/{account}", ("aws.internal",)
    told: list[Detection] = []

    def listen(detection: Detection) -> Assessment:
        told.append(detection)
        return finds_nothing(detection)

    asked(world, make_stack(world, detector_secrets={"TOKEN": SECRET}, scan_time_limit_seconds=77))
    with doing(listen):
        run_waiting()
    (one,) = told
    assert (one.config, one.secrets, one.seconds) == ({"place": "here"}, {"TOKEN": SECRET}, 77.0)
    assert (one.files_root, one.private_hosts) == (f"/srv/{world.account.pk}", ("aws.internal",))
    assert SECRET not in repr(one)


def test_accounts_never_share_a_folder_of_files(world: Any, settings: Any) -> None:
    settings.TERRAFORM_ROOT = "/srv/checkouts"
    asked(world, make_stack(world))
    (scan,) = run_waiting()
    assert (scan.status, "{account}" in scan.error) == ("failed", True)


@pytest.mark.parametrize(
    ("values", "words"), [({"detector": ""}, "has no detector"), ({"is_enabled": False}, "is disabled")]
)
def test_a_stack_that_cannot_be_scanned_is_refused(world: Any, values: dict[str, Any], words: str) -> None:
    answer = ask(world, make_stack(world, **values))
    assert (answer.status_code, words in answer.json()["error"]["message"]) == (409, True)
    assert not Scan.objects.exists()


def test_a_second_one_is_refused_while_one_waits_or_runs_and_taken_afterwards(world: Any) -> None:
    stack = make_stack(world)
    answers: list[int] = []

    def ask_meanwhile(detection: Detection) -> Assessment:
        answers.append(ask(world, stack).status_code)
        return finds_nothing(detection)

    asked(world, stack)
    assert ask(world, stack).status_code == 409
    with doing(ask_meanwhile):
        run_waiting()
    assert answers == [409]
    assert ask(world, stack).status_code == 202


def test_the_database_itself_holds_no_two_of_a_stack(world: Any) -> None:
    scan = asked(world, make_stack(world))
    scan.pk, scan.body_digest, scan._state.adding = uuid4(), b"2" * 32, True
    with pytest.raises(IntegrityError, match="one_at_a_time"), transaction.atomic():
        scan.save(force_insert=True)


def test_a_scan_that_is_sent_meanwhile_is_taken(world: Any) -> None:
    asked(world, make_stack(world))
    assert ingest(world, clean("aws_vpc.main"), stack="payments").scan.status == "succeeded"


def test_the_same_key_answers_the_same_scan(world: Any) -> None:
    stack = make_stack(world)
    first, second = (ask(world, stack, **{"Idempotency-Key": "again"}) for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert first["Location"] == second["Location"]
    assert Scan.objects.count() == 1


def test_viewers_and_strangers_start_nothing(world: Any) -> None:
    stack = make_stack(world)
    path = f"/api/v1/stacks/{stack.pk}/scan"
    assert world.client(world.viewer).post(path).status_code == 403
    assert world.client(world.outsider).post(path).status_code == 404
    assert not Scan.objects.exists()


def failing(error: Exception) -> Any:
    def fail(detection: Detection) -> Assessment:
        detection.say(f"using {SECRET}")
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (DetectionError(f"AWS refuses {SECRET}."), "AWS refuses (sensitive)."),
        (FormatError("No plan."), "What it read could not be understood: No plan."),
    ],
)
def test_what_a_detector_cannot_do_is_told_on_the_scan(world: Any, error: Exception, words: str) -> None:
    asked(world, make_stack(world, detector_secrets={"TOKEN": SECRET}))
    with doing(failing(error)):
        (scan,) = run_waiting()
    assert (scan.status, scan.error) == ("failed", words)
    assert [alert.message for alert in alerts()] == [words]


def test_an_unforeseen_error_ends_the_scan_and_its_words_reach_the_log_masked(
    world: Any, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    scan = asked(world, make_stack(world, detector_secrets={"TOKEN": SECRET}))
    with doing(failing(ZeroDivisionError(f"dividing {SECRET}"))), pytest.raises(ScanCrashed) as crashed:
        run_scan(scan.account_id, scan.pk)
    scan.refresh_from_db()
    assert (scan.status, "ZeroDivisionError" in scan.error) == ("failed", True)
    assert (crashed.value.__cause__, crashed.value.__suppress_context__) == (None, True)
    logged = caplog.text + "".join(capfd.readouterr())
    assert "dividing (sensitive)" in logged
    assert "test_scan_now.py" in logged
    assert SECRET not in logged
    assert SECRET not in str(list(ScanOutput.objects.values())) + scan.error


def test_a_row_of_failures_is_told_once_and_its_end_is_not(world: Any) -> None:
    stack = make_stack(world)
    for _ in range(3):
        asked(world, stack)
        with doing(failing(DetectionError("no"))):
            run_waiting()
    assert len(alerts()) == 1
    asked(world, stack)
    run_waiting()
    assert len(alerts()) == 1
    asked(world, stack)
    with doing(failing(DetectionError("again"))):
        run_waiting()
    assert [alert.message for alert in alerts()] == ["no", "again"]


def test_scans_that_are_sent_do_not_end_a_row_of_failures(world: Any) -> None:
    stack = make_stack(world)
    for address in ("aws_vpc.a", "aws_vpc.b"):
        asked(world, stack)
        with doing(failing(DetectionError("no"))):
            run_waiting()
        ingest(world, clean(address), stack="payments")
    assert len(alerts(type="scan_failed")) == 1


def test_secrets_that_no_key_opens_are_told_without_running(world: Any, settings: Any) -> None:
    asked(world, make_stack(world, detector_secrets={"TOKEN": SECRET}))
    settings.ENCRYPTION_KEYS = ("another" * 6,)
    (scan,) = run_waiting()
    assert (scan.status, "ENCRYPTION_KEYS" in scan.error) == ("failed", True)
    assert StackSecrets.objects.count() == 1


def test_what_changed_before_it_began_keeps_it_from_running(world: Any) -> None:
    stack = make_stack(world)
    asked(world, stack)
    change(world, stack, is_enabled=False)
    (scan,) = run_waiting()
    assert (scan.status, "disabled" in scan.error) == ("failed", True)


def test_a_job_that_comes_again_after_it_was_done_changes_nothing(world: Any) -> None:
    scan = asked(world, make_stack(world))
    run_waiting()
    before = facts(world)[-1].seq
    run_scan(scan.account_id, scan.pk)
    assert kinds_after(world, before) == []


def test_a_job_that_comes_again_while_it_runs_means_that_its_worker_is_lost(world: Any) -> None:
    scan = asked(world, make_stack(world))

    def lose_the_worker(detection: Detection) -> Assessment:
        run_scan(scan.account_id, scan.pk)
        return finds_drift(detection)

    with doing(lose_the_worker):
        run_waiting()
    scan.refresh_from_db()
    assert (scan.status, scan.error) == ("failed", scanning.LOST)
    assert not Drift.objects.exists()


def test_one_that_runs_for_too_long_is_failed_by_the_sweeper_and_not_before(world: Any) -> None:
    scan = asked(world, make_stack(world, scan_time_limit_seconds=7200))
    found: list[int] = []

    def wait(detection: Detection) -> Assessment:
        Scan.objects.update(started_at=timezone.now() - timedelta(hours=2))
        found.append(fail_abandoned_scans())
        Scan.objects.update(deadline=timezone.now() - timedelta(seconds=1))
        found.append(fail_abandoned_scans())
        return finds_drift(detection)

    with doing(wait):
        run_waiting()
    assert found == [0, 1]
    scan.refresh_from_db()
    assert (scan.status, "time limit" in scan.error) == ("failed", True)
    assert not Drift.objects.exists()


def test_its_deadline_is_the_stacks_time_limit_and_a_little(world: Any) -> None:
    asked(world, make_stack(world, scan_time_limit_seconds=100))
    (scan,) = run_waiting()
    assert scan.deadline is not None
    assert scan.started_at is not None
    assert scan.deadline - scan.started_at == timedelta(seconds=100) + scanning.SLACK


def test_one_that_no_worker_takes_is_given_up_and_another_may_be_asked_for(world: Any) -> None:
    stack = make_stack(world)
    scan = asked(world, stack)
    assert fail_abandoned_scans() == 0
    Scan.objects.update(created_at=timezone.now() - UNTAKEN - timedelta(minutes=1))
    assert fail_abandoned_scans() == 1
    scan.refresh_from_db()
    assert (scan.status, "No worker" in scan.error) == ("failed", True)
    assert ask(world, stack).status_code == 202


def test_what_it_says_can_be_read_while_it_runs_and_afterwards_without_secrets(world: Any) -> None:
    stack = make_stack(world, detector_secrets={"TOKEN": SECRET})
    scan = asked(world, stack)
    path, client = f"/api/v1/scans/{scan.pk}/output", world.client(world.viewer)
    read: list[Any] = [client.get(path).json()["data"]]

    def talk(detection: Detection) -> Assessment:
        detection.say(f"logging in with {SECRET}")
        read.append(client.get(path).json()["data"])
        detection.say("done")
        return finds_nothing(detection)

    with doing(talk):
        run_waiting()
    read.append(client.get(path).json()["data"])
    assert [(one["status"], one["text"]) for one in read] == [
        ("pending", ""),
        ("running", "logging in with (sensitive)"),
        ("succeeded", "logging in with (sensitive)\ndone"),
    ]
    assert (read[0]["updatedAt"], read[2]["isCut"], read[2]["id"]) == (None, False, str(scan.pk))
    assert world.client(world.outsider).get(path).status_code == 404


def test_its_output_is_written_once_a_second_at_most(world: Any) -> None:
    from django.test.utils import CaptureQueriesContext

    def talk(detection: Detection) -> Assessment:
        for number in range(500):
            detection.say(f"line {number}")
        return finds_nothing(detection)

    asked(world, make_stack(world))
    with doing(talk), CaptureQueriesContext(connection) as queries:
        run_waiting()
    written = [
        one for one in queries if "drifts_scan_output" in one["sql"] and one["sql"].startswith(("INSERT", "UPDATE"))
    ]
    assert 1 <= len(written) <= 5
    assert ScanOutput.objects.get().text.endswith("line 499")


def test_the_output_of_the_newest_scans_is_kept(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drifts.actions.outputs.KEPT_SCANS", 2)
    stack = make_stack(world)

    def talk(detection: Detection) -> Assessment:
        detection.say("hello")
        return finds_nothing(detection)

    with doing(talk):
        scans = [(asked(world, stack), run_waiting()[0])[1] for _ in range(4)]
    assert set(ScanOutput.objects.values_list("pk", flat=True)) == {scan.pk for scan in scans[-2:]}
