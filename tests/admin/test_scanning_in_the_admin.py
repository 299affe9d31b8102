"""Detectors and schedules in the admin: told in a form, secrets never shown, and scanned at once."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from drifts.models import Scan, Stack, StackSecrets
from tests.admin.conftest import HOSTILE, browser
from tests.drifts.detectors.pretend import SECRET, doing, finds_nothing, make_stack, pretend, run_waiting
from tests.drifts.scans import facts

__all__ = ["pretend"]
pytestmark = pytest.mark.usefixtures("pretend")
STACKS = "/admin/drifts/stack/"
FORM = {
    "name": "payments",
    "is_enabled": "on",
    "labels": "{}",
    "detector": "aws",
    "detector_config": '{"place": "here"}',
    "detector_secrets": json.dumps({"TOKEN": SECRET}),
    "schedule": "0 3 * * *",
    "scan_time_limit_seconds": "600",
}


@pytest.fixture(autouse=True)
def no_jobs_left(transactional_db: None) -> Iterator[None]:
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


def test_a_detector_is_told_and_its_secrets_are_never_shown(world: Any) -> None:
    client = browser(world.owner)
    client.post(f"{STACKS}add/", FORM)
    stack = Stack.objects.get()
    assert (stack.detector, stack.schedule, stack.detector_secret_names) == ("aws", "0 3 * * *", ["TOKEN"])
    page = client.get(f"{STACKS}{stack.pk}/change/").content.decode()
    assert "TOKEN" in page
    assert 'type="password" name="detector_secrets"' in page
    assert SECRET not in page


def test_an_empty_field_keeps_the_secrets(world: Any) -> None:
    client = browser(world.owner)
    client.post(f"{STACKS}add/", FORM)
    stack = Stack.objects.get()
    client.post(f"{STACKS}{stack.pk}/change/", {**FORM, "detector_secrets": "", "owner": "me"})
    assert json.loads(StackSecrets.objects.get().secrets) == {"TOKEN": SECRET}
    (fact,) = facts(world, "stack.changed")
    assert fact.data["changes"] == {"owner": ["", "me"]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("detector_secrets", SECRET),
        ("detector_secrets", json.dumps({"a b": SECRET})),
        ("detector_secrets", json.dumps([SECRET])),
        ("detector_config", "[]"),
        ("detector_config", "{"),
        ("detector", "azure"),
        ("scan_time_limit_seconds", ""),
    ],
)
def test_what_is_wrong_is_said_on_the_form_and_no_secret_is_repeated(world: Any, name: str, value: str) -> None:
    page = browser(world.owner).post(f"{STACKS}add/", {**FORM, name: value}).content.decode()
    assert "errorlist" in page
    assert SECRET not in page
    assert not Stack.objects.exists()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [("schedule", "@daily", "A schedule has 5 fields"), ("detector_config", '{"x": 1}', "Known are: place.")],
)
def test_what_a_detector_refuses_is_told(world: Any, name: str, value: str, words: str) -> None:
    page = browser(world.owner).post(f"{STACKS}add/", {**FORM, name: value}, follow=True).content.decode()
    assert words in page
    assert not Stack.objects.exists()


def test_selected_stacks_are_scanned_now_and_one_that_cannot_be_stops_no_other(world: Any) -> None:
    one, other = make_stack(world, "one"), make_stack(world, "other", detector="")
    asked = {"action": "scan_now", "_selected_action": [str(one.pk), str(other.pk)]}
    page = browser(world.owner).post(STACKS, asked, follow=True).content.decode()
    assert "Scans asked for: 1." in page
    assert "The stack other has no detector" in page
    (scan,) = Scan.objects.all()
    assert (scan.stack, scan.detected_by, scan.submitted_by) == (one, "manual", world.owner)


def test_what_a_detector_has_said_stands_on_its_scans_page_and_is_escaped(world: Any) -> None:
    stack = make_stack(world)
    asked = {"action": "scan_now", "_selected_action": [str(stack.pk)]}
    client = browser(world.owner)
    client.post(STACKS, asked)

    def talk(detection: Any) -> Any:
        detection.say(HOSTILE)
        return finds_nothing(detection)

    with doing(talk):
        (scan,) = run_waiting()
    page = client.get(f"/admin/drifts/scan/{scan.pk}/change/").content.decode()
    assert "&lt;script&gt;" in page
    assert HOSTILE not in page
