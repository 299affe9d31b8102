"""From bytes to UTF-8 text: encodings, compression, and what is refused."""

from __future__ import annotations

import gzip
import zlib

import pytest

from drifts.ingest.body import read_body
from drifts.ingest.errors import BodyTooLarge, FormatError, UnrecognisedFormat, UnsupportedEncoding

TEXT = '{"name": "Zürich €"}'
LIMIT = 1 << 20


def test_plain_utf_8_comes_back_as_the_very_same_object() -> None:
    body = TEXT.encode()
    assert read_body(body, limit=LIMIT) is body


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_other_unicode_encodings_become_utf_8(encoding: str) -> None:
    assert read_body(TEXT.encode(encoding), limit=LIMIT) == TEXT.encode()


def test_big_endian_utf_16_with_a_byte_order_mark_becomes_utf_8() -> None:
    assert read_body(b"\xfe\xff" + TEXT.encode("utf-16-be"), limit=LIMIT) == TEXT.encode()


@pytest.mark.parametrize("announced", ["gzip", "x-gzip", " GZIP ", "identity", ""])
def test_gzip_is_known_by_its_first_bytes(announced: str) -> None:
    assert read_body(gzip.compress(TEXT.encode()), content_encoding=announced, limit=LIMIT) == TEXT.encode()


def test_gzip_of_several_members_and_padding_is_one_body() -> None:
    members = [gzip.compress(part) for part in (b'{"a": ', b"", b"1}")]
    assert read_body(b"".join(members) + b"\0" * 512, limit=LIMIT) == b'{"a": 1}'


def test_gzip_larger_than_a_chunk_is_read_whole() -> None:
    text = b'{"a": "' + bytes(range(32, 34)) * 1_700_000 + b'"}'
    assert read_body(gzip.compress(text, 1), limit=1 << 23) == text


def test_a_gzip_bomb_is_refused_at_the_limit() -> None:
    with pytest.raises(BodyTooLarge, match="longer than 1048576 bytes"):
        read_body(gzip.compress(bytes(64 << 20)), limit=LIMIT)


def test_a_gzip_of_countless_empty_members_is_refused() -> None:
    with pytest.raises(FormatError, match="members"):
        read_body(gzip.compress(b"") * 70_000, limit=1 << 22)


def test_a_body_longer_than_the_limit_is_refused() -> None:
    with pytest.raises(BodyTooLarge):
        read_body(b"x" * (LIMIT + 1), limit=LIMIT)


def test_utf_16_that_grows_past_the_limit_is_refused() -> None:
    with pytest.raises(BodyTooLarge):
        read_body(("€" * 900).encode("utf-16"), limit=2000)


@pytest.mark.parametrize("cut", [5, 11, 20, -1])
def test_gzip_cut_off_anywhere_is_refused(cut: int) -> None:
    with pytest.raises(FormatError, match="gzip"):
        read_body(gzip.compress(TEXT.encode() * 50)[:cut], limit=LIMIT)


def test_damaged_gzip_is_refused() -> None:
    damaged = bytearray(gzip.compress(TEXT.encode() * 50))
    damaged[-6] ^= 255
    with pytest.raises(FormatError, match="damaged"):
        read_body(bytes(damaged), limit=LIMIT)


def test_gzip_announced_and_not_there_is_refused() -> None:
    with pytest.raises(FormatError, match="announced as gzip"):
        read_body(TEXT.encode(), content_encoding="gzip", limit=LIMIT)


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip"])
def test_other_content_encodings_are_unsupported(encoding: str) -> None:
    with pytest.raises(UnsupportedEncoding, match=encoding):
        read_body(zlib.compress(TEXT.encode()), content_encoding=encoding, limit=LIMIT)


@pytest.mark.parametrize("magic", [b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"BZh9", b"\xfd7zXZ\0"])
def test_binary_files_are_named_and_refused(magic: bytes) -> None:
    with pytest.raises(UnrecognisedFormat) as refusal:
        read_body(magic + b"\0\1\2", limit=LIMIT)
    assert refusal.value.hint


@pytest.mark.parametrize("body", [b"", b" \r\n\t ", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_an_empty_body_is_refused(body: bytes) -> None:
    with pytest.raises(FormatError, match="empty"):
        read_body(body, limit=LIMIT)


@pytest.mark.parametrize("body", [b'{"a": "\0"}', b"{}\0", TEXT.encode("utf-32")])
def test_nul_bytes_are_refused(body: bytes) -> None:
    with pytest.raises(FormatError, match="NUL"):
        read_body(body, limit=LIMIT)


@pytest.mark.parametrize("body", [b'{"a": "\xff"}', b'{"a": "\xc3', b'{"a": "\xed\xa0\x80"}', "{é}".encode("latin-1")])
def test_what_is_no_utf_8_is_refused(body: bytes) -> None:
    with pytest.raises(FormatError, match="UTF-8"):
        read_body(body, limit=LIMIT)


def test_a_character_across_two_chunks_is_no_error() -> None:
    body = b'"' + b"a" * ((1 << 20) - 2) + "€".encode() + b'"'
    assert read_body(body, limit=1 << 21) is body


def test_half_a_utf_16_character_is_refused() -> None:
    with pytest.raises(FormatError, match="UTF-16"):
        read_body(TEXT.encode("utf-16")[:-1], limit=LIMIT)
