"""Retention: old entries go to a verified file, a signed checkpoint says so, and only then are they dropped."""

import os
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import IntegrityError, ProgrammingError, transaction
from django.utils import timezone

from audit import archiving, auditor, checkpoints, verification
from audit.archiving import Personal, archive, drop_archived, plan
from audit.canonical import chained
from audit.export_format import Exported, Link
from audit.export_verification import Outcome, lines_of, link_fault
from audit.export_verification import verify as verify_file
from audit.models import AuditCheckpoint, AuditHead, AuditLog
from audit.reading import batches
from audit.verification import verify
from drifts.models import Drift
from driftsentry.api import tenancy
from driftsentry.api.errors import Conflict
from tests.audit.entries import append, entries, run, unprotected
from tests.conftest import SYSTEM, World
from tests.laws.tenants import furnish

LOGS = "/api/v1/audit-logs"
SOON = timedelta(days=1)


def archived(world: World, folder: Path, *names: str, personal: Personal = Personal.KEPT) -> AuditCheckpoint:
    """Archive all but the newest entry."""
    append(world.account.pk, *names)
    planned = plan(world.account.pk, before=timezone.now() + SOON)
    checkpoint = archive(planned, folder=folder, personal=personal, by=SYSTEM)
    drop_archived(world.account.pk, folder=folder)
    return checkpoint


def read(path: Path) -> Outcome:
    with path.open("rb") as file:
        return verify_file(lines_of(file), trusted=settings.JOURNAL_KEYS.public)


def seqs(world: World) -> list[int]:
    return [row.seq for row in entries(world.account.pk)]


def test_old_entries_go_to_a_file_and_the_rest_verifies_from_the_checkpoint(world: World, tmp_path: Path) -> None:
    before = {row.seq: row.personal for row in entries(world.account.pk)}
    checkpoint = archived(world, tmp_path, "one", "two")
    assert checkpoint.seq == 5
    assert seqs(world) == [6, 7]
    assert entries(world.account.pk)[-1].kind == "journal.archived"
    outcome = read(tmp_path / checkpoint.file_name)
    assert (outcome.valid, outcome.entries, outcome.erased) == (True, 5, 0)
    assert str(before[1]["actorEmail"] if before[1] else "") in (tmp_path / checkpoint.file_name).read_text()
    verdict = verify(world.account.pk)
    assert (verdict.valid, verdict.entries, verdict.archived_seq) == (True, 2, 5)
    assert verdict.checkpoint
    assert verdict.checkpoint["signature"] == checkpoint.signature
    assert checkpoints.archived_upto(world.account.pk) == 5
    assert AuditHead.objects.get(account_id=world.account.pk).archived_seq == 5
    assert checkpoints.archived_upto(world.other_account.pk) == 0


def test_the_api_tells_the_checkpoint_and_an_export_begins_after_it(world: World, tmp_path: Path) -> None:
    checkpoint = archived(world, tmp_path, "one", "two")
    client = world.client(world.owner)
    data = client.get(f"{LOGS}/verify").json()["data"]
    assert (data["valid"], data["archivedSeq"], data["entries"]) == (True, 5, 3)
    assert (data["checkpoint"]["seq"], data["checkpoint"]["keyId"]) == (5, settings.JOURNAL_KEYS.signing_id)
    path = tmp_path / "export.jsonl"
    path.write_bytes(b"".join(client.get(f"{LOGS}/export")))
    outcome = read(path)
    assert outcome.valid, outcome.reason
    assert (outcome.after, outcome.entries) == (checkpoints.link_of(checkpoint), 3)
    said: list[str] = []
    assert auditor.examine([str(path), str(tmp_path / checkpoint.file_name)], [], say=said.append) == 0
    refused = client.get(f"{LOGS}/export", {"afterSeq": 3})
    assert refused.status_code == 400
    assert "holds the entries 6 to 8" in refused.json()["error"]["message"]


