"""Nobody learns from the time of a refusal whether an e-mail is known: distributions, not single answers."""

import random
import time
from collections import defaultdict
from statistics import median, quantiles

import pytest
from django.contrib.auth.hashers import BCryptSHA256PasswordHasher
from rest_framework.test import APIClient

from accounts.even_time import STEP_SECONDS, even_time
from accounts.models import User
from audit.models import AuditLog
from tests.accounts.signing import LOGIN
from tests.conftest import PASSWORD, World

SAMPLES = 40
ROUNDS = 8
"""About 20 ms a password: left out, it shows beside the step, as does what a refusal writes too, if not evened."""


@pytest.fixture
def real_cost(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Passwords that cost what they do in earnest."""
    monkeypatch.setattr(BCryptSHA256PasswordHasher, "rounds", ROUNDS)
    for user in (world.engineer, world.viewer):
        user.set_password(PASSWORD)
        user.save()
    User.objects.filter(pk=world.viewer.pk).update(is_active=False)
    return world


def refused_in(client: APIClient, email: str, password: str) -> float:
    """The wall time of one refusal, in seconds."""
    started = time.perf_counter()
    answer = client.post(LOGIN, {"email": email, "password": password}, format="json")
    spent = time.perf_counter() - started
    assert answer.status_code == 401
    return spent


def test_unknown_wrong_and_deactivated_take_equal_time(real_cost: World) -> None:
    tries = {
        "unknown": ("nobody@acme.example", PASSWORD),
        "wrong": (real_cost.engineer.email, "wrong horse battery"),
        "deactivated": (real_cost.viewer.email, PASSWORD),
    }
    client, order = APIClient(), random.Random(7)  # noqa: S311 - an order, no secret
    for email, password in tries.values():
        refused_in(client, email, password)
    times: dict[str, list[float]] = defaultdict(list)
    for _ in range(SAMPLES):
        # One of each in a row, in any order: what else the machine does falls on all three alike.
        for why in order.sample(sorted(tries), len(tries)):
            times[why].append(refused_in(client, *tries[why]))
    medians = {why: median(found) for why, found in times.items()}
    quartiles = {why: quantiles(found, n=4)[0] for why, found in times.items()}
    assert max(medians.values()) / min(medians.values()) < 1.1, medians
    assert max(quartiles.values()) / min(quartiles.values()) < 1.1, quartiles
    assert AuditLog.objects.filter(kind="user.login_failed").count() == 2 * (SAMPLES + 1), "nothing is lost for it"


def test_what_is_done_in_even_time_ends_at_a_step_however_long_it_took() -> None:
    ends: dict[float, list[float]] = {0.0: [], 0.02: [], 0.04: []}
    for _ in range(15):
        for work, found in ends.items():
            started = time.monotonic()
            with even_time():
                time.sleep(work)
            found.append(time.monotonic() - started)
    medians = [median(found) for found in ends.values()]
    assert min(medians) >= STEP_SECONDS
    assert max(medians) / min(medians) < 1.1


def test_even_time_holds_for_what_fails_too() -> None:
    started = time.monotonic()
    with pytest.raises(ZeroDivisionError), even_time():
        _ = 1 // 0
    assert time.monotonic() - started >= STEP_SECONDS
