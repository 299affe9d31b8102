"""Where I am signed in: the list, signing one place out, and signing out everywhere else."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import Session
from audit.models import AuditLog
from tests.accounts.signing import REFRESH, me, post
from tests.conftest import World

SESSIONS = "/api/v1/users/me/sessions"


def test_i_see_where_i_am_signed_in_and_which_place_this_is(world: World) -> None:
    world.sign_in(world.viewer)
    world.sign_in(world.engineer)
    client = world.client(world.viewer)
    items = client.get(SESSIONS).json()["data"]["items"]
    assert [item["isCurrent"] for item in items] == [True, False]
    assert set(items[0]) == {"id", "address", "userAgent", "createdAt", "lastUsedAt", "expiresAt", "isCurrent"}
    assert items[0]["address"] == "127.0.0.1"


def test_ended_sessions_are_not_listed(world: World) -> None:
    ended = world.sign_in(world.viewer)
    Session.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert me(ended.access).status_code == 401
    assert len(world.client(world.viewer).get(SESSIONS).json()["data"]["items"]) == 1


def test_a_session_signed_out_from_elsewhere_stops_at_once(world: World) -> None:
    elsewhere = world.sign_in(world.viewer)
    session = Session.objects.get()
    client = world.client(world.viewer)
    assert client.delete(f"{SESSIONS}/{session.pk}").status_code == 204
    assert me(elsewhere.access).status_code == 401
    assert post(REFRESH, {"refreshToken": elsewhere.refresh}).status_code == 401
    entry = AuditLog.objects.get(kind="session.revoked")
    assert entry.data == {"id": str(session.pk), "userId": str(world.viewer.pk), "because": "revoked"}
    assert client.delete(f"{SESSIONS}/{session.pk}").status_code == 404
    assert client.get(SESSIONS).status_code == 200


def test_nobody_signs_out_another_user_not_even_an_admin_here(world: World) -> None:
    token = world.access_token(world.viewer)
    session = Session.objects.get()
    for other in (world.owner, world.engineer, world.outsider):
        assert world.client(other).delete(f"{SESSIONS}/{session.pk}").status_code == 404
    assert me(token).status_code == 200


def test_i_sign_out_everywhere_but_here(world: World) -> None:
    elsewhere = [world.access_token(world.viewer) for _ in range(3)]
    another = world.access_token(world.engineer)
    client = world.client(world.viewer)
    assert client.delete(SESSIONS).json()["data"] == {"revokedCount": 3}
    assert [me(token).status_code for token in elsewhere] == [401, 401, 401]
    assert client.get(SESSIONS).status_code == 200
    assert me(another).status_code == 200
    assert client.delete(SESSIONS).json()["data"] == {"revokedCount": 0}
