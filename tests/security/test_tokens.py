"""Forged credentials beyond those of `tests/accounts`: headers that choose the key, times, tenants, and API keys."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from django.conf import settings

from driftsentry.api.access import Scope
from tests.accounts.keys import account_key, showing
from tests.accounts.signing import claims_of, forged, me, without_its_trace
from tests.conftest import World

SECRET = settings.JWT_KEYS[0][1]
OWN = "a key of the attacker's own, long enough"
HEADERS: list[tuple[str, dict[str, Any]]] = [
    (OWN, {"jwk": {"kty": "oct", "k": "YSBrZXk"}}),
    (OWN, {"jku": "https://evil.example/keys"}),
    (OWN, {"x5u": "https://evil.example/cert"}),
    (OWN, {"x5c": ["AAAA"]}),
    ("\u0000", {"kid": "../../../../dev/null"}),
    (OWN, {"kid": "' UNION SELECT 'a key of the attacker''s own, long enough"}),
    (OWN, {"kid": ""}),
    (OWN, {"kid": "x" * 2000}),
    (OWN, {"kid": settings.JWT_KEYS[0][0]}),
    (SECRET, {"crit": ["unknown"], "unknown": True}),
    (SECRET, {"kid": settings.JWT_KEYS[0][0].upper() + "x"}),
]


def signed(claims: dict[str, Any], key: str, **headers: Any) -> str:
    return jwt.encode(claims, key, "HS256", headers=headers)


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize(("key", "headers"), HEADERS, ids=lambda one: str(one)[:40])
def test_a_token_does_not_choose_its_key(world: World, key: str, headers: dict[str, Any]) -> None:
    claims = claims_of(world.access_token(world.viewer))
    assert me(forged(claims)).status_code == 200, "only the header is wrong"
    assert me(signed(claims, key, **headers)).status_code == 401


@pytest.mark.parametrize("change", ["nbf", "aud", "iss", "sid", "type"])
def test_a_token_of_another_time_place_or_person_is_refused(world: World, change: str) -> None:
    claims, later = claims_of(world.access_token(world.viewer)), datetime.now(UTC) + timedelta(hours=1)
    of_another = claims_of(world.access_token(world.outsider))
    wrong: dict[str, dict[str, Any]] = {
        "nbf": {"nbf": later},
        "aud": {"aud": ["elsewhere", "other"]},
        "iss": {"iss": "Driftsentry"},
        "sid": {"sid": of_another["sid"]},
        "type": {"token_type": "refresh"},
    }
    assert me(forged(claims | wrong[change])).status_code == 401


def test_a_token_that_was_made_before_the_clock_went_back_holds(world: World) -> None:
    """`nbf` says from when on; when it was issued is nothing to refuse people for whom a correct clock signed out."""
    claims, later = claims_of(world.access_token(world.viewer)), datetime.now(UTC) + timedelta(hours=1)
    assert me(forged(claims | {"iat": later, "exp": later + timedelta(hours=1)})).status_code == 200


def test_the_account_in_a_token_opens_no_other_account(world: World) -> None:
    """Whose the request is, the session says; the claim is for the client."""
    claims = claims_of(world.access_token(world.viewer)) | {"account": str(world.other_account.pk), "role": "admin"}
    assert me(forged(claims)).json()["data"]["accountId"] == str(world.account.pk)


def test_forged_api_keys_are_refused_alike(world: World) -> None:
    text = account_key(world, *Scope).text
    prefix, secret = text.rsplit("_", 1)
    assert showing(text).get("/api/v1/drifts").status_code == 200
    bad = {
        "wrong secret": f"{prefix}_{'A' * len(secret)}",
        "last character": text[:-1] + ("A" if text[-1] != "A" else "B"),
        "prefix only": prefix,
        "prefix and line": f"{prefix}_",
        "no mark": text.removeprefix("dsk_"),
        "upper": text.upper(),
        "lower": text.lower() if text != text.lower() else text + "x",
        "space inside": f"{prefix}_ {secret}",
        "doubled": text + text,
        "long": text + "x" * 50_000,
        "unicode": text[:-1] + "\u00e9",
        "percent": text.replace("_", "%5F"),
        "wildcard": f"{prefix}_{'%' * len(secret)}",
        "unknown prefix": f"dsk_{'A' * 10}_{secret}",
        "another's secret": f"{prefix}_{account_key(world, *Scope).text.rsplit('_', 1)[1]}",
        "id": str(uuid4()),
        "two": f"{text}, {text}",
    }
    answers = {why: showing(key).get("/api/v1/drifts") for why, key in bad.items()}
    assert {why: answer.status_code for why, answer in answers.items()} == dict.fromkeys(bad, 401)
    first, *others = [without_its_trace(answer) for answer in answers.values()]
    assert all(one == first for one in others)


def test_a_key_and_a_token_do_not_stand_for_each_other(world: World) -> None:
    key, token = account_key(world, *Scope).text, world.access_token(world.owner)
    assert me(key).status_code == 401
    assert showing(token).get("/api/v1/drifts").status_code == 401
