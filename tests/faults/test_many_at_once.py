"""Many at once: of two hundred decisions on one drift one wins; eight workers send each of a thousand messages once."""

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier
from typing import Any

import httpx
import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker

from alerts.actions.channels import create_channel
from alerts.models import Attempt, Delivery
from driftsentry.local.processes import spawn, stop, tail, wait_until
from driftsentry.local.services import BASE_DIR
from tests.alerts.receiver import LOCAL, receiving
from tests.drifts.reported import REASON, report
from tests.drifts.scans import drifted, facts, ingest, instance, only_drift
from tests.faults.asking import insist
from tests.realtime.server import environment, serving

PATIENCE_SECONDS = 120.0
WORKERS = 8
MESSAGES = 1000
SCANS = 2
DELIVER = "alerts.tasks.deliver"
DECISIONS = 200
WON = {"approve": "approved", "reject": "rejected"}


@pytest.mark.timeout(300)
def test_of_two_hundred_decisions_on_one_drift_one_wins(world: Any, tmp_path: Path) -> None:
    drift = report(world.engineer)
    tokens = [world.access_token(user) for user in (world.engineer, world.owner)]
    start = Barrier(DECISIONS)

    def decide(number: int) -> tuple[str, int]:
        action = ("approve", "reject")[number % 2]
        headers = {"Authorization": f"Bearer {tokens[number % 3 % 2]}"}
        with httpx.Client(headers=headers, timeout=60) as client:
            start.wait(timeout=60)
            answer = insist(lambda: client.post(f"{url}/{action}", json={"reason": REASON}))
        return action, answer.status_code

    with serving(tmp_path, environment()) as server, ThreadPoolExecutor(DECISIONS) as pool:
        url = f"http://127.0.0.1:{server.port}/api/v1/drifts/{drift.pk}"
        answers = list(pool.map(decide, range(DECISIONS)))
    assert Counter(status for _, status in answers) == {200: 1, 409: DECISIONS - 1}
    (winner,) = [WON[action] for action, status in answers if status == httpx.codes.OK]
    decided = [fact.kind for fact in facts(world, "drift.") if fact.kind in {"drift.approved", "drift.rejected"}]
    assert (only_drift().status, decided) == (winner, [f"drift.{winner}"])


@pytest.mark.timeout(400)
def test_eight_workers_send_each_of_a_thousand_messages_once(world: Any, tmp_path: Path, settings: Any) -> None:
    settings.NOTIFICATION_PRIVATE_HOSTS = LOCAL
    with receiving() as receiver, eight_workers(tmp_path):
        values = {"name": "all", "kind": "webhook", "secrets": {"url": receiver.url}, "digest_above": MESSAGES}
        create_channel(world.account.pk, values=values, by=world.actor(world.owner))
        for stack in range(SCANS):
            found = [instance(f"aws_instance.web[{number}]") for number in range(MESSAGES // SCANS)]
            ingest(world, drifted(*found), stack=f"stack-{stack}")
        of_channel = Delivery.objects.filter(channel__isnull=False)
        assert of_channel.count() == MESSAGES
        assert wait_until(lambda: not of_channel.pending().exists(), seconds=PATIENCE_SECONDS, every=0.5)
    assert {row.status for row in of_channel} == {"delivered"}
    # On a loaded machine the receiver may not be reached in time, and is tried again; no sender may lose its message.
    tries = Counter(Attempt.objects.filter(delivery__in=of_channel).values_list("outcome", flat=True))
    assert (tries.pop("delivered"), set(tries) - {"again"}) == (MESSAGES, set())
    assert Counter(asked.headers["webhook-id"] for asked in receiver.asked) == Counter(
        str(ident) for ident in of_channel.values_list("pk", flat=True)
    )
    # What is due at the sweep of each minute gets one more job, which may find nothing left to do.
    ended = Counter(ProcrastinateJob.objects.filter(task_name=DELIVER).values_list("status", flat=True))
    assert set(ended) == {"succeeded"}
    assert ended["succeeded"] >= MESSAGES


@contextmanager
def eight_workers(folder: Path) -> Iterator[None]:
    """Eight real worker processes, all of them up."""
    command = [sys.executable, "manage.py", "procrastinate", "worker"]
    env = environment(NOTIFICATION_PRIVATE_HOSTS=",".join(LOCAL), WORKER_METRICS_PORT="0", WORKER_CONCURRENCY="4")
    log = folder / "workers.log"
    started: list[subprocess.Popen[bytes]] = []
    try:
        started.extend(
            spawn(command, log=log, env=env, dying_signal=signal.SIGKILL, cwd=BASE_DIR) for _ in range(WORKERS)
        )
        up = ProcrastinateWorker.objects.all()
        assert wait_until(lambda: up.count() == WORKERS, seconds=PATIENCE_SECONDS, every=0.5), tail(log)
        yield
    finally:
        for one in started:
            one.send_signal(signal.SIGTERM)
        for one in started:
            stop(one, (signal.SIGTERM, 15.0))


@pytest.fixture(autouse=True)
def no_workers_left(transactional_db: None) -> Iterator[None]:
    """What workers have written is in tables that Django does not empty."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers, procrastinate_periodic_defers CASCADE")
