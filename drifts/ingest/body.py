"""From the bytes of a request or a file to one UTF-8 text, in bounded memory and without needless copies."""

from __future__ import annotations

import codecs
import io
import zlib

from drifts.ingest.errors import BodyTooLarge, FormatError, UnrecognisedFormat, UnsupportedEncoding

_CHUNK = 1 << 20
"""Bytes handled at a time."""

_GZIP_CHUNK = 1 << 16
"""Compressed bytes handled at a time: whatever is left of them is copied once for every member."""

_MAX_GZIP_MEMBERS = 1 << 16
"""Members one gzip body may have; parallel compressors write one for some hundred kilobytes."""

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WINDOW = 31
"""zlib's window bits for a gzip member with its header and checksum."""

_BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_BINARY: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "a binary plan file (or another zip)", "Send its JSON: terraform show -json PLAN."),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "Send it plain or compressed with gzip."),
    (b"BZh", "compressed with bzip2", "Send it plain or compressed with gzip."),
    (b"\xfd7zXZ", "compressed with xz", "Send it plain or compressed with gzip."),
)
"""How a file that is surely no text begins, what it is, and what to do."""


def read_body(raw: bytes, *, content_encoding: str = "", limit: int) -> bytes:
    """Return the body as UTF-8 text without a byte order mark.

    The very same object is returned where nothing has to change.

    Args:
        raw: The bytes as received.
        content_encoding: The `Content-Encoding` header; gzip is also known by its first bytes.
        limit: Most bytes allowed, before and after decompression and re-encoding.

    Raises:
        BodyTooLarge: It is longer than the limit.
        UnsupportedEncoding: The encoding is neither gzip nor identity.
        UnrecognisedFormat: It is a known kind of binary file.
        FormatError: It is truncated, no UTF-8, empty, or holds NUL bytes.
    """
    _within(len(raw), limit)
    encoding = content_encoding.strip().lower()
    if encoding not in {"", "identity", "gzip", "x-gzip"}:
        raise UnsupportedEncoding(f"The content encoding {encoding!r} is not known.", "Send it plain or as gzip.")
    if raw.startswith(_GZIP_MAGIC):
        raw = _gunzip(raw, limit)
    elif encoding in {"gzip", "x-gzip"}:
        raise FormatError("The body is announced as gzip and is not.", "Drop the header or compress the body.")
    for magic, what, hint in _BINARY:
        if raw.startswith(magic):
            raise UnrecognisedFormat(f"The body is {what}.", hint)
    return _text(raw, limit)


def _within(size: int, limit: int) -> None:
    if size > limit:
        raise BodyTooLarge(f"The body is longer than {limit} bytes.", "Raise the limit, or send less.")


def _gunzip(raw: bytes, limit: int) -> bytes:
    """Decompress all members in chunks; `BytesIO.getvalue` hands its buffer over without a copy."""
    out = io.BytesIO()
    view = memoryview(raw)
    for _ in range(_MAX_GZIP_MEMBERS):
        view = _gunzip_member(view, out, limit)
        if not bytes(view[:_GZIP_CHUNK]).strip(b"\0"):
            return out.getvalue()
    raise FormatError(f"The gzip data has more than {_MAX_GZIP_MEMBERS} members.", "Compress the body as one.")


def _gunzip_member(view: memoryview, out: io.BytesIO, limit: int) -> memoryview:
    """Decompress one member, and return what follows it."""
    member = zlib.decompressobj(_GZIP_WINDOW)
    while view and not member.eof:
        chunk = view[:_GZIP_CHUNK]
        try:
            out.write(member.decompress(chunk, _CHUNK))
        except zlib.error as error:
            raise FormatError(f"The gzip data is damaged: {error}.", "Compress the body again.") from error
        _within(out.tell(), limit)
        view = view[len(chunk) - len(member.unconsumed_tail) - len(member.unused_data) :]
    if not member.eof:
        raise FormatError("The gzip data ends too soon.", "Send the whole file.")
    return view


def _text(raw: bytes, limit: int) -> bytes:
    for bom, encoding in _BOMS:
        if raw.startswith(bom):
            raw = _recoded(raw[len(bom) :], encoding, limit)
            break
    else:
        if raw[:2] == b"{\0":
            raw = _recoded(raw, "utf-16-le", limit)
        elif raw[:2] == b"\0{":
            raw = _recoded(raw, "utf-16-be", limit)
    if raw.startswith(codecs.BOM_UTF8):
        raw = raw[len(codecs.BOM_UTF8) :]
    if b"\0" in raw:
        raise FormatError("The body holds NUL bytes: it is no JSON text.", "Send the tool's JSON output.")
    if not raw or raw.isspace():
        raise FormatError("The body is empty.", "Send the tool's JSON output.")
    _check_utf8(raw)
    return raw


def _recoded(raw: bytes, encoding: str, limit: int) -> bytes:
    decoder = codecs.getincrementaldecoder(encoding)()
    out = io.BytesIO()
    view = memoryview(raw)
    try:
        for start in range(0, len(raw), _CHUNK):
            last = start + _CHUNK >= len(raw)
            out.write(decoder.decode(bytes(view[start : start + _CHUNK]), last).encode())
            _within(out.tell(), limit)
    except UnicodeError as error:
        raise FormatError(f"The body is no valid {encoding.upper()}.", "Save it as UTF-8.") from error
    return out.getvalue()


def _check_utf8(raw: bytes) -> None:
    if raw.isascii():
        return
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(raw)
    try:
        for start in range(0, len(raw), _CHUNK):
            decoder.decode(bytes(view[start : start + _CHUNK]), start + _CHUNK >= len(raw))
    except UnicodeDecodeError as error:
        raise FormatError("The body is no valid UTF-8.", "Save it as UTF-8.") from error
