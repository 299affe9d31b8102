"""Whoever can write the table is found out: any column of any row, and rows taken out, moved, swapped and put in."""

from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from accounts.models import Account
from audit.exporting import ExportBroken, header_of, written
from audit.management.commands.audit_verify import Command
from audit.models import AuditHead, AuditLog
from audit.verification import verify
from tests.audit.entries import append, entries, forge, run, unprotected
from tests.conftest import World

LOGS = "/api/v1/audit-logs"
FORGED = {
    "id": "gen_random_uuid()",
    "account_id": "(SELECT id FROM accounts_account WHERE name = 'bystander')",
    "seq": "seq + 1000",
    "at": "at + interval '1 microsecond'",
    "kind": "'drift.approved'",
    "v": "v + 1",
    "drift_id": "gen_random_uuid()",
    "actor_id": "gen_random_uuid()",
    "actor_role": "'viewer'",
    "correlation_id": "'another'",
    "data": """data || '{"forged": true}'""",
    "personal": """personal || '{"actorEmail": "somebody@else.example"}'""",
    "salt": "decode(repeat('00', 16), 'hex')",
    "personal_digest": "sha256(personal_digest)",
    "prev_hash": "sha256(prev_hash)",
    "hash": "sha256(hash)",
}


def test_every_column_is_tried() -> None:
    assert set(FORGED) == {field.column for field in AuditLog._meta.concrete_fields}


@pytest.mark.parametrize("column", FORGED)
def test_an_altered_column_of_any_row_is_found_and_named(world: World, column: str) -> None:
    Account.objects.create(name="bystander")
    append(world.account.pk, "one", "two", by=world.actor(world.owner))
    last = verify(world.account.pk).entries
    for seq in range(1, last + 1):
        with unprotected():
            statement = f"UPDATE audit_log SET {column} = {FORGED[column]} WHERE account_id = %s AND seq = %s"  # noqa: S608
            assert run(statement, world.account.pk, seq) == 1
            verdict = verify(world.account.pk)
            assert not verdict.valid, (column, seq)
            assert verdict.first_broken_seq == seq
            assert verdict.reason
    assert verify(world.account.pk).valid


def test_a_removed_entry_is_found(world: World) -> None:
    append(world.account.pk, "one")
    for seq in range(1, 6):
        with unprotected():
            run("DELETE FROM audit_log WHERE account_id = %s AND seq = %s", world.account.pk, seq)
            assert verify(world.account.pk).first_broken_seq == seq


def test_a_removed_entry_whose_followers_move_up_is_found(world: World) -> None:
    append(world.account.pk, "one", "two")
    with unprotected():
        run("DELETE FROM audit_log WHERE account_id = %s AND seq = 4", world.account.pk)
        for seq in (5, 6):
            run("UPDATE audit_log SET seq = %s WHERE account_id = %s AND seq = %s", seq - 1, world.account.pk, seq)
        run("UPDATE audit_head SET seq = seq - 1 WHERE account_id = %s", world.account.pk)
        verdict = verify(world.account.pk)
        assert (verdict.valid, verdict.first_broken_seq) == (False, 4)


def test_swapped_entries_are_found(world: World) -> None:
    with unprotected():
        for old, new in ((2, 1000), (3, 2), (1000, 3)):
            run("UPDATE audit_log SET seq = %s WHERE account_id = %s AND seq = %s", new, world.account.pk, old)
        assert verify(world.account.pk).first_broken_seq == 2


def test_a_cut_tail_is_found_even_where_the_head_was_moved_back_without_its_hash(world: World) -> None:
    with unprotected():
        run("DELETE FROM audit_log WHERE account_id = %s AND seq >= 3", world.account.pk)
        verdict = verify(world.account.pk)
        assert (verdict.first_broken_seq, verdict.reason) == (3, "the last entries are missing")
        run("UPDATE audit_head SET seq = 2 WHERE account_id = %s", world.account.pk)
        verdict = verify(world.account.pk)
        assert (verdict.first_broken_seq, verdict.reason) == (2, "the head does not match the chain")


