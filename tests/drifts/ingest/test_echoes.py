"""Finding the places where a hidden text is spelt out again."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drifts.ingest.echoes import MIN_LENGTH, Echoes

FEW = ["hunter2", "correct-horse"]
MANY = [*FEW, *(f"secret-number-{number}" for number in range(3000))]


@pytest.mark.parametrize("hidden", [FEW, MANY])
@pytest.mark.parametrize("text", ["hunter2", "psql://app:hunter2@db", "xxcorrect-horsexx", "hunter22"])
def test_a_text_that_holds_a_hidden_one_is_found(hidden: list[str], text: str) -> None:
    assert Echoes(hidden).in_text(text)


@pytest.mark.parametrize("hidden", [FEW, MANY])
@pytest.mark.parametrize("text", ["", "hunter", "hunter-2", "horse", "secret-number-", "a long text of no interest"])
def test_any_other_text_is_not(hidden: list[str], text: str) -> None:
    assert not Echoes(hidden).in_text(text)


@pytest.mark.parametrize("hidden", [["abc"], ["hunter2"], MANY])
def test_what_is_derived_from_a_hidden_text_is_found_too(hidden: list[str]) -> None:
    secret = hidden[0].encode()
    derived = [
        base64.b64encode(secret).decode(),
        hashlib.md5(secret, usedforsecurity=False).hexdigest(),
        hashlib.sha1(secret, usedforsecurity=False).hexdigest(),
        hashlib.sha256(secret).hexdigest(),
        base64.b64encode(hashlib.sha256(secret).digest()).decode(),
        hashlib.sha512(secret).hexdigest(),
    ]
    echoes = Echoes(hidden)
    assert [one for one in derived if len(one) >= MIN_LENGTH and not echoes.in_text(f"x{one}y")] == []


def test_a_short_hidden_text_is_not_looked_for_as_it_is_everywhere() -> None:
    assert not Echoes(["80", "true", "eu-w1"]).in_text("true 80 eu-w1")


def test_a_long_hidden_text_is_given_away_by_its_beginning() -> None:
    long = "".join(hashlib.sha256(str(number).encode()).hexdigest() for number in range(20))
    assert Echoes([long]).in_text(f"x{long[:300]}")
    assert not Echoes([long]).in_text(f"x{long[:200]}")


@given(st.lists(st.text("ab", max_size=9), max_size=80), st.text("ab", max_size=60))
def test_it_finds_exactly_what_looking_one_by_one_finds(hidden: list[str], text: str) -> None:
    assert Echoes(hidden).in_text(text) == any(one in text for one in hidden if len(one) >= MIN_LENGTH)


@given(st.data())
def test_many_hidden_texts_are_found_wherever_they_stand(data: st.DataObject) -> None:
    hidden = data.draw(st.sampled_from(MANY))
    before, after = data.draw(st.text(max_size=20)), data.draw(st.text(max_size=20))
    assert _MANY_ECHOES.in_text(f"{before}{hidden}{after}")


_MANY_ECHOES = Echoes(MANY)


def test_thousands_of_hidden_texts_in_a_megabyte_take_no_time_to_speak_of() -> None:
    """Looking for them one after the other, or starting over at each, would run into the time limit of the suite."""
    text = "secret-number-x " * (1 << 16)
    assert not _MANY_ECHOES.in_text(text)
    assert Echoes(f"{'a' * number}b" for number in range(200)).in_text("a" * (1 << 20)) is False