def test_archives_follow_one_another(world: World, tmp_path: Path) -> None:
    first, second = archived(world, tmp_path, "one"), archived(world, tmp_path, "two", "three")
    assert (first.seq, second.seq, second.entries) == (4, 7, 3)
    files = sorted(str(path) for path in tmp_path.iterdir())
    assert auditor.examine(files, [], say=str) == 0
    assert verify(world.account.pk).archived_seq == 7


def test_the_last_entry_always_stays_and_an_empty_journal_has_nothing_to_archive(world: World) -> None:
    planned = plan(world.account.pk, before=timezone.now() + SOON)
    assert (planned.after, planned.up_to) == (0, 3)
    assert plan(uuid4(), before=timezone.now()).entries <= 0
    assert plan(world.account.pk, before=datetime(2001, 1, 1, tzinfo=UTC)).entries == 0


def test_the_personal_part_can_be_left_out(world: World, tmp_path: Path) -> None:
    append(world.account.pk, "mine", by=world.actor(world.engineer))
    checkpoint = archived(world, tmp_path, "one", personal=Personal.LEFT_OUT)
    path = tmp_path / checkpoint.file_name
    assert world.engineer.email not in path.read_text()
    outcome = read(path)
    assert (outcome.valid, outcome.erased) == (True, outcome.entries)


def test_the_file_is_for_its_owner_only(world: World, tmp_path: Path) -> None:
    checkpoint = archived(world, tmp_path, "one")
    assert (tmp_path / checkpoint.file_name).stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == [checkpoint.file_name]


def test_a_journal_that_does_not_verify_is_not_archived(world: World, tmp_path: Path) -> None:
    run("ALTER TABLE audit_log DISABLE TRIGGER audit_log_append_only")
    try:
        run("UPDATE audit_log SET kind = 'x' WHERE account_id = %s AND seq = 2", world.account.pk)
    finally:
        run("ALTER TABLE audit_log ENABLE TRIGGER audit_log_append_only")
    with pytest.raises(Conflict, match="At entry 2: the entry was altered"):
        archived(world, tmp_path, "one")
    assert list(tmp_path.iterdir()) == []
    assert not AuditCheckpoint.objects.exists()
    assert len(seqs(world)) == 5