def test_an_entry_put_in_after_the_head_is_found(world: World) -> None:
    last = entries(world.account.pk)[-1]
    forged = AuditLog.objects.get(pk=last.pk)
    forged.pk, forged.seq, forged.prev_hash = uuid4(), last.seq + 1, last.hash
    with transaction.atomic():
        forged.save(force_insert=True)
        verdict = verify(world.account.pk)
        assert (verdict.valid, verdict.first_broken_seq) == (False, last.seq + 1)
        assert verdict.reason == "there are entries after the head"
        transaction.set_rollback(True)


def test_an_altered_head_is_found(world: World) -> None:
    head = AuditHead.objects.filter(account_id=world.account.pk)
    head.update(hash=bytes(32))
    assert verify(world.account.pk).first_broken_seq == 4
    head.update(seq=9)
    assert verify(world.account.pk).first_broken_seq == 5


@pytest.mark.parametrize("seq", [0, -5])
def test_an_entry_before_the_first_one_is_refused_and_where_it_stands_already_it_is_found_and_not_listed(
    world: World, seq: int
) -> None:
    client = world.client(world.owner)
    with pytest.raises(IntegrityError, match="audit_log_seq_from_one"), transaction.atomic():
        forge(world.account.pk, seq)
    with unprotected():
        run("ALTER TABLE audit_log DROP CONSTRAINT audit_log_seq_from_one")
        forge(world.account.pk, seq)
        verdict = verify(world.account.pk)
        assert (verdict.first_broken_seq, verdict.reason) == (seq, "the entry stands before the first one")
        assert min(row["seq"] for row in client.get(LOGS).json()["data"]["items"]) == 1


def test_a_journal_that_is_gone_altogether_is_found(world: World) -> None:
    with unprotected():
        run("DELETE FROM audit_log WHERE account_id = %s", world.account.pk)
        run("DELETE FROM audit_head WHERE account_id = %s", world.account.pk)
        verdict = verify(world.account.pk)
        assert (verdict.valid, verdict.first_broken_seq) == (False, 1)
        assert verdict.reason == "the account has no journal, which begins when an account is made"
        out = StringIO()
        with pytest.raises(CommandError, match="1 of 2 journals do not verify"):
            call_command("audit_verify", stdout=out)
        assert f"{world.account.pk}  BROKEN at entry 1" in out.getvalue()


BEYOND_READING = {
    "a time without end": "at = 'infinity'",
    "a time without beginning": "at = '-infinity'",
    "a time before Christ": "at = '0044-03-15 BC'",
    "a time that is too far": "at = '20000-01-01'",
    "thousands of digits": """data = ('{"a": ' || repeat('9', 5000) || '}')::jsonb""",
    "thousands of brackets": "data = (repeat('[', 3000) || repeat(']', 3000))::jsonb",
    "thousands of brackets that name nobody": "personal = (repeat('[', 3000) || repeat(']', 3000))::jsonb",
}
BEYOND_WRITING = {
    "a number of more than 53 bits": """data = '{"a": 9007199254740993}'""",
    "a number that is no float": """data = '{"a": 1e400}'""",
    "a personal number of more than 53 bits": """personal = '{"actorEmail": 9007199254740993}'""",
    "a personal number that is no float": """personal = '{"actorEmail": 1e400}'""",
    "a list that is no data": "data = '[1]'",
    "a text that is no data": """data = '"x"'""",
    "a list that is no personal part": "personal = '[1]'",
    "a text that is no personal part": """personal = '"x"'""",
    "nothing for a personal part": "personal = 'null'",
}


@pytest.mark.parametrize("change", [*BEYOND_READING.values(), *BEYOND_WRITING.values()])
def test_an_entry_that_holds_what_none_can_hold_is_named_and_does_not_hide_the_next_journal(
    world: World, change: str
) -> None:
    out = StringIO()
    with unprotected():
        run(f"UPDATE audit_log SET {change} WHERE account_id = %s AND seq = 3", world.account.pk)  # noqa: S608
        with pytest.raises(CommandError, match="1 of 2 journals do not verify"):
            call_command("audit_verify", stdout=out)
    assert f"{world.account.pk}  BROKEN at entry 3: the entry" in out.getvalue()
    assert "altered" in out.getvalue()
    assert f"{world.other_account.pk}  valid" in out.getvalue()


