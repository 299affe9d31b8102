"""An approval asks the stack's pipeline, over real HTTP, and its answer resolves the drift or is told as a failure."""

import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from standardwebhooks.webhooks import Webhook

from drifts.actions import remediating
from drifts.actions.decide import approve_drift
from drifts.actions.remediation_hooks import remove_hook, set_hook
from drifts.models import Drift, RemediationHook, RemediationRun
from drifts.tasks import send_remediation
from driftsentry.api import tenancy
from tests.drifts.remediation.pipeline import Pipeline, running
from tests.drifts.reported import REASON, report
from tests.drifts.scans import alerts, facts

SECRET = "whsec_" + "c2VjcmV0" * 4
HIDDEN = "hunter2-of-the-state"


@pytest.fixture(autouse=True)
def no_jobs_left(transactional_db: None) -> Iterator[None]:
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


@pytest.fixture
def pipeline(settings: Any) -> Iterator[Pipeline]:
    settings.REMEDIATION_PRIVATE_HOSTS = ("127.0.0.1",)
    with running() as found:
        yield found


def hooked(world: Any, pipeline: Pipeline, **more: Any) -> Drift:
    """A drift of a stack with a hook."""
    drift = report(world.engineer, "i-1", stack="payments", actual_state={"instance_type": HIDDEN})
    values = {"kind": "generic", "url": pipeline.url, "secret": SECRET, **more}
    set_hook(world.account.pk, drift.stack_id, values=values, by=world.actor(world.owner))
    return drift


def approve(world: Any, drift: Drift) -> None:
    approve_drift(world.account.pk, drift.pk, reason=REASON, by=world.actor(world.engineer))


def work() -> None:
    """Do what a worker does: every job of a run that waits, behind the wall."""
    for job in ProcrastinateJob.objects.filter(task_name=remediating.SEND, status="todo").order_by("id"):
        ProcrastinateJob.objects.filter(pk=job.pk).delete()
        with tenancy.behind():
            send_remediation(**job.args)


def due(run_id: UUID) -> None:
    RemediationRun.objects.filter(pk=run_id).update(next_try_at=timezone.now())


def answer(world: Any, told: Any, status: str, **more: Any) -> Any:
    from rest_framework.test import APIClient

    path = "/" + told["result"]["url"].split("/", 3)[3]
    return APIClient().post(path, {"token": told["result"]["token"], "status": status, **more}, format="json")


def test_an_approval_asks_and_the_answer_resolves(world: Any, pipeline: Pipeline) -> None:
    drift = hooked(world, pipeline)
    approve(world, drift)
    assert pipeline.asked == []
    work()
    ((path, headers, body),) = pipeline.asked
    told = Webhook(SECRET).verify(body, headers)["data"]
    run = RemediationRun.objects.get()
    assert (path, headers["webhook-id"], run.status, run.answer_status) == ("/hook", str(run.pk), "sent", 202)
    assert (told["driftId"], told["reason"], told["paths"]) == (str(drift.pk), REASON, ["instance_type"])
    assert HIDDEN not in body.decode()
    said = answer(world, told, "succeeded", message="Applied.", url="https://ci.example/7")
    assert said.status_code == 200
    drift.refresh_from_db()
    assert (drift.status, drift.resolved_how) == ("resolved", "auto-remediate")
    kinds = [one.kind for one in facts(world, "") if one.kind.startswith(("remediation.", "drift.resolved"))]
    assert kinds == ["remediation.requested", "remediation.succeeded", "drift.resolved"]
    shown = world.client(world.viewer).get(f"/api/v1/drifts/{drift.pk}").json()["data"]["remediation"]
    assert (shown["status"], shown["url"], shown["message"]) == ("succeeded", "https://ci.example/7", "Applied.")
    assert {one.actor_role for one in facts(world, "drift.resolved")} == {"system"}


