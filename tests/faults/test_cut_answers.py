"""The server dies before it answers: the client asks again with the same words, and it is done once."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from alerts.actions.channels import create_channel
from alerts.models import Alert, Delivery
from audit.models import AuditHead, AuditLog
from audit.verification import verify
from drifts.models import Drift, Scan, Stack
from driftsentry.local.processes import free_port, spawn, stop, tail, wait_until
from driftsentry.local.services import BASE_DIR
from tests.alerts.receiver import LOCAL
from tests.drifts.reported import report
from tests.drifts.scans import drifted, instance, open_group
from tests.faults.asking import insist
from tests.faults.dying_web import FUSE
from tests.realtime.server import environment

PATIENCE_SECONDS = 60.0
WEBHOOK = {"name": "all", "kind": "webhook", "secrets": {"url": "http://127.0.0.1:9/hook"}, "digest_above": 1000}
PLAN = drifted(open_group(), instance())
KEY = {"Idempotency-Key": "the one key of this request"}
REPORTED = {
    "resourceId": "i-9",
    "resourceType": "EC2",
    "region": "eu-central-1",
    "expectedState": {"instance_type": "t3.micro"},
    "actualState": {"instance_type": "t3.large"},
}


@dataclass(slots=True)
class DyingWeb:
    """A web server that dies when its fuse is lit, and is started again."""

    folder: Path
    port: int
    token: str
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.folder / "web.log"

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.faults.dying_web", "serve", "--port", str(self.port)]
        env = environment(**{FUSE: str(self.folder / "fuse")})
        self.process = spawn(command, log=self.log, env=env, dying_signal=signal.SIGKILL, cwd=BASE_DIR)
        assert wait_until(self.answers, seconds=PATIENCE_SECONDS), tail(self.log)

    def answers(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/health/live", timeout=10).is_success
        except httpx.TransportError:
            return False

    def post(self, path: str, **what: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **what.pop("headers", {})}
        url = f"http://127.0.0.1:{self.port}/api/v1{path}"
        return httpx.post(url, headers=headers, timeout=PATIENCE_SECONDS, **what)

    def die_while_answering(self, moment: str, path: str, **what: Any) -> None:
        """Send a request that is never answered."""
        (self.folder / "fuse").write_text(moment)
        with pytest.raises(httpx.TransportError):
            self.post(path, **what)
        assert self.process
        assert self.process.wait(PATIENCE_SECONDS) == -signal.SIGKILL
        assert not (self.folder / "fuse").exists()


@pytest.fixture
def web(world: Any, tmp_path: Path) -> Iterator[DyingWeb]:
    found = DyingWeb(tmp_path, free_port(), world.access_token(world.owner))
    try:
        found.start()
        yield found
    finally:
        if found.process:
            stop(found.process, (signal.SIGTERM, 5.0))


def kinds(world: Any) -> list[str]:
    return list(AuditLog.objects.filter(account=world.account).order_by("seq").values_list("kind", flat=True))


def test_before_the_commit_nothing_is_left_of_it_and_the_repeat_does_it(
    web: DyingWeb, world: Any, settings: Any
) -> None:
    """Neither an entry, an alert, a message nor a job: what was rolled back is told to nobody."""
    settings.NOTIFICATION_PRIVATE_HOSTS = LOCAL
    create_channel(world.account.pk, values=WEBHOOK, by=world.actor(world.owner))
    before = kinds(world)
    web.die_while_answering("before 1", "/scans?stack=payments", content=PLAN)
    assert kinds(world) == [*before, "stack.created", "scan.started"]
    assert not Drift.objects.exists()
    assert not Alert.objects.exists()
    assert not Delivery.objects.exists()
    assert not ProcrastinateJob.objects.exists()
    web.start()
    answer = insist(partial(web.post, "/scans?stack=payments", content=PLAN)).json()["data"]
    assert (answer["status"], answer["driftsNew"]) == ("succeeded", 2)
    assert (Scan.objects.count(), Drift.objects.count()) == (1, 2)
    assert kinds(world).count("scan.completed") == 1
    assert Delivery.objects.filter(type="drift_detected", channel__isnull=False).count() == 2
    assert verify(world.account.pk).valid


@pytest.mark.parametrize("headers", [{}, KEY], ids=["the same body", "the same key"])
def test_a_recorded_scan_is_answered_and_not_recorded_again(web: DyingWeb, world: Any, headers: dict[str, str]) -> None:
    send = partial(web.post, "/scans?stack=payments", content=PLAN, headers=headers)
    web.die_while_answering("after 1", "/scans?stack=payments", content=PLAN, headers=headers)
    after = kinds(world)
    web.start()
    answer, again = insist(send), insist(send)
    assert (answer.json()["data"]["id"], answer.json()["data"]["driftsNew"]) == (str(Scan.objects.get().pk), 2)
    assert again.json() == answer.json()
    assert kinds(world) == after


CREATING = {
    "a report": ("/drifts", REPORTED, "drift.created"),
    "a stack": ("/stacks", {"name": "fresh"}, "stack.created"),
    "a comment": ("/drifts/{drift}/comments", {"text": "Who did this?"}, "drift.commented"),
    "a user": ("/users", {"email": "new@acme.example", "name": "New", "role": "viewer"}, "user.created"),
}


def test_what_was_created_is_answered_as_the_first_time_and_created_once(web: DyingWeb, world: Any) -> None:
    drift = report(world.engineer).pk
    for number, (path, body, kind) in enumerate(CREATING.values()):
        send = partial(web.post, path.format(drift=drift), json=body, headers={"Idempotency-Key": f"key {number}"})
        before = AuditLog.objects.filter(account=world.account, kind=kind).count()
        web.die_while_answering("after 0", send.args[0], **send.keywords)
        entry = AuditLog.objects.filter(account=world.account, kind=kind).latest("seq")
        web.start()
        answer, again = insist(send), insist(send)
        assert (answer.status_code, again.status_code, again.content) == (201, 201, answer.content), kind
        assert answer.json()["data"]["id"] in {str(entry.pk), entry.data["id"]}
        assert AuditLog.objects.filter(account=world.account, kind=kind).count() == before + 1
    assert Stack.objects.filter(name="fresh").count() == 1
    assert verify(world.account.pk).entries == AuditHead.objects.get(account=world.account).seq


def test_of_a_creation_that_dies_before_its_commit_nothing_is_left_and_the_repeat_creates_it(
    web: DyingWeb, world: Any
) -> None:
    send = partial(web.post, "/stacks", json={"name": "fresh"}, headers=KEY)
    web.die_while_answering("before 0", "/stacks", json={"name": "fresh"}, headers=KEY)
    assert wait_until(lambda: not Stack.objects.exists(), seconds=PATIENCE_SECONDS)
    web.start()
    answer = insist(send)
    assert (answer.status_code, insist(send).content) == (201, answer.content)
    assert str(Stack.objects.get().pk) == answer.json()["data"]["id"]
