"""The keys that sign the journal: made once in development, asked for in production."""

import base64
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from audit.signatures import public_half
from driftsentry.journal_keys import journal_keys

ONE, TWO = (base64.b64encode(letter * 32).decode() for letter in (b"1", b"2"))


def test_in_development_one_is_made_once_and_kept_for_its_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JOURNAL_SIGNING_KEYS", raising=False)
    first, second = journal_keys("development", tmp_path), journal_keys("development", tmp_path)
    assert first.signing == second.signing
    assert (tmp_path / "journal-signing-key").stat().st_mode & 0o077 == 0


def test_several_are_read_the_newest_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    retired = base64.b64encode(public_half(b"3" * 32)).decode()
    monkeypatch.setenv("JOURNAL_SIGNING_KEYS", f" {ONE}, {TWO},public:{retired},")
    keys = journal_keys("production", tmp_path)
    assert keys.signing == b"1" * 32
    assert list(keys.public.values()) == [public_half(letter * 32) for letter in (b"1", b"2", b"3")]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", ["hunter2hunter2", f"{ONE},c2hvcnQ=", f"public:{ONE}"])
def test_what_is_no_key_is_refused_without_showing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("JOURNAL_SIGNING_KEYS", value)
    with pytest.raises(ImproperlyConfigured, match="JOURNAL_SIGNING_KEYS has a key that cannot be read") as refused:
        journal_keys("production", tmp_path)
    assert value not in str(refused.value)
