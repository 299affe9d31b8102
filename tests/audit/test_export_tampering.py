"""Whoever changes an exported journal is found out: every byte, every line, their order, the head, the key."""

from itertools import permutations
from typing import Any

import pytest

from audit.export_format import Link
from audit.export_verification import verify
from audit.signatures import Purpose
from tests.audit.exports import ACCOUNT, OTHER, chain, changed, checked, keys, sealed

ENTRIES = chain(4, erased=[2])
EXPORT = sealed(ENTRIES)
LINES = EXPORT.splitlines(keepends=True)
HEADER, FIRST, SECOND, THIRD, FOURTH, HEAD = range(6)


def broken(lines: list[bytes]) -> str:
    outcome = checked(b"".join(lines))
    assert not outcome.valid
    assert outcome.reason
    assert outcome.line
    return f"line {outcome.line}, entry {outcome.seq}: {outcome.reason}"


def with_line(place: int, **values: Any) -> list[bytes]:
    return [*LINES[:place], changed(LINES[place], **values), *LINES[place + 1 :]]


def test_it_holds_as_it_was_made() -> None:
    outcome = checked(EXPORT)
    assert (outcome.valid, outcome.entries, outcome.erased, outcome.account) == (True, 4, 1, ACCOUNT)
    assert outcome.is_pinned
    assert outcome.key == keys().signing_id


def test_every_byte_that_is_changed_is_found_on_its_line() -> None:
    place, line = 0, 1
    for place, byte in enumerate(EXPORT):
        for other in (byte ^ 1, byte ^ 0x20):
            outcome = checked(EXPORT[:place] + bytes([other]) + EXPORT[place + 1 :])
            assert not outcome.valid, (place, other)
            # A header that says something else is seen where something does not fit it.
            assert line == 1 or outcome.line == line, (place, other)
        line += byte == 0x0A
    assert place == len(EXPORT) - 1


def test_every_byte_that_is_removed_or_put_in_is_found() -> None:
    for place in range(len(EXPORT)):
        assert not checked(EXPORT[:place] + EXPORT[place + 1 :]).valid, place
        assert not checked(EXPORT[:place] + b" " + EXPORT[place:]).valid, place


def test_wherever_it_is_cut_off_it_is_found() -> None:
    for length in range(len(EXPORT)):
        assert not checked(EXPORT[:length]).valid, length
    assert broken(LINES[:HEAD]) == "line 5, entry 5: the file is cut off: its last line, the signed head, is missing"
    assert broken(LINES[:1]) == "line 1, entry 1: the file is cut off: its last line, the signed head, is missing"
    assert not checked(b"").valid


@pytest.mark.parametrize("place", range(len(LINES)))
def test_every_line_that_is_removed_or_doubled_is_found(place: int) -> None:
    broken(LINES[:place] + LINES[place + 1 :])
    broken(LINES[: place + 1] + LINES[place:])


def test_lines_in_any_other_order_are_found() -> None:
    for order in permutations(LINES):
        assert checked(b"".join(order)).valid == (list(order) == LINES)


def test_what_is_wrong_is_named() -> None:
    assert broken(LINES[:SECOND] + LINES[THIRD:]) == "line 3, entry 3: entry 2 is missing"
    assert broken(LINES[:FIRST] + LINES[FOURTH:]) == "line 2, entry 4: entries 1 to 3 are missing"
    assert broken(LINES[:FOURTH] + LINES[HEAD:]) == (
        "line 5, entry None: the entries after 3 are missing: it ends at 4"
    )
    again = broken([*LINES[:THIRD], LINES[SECOND], *LINES[THIRD:]])
    assert again == "line 4, entry 2: entry 2 stands here again, or out of its order: 3 is expected"
    assert broken([*LINES, LINES[HEAD]]) == "line 7, entry None: there are lines after the signed head"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(
            ("actor", ACCOUNT),
            ("at", "2026-01-02T03:04:02.000002Z"),
            ("correlation", "x"),
            ("data", {}),
            ("drift", OTHER),
        ),
        *(("id", OTHER), ("kind", "drift.approved"), ("personal", "0" * 64), ("role", "viewer"), ("v", 2), ("v", True)),
        *(("hash", "0" * 64), ("seq", "2"), ("seq", True), ("at", 'x","bogus":"')),
    ],
)
def test_an_entry_that_says_something_else_is_found_by_itself(name: str, value: Any) -> None:
    words = broken(with_line(SECOND, **{name: value}))
    assert words.startswith("line 3, entry 2: ")
    assert "altered" in words or "wrong kind" in words or "not spelled" in words or "no JSON" in words


def test_a_personal_part_that_says_something_else_is_found() -> None:
    part = {"actorEmail": "mallory@rival.example", "address": "", "text": "", "userAgent": ""}
    for values in ({"personalPart": part}, {"salt": "00" * 16}, {"salt": "0"}, {"salt": None}, {"personalPart": None}):
        assert broken(with_line(FIRST, **values)) == "line 2, entry 1: the entry's personal part was altered"