@pytest.mark.parametrize("step", ["_write", "_read_back", "_flush_folder", "_record", "_require_file", "_drop_batch"])
def test_a_run_that_ends_at_any_step_loses_nothing_and_the_next_one_goes_on(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def die(*args: Any) -> None:
        raise OSError("power")

    monkeypatch.setattr(archiving, "DROP_BATCH", 2)
    options = {
        "account": world.account.pk,
        "before": datetime(2999, 1, 1, tzinfo=UTC).date(),
        "to": tmp_path,
        "yes": True,
    }
    append(world.account.pk, "one", "two")
    before = {row.seq for row in entries(world.account.pk)}
    with monkeypatch.context() as patch:
        patch.setattr(archiving, step, die)
        with pytest.raises(CommandError, match="1 of 1 journals could not be archived"):
            call_command("audit_archive", **options, stdout=StringIO(), stderr=StringIO())
    assert before <= set(seqs(world))
    assert verify(world.account.pk).valid
    call_command("audit_archive", **options, stdout=StringIO())
    files = sorted(tmp_path.glob("journal-*"))
    covered = sum(read(path).entries for path in files)
    assert auditor.examine([str(path) for path in files], [], say=str) == 0
    assert seqs(world)[0] == covered + 1
    assert verify(world.account.pk).valid


def test_a_drop_that_stopped_in_the_middle_verifies_and_goes_on(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(world.account.pk, *"abcdef")
    monkeypatch.setattr(archiving, "DROP_BATCH", 2)
    archive(plan(world.account.pk, before=timezone.now() + SOON), folder=tmp_path, personal=Personal.KEPT, by=SYSTEM)
    archiving._drop_batch(world.account.pk)
    assert seqs(world)[0] == 3
    assert verify(world.account.pk).valid
    planned = plan(world.account.pk, before=datetime(2001, 1, 1, tzinfo=UTC))
    assert (planned.entries, planned.waiting) == (0, 7)
    batches: list[int] = []
    assert drop_archived(world.account.pk, folder=tmp_path, said=batches.append) == 7
    assert batches == [2, 2, 2, 1]


def waiting(world: World, folder: Path) -> AuditCheckpoint:
    """Seven entries that are archived and not dropped yet."""
    append(world.account.pk, *"abcd")
    planned = plan(world.account.pk, before=timezone.now() + SOON)
    return archive(planned, folder=folder, personal=Personal.KEPT, by=SYSTEM)


@pytest.mark.parametrize(
    ("change", "seq", "reason"),
    [
        ("UPDATE audit_log SET kind = 'x' WHERE account_id = %s AND seq = 1", 1, "the entry was altered"),
        ("UPDATE audit_log SET kind = 'x' WHERE account_id = %s AND seq = 5", 5, "the entry was altered"),
        ("UPDATE audit_log SET prev_hash = hash WHERE account_id = %s AND seq = 1", 1, "the entry does not follow"),
        ("UPDATE audit_log SET at = 'infinity' WHERE account_id = %s AND seq = 5", 5, "the entry cannot be read"),
        ("DELETE FROM audit_log WHERE account_id = %s AND seq IN (5, 6)", 4, "archived and dropped"),
        ("DELETE FROM audit_log WHERE account_id = %s AND seq = 7", 6, "archived and dropped"),
    ],
)
def test_what_is_archived_and_not_dropped_is_watched_as_before(
    world: World, tmp_path: Path, change: str, seq: int, reason: str
) -> None:
    assert waiting(world, tmp_path).seq == 7
    with unprotected():
        run(change, world.account.pk)
        verdict = verify(world.account.pk)
        assert (verdict.valid, verdict.first_broken_seq) == (False, seq)
        assert reason in verdict.reason
    assert verify(world.account.pk).valid


def test_entries_that_lead_elsewhere_than_to_the_checkpoint_are_found(world: World, tmp_path: Path) -> None:
    checkpoint = waiting(world, tmp_path)
    run("SELECT audit_drop_archived(%s, 6)", world.account.pk)
    last = AuditLog.objects.get(account_id=world.account.pk, seq=checkpoint.seq)
    one = next(batches(world.account.pk, after=6, up_to=7, size=1))[0]
    forged = chained(bytes(32), one.entry)
    with unprotected():
        run("DELETE FROM audit_log WHERE account_id = %s AND seq = 7", world.account.pk)
        last.prev_hash, last.hash = bytes(32), forged
        last.save(force_insert=True)
        verdict = verify(world.account.pk)
        assert (verdict.first_broken_seq, verdict.reason) == (7, "the archived entries do not lead to the checkpoint")


def test_an_entry_put_in_where_all_was_dropped_is_found_and_shown_nowhere(world: World, tmp_path: Path) -> None:
    client = world.client(world.owner)
    furnish(world, world.account.pk, owner="acme")
    drift = Drift.objects.filter(account_id=world.account.pk).earliest("id")
    archived(world, tmp_path, "one", "two")
    forged = AuditLog.objects.filter(account_id=world.account.pk).latest("seq")
    forged.pk, forged.seq, forged.kind, forged.drift_id = uuid4(), 3, "drift.approved", drift.pk
    with unprotected():
        forged.save(force_insert=True)
        verdict = verify(world.account.pk)
        assert (verdict.valid, verdict.first_broken_seq) == (False, 3)
        for path in (LOGS, f"{LOGS}?driftId={drift.pk}", f"/api/v1/drifts/{drift.pk}/timeline"):
            assert "drift.approved" not in client.get(path).content.decode()


def test_lists_and_stories_show_nothing_that_is_archived_though_it_is_not_dropped_yet(
    world: World, tmp_path: Path
) -> None:
    client = world.client(world.owner)
    furnish(world, world.account.pk, owner="acme")
    drift = Drift.objects.filter(account_id=world.account.pk).earliest("id")
    checkpoint = waiting(world, tmp_path)
    assert [row["seq"] for row in client.get(LOGS).json()["data"]["items"]][-1] == checkpoint.seq + 1
    told = client.get(f"/api/v1/drifts/{drift.pk}/timeline").json()["data"]
    assert [step["action"] for step in told] == ["journal.archived"]


@pytest.mark.parametrize("steps", [[4, 2, 1], [7]])
def test_entries_that_are_dropped_while_they_are_read_are_no_fault(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: list[int]
) -> None:
    waiting(world, tmp_path)
    monkeypatch.setattr(verification, "BATCH", 2)
    left = iter(steps)

    def drop_meanwhile(one: Exported, last: Link) -> str:
        run("SELECT audit_drop_archived(%s, %s)", world.account.pk, next(left, 0))
        return link_fault(one, last)

    monkeypatch.setattr("audit.waiting.link_fault", drop_meanwhile)
    assert verify(world.account.pk).valid
    assert seqs(world)[0] == 8


def test_a_checkpoint_that_is_missing_is_found(world: World, tmp_path: Path) -> None:
    archived(world, tmp_path, "one")
    archived(world, tmp_path, "two")
    archived(world, tmp_path, "three")
    for seq in (4, 6):
        with unprotected():
            run("ALTER TABLE audit_checkpoint DISABLE TRIGGER audit_checkpoint_append_only")
            run("DELETE FROM audit_checkpoint WHERE account_id = %s AND seq = %s", world.account.pk, seq)
            verdict = verify(world.account.pk)
            assert (verdict.first_broken_seq, verdict.reason) == (seq, f"the checkpoint at entry {seq} is missing")
    assert verify(world.account.pk).valid


@pytest.mark.parametrize("seq", [4, 6])
def test_a_checkpoint_that_cannot_be_read_is_named_and_does_not_hide_the_next_journal(
    world: World, tmp_path: Path, seq: int
) -> None:
    archived(world, tmp_path, "one")
    archived(world, tmp_path, "two")
    client, out = world.client(world.owner), StringIO()
    with unprotected():
        run("ALTER TABLE audit_checkpoint DISABLE TRIGGER audit_checkpoint_append_only")
        run("UPDATE audit_checkpoint SET at = 'infinity' WHERE account_id = %s AND seq = %s", world.account.pk, seq)
        with pytest.raises(CommandError, match="1 of 2 journals do not verify"):
            call_command("audit_verify", stdout=out)
        assert client.get(f"{LOGS}/verify").json()["data"]["valid"] is False
        assert client.get(f"{LOGS}/export").status_code == (409 if seq == 6 else 200)
    assert "checkpoint cannot be read: it was altered" in out.getvalue()
    assert f"{world.other_account.pk}  valid" in out.getvalue()


def test_a_journal_that_cannot_be_read_does_not_keep_the_next_one_from_being_archived(
    world: World, tmp_path: Path
) -> None:
    errors, out = StringIO(), StringIO()
    run("ALTER TABLE audit_log DISABLE TRIGGER audit_log_append_only")
    try:
        run("UPDATE audit_log SET at = 'infinity' WHERE account_id = %s AND seq = 2", world.account.pk)
    finally:
        run("ALTER TABLE audit_log ENABLE TRIGGER audit_log_append_only")
    with pytest.raises(CommandError, match="1 of 2 journals could not be archived"):
        call_command("audit_archive", all=True, keep_days=0, to=tmp_path, yes=True, stdout=out, stderr=errors)
    assert f"{world.other_account.pk}  dropped: 1 entries" in out.getvalue()
    assert f"Entry 2 of {world.account.pk} cannot be read" in errors.getvalue()


def test_nothing_is_dropped_without_its_file(world: World, tmp_path: Path) -> None:
    append(world.account.pk, "one")
    checkpoint = archive(
        plan(world.account.pk, before=timezone.now() + SOON), folder=tmp_path, personal=Personal.KEPT, by=SYSTEM
    )
    path = tmp_path / checkpoint.file_name
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    with pytest.raises(Conflict, match="is not the file that was archived"):
        drop_archived(world.account.pk, folder=tmp_path)
    path.unlink()
    with pytest.raises(Conflict, match="cannot be read: No such file"):
        drop_archived(world.account.pk, folder=tmp_path)
    assert seqs(world)[0] == 1
    path.write_bytes(content)
    assert drop_archived(world.account.pk, folder=tmp_path) == 4


def test_two_who_archive_at_once_do_not_make_two_checkpoints(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(world.account.pk, "one")
    planned = plan(world.account.pk, before=timezone.now() + SOON)

    def another_is_quicker(folder: Path) -> None:
        monkeypatch.undo()
        archive(planned, folder=folder, personal=Personal.KEPT, by=SYSTEM)

    monkeypatch.setattr(archiving, "_flush_folder", another_is_quicker)
    with pytest.raises(Conflict, match="Somebody else has archived"):
        archive(planned, folder=tmp_path, personal=Personal.KEPT, by=SYSTEM)
    assert AuditCheckpoint.objects.count() == 1


def test_only_the_function_drops_and_only_what_a_checkpoint_covers(world: World, tmp_path: Path) -> None:
    append(world.account.pk, "one", "two")
    mine = [world.account.pk]
    with pytest.raises(IntegrityError, match="append-only: DELETE is refused"):
        run("DELETE FROM audit_log WHERE account_id = %s", *mine)
    assert run("SELECT audit_drop_archived(%s, 100)", *mine) == 1
    assert len(seqs(world)) == 6
    archive(plan(world.account.pk, before=timezone.now() + SOON), folder=tmp_path, personal=Personal.KEPT, by=SYSTEM)
    with pytest.raises(IntegrityError, match="append-only: DELETE is refused"):
        run("DELETE FROM audit_log WHERE account_id = %s AND seq = 1", *mine)
    with transaction.atomic():
        run("SELECT set_config('driftsentry.dropping', %s::text, true)", *mine)
        with pytest.raises(IntegrityError, match="DELETE is refused"), transaction.atomic():
            run("DELETE FROM audit_log WHERE account_id = %s AND seq = 6", *mine)
        transaction.set_rollback(True)
    run("SELECT audit_drop_archived(%s, 100)", *mine)
    assert seqs(world) == [6, 7]
    assert AuditLog.objects.filter(account_id=world.other_account.pk).count() == 2


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT audit_drop_archived(NULLIF(current_setting('driftsentry.account', true), '')::uuid, 100)",
        "DELETE FROM audit_log",
        "INSERT INTO audit_checkpoint SELECT * FROM audit_checkpoint",
        "UPDATE audit_checkpoint SET seq = 1000",
        "DELETE FROM audit_checkpoint",
        "UPDATE audit_head SET archived_seq = 3",
    ],
)
def test_tenants_work_can_neither_drop_nor_make_a_checkpoint(world: World, tmp_path: Path, statement: str) -> None:
    archived(world, tmp_path, "one")
    with tenancy.behind(), tenancy.within(world.account.pk), pytest.raises(ProgrammingError, match="permission denied"):
        run(statement)


@pytest.mark.parametrize("change", ["UPDATE audit_checkpoint SET seq = seq + 1", "DELETE FROM audit_checkpoint"])
def test_checkpoints_are_append_only(world: World, tmp_path: Path, change: str) -> None:
    archived(world, tmp_path, "one")
    with pytest.raises(IntegrityError, match="checkpoints are append-only"):
        run(change)


FORGED = {
    "id": "gen_random_uuid()",
    "account_id": None,
    "seq": "seq + 1",
    "hash": "sha256(hash)",
    "at": "at - interval '1 microsecond'",
    "archived_at": "archived_at + interval '1 microsecond'",
    "entries": "entries + 1",
    "file_name": "'another'",
    "file_digest": "sha256(file_digest)",
    "key_id": "'0000000000000000'",
    "signature": "reverse(signature)",
}


def test_a_checkpoint_that_says_something_else_is_found(world: World, tmp_path: Path) -> None:
    assert set(FORGED) == {field.column for field in AuditCheckpoint._meta.concrete_fields}
    archived(world, tmp_path, "one")
    run("ALTER TABLE audit_checkpoint DISABLE TRIGGER audit_checkpoint_append_only")
    try:
        for column, value in FORGED.items():
            forged = value or f"'{world.other_account.pk}'"
            with transaction.atomic():
                run(f"UPDATE audit_checkpoint SET {column} = {forged}")  # noqa: S608
                assert not verify(world.account.pk).valid, column
                transaction.set_rollback(True)
        with transaction.atomic():
            run("DELETE FROM audit_checkpoint")
            assert verify(world.account.pk).reason == (
                "the head says that it is archived up to entry 4, the checkpoints say 0"
            )
            run("UPDATE audit_head SET archived_seq = 0")
            assert verify(world.account.pk).reason == "an entry is missing"
            transaction.set_rollback(True)
    finally:
        run("ALTER TABLE audit_checkpoint ENABLE TRIGGER audit_checkpoint_append_only")
    assert verify(world.account.pk).valid


def test_what_is_left_is_watched_as_before(world: World, tmp_path: Path) -> None:
    archived(world, tmp_path, "one", "two", "three")
    for seq in seqs(world):
        with unprotected():
            run("DELETE FROM audit_log WHERE account_id = %s AND seq = %s", world.account.pk, seq)
            assert verify(world.account.pk).first_broken_seq == seq
        with unprotected():
            run("UPDATE audit_log SET actor_role = 'x' WHERE account_id = %s AND seq = %s", world.account.pk, seq)
            assert verify(world.account.pk).first_broken_seq == seq


def test_the_command_only_tells_unless_it_is_let(world: World, tmp_path: Path) -> None:
    out = StringIO()
    call_command("audit_archive", all=True, keep_days=0, to=tmp_path, stdout=out)
    assert f"{world.account.pk}  entries 1 to 3 to archive" in out.getvalue()
    assert "Nothing was done: add --yes" in out.getvalue()
    assert list(tmp_path.iterdir()) == []
    out = StringIO()
    call_command("audit_archive", all=True, keep_days=0, to=tmp_path, yes=True, stdout=out)
    assert f"{world.account.pk}  dropped: 3 entries" in out.getvalue()
    assert len(list(tmp_path.iterdir())) == 2
    verified = StringIO()
    call_command("audit_verify", stdout=verified)
    assert "archived up to entry 3" in verified.getvalue()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"all": True, "keep_days": -1}, "--keep-days takes"),
        ({"account": uuid4(), "keep_days": 1}, "No journal of such"),
        ({"all": True, "keep_days": 1, "to": Path("/nowhere/at/all")}, "There is no folder"),
    ],
)
def test_the_command_says_what_it_cannot_do(world: World, tmp_path: Path, options: dict[str, Any], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("audit_archive", **{"to": tmp_path, **options}, stdout=StringIO())


def test_a_folder_that_takes_no_file_is_said(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: Any) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    errors = StringIO()
    with pytest.raises(CommandError, match="could not be archived"):
        call_command(
            "audit_archive",
            account=world.account.pk,
            keep_days=0,
            to=tmp_path,
            yes=True,
            stdout=StringIO(),
            stderr=errors,
        )
    assert "No space left" in errors.getvalue()
    assert list(tmp_path.iterdir()) == []


def test_the_wall_holds_checkpoints_apart(world: World, tmp_path: Path) -> None:
    archived(world, tmp_path, "one")
    with tenancy.behind(), tenancy.within(world.other_account.pk):
        assert not AuditCheckpoint.objects.exists()


def test_the_story_of_an_older_drift_begins_with_the_entry_that_says_so(world: World, tmp_path: Path) -> None:
    client = world.client(world.owner)
    furnish(world, world.account.pk, owner="acme")
    drift = Drift.objects.filter(account_id=world.account.pk).earliest("id")
    path = f"/api/v1/drifts/{drift.pk}/timeline"
    assert client.get(path).json()["data"][0]["action"] == "drift.created"
    checkpoint = archived(world, tmp_path, "one", "two")
    told = client.get(path).json()["data"]
    assert [step["action"] for step in told] == ["journal.archived"]
    assert told[0]["message"] == f"Archived the journal up to entry {checkpoint.seq} in {checkpoint.file_name}"
