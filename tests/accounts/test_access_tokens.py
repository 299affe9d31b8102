"""Access tokens: only what this server issued, for a live session of an active user."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Session, User
from tests.accounts.signing import ME, claims_of, forged, in_the_past, me, unsigned, without_its_trace
from tests.conftest import World


def test_forged_and_stale_tokens_are_refused_alike(world: World) -> None:
    pair = world.sign_in(world.viewer)
    claims = claims_of(pair.access)
    assert me(forged(claims)).status_code == 200, "the forger is good: only what follows is wrong"
    nobody = "00000000-0000-4000-8000-000000000000"
    bad = {
        "alg none": unsigned(claims),
        "alg None": unsigned(claims, "None"),
        "alg HS512": forged(claims, algorithm="HS512"),
        "wrong key": forged(claims, key="another key that is long enough for it"),
        "wrong audience": forged(claims | {"aud": "elsewhere"}),
        "no audience": forged({name: value for name, value in claims.items() if name != "aud"}),
        "wrong issuer": forged(claims | {"iss": "somebody"}),
        "expired": forged(in_the_past(claims)),
        "no expiry": forged({name: value for name, value in claims.items() if name != "exp"}),
        "refresh token": pair.refresh,
        "no type": forged({name: value for name, value in claims.items() if name != "token_type"}),
        "another user": forged(claims | {"sub": str(world.owner.pk)}),
        "unknown session": forged(claims | {"sid": nobody}),
        "no uuid": forged(claims | {"sub": "1", "sid": "1"}),
        "signature cut": pair.access.rsplit(".", 1)[0] + ".",
        "signature off": pair.access[:-4] + "AAAA",
        "no json": "e30.bm90IGpzb24.AAAA",
        "two parts": "a.b",
        "empty": "",
        "huge": "x" * 100_000,
        "not ascii": "é",
    }
    answers = {why: me(token) for why, token in bad.items()}
    assert {why: answer.status_code for why, answer in answers.items()} == dict.fromkeys(bad, 401)
    assert all(without_its_trace(answer)["code"] == "AUTH_ERROR" for answer in answers.values())
    bodies = [without_its_trace(answer) for answer in answers.values()]
    assert all(body == bodies[0] for body in bodies)


def test_a_role_in_the_token_gives_nothing(world: World) -> None:
    """The role is read from the user at each request; the claim is for the client."""
    token = forged(claims_of(world.access_token(world.viewer)) | {"role": "admin"})
    assert me(token).json()["data"]["role"] == "viewer"
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert client.get("/api/v1/audit-logs").status_code == 403


def test_a_changed_role_holds_from_the_next_request(world: World) -> None:
    client = world.client(world.owner)
    assert client.get("/api/v1/audit-logs").status_code == 200
    User.objects.filter(pk=world.owner.pk).update(role="viewer")
    assert client.get("/api/v1/audit-logs").status_code == 403


def test_a_former_users_token_stops_at_once(world: World) -> None:
    token = world.access_token(world.viewer)
    User.objects.filter(pk=world.viewer.pk).update(is_active=False)
    assert me(token).status_code == 401


def test_who_is_asking_takes_one_query(world: World, django_assert_num_queries: Any) -> None:
    client = world.client(world.viewer)
    with django_assert_num_queries(1) as queries:
        assert client.get(ME).status_code == 200
    (query,) = queries.captured_queries
    assert '"accounts_session"."id" = ' in query["sql"], "by its primary key"


def test_the_token_of_an_expired_session_is_refused(world: World) -> None:
    token = world.access_token(world.viewer)
    Session.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert me(token).status_code == 401


@pytest.mark.parametrize("header", ["Basic YTpi", "Token abc", "Bearer", "bearer ", "Api-Key x", "x"])
def test_another_scheme_or_no_token_is_refused_with_a_challenge(world: World, header: str) -> None:
    answer = APIClient().get(ME, headers={"authorization": header})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="driftsentry", Api-Key realm="driftsentry"'


def test_the_schemes_case_does_not_matter(world: World) -> None:
    token = world.access_token(world.viewer)
    assert APIClient().get(ME, headers={"authorization": f"bearer {token}"}).status_code == 200
    assert APIClient().get(ME, headers={"authorization": f"BEARER   {token} "}).status_code == 200


def test_a_token_in_the_query_or_a_cookie_is_no_credential(world: World) -> None:
    token = world.access_token(world.viewer)
    client = APIClient()
    client.cookies["accessToken"] = token
    assert client.get(f"{ME}?token={token}").status_code == 401


def test_an_admin_page_session_is_no_credential_for_the_api(world: World) -> None:
    client = APIClient()
    client.force_login(world.owner)
    assert client.get(ME).status_code == 401
