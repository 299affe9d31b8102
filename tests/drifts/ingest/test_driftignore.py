r"""driftctl's `.driftignore`: each line one rule, or a complaint that says what to do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drifts.findings import Kind
from drifts.ingest.driftignore import MAX_TEXT, Complaint, Line, read
from drifts.ingest.ignoring import MAX_RULES, glob_fault


def only(text: str) -> tuple[str, str, str]:
    lines, complaints = read(text)
    assert complaints == ()
    return lines[0].type, lines[0].address, lines[0].attribute


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("*", ("*", "*", "")),
        ("aws_s3_bucket", ("aws_s3_bucket", "*", "")),
        ("aws_s3_bucket.*", ("aws_s3_bucket", "*", "")),
        ("aws_s3_bucket.my-bucket", ("aws_s3_bucket", "my-bucket", "")),
        (r"aws_s3_bucket.my\.bucket\.org", ("aws_s3_bucket", "my.bucket.org", "")),
        (r"aws_iam_user.a\\b", ("aws_iam_user", r"a\b", "")),
        ("aws_*.prefix-*", ("aws_*", "prefix-*", "")),
        ("aws_lambda_function.f.memory_size", ("aws_lambda_function", "f", "memory_size")),
        ("aws_s3_bucket.*.versioning.0.enabled", ("aws_s3_bucket", "*", "versioning.0.enabled")),
        (r"aws_route53_record.z_\[x\]", ("aws_route53_record", "z_[x]", "")),
        ("  aws_eip.*  ", ("aws_eip", "*", "")),
        ("\ufeffaws_eip.*", ("aws_eip", "*", "")),
    ],
)
def test_a_line_says_type_id_and_attribute(text: str, meant: tuple[str, str, str]) -> None:
    assert only(text) == meant


def test_comments_and_empty_lines_say_nothing() -> None:
    assert read("# all\n\n   \n\t# more\r\n") == ((), ())


def test_a_line_hides_no_deletion() -> None:
    (whole, part), _ = read("aws_eip.*\naws_instance.*.ami")
    assert (whole.kinds, part.kinds) == ((Kind.MODIFIED, Kind.UNMANAGED), (Kind.MODIFIED,))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("!aws_iam_role.*", "Exceptions are not kept"),
        ("aws_s3_bucket.log[0-9]", "character classes are not kept"),
        ("aws_s3_bucket.a?", r"Write \?"),
        (r"aws_s3_bucket.a\*", "a star cannot be"),
        ("aws_s3_bucket.a\\", "A backslash stands before"),
        ("aws_s3_bucket.", "A glob has 1 to"),
        (".x", "A glob has 1 to"),
        ("a..b", "A glob has 1 to"),
        ("a." + "b" * 300, "A glob has 1 to"),
        ("a." + "*b" * 20, "stars"),
    ],
)
def test_an_odd_line_is_complained_about_by_its_number(text: str, words: str) -> None:
    lines, complaints = read(f"# first\n{text}\naws_eip.*")
    assert [line.number for line in lines] == [3]
    assert [one.number for one in complaints] == [2]
    assert words in complaints[0].words


def test_a_file_is_bounded() -> None:
    assert read("a" * (MAX_TEXT + 1))[1] == (Complaint(0, "", f"A file has at most {MAX_TEXT} characters."),)
    assert read("a.*\n" * (MAX_RULES + 1))[1][0].number == 0


@given(st.text(max_size=200))
def test_any_text_is_read_or_complained_about(text: str) -> None:
    lines, complaints = read(text)
    said = [one for one in text.splitlines() if (bare := one.strip().removeprefix("\ufeff")) and bare[0] != "#"]
    assert len(lines) + len(complaints) == len(said)
    assert all(isinstance(one, Line) and not glob_fault(one.type) and not glob_fault(one.address) for one in lines)


ESCAPED = st.text(st.characters(categories=["L", "N"], include_characters="-_.[]?\\/:"), min_size=1, max_size=30)


@given(ESCAPED)
def test_an_escaped_id_is_read_as_it_is(ident: str) -> None:
    written = "".join(f"\\{one}" if one in ".[]?\\" else one for one in ident)
    assert only(f"aws_x.{written}") == ("aws_x", ident, "")