@pytest.mark.parametrize("change", BEYOND_READING.values())
def test_lists_say_that_an_entry_cannot_be_read(world: World, change: str) -> None:
    client = world.client(world.owner)
    with unprotected():
        run(f"UPDATE audit_log SET {change} WHERE account_id = %s AND seq = 3", world.account.pk)  # noqa: S608
        answer = client.get(LOGS)
        assert client.get(f"{LOGS}/verify").json()["data"]["firstBrokenSeq"] == 3
        assert [row["seq"] for row in client.get(LOGS, {"afterSeq": 3}).json()["data"]["items"]] == [5, 4]
    assert answer.status_code == 409
    assert answer.json()["error"]["message"] == (
        "An entry of this page cannot be read: it was altered. Verify the journal."
    )


@pytest.mark.parametrize("change", BEYOND_WRITING.values())
def test_lists_show_an_entry_that_was_altered_as_far_as_it_can_be_read(world: World, change: str) -> None:
    client = world.client(world.owner)
    with unprotected():
        run(f"UPDATE audit_log SET {change} WHERE account_id = %s AND seq = 3", world.account.pk)  # noqa: S608
        rows = client.get(LOGS).json()["data"]["items"]
    assert [row["seq"] for row in rows] == [5, 4, 3, 2, 1]


@pytest.mark.parametrize("change", [*BEYOND_READING.values(), "data = '{\"a\": 9007199254740993}'"])
def test_an_export_of_what_cannot_be_read_or_written_has_no_last_line(world: World, change: str) -> None:
    lines: list[bytes] = []
    with unprotected():
        run(f"UPDATE audit_log SET {change} WHERE account_id = %s AND seq = 3", world.account.pk)  # noqa: S608
        with pytest.raises(ExportBroken, match=r"Entry \d of .* altered"):
            lines.extend(written(header_of(world.account.pk)))
    assert not any(b'"type":"head"' in line for line in lines)


def test_entries_without_a_head_are_found(world: World) -> None:
    AuditHead.objects.filter(account_id=world.account.pk).delete()
    assert verify(world.account.pk).first_broken_seq == 1
    with pytest.raises(CommandError, match="1 of 2 journals do not verify"):
        call_command("audit_verify", stdout=StringIO())


def test_the_journal_of_an_unknown_account_is_empty_and_valid(world: World) -> None:
    verdict = verify(uuid4())
    assert (verdict.valid, verdict.entries, verdict.head_seq) == (True, 0, 0)


def test_the_command_names_each_account_and_its_head(world: World) -> None:
    out = StringIO()
    call_command("audit_verify", stdout=out)
    head = AuditHead.objects.get(account_id=world.account.pk)
    assert f"{world.account.pk}  valid, 4 entries, 0 erased, head {bytes(head.hash).hex()[:16]}" in out.getvalue()
    assert "2 journals verify." in out.getvalue()


def test_the_command_looks_at_one_account_when_asked(world: World) -> None:
    out = StringIO()
    call_command("audit_verify", account=world.other_account.pk, stdout=out)
    assert "1 journals verify." in out.getvalue()
    with pytest.raises(CommandError, match="No journal of an account"):
        call_command("audit_verify", account=uuid4(), stdout=out)


def test_the_command_exits_with_1_and_names_the_broken_entry(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    run("ALTER TABLE audit_log DISABLE TRIGGER audit_log_append_only")
    try:
        run("UPDATE audit_log SET kind = 'x' WHERE account_id = %s AND seq = 2", world.account.pk)
    finally:
        run("ALTER TABLE audit_log ENABLE TRIGGER audit_log_append_only")
    with pytest.raises(SystemExit) as stopped:
        Command().run_from_argv(["manage.py", "audit_verify"])
    assert stopped.value.code == 1
    printed = capsys.readouterr()
    assert f"{world.account.pk}  BROKEN at entry 2: the entry was altered" in printed.out
    assert "1 of 2 journals do not verify." in printed.err
