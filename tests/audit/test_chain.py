"""The journal's chain: contiguous, in order, and hashed as it says."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from audit import journal
from audit.actors import Actor
from audit.canonical import Entry, personal_digest
from audit.models import AuditHead, AuditLog
from audit.verification import verify
from drifts.facts import StackChanged, StackCreated
from tests.audit.entries import append, canonical, entries, hash_by_hand
from tests.conftest import World

NASTY = 'quote " backslash \\ tab \t newline \n bell \x07 delete \x7f umlaut ä line\u2028separator emoji 🦊 </script>'
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def test_the_numbers_are_contiguous_and_each_hash_covers_the_one_before(world: World) -> None:
    append(world.account.pk, "one", "two", by=world.actor(world.owner))
    append(world.account.pk, "three")
    rows = entries(world.account.pk)
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    previous = bytes(32)
    for row in rows:
        assert bytes(row.prev_hash) == previous
        previous = hash_by_hand(previous, row)
        assert bytes(row.hash) == previous
    head = AuditHead.objects.get(account_id=world.account.pk)
    assert (head.seq, bytes(head.hash)) == (len(rows), previous)


def test_the_times_follow_the_numbers(world: World) -> None:
    append(world.account.pk, *(str(number) for number in range(50)))
    times = [row.at for row in entries(world.account.pk)]
    assert times == sorted(times)


def test_the_personal_part_stands_in_the_chain_as_a_salted_digest(world: World) -> None:
    append(world.account.pk, "one", by=Actor(world.owner.pk, "alice@acme.example", "admin", "192.0.2.7", "curl/8"))
    row = entries(world.account.pk)[-1]
    assert row.personal == {
        "actorEmail": "alice@acme.example",
        "address": "192.0.2.7",
        "text": "",
        "userAgent": "curl/8",
    }
    assert bytes(row.personal_digest) == hashlib.sha256(bytes(row.salt or b"") + canonical(row.personal)).digest()


def test_equal_personal_parts_have_different_digests(world: World) -> None:
    append(world.account.pk, "one", "two")
    first, second = entries(world.account.pk)[-2:]
    assert first.personal == second.personal
    assert bytes(first.personal_digest) != bytes(second.personal_digest)


def test_awkward_text_is_kept_as_it_was_and_the_chain_verifies(world: World) -> None:
    actor = Actor(world.owner.pk, NASTY, "admin", user_agent=NASTY, correlation_id="c-1")
    with journal.writing(world.account.pk, by=actor) as w:
        w.record(StackChanged(name=NASTY, changes={NASTY: [NASTY, None, True, -7, 2**53 - 1]}, text=NASTY))
    row = entries(world.account.pk)[-1]
    assert row.data["changes"] == {NASTY: [NASTY, None, True, -7, 2**53 - 1]}
    assert row.personal is not None
    assert row.personal["text"] == NASTY
    assert bytes(row.hash) == hash_by_hand(bytes(row.prev_hash), row)
    assert verify(world.account.pk).valid


def test_a_nul_character_is_replaced_since_postgresql_cannot_hold_it(world: World) -> None:
    actor = Actor(None, "a\x00b", "system", address="1\x002", user_agent="c\x00d", correlation_id="")
    with journal.writing(world.account.pk, by=actor) as w:
        w.record(StackChanged(name="e\x00f", changes={"g\x00h": ["i\x00j"]}, text="k\x00l"))
    row = entries(world.account.pk)[-1]
    assert row.data == {"id": None, "name": "e\ufffdf", "changes": {"g\ufffdh": ["i\ufffdj"]}}
    assert row.personal == {
        "actorEmail": "a\ufffdb",
        "address": "1\ufffd2",
        "text": "k\ufffdl",
        "userAgent": "c\ufffdd",
    }
    assert verify(world.account.pk).valid


def test_eight_threads_on_one_account_leave_no_gap(world: World) -> None:
    before = len(entries(world.account.pk))

    def write(thread: int) -> None:
        try:
            for number in range(25):
                append(world.account.pk, f"{thread}-{number}-a", f"{thread}-{number}-b")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(8)))
    rows = entries(world.account.pk)[before:]
    assert [row.seq for row in rows] == list(range(before + 1, before + 401))
    assert {row.data["name"] for row in rows} == {f"{t}-{n}-{x}" for t in range(8) for n in range(25) for x in "ab"}
    for first, second in zip(rows[::2], rows[1::2], strict=True):
        assert first.data["name"][:-1] == second.data["name"][:-1], "a transaction's entries stand together"
    verdict = verify(world.account.pk)
    assert verdict.valid
    assert verdict.entries == before + 400


def test_two_accounts_have_chains_of_their_own(world: World) -> None:
    theirs = [(row.seq, bytes(row.hash)) for row in entries(world.other_account.pk)]
    append(world.account.pk, "one", "two")
    assert [(row.seq, bytes(row.hash)) for row in entries(world.other_account.pk)] == theirs
    append(world.other_account.pk, "one")
    assert entries(world.other_account.pk)[-1].seq == len(theirs) + 1
    assert verify(world.account.pk).valid
    assert verify(world.other_account.pk).valid


def test_a_rolled_back_transaction_leaves_nothing(world: World) -> None:
    before = verify(world.account.pk)

    def fail_after_recording() -> None:
        with journal.writing(world.account.pk, by=Actor.system("test")) as w:
            w.record(StackCreated(name="never"))
            raise LookupError

    with pytest.raises(LookupError):
        fail_after_recording()
    assert verify(world.account.pk) == before
    append(world.account.pk, "next")
    assert entries(world.account.pk)[-1].seq == before.entries + 1


def test_a_transaction_without_facts_leaves_no_entry(world: World) -> None:
    before = verify(world.account.pk)
    with journal.writing(world.account.pk, by=Actor.system("test")):
        pass
    assert verify(world.account.pk) == before


def test_the_door_does_not_open_inside_another_transaction(world: World) -> None:
    """A surrounding transaction could be rolled back after the doorbell rang."""
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        append(world.account.pk, "one")


def test_a_fact_that_cannot_be_written_as_canonical_json_fails_its_transaction(world: World) -> None:
    before = verify(world.account.pk)
    with (
        pytest.raises(TypeError, match="cannot hold float"),
        journal.writing(world.account.pk, by=Actor.system("test")) as w,
    ):
        w.record(StackChanged(name="x", changes={"price": [1.5]}))
    assert verify(world.account.pk) == before


@given(data=st.dictionaries(TEXT, TEXT | st.integers(-(2**53) + 1, 2**53 - 1) | st.none() | st.booleans()), at=TEXT)
def test_the_pieces_around_time_and_number_make_the_canonical_text(data: dict[str, object], at: str) -> None:
    keys = [key for key in data if all(letter <= "\uffff" for letter in key)]  # Python sorts others differently
    kept = {key: data[key] for key in keys}
    entry = Entry("a", None, "T", "c", kept, "d", "i", "k", "p", at, 7, 1)
    assert entry.text().encode() == canonical(
        {
            "account": "a",
            "actor": None,
            "at": "T",
            "correlation": "c",
            "data": kept,
            "drift": "d",
            "id": "i",
            "kind": "k",
            "personal": "p",
            "role": at,
            "seq": 7,
            "v": 1,
        }
    )


@given(TEXT, TEXT)
def test_the_personal_digest_depends_on_the_salt_and_the_words(one: str, other: str) -> None:
    salt = b"s" * 16
    assert (personal_digest(salt, {"text": one}) == personal_digest(salt, {"text": other})) == (one == other)
    assert personal_digest(salt, {"text": one}) != personal_digest(b"t" * 16, {"text": one})


def test_the_journal_holds_every_entry_once(world: World) -> None:
    append(world.account.pk, "one", "two")
    assert AuditLog.objects.count() == AuditLog.objects.values("id").distinct().count()
