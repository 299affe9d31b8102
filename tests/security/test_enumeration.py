"""Nobody learns from an answer, or from its time, whether somebody else's e-mail, user or key is known."""

import random
import time
from collections import defaultdict
from statistics import median, quantiles
from typing import Any

import pytest

from accounts.models import User
from tests.accounts.mailbox import forget_jobs
from tests.accounts.signing import post
from tests.conftest import World
from tests.laws.routes import without_trace

FORGOT = "/api/v1/auth/password/forgot"
USERS = "/api/v1/users"
SAMPLES = 40


@pytest.fixture(autouse=True)
def no_jobs(transactional_db: None) -> None:
    forget_jobs()


def invited(world: World, email: str) -> Any:
    body = {"email": email, "name": "Somebody", "role": "viewer"}
    return world.client(world.owner).post(USERS, body, format="json")


def test_a_forgotten_password_is_answered_alike_whoever_asks(world: World) -> None:
    User.objects.filter(pk=world.viewer.pk).update(is_active=False)
    emails = [world.engineer.email, world.viewer.email, world.outsider.email, "nobody@acme.example", "no e-mail at all"]
    answers = [post(FORGOT, {"email": email}) for email in emails]
    assert [answer.status_code for answer in answers] == [202] * len(emails)
    assert len({answer.content for answer in answers}) == 1


def test_a_forgotten_password_takes_equal_time_whoever_asks(world: World) -> None:
    """The medians and first quartiles of interleaved samples: what else the machine does falls on both alike."""
    emails, order = {"known": world.engineer.email, "unknown": "nobody@acme.example"}, random.Random(7)  # noqa: S311 - an order
    for email in emails.values():
        post(FORGOT, {"email": email})
    times: dict[str, list[float]] = defaultdict(list)
    for _ in range(SAMPLES):
        for who in order.sample(sorted(emails), len(emails)):
            started = time.perf_counter()
            assert post(FORGOT, {"email": emails[who]}).status_code == 202
            times[who].append(time.perf_counter() - started)
    for figure in (median, lambda found: quantiles(found, n=4)[0]):
        known, unknown = figure(times["known"]), figure(times["unknown"])
        assert max(known, unknown) / min(known, unknown) < 1.1, (known, unknown)


def test_a_taken_e_mail_reads_alike_in_whatever_account_it_is_taken(world: World) -> None:
    here, elsewhere = invited(world, world.viewer.email), invited(world, world.outsider.email)
    assert (here.status_code, elsewhere.status_code) == (409, 409)
    assert without_trace(here.content) == without_trace(elsewhere.content)
    assert world.outsider.account.name not in elsewhere.content.decode()


def test_another_accounts_people_are_found_by_no_search_and_no_filter(world: World) -> None:
    client = world.client(world.owner)
    for term in (world.outsider.email, world.outsider.name, str(world.outsider.pk)):
        assert client.get(USERS, {"search": term}).json()["data"]["items"] == []
    assert client.get("/api/v1/audit-logs", {"actorId": str(world.outsider.pk)}).json()["data"]["items"] == []


def test_an_unknown_key_and_a_known_prefix_are_refused_alike(world: World) -> None:
    made = world.client(world.owner).post("/api/v1/api-keys", {"name": "ci", "scopes": ["read"]}, format="json")
    key = made.json()["data"]["apiKey"]
    prefix, _, secret = key.rpartition("_")
    client = world.client(world.owner)
    answers = []
    for guess in (f"{prefix}_{secret[::-1]}", f"dsk_AAAAAAAAAA_{secret}", "dsk_x", "x" * 500):
        client.credentials(HTTP_AUTHORIZATION=f"Api-Key {guess}")
        answers.append(client.get("/api/v1/drifts"))
    assert [answer.status_code for answer in answers] == [401] * 4
    bodies = [without_trace(answer.content) for answer in answers]
    assert all(body == bodies[0] for body in bodies)
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {key}")
    assert client.get("/api/v1/drifts").status_code == 200
