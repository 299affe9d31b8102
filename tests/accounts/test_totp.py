"""Codes of an authenticator, by the vectors of RFC 6238."""

from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import totp

SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # "12345678901234567890" in base32
VECTORS = {  # appendix B, SHA-1, its last six digits
    59: "287082",
    1111111109: "081804",
    1111111111: "050471",
    1234567890: "005924",
    2000000000: "279037",
    20000000000: "353130",
}


@pytest.mark.parametrize(("at", "code"), VECTORS.items())
def test_the_codes_are_the_rfcs(at: int, code: str) -> None:
    assert totp.code_at(SEED, at // 30) == code
    assert totp.matching_step(SEED, code, at=at) == at // 30


@pytest.mark.parametrize(("away", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_of_a_neighbouring_step_is_taken_and_none_further_away(away: int, taken: bool) -> None:
    step = 1234567890 // 30
    found = totp.matching_step(SEED, totp.code_at(SEED, step + away), at=1234567890)
    assert found == (step + away if taken else None)


@pytest.mark.parametrize("typed", ["005 924", " 005924 ", "005\t924"])
def test_blanks_do_not_matter(typed: str) -> None:
    assert totp.matching_step(SEED, typed, at=1234567890) == 1234567890 // 30


@pytest.mark.parametrize("typed", ["", "5924", "05924", "0005924", "005925", "٠٠٥٩٢٤", "00592a", "-05924", "+05924"])
def test_anything_else_is_refused(typed: str) -> None:
    assert totp.matching_step(SEED, typed, at=1234567890) is None


@given(st.text(max_size=20))
def test_no_text_at_all_breaks_it(typed: str) -> None:
    found = totp.matching_step(SEED, typed, at=1234567890)
    assert found is None or totp.code_at(SEED, found) == totp.without_blanks(typed)


def test_time_began_in_1970() -> None:
    assert totp.matching_step(SEED, totp.code_at(SEED, 0), at=0) == 0


def test_seeds_are_of_160_bits_and_never_the_same() -> None:
    seeds = {totp.new_secret() for _ in range(50)}
    assert len(seeds) == 50
    assert {len(seed) for seed in seeds} == {32}


def test_the_address_is_what_authenticators_read() -> None:
    parts = urlsplit(totp.uri(SEED, email="bob+x@acme.example"))
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert unquote(parts.path) == "/DriftSentry:bob+x@acme.example"
    assert parse_qs(parts.query) == {"secret": [SEED], "issuer": ["DriftSentry"]}
