"""Commands for a shell: what goes in as arguments comes out as these arguments, and nothing else happens."""

import json
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drifts.remediation.shell import Unsayable, command, document, word

printable = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF)).filter(str.isprintable)
plain = st.sampled_from(["-target=", "--target=", "", "-"])


@given(st.lists(st.tuples(plain, printable).map("".join), min_size=1, max_size=6))
def test_a_shell_reads_the_arguments_that_were_meant(arguments: list[str]) -> None:
    assert shlex.split(command(["aws", *arguments])) == ["aws", *arguments]


@given(printable)
def test_nothing_stands_outside_of_quotes_that_a_shell_would_act_on(argument: str) -> None:
    lexer = shlex.shlex(command(["echo", f"-target={argument}"]), posix=True, punctuation_chars=True)
    lexer.commenters = ""
    lexer.wordchars += "=-$`!#*?[]{}~^%@+,:\\"
    assert not {"|", "&", ";", "(", ")", "<", ">", "&&", "||"} & (
        {token for token in lexer if token != argument} - set(argument.split())
    )


def test_quotes_in_a_key_stay_in_the_argument() -> None:
    address = """module.a["it's"].aws_instance.web["a b"]"""
    text = command(["terraform", "apply", f"-target={address}"])
    assert text.startswith("terraform apply -target='")
    assert shlex.split(text) == ["terraform", "apply", f"-target={address}"]


@pytest.mark.parametrize("character", ["\n", "\r", "\x00", "\x1b", "\x7f", "\u202e", "\u2028", "\ud800"])
def test_what_a_terminal_would_act_on_is_not_said(character: str) -> None:
    with pytest.raises(Unsayable):
        command(["aws", f"a{character}b"])


def test_a_command_has_an_end() -> None:
    with pytest.raises(Unsayable):
        command(["aws", "x" * 20_000])


@pytest.mark.parametrize(
    "value",
    ["-rf", "--profile", "file:///etc/passwd", "fileb://x", "http://a/b", "a b", "$(id)", "", None, True, 1.5, []],
)
def test_a_word_is_neither_an_option_nor_a_file_nor_several(value: object) -> None:
    with pytest.raises(Unsayable):
        word(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["db.t3.micro", "arn:aws:iam::123456789012:role/a", 7, "sg-1", "alias@x"])
def test_plain_words_are_said(value: str | int) -> None:
    assert word(value) == str(value)


@given(st.lists(st.dictionaries(st.text(), st.text())))
def test_a_document_is_ascii_and_reads_back(value: list[dict[str, str]]) -> None:
    text = document([*value])  # type: ignore[list-item]
    assert text.isascii()
    assert json.loads(text) == value
    if text.isprintable():
        assert json.loads(shlex.split(command(["aws", text]))[1]) == value
