"""Words that are safe to show: nothing unseen, on one line, within a length."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.sending.slack import escaped
from alerts.sending.words import clean, cut, line, lines

VISIBLE = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD, *range(0x13430, 0x13440)}
"""Signs of Arabic, Syriac, Kaithi and Egyptian that Unicode counts as formats, and a reader sees."""
JOINERS = {0x200C, 0x200D}


def test_of_unicodes_controls_and_formats_only_what_is_seen_or_shapes_words_stays() -> None:
    every = (chr(one) for one in range(0x110000))
    stays = {ord(one) for one in every if unicodedata.category(one) in {"Cc", "Cf", "Zl", "Zp"} and clean(one) == one}
    assert JOINERS | {0x0A} <= stays <= JOINERS | {0x0A} | VISIBLE


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("a\r\nb\tc", "a b c"),
        ("  a  ", "a"),
        ("a\u2028b", "a b"),
        ("a\ud800", "a\ufffd"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("", ""),
    ],
)
def test_one_line_is_made_of_a_text(text: str, made: str) -> None:
    assert line(text, 100) == made


def test_lines_stay_lines_without_gaps() -> None:
    assert lines("a  \r\n\n\n\n b\u2028c\n\n", 100) == "a\n\n b\nc"


@pytest.mark.parametrize(("most", "made"), [(4, "abcd"), (3, "ab…"), (1, "…")])
def test_what_is_cut_says_so(most: int, made: str) -> None:
    assert cut("abcd", most) == made


@given(text=st.text(alphabet=st.sampled_from("ab&<> \u200d👩"), max_size=60), most=st.integers(1, 40))
def test_what_is_cut_fits_as_it_is_spelled(text: str, most: int) -> None:
    short = cut(text, most, spelled=escaped)
    assert len(escaped(short)) <= most
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))
