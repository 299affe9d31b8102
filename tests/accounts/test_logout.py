"""Logging out."""

from accounts.models import Session
from audit.models import AuditLog
from tests.accounts.signing import LOGOUT, REFRESH, me, post
from tests.conftest import World


def test_logging_out_stops_the_access_token_at_once(world: World) -> None:
    pair = world.sign_in(world.viewer)
    answer = post(LOGOUT, {"refreshToken": pair.refresh}, token=pair.access)
    assert (answer.status_code, answer.json()) == (200, {"success": True, "data": None})
    assert me(pair.access).status_code == 401
    assert Session.objects.get().revoked_at is not None
    assert AuditLog.objects.get(kind="session.revoked").data["because"] == "logout"


def test_logging_out_leaves_other_sessions_alone(world: World) -> None:
    pair, elsewhere = world.sign_in(world.viewer), world.sign_in(world.viewer)
    post(LOGOUT, {"refreshToken": pair.refresh}, token=pair.access)
    assert me(elsewhere.access).status_code == 200


def test_another_sessions_refresh_token_ends_that_session_where_it_is_ones_own(world: World) -> None:
    pair, elsewhere = world.sign_in(world.viewer), world.sign_in(world.viewer)
    assert post(LOGOUT, {"refreshToken": elsewhere.refresh}, token=pair.access).status_code == 200
    assert me(elsewhere.access).status_code == 401
    assert me(pair.access).status_code == 200


def test_nobody_logs_somebody_else_out(world: World) -> None:
    mine, theirs = world.sign_in(world.owner), world.sign_in(world.viewer)
    answer = post(LOGOUT, {"refreshToken": theirs.refresh}, token=mine.access)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "AUTH_ERROR")
    assert me(theirs.access).status_code == 200
    assert not AuditLog.objects.filter(kind="session.revoked").exists()


def test_a_rotated_refresh_token_still_logs_out(world: World) -> None:
    pair = world.sign_in(world.viewer)
    post(REFRESH, {"refreshToken": pair.refresh})
    assert post(LOGOUT, {"refreshToken": pair.refresh}, token=pair.access).status_code == 200
    assert me(pair.access).status_code == 401


def test_logging_out_needs_an_access_token(world: World) -> None:
    pair = world.sign_in(world.viewer)
    assert post(LOGOUT, {"refreshToken": pair.refresh}).status_code == 401
    assert me(pair.access).status_code == 200


def test_logging_out_twice_is_refused_since_the_access_token_has_stopped(world: World) -> None:
    pair = world.sign_in(world.viewer)
    post(LOGOUT, {"refreshToken": pair.refresh}, token=pair.access)
    assert post(LOGOUT, {"refreshToken": pair.refresh}, token=pair.access).status_code == 401
    assert AuditLog.objects.filter(kind="session.revoked").count() == 1


def test_a_garbled_refresh_token_ends_nothing(world: World) -> None:
    pair = world.sign_in(world.viewer)
    assert post(LOGOUT, {"refreshToken": "garbage"}, token=pair.access).status_code == 401
    assert post(LOGOUT, {"refreshToken": pair.access}, token=pair.access).status_code == 401
    assert me(pair.access).status_code == 200
