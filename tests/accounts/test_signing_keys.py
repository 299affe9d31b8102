"""Signing keys rotate: the newest signs, each verifies, and a dropped one's tokens stop."""

import jwt
import pytest
from pytest_django import Settings

from tests.accounts.signing import REFRESH, claims_of, forged, me, post
from tests.conftest import World

OLD, NEW = ("2025", "o" * 40), ("2026", "n" * 40)


def kid(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


def test_an_old_keys_tokens_hold_while_it_is_listed(world: World, settings: Settings) -> None:
    settings.JWT_KEYS = (OLD,)
    before = world.sign_in(world.viewer)
    settings.JWT_KEYS = (NEW, OLD)
    assert (kid(before.access), kid(before.refresh)) == ("2025", "2025")
    assert me(before.access).status_code == 200
    after = post(REFRESH, {"refreshToken": before.refresh}).json()["data"]
    assert (kid(after["accessToken"]), kid(after["refreshToken"])) == ("2026", "2026")
    assert me(after["accessToken"]).status_code == 200
    settings.JWT_KEYS = (NEW,)
    assert me(after["accessToken"]).status_code == 200
    assert me(before.access).status_code == 401


@pytest.mark.parametrize("name", ["2027", "", "../2026", "2025", None, 7, ["2026"]])
def test_a_token_that_names_another_key_than_signed_it_is_refused(
    world: World, settings: Settings, name: object
) -> None:
    settings.JWT_KEYS = (NEW, OLD)
    claims = claims_of(world.access_token(world.viewer))
    assert me(forged(claims)).status_code == 401, "it names no key, and the newest signed it"
    with_name = jwt.encode(claims, NEW[1], "HS256", headers={"kid": "2026"})
    assert me(with_name).status_code == 200
    head = {"alg": "HS256", "typ": "JWT", "kid": name}
    assert me(jwt.PyJWS().encode(b"{}", NEW[1], "HS256")).status_code == 401
    if isinstance(name, str):
        assert me(jwt.encode(claims, NEW[1], "HS256", headers=head)).status_code == 401


def test_a_token_from_before_keys_had_names_is_checked_with_the_oldest(world: World, settings: Settings) -> None:
    claims = claims_of(world.access_token(world.viewer))
    settings.JWT_KEYS = (NEW, OLD)
    assert me(jwt.encode(claims, OLD[1], "HS256")).status_code == 200
