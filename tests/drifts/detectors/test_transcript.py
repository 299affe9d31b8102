"""What a tool says is shown without secrets, and no more of it than fits."""

import pytest

from drifts.detectors.transcript import LEFT_OUT, LONGEST_LINE, Masker, Transcript

SECRET = "correct-horse-battery"  # nothing about its shape says what it is


def said(*lines: str, secrets: tuple[str, ...] = (SECRET,), most: int = 10_000) -> Transcript:
    transcript = Transcript(Masker(secrets), most)
    for line in lines:
        transcript.add(line)
    return transcript


def test_a_known_secret_is_blanked_wherever_it_stands() -> None:
    assert said(f"login with {SECRET}, again {SECRET}").text == "login with (sensitive), again (sensitive)"


@pytest.mark.parametrize(
    ("secret", "line"),
    [
        ('pass"word\\x', r'{"p": "pass\"word\\x"}'),
        ("p@ss/wörd", "https://x/?p=p%40ss%2Fw%C3%B6rd"),
        ("first line\nsecond line", "it was: second line"),
        ("  padded-secret  ", "x padded-secret x"),
    ],
)
def test_a_secret_is_known_in_other_spellings(secret: str, line: str) -> None:
    assert "(sensitive)" in said(line, secrets=(secret,)).text


def test_the_longer_of_two_secrets_goes_first() -> None:
    assert said("abcdefgh", secrets=("abcd", "abcdefgh")).text == "(sensitive)"


def test_a_text_too_short_to_be_a_secret_is_not_looked_for() -> None:
    assert said("a plan of it", secrets=("a", "")).text == "a plan of it"


@pytest.mark.parametrize(
    "line", ["key AKIAIOSFODNN7EXAMPLE", "password = hunter2hunter2", "postgres://u:hunter2hunter2@db/x"]
)
def test_what_is_shaped_like_a_secret_takes_its_line_along(line: str) -> None:
    assert said("before", line, "after").text == f"before\n{LEFT_OUT}\nafter"


def test_a_private_key_is_left_out_from_its_first_line_to_its_last() -> None:
    key = ["-----BEGIN RSA PRIVATE KEY-----", "MIIEpAIBAAKCAQEA0Z3VS5JJcds3xf", "-----END RSA PRIVATE KEY-----"]
    assert said("before", *key, "after").text == f"before\n{LEFT_OUT}\nafter"


def test_colours_and_control_characters_are_taken_out() -> None:
    assert said("\x1b[31mError\x1b[0m: \x00a\x07b\ud800").text == "Error: ab"


def test_a_secret_split_by_colours_is_still_found() -> None:
    assert said(f"x {SECRET[:5]}\x1b[0m{SECRET[5:]}").text == "x (sensitive)"


def test_a_long_line_is_cut_after_its_secrets_are_out() -> None:
    line = said("x" * (LONGEST_LINE - 5) + SECRET).text
    assert line.startswith("x" * 100)
    assert SECRET[:5] not in line


def test_the_last_lines_are_kept_and_it_says_that_others_are_not() -> None:
    transcript = said(*(f"line {number}" for number in range(100)), most=50)
    assert transcript.is_cut
    assert len(transcript.text) <= 50
    assert transcript.text.endswith("line 98\nline 99")
    assert not said("one").is_cut


def test_words_are_masked_line_by_line_and_cut() -> None:
    assert Masker([SECRET]).words(f"one {SECRET}\ntwo", 1000) == "one (sensitive)\ntwo"
    assert Masker().words("x " * 1000, 10) == "x x x x x "
