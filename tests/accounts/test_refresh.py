"""Refreshing: the token rotates, and a used one that comes again ends the session."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import actions
from accounts.models import Session, User
from accounts.tokens import TokenPair
from audit.actors import Actor
from audit.models import AuditLog
from driftsentry.api.errors import Unauthenticated
from driftsentry.local.processes import wait_until
from tests.accounts.signing import LOGOUT, REFRESH, claims_of, forged, in_the_past, me, post, without_its_trace
from tests.conftest import World


def test_a_refresh_gives_a_new_pair_of_the_same_session(world: World) -> None:
    first = world.sign_in(world.viewer)
    answer = post(REFRESH, {"refreshToken": first.refresh})
    assert answer.status_code == 200
    data = answer.json()["data"]
    assert set(data) == {"accessToken", "refreshToken"}
    assert data["refreshToken"] != first.refresh
    assert claims_of(data["accessToken"])["sid"] == claims_of(first.access)["sid"]
    assert me(data["accessToken"]).status_code == 200
    assert Session.objects.count() == 1


def test_a_refresh_prolongs_the_session(world: World) -> None:
    pair = world.sign_in(world.viewer)
    soon = timezone.now() + timedelta(hours=1)
    Session.objects.update(expires_at=soon)
    post(REFRESH, {"refreshToken": pair.refresh})
    assert Session.objects.get().expires_at > soon


def test_the_old_access_token_holds_until_it_expires(world: World) -> None:
    first = world.sign_in(world.viewer)
    post(REFRESH, {"refreshToken": first.refresh})
    assert me(first.access).status_code == 200


def test_a_used_refresh_token_revokes_the_whole_session(world: World) -> None:
    first = world.sign_in(world.viewer)
    second = post(REFRESH, {"refreshToken": first.refresh}).json()["data"]
    assert me(second["accessToken"]).status_code == 200, "the answer arrived"
    again = post(REFRESH, {"refreshToken": first.refresh})
    assert again.status_code == 401
    assert me(second["accessToken"]).status_code == 401
    assert me(first.access).status_code == 401
    assert post(REFRESH, {"refreshToken": second["refreshToken"]}).status_code == 401
    session = Session.objects.get()
    assert session.revoked_because == Session.RevokedBecause.REUSED
    entry = AuditLog.objects.get(kind="session.revoked")
    assert entry.data == {"id": str(session.pk), "userId": str(world.viewer.pk), "because": "reused"}


def test_a_client_that_lost_the_answer_gets_the_same_pair_again(world: World) -> None:
    first = world.sign_in(world.viewer)
    answers = [post(REFRESH, {"refreshToken": first.refresh}).json()["data"] for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert me(answers[0]["accessToken"]).status_code == 200
    assert post(REFRESH, {"refreshToken": answers[0]["refreshToken"]}).status_code == 200
    assert not AuditLog.objects.filter(kind="session.revoked").exists()


def test_the_old_access_token_does_not_show_that_the_answer_arrived(world: World) -> None:
    first = world.sign_in(world.viewer)
    Session.objects.update(refreshed_at=timezone.now() - timedelta(minutes=5))
    with time_machine.travel(timezone.now() + timedelta(seconds=2), tick=True):
        lost = post(REFRESH, {"refreshToken": first.refresh}).json()["data"]
        assert me(first.access).status_code == 200
        assert post(REFRESH, {"refreshToken": first.refresh}).json()["data"] == lost


@pytest.mark.parametrize("elsewhere", [{"User-Agent": "another"}, {"REMOTE_ADDR": "203.0.113.9"}])
def test_there_is_no_grace_for_somebody_elsewhere(world: World, elsewhere: dict[str, str]) -> None:
    first = world.sign_in(world.viewer)
    second = post(REFRESH, {"refreshToken": first.refresh}).json()["data"]
    client = APIClient(REMOTE_ADDR=elsewhere.get("REMOTE_ADDR", "127.0.0.1"))
    headers = {name: value for name, value in elsewhere.items() if name == "User-Agent"}
    assert client.post(REFRESH, {"refreshToken": first.refresh}, format="json", headers=headers).status_code == 401
    assert me(second["accessToken"]).status_code == 401


def test_the_grace_ends_after_some_seconds(world: World) -> None:
    first = world.sign_in(world.viewer)
    post(REFRESH, {"refreshToken": first.refresh})
    Session.objects.update(refreshed_at=timezone.now() - timedelta(seconds=settings.REFRESH_GRACE_SECONDS + 1))
    assert post(REFRESH, {"refreshToken": first.refresh}).status_code == 401
    assert Session.objects.get().revoked_because == Session.RevokedBecause.REUSED


def test_the_token_before_the_last_has_no_grace(world: World) -> None:
    first = world.sign_in(world.viewer)
    second = post(REFRESH, {"refreshToken": first.refresh}).json()["data"]
    third = post(REFRESH, {"refreshToken": second["refreshToken"]}).json()["data"]
    assert post(REFRESH, {"refreshToken": first.refresh}).status_code == 401
    assert me(third["accessToken"]).status_code == 401


def test_its_user_alone_is_warned_of_a_reused_token(world: World) -> None:
    first = world.sign_in(world.viewer)
    second = post(REFRESH, {"refreshToken": first.refresh}).json()["data"]
    me(second["accessToken"])
    post(REFRESH, {"refreshToken": first.refresh})
    (alert,) = world.client(world.viewer).get("/api/v1/alerts").json()["data"]["items"]
    assert (alert["type"], alert["severity"], alert["isRead"]) == ("session_reused", "high", False)
    assert world.client(world.viewer).get("/api/v1/alerts/unread-count").json()["data"] == {"count": 1}
    for other in (world.owner, world.engineer, world.outsider):
        client = world.client(other)
        assert client.get("/api/v1/alerts").json()["data"]["items"] == []
        assert client.get("/api/v1/alerts/unread-count").json()["data"] == {"count": 0}
        assert client.post(f"/api/v1/alerts/{alert['id']}/mark-read").status_code == 404
        assert client.post("/api/v1/alerts/mark-all-read").json()["data"] == {"markedCount": 0}
    assert world.client(world.viewer).post(f"/api/v1/alerts/{alert['id']}/mark-read").status_code == 200


def test_a_used_refresh_token_leaves_the_users_other_sessions_alone(world: World) -> None:
    first, elsewhere = world.sign_in(world.viewer), world.sign_in(world.viewer)
    me(post(REFRESH, {"refreshToken": first.refresh}).json()["data"]["accessToken"])
    assert post(REFRESH, {"refreshToken": first.refresh}).status_code == 401
    assert me(elsewhere.access).status_code == 200


def refreshed(pair: TokenPair, place: str = "127.0.0.1") -> TokenPair | None:
    """The new pair; none where the refresh was refused. For a thread of its own."""
    try:
        return actions.refresh_session(pair.refresh, by=Actor(None, "", "system", place)).tokens
    except Unauthenticated:
        return None
    finally:
        connection.close()


def test_twenty_refreshes_at_once_give_exactly_one_new_pair(world: World) -> None:
    """All twenty come from one place within the grace: whoever is answered gets the one pair that there is."""
    first = world.sign_in(world.viewer)
    with ThreadPoolExecutor(20) as threads:
        pairs = {pair for pair in threads.map(refreshed, [first] * 20) if pair is not None}
    (pair,) = pairs
    session = Session.objects.get()
    assert bytes(session.refresh_digest) == pair.refresh_digest
    assert session.revoked_at is None
    assert me(pair.access).status_code == 200


def test_twenty_refreshes_at_once_from_many_places_give_exactly_one_new_pair_and_end_the_session(world: World) -> None:
    first = world.sign_in(world.viewer)
    with ThreadPoolExecutor(20) as threads:
        places = [f"203.0.113.{number}" for number in range(20)]
        pairs = [pair for pair in threads.map(refreshed, [first] * 20, places) if pair is not None]
    assert len(pairs) == 1
    assert me(pairs[0].access).status_code == 401
    assert Session.objects.get().revoked_because == Session.RevokedBecause.REUSED
    assert AuditLog.objects.filter(kind="session.revoked").count() == 1


def test_refreshes_that_all_found_the_token_current_give_exactly_one_new_pair(world: World) -> None:
    """The hardest case: all of them have looked, and wait for one row, before any of them changes it."""
    first = world.sign_in(world.viewer)
    with ThreadPoolExecutor(4) as threads:
        with transaction.atomic():
            Session.objects.select_for_update().get()
            refreshing = [threads.submit(refreshed, first) for _ in range(4)]
            assert wait_until(lambda: waiting_for_a_row() == 4, seconds=30)
        assert len({one.result() for one in refreshing}) == 1
    assert Session.objects.get().revoked_at is None


def waiting_for_a_row() -> int:
    """How many of this database's sessions wait for a lock, seen afresh inside a transaction too."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])


