"""Globs with one special sign, and one spelling of names."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drifts.globs import glob_match, snake_case


@pytest.mark.parametrize(
    ("text", "glob"),
    [
        ("aws_instance", "aws_*"),
        ("aws_instance", "*"),
        ("", ""),
        ("", "*"),
        ('tags["a"]', "tags[*"),
        ("a[0].b", "a[0].*"),
        ("one\ntwo", "one*two"),
        ("AWS::EC2::Instance", "AWS::*::Instance"),
    ],
)
def test_a_star_stands_for_anything(text: str, glob: str) -> None:
    assert glob_match(text, glob)


@pytest.mark.parametrize(
    ("text", "glob"), [("a0", "a[0]"), ("ab", "a?"), ("xaws_a", "aws_*"), ("aws", "aws_*"), ("a", "")]
)
def test_nothing_else_is_special(text: str, glob: str) -> None:
    assert not glob_match(text, glob)


def test_one_of_several_is_enough() -> None:
    assert glob_match("b", "a", "b")
    assert not glob_match("ab", "a", "b")


@given(st.text())
def test_every_text_without_a_star_fits_itself(text: str) -> None:
    assert glob_match(text, text)


@pytest.mark.parametrize(
    ("name", "spelt"),
    [
        ("PubliclyAccessible", "publicly_accessible"),
        ("publiclyAccessible", "publicly_accessible"),
        ("publicly_accessible", "publicly_accessible"),
        ("MultiAZ", "multi_az"),
        ("KMSKeyId", "kms_key_id"),
        ("DBInstanceClass", "db_instance_class"),
        ("a.BlockPublicAcls", "a.block_public_acls"),
        ("Ec2Thing2X", "ec2_thing2_x"),
        ("", ""),
    ],
)
def test_names_of_all_tools_are_spelt_alike(name: str, spelt: str) -> None:
    assert snake_case(name) == spelt


@given(st.text("ab", max_size=12), st.text("ab*", max_size=8))
def test_a_glob_means_what_its_plain_reading_means(text: str, glob: str) -> None:
    assert glob_match(text, glob) == bool(re.fullmatch(glob.replace("*", ".*"), text))


def test_a_glob_of_many_stars_ends() -> None:
    """Looked for the naive way, this would take longer than the universe has lasted."""
    assert not glob_match("a" * 4000, "*a" * 100 + "*b")
    assert glob_match("a" * 4000, "*a" * 100 + "*")