def test_a_personal_part_taken_out_after_the_export_is_found_though_the_chain_holds() -> None:
    words = broken(with_line(FIRST, personalPart=None, salt=None))
    assert words == "line 6, entry None: the personal part of an entry was taken out after the export was made"


def test_a_forged_entry_between_two_is_found() -> None:
    forged = chain(1, after=Link(2, ENTRIES[1].hash), account=ACCOUNT)[0]
    other = changed(forged.line(), kind="drift.approved")
    assert "entry 3: the entry was altered" in broken([*LINES[:THIRD], other, *LINES[THIRD:]])


def test_a_chain_computed_anew_does_not_have_the_signed_head() -> None:
    rewritten = chain(4, after=Link(0, "11" * 32))
    header = changed(LINES[HEADER], after={"seq": 0, "hash": "11" * 32})
    assert (
        broken([header, *(one.line() for one in rewritten), LINES[HEAD]])
        == "line 6, entry None: the header was altered"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("account", OTHER), ("epoch", OTHER), ("at", "2027-02-03T04:05:00.000000Z"), ("version", 2)),
        *(("after", {"seq": 0, "hash": "11" * 32}), ("upTo", {"seq": 9, "hash": "11" * 32}), ("checkpoint", {})),
        *(("format", "other"), ("type", "entry"), ("more", 1), ("after", {"seq": True, "hash": "x"}), ("account", 1)),
    ],
)
def test_a_header_that_says_something_else_is_found(name: str, value: Any) -> None:
    broken(with_line(HEADER, **{name: value}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("account", OTHER), ("epoch", OTHER), ("seq", 3), ("hash", "00" * 32), ("entries", 3), ("at", "2027")),
        *(
            ("digest", "00" * 32),
            ("headerDigest", "00" * 32),
            ("publicKey", "AAAA"),
            ("signature", "AAAA"),
            ("more", 1),
        ),
        *(("keyId", "0" * 16), ("signature", 7), ("keyId", None), ("signature", "ä")),
    ],
)
def test_a_head_that_says_something_else_is_found(name: str, value: Any) -> None:
    broken(with_line(HEAD, **{name: value}))


def test_a_head_signed_by_another_key_is_found_where_the_key_is_known() -> None:
    forged = sealed(ENTRIES, signed_by=keys("mallory"))
    outcome = checked(forged)
    assert not outcome.valid
    assert "not one of the keys that are trusted here" in outcome.reason
    unpinned = verify(forged.splitlines(keepends=True))
    assert (unpinned.valid, unpinned.is_pinned, unpinned.key) == (True, False, keys("mallory").signing_id)


def test_a_signature_of_another_purpose_does_not_pass() -> None:
    import json

    claims = json.loads(LINES[HEAD])
    del claims["signature"]
    resigned = keys().sign(Purpose.HEAD, claims)
    assert "signature" in broken(with_line(HEAD, **resigned))


def test_lines_of_another_account_are_found() -> None:
    foreign = sealed(chain(4, account=OTHER)).splitlines(keepends=True)
    assert "of another account" in broken([*LINES[:SECOND], foreign[SECOND], *LINES[THIRD:]])
    assert "of another export" in broken([*LINES[:HEAD], foreign[HEAD]])
    assert "of another account" in broken([foreign[HEADER], *LINES[FIRST:]])


def test_lines_of_two_exports_of_one_journal_do_not_mix() -> None:
    later = sealed(chain(4, erased=[2, 3]), at="06").splitlines(keepends=True)
    for place in range(len(LINES)):
        if later[place] != LINES[place]:
            broken([*LINES[:place], later[place], *LINES[place + 1 :]])
    assert broken([*LINES[:HEAD], later[HEAD]]).endswith("the signed head is of another export")


@pytest.mark.parametrize(
    "line",
    [
        b"[]\n",
        b"1\n",
        b"null\n",
        b"{}\n",
        b"\n",
        b"[" * 100_000,
        b'{"n":1152921504606846976}\n',
        b'{"n":"\\ud800"}\n',
        b'{"type":"entry","x":1.5}\n',
        b"NaN\n",
        b"\xff\n",
    ],
)
def test_what_is_no_line_of_an_export_is_refused(line: bytes) -> None:
    broken([line, *LINES])
    broken([*LINES[:SECOND], line, *LINES[SECOND:]])


def test_what_has_no_canonical_text_is_refused() -> None:
    for line in (b'{"n":1152921504606846976}\n', b'{"n":"\\ud800"}\n'):
        broken([*LINES[:SECOND], line, *LINES[SECOND:]])


def test_an_empty_part_holds_and_hangs_on_its_place() -> None:
    place = Link(4, ENTRIES[-1].hash)
    outcome = checked(sealed([], after=place))
    assert (outcome.valid, outcome.entries, outcome.after, outcome.up_to) == (True, 0, place, place)