def test_an_answer_is_taken_once_and_only_with_the_token(world: Any, pipeline: Pipeline) -> None:
    drift = hooked(world, pipeline)
    approve(world, drift)
    run = RemediationRun.objects.get()
    early = {
        "result": {"url": f"http://x/api/v1/remediation-runs/{run.pk}/result", "token": remediating._token(run.pk)}
    }
    assert answer(world, early, "succeeded").status_code == 404  # it was never asked
    work()
    told = pipeline.payload()
    wrong = {"result": {**told["result"], "token": "0" * 64}}
    assert answer(world, wrong, "succeeded").status_code == 404
    assert answer(world, told, "perhaps").status_code == 400
    assert [answer(world, told, "succeeded").status_code for _ in range(2)] == [200, 404]
    assert told["result"]["token"] not in str(list(RemediationRun.objects.values()))
    assert told["result"]["token"] not in str([(one.data, one.personal) for one in facts(world)])


def test_a_failure_is_told_and_the_drift_stays_approved(world: Any, pipeline: Pipeline) -> None:
    drift = hooked(world, pipeline)
    approve(world, drift)
    work()
    answer(
        world,
        pipeline.payload(),
        "failed",
        message="Plan failed.\nAWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    )
    drift.refresh_from_db()
    assert drift.status == "approved"
    (alert,) = alerts(type="remediation_failed")
    assert (alert.drift_id, "Plan failed." in alert.message) == (drift.pk, True)
    (fact,) = facts(world, "remediation.failed")
    assert "wJalrXUtnFEMI" not in alert.message + str(fact.personal) + RemediationRun.objects.get().message


def test_an_answer_after_a_scan_saw_it_gone_changes_nothing_more(world: Any, pipeline: Pipeline) -> None:
    from drifts.actions.decide import resolve_drift

    drift = hooked(world, pipeline)
    approve(world, drift)
    work()
    resolve_drift(world.account.pk, drift.pk, how="manual-fix", by=world.actor(world.engineer))
    assert answer(world, pipeline.payload(), "failed").status_code == 200
    drift.refresh_from_db()
    assert (drift.resolved_how, alerts(type="remediation_failed")) == ("manual-fix", [])


@pytest.mark.parametrize("status", [500, 503, 429])
def test_what_may_pass_is_tried_again_under_the_same_id_and_given_up_in_the_end(
    world: Any, pipeline: Pipeline, status: int
) -> None:
    pipeline.answers = [(status, b"no")]
    drift = hooked(world, pipeline)
    approve(world, drift)
    run = RemediationRun.objects.get()
    for attempt in range(1, len(remediating.DELAYS) + 2):
        work()
        run.refresh_from_db()
        assert (run.attempts, run.answer_status) == (attempt, status)
        if attempt <= len(remediating.DELAYS):
            job = ProcrastinateJob.objects.get(task_name=remediating.SEND, status="todo")
            assert run.next_try_at is not None
            assert abs(job.scheduled_at - run.next_try_at) < timedelta(seconds=1)
            due(run.pk)
    assert run.status == "failed"
    assert {headers["webhook-id"] for _, headers, _ in pipeline.asked} == {str(run.pk)}
    assert {json.loads(body)["data"]["result"]["token"] for _, _, body in pipeline.asked} == {
        remediating._token(run.pk)
    }
    assert len(alerts(type="remediation_failed")) == 1


def test_a_host_whose_name_is_not_resolved_now_is_asked_later(
    world: Any, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    approve(world, hooked(world, pipeline))
    with monkeypatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", unknown)
        work()
    run = RemediationRun.objects.get()
    assert (run.status, run.attempts, pipeline.asked) == ("pending", 1, [])
    due(run.pk)
    work()
    run.refresh_from_db()
    assert (run.status, run.attempts, len(pipeline.asked)) == ("sent", 2, 1)


@pytest.mark.parametrize("status", [302, 400, 401, 404])
def test_what_would_not_pass_fails_at_once_and_redirects_are_not_followed(
    world: Any, pipeline: Pipeline, status: int
) -> None:
    pipeline.answers = [(status, b"secret words")]
    approve(world, hooked(world, pipeline))
    work()
    run = RemediationRun.objects.get()
    assert (run.status, run.attempts, len(pipeline.asked)) == ("failed", 1, 1)
    assert (str(status) in run.message, "secret words" in run.message) == (True, False)


def test_an_address_that_is_not_public_is_not_asked(world: Any, pipeline: Pipeline, settings: Any) -> None:
    drift = hooked(world, pipeline)
    RemediationHook.objects.update(url=pipeline.url.replace("http:", "https:"))
    settings.REMEDIATION_PRIVATE_HOSTS = ()
    approve(world, drift)
    work()
    run = RemediationRun.objects.get()
    assert (run.status, pipeline.asked) == ("failed", [])
    assert "not on the public internet" in run.message


def test_a_hook_that_is_removed_meanwhile_asks_nobody(world: Any, pipeline: Pipeline) -> None:
    drift = hooked(world, pipeline)
    approve(world, drift)
    remove_hook(world.account.pk, drift.stack_id, by=world.actor(world.owner))
    work()
    assert (RemediationRun.objects.get().status, pipeline.asked) == ("failed", [])


def test_without_a_hook_or_with_a_disabled_one_nothing_is_asked(world: Any, pipeline: Pipeline) -> None:
    drift = hooked(world, pipeline, is_enabled=False)
    approve(world, drift)
    approve(world, report(world.engineer, "i-2", stack="another"))
    assert (RemediationRun.objects.count(), facts(world, "remediation.")) == (0, [])


def test_a_second_job_of_a_run_asks_nobody_again(world: Any, pipeline: Pipeline) -> None:
    approve(world, hooked(world, pipeline))
    run = RemediationRun.objects.get()
    for _ in range(3):
        with tenancy.behind():
            send_remediation(account_id=str(world.account.pk), run_id=str(run.pk))
    assert len(pipeline.asked) == 1


def test_a_pipeline_that_does_not_answer_in_time_has_failed(world: Any, pipeline: Pipeline) -> None:
    drift = hooked(world, pipeline)
    approve(world, drift)
    work()
    assert remediating.sweep_remediations() == 0
    RemediationRun.objects.update(deadline=timezone.now() - timedelta(seconds=1))
    assert [remediating.sweep_remediations() for _ in range(2)] == [1, 0]
    run = RemediationRun.objects.get()
    assert (run.status, "3600 seconds" in run.message) == ("failed", True)
    assert len(alerts(type="remediation_failed")) == 1
    assert answer(world, pipeline.payload(), "succeeded").status_code == 404


def test_a_run_that_no_worker_has_sent_is_put_into_the_queue_again(world: Any, pipeline: Pipeline) -> None:
    approve(world, hooked(world, pipeline))
    ProcrastinateJob.objects.all().delete()
    RemediationRun.objects.update(next_try_at=timezone.now() - timedelta(minutes=5))
    for _ in range(2):
        remediating.sweep_remediations()
    assert ProcrastinateJob.objects.filter(task_name=remediating.SEND).count() == 1
    work()
    assert len(pipeline.asked) == 1


def test_a_secret_that_no_key_opens_is_told(world: Any, pipeline: Pipeline, settings: Any) -> None:
    drift = hooked(world, pipeline)
    settings.ENCRYPTION_KEYS = ("another" * 6,)
    approve(world, drift)
    work()
    assert "ENCRYPTION_KEYS" in RemediationRun.objects.get().message


def test_what_gitlab_answers_leads_people_to_the_pipeline(world: Any, pipeline: Pipeline) -> None:
    pipeline.answers = [(201, b'{"id": 77, "web_url": "https://gitlab.example/acme/infra/-/pipelines/77"}')]
    named = {"kind": "gitlab", "project": "acme/infra", "ref": "main", "secret": "glptt-0123456789"}
    drift = hooked(world, pipeline, **named)
    approve(world, drift)
    work()
    run = RemediationRun.objects.get()
    assert (run.status, run.external_id) == ("sent", "77")
    assert pipeline.asked[0][0] == "/hook/projects/acme%2Finfra/trigger/pipeline"
    shown = world.client(world.viewer).get(f"/api/v1/drifts/{drift.pk}").json()["data"]["remediation"]
    assert shown["url"] == "https://gitlab.example/acme/infra/-/pipelines/77"