def test_a_refresh_after_log_out_is_refused(world: World) -> None:
    pair = world.sign_in(world.viewer)
    assert post(LOGOUT, {"refreshToken": pair.refresh}, token=pair.access).status_code == 200
    assert post(REFRESH, {"refreshToken": pair.refresh}).status_code == 401
    assert Session.objects.get().revoked_because == Session.RevokedBecause.LOGOUT


def test_a_former_user_cannot_refresh_and_the_session_is_not_called_reused(world: World) -> None:
    pair = world.sign_in(world.viewer)
    User.objects.filter(pk=world.viewer.pk).update(is_active=False)
    assert post(REFRESH, {"refreshToken": pair.refresh}).status_code == 401
    assert Session.objects.get().revoked_at is None


def test_every_bad_refresh_token_reads_alike(world: World) -> None:
    pair = world.sign_in(world.viewer)
    claims = claims_of(pair.refresh)
    nobody = "00000000-0000-4000-8000-000000000000"
    bad = {
        "access token": pair.access,
        "garbage": "garbage",
        "wrong key": forged(claims, key="another key that is long enough for it"),
        "expired": forged(in_the_past(claims)),
        "unknown session": forged(claims | {"sid": nobody}),
        "another user's": forged(claims | {"sub": str(world.engineer.pk)}),
        "no session": forged({name: value for name, value in claims.items() if name != "sid"}),
        "no uuid": forged(claims | {"sid": "x"}),
        "wrong audience": forged(claims | {"aud": "elsewhere"}),
    }
    answers = {why: post(REFRESH, {"refreshToken": token}) for why, token in bad.items()}
    assert {why: answer.status_code for why, answer in answers.items()} == dict.fromkeys(bad, 401)
    bodies = [without_its_trace(answer) for answer in answers.values()]
    assert all(body == bodies[0] for body in bodies)
    assert post(REFRESH, {"refreshToken": pair.refresh}).status_code == 200, "none of them harmed the session"


@pytest.mark.parametrize("body", [{}, {"refreshToken": ""}, {"refreshToken": None}, {"refreshToken": "x" * 4097}])
def test_a_malformed_refresh_names_the_field(world: World, body: object) -> None:
    answer = post(REFRESH, body)
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["errors"][0]["field"] == "refreshToken"
