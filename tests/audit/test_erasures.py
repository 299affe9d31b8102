"""What names people is taken out only of those who were erased: where no entry says so, it is found."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from accounts.actions import erase_user
from accounts.actions.api_keys import create_api_key, regenerate_own_key
from accounts.actions.erasure import erase_leftovers
from accounts.facts import ApiKeyCreated, UserErased
from audit import erasure, verification
from audit.actors import API_KEY, Actor
from audit.archiving import Personal, archive, plan
from audit.export_format import Exported
from audit.models import AuditLog
from audit.reading import batches
from audit.verification import verify
from driftsentry.api.access import Scope
from tests.audit.entries import append, run
from tests.conftest import SYSTEM, World

UNTOLD = "the entry's personal part was taken out, and no entry says that its actor was erased"


def wipe(world: World, seq: int) -> None:
    """As whoever may write to the table can, past no trigger."""
    statement = "UPDATE audit_log SET personal = NULL, salt = NULL WHERE account_id = %s AND seq = %s"
    assert run(statement, world.account.pk, seq) == 1


def last_seq(world: World) -> int:
    return AuditLog.objects.filter(account_id=world.account.pk).latest("seq").seq


def with_key(ident: UUID) -> Actor:
    return Actor(id=ident, email="CI", role=API_KEY)


def test_the_facts_that_tell_are_called_so() -> None:
    assert (UserErased.kind, ApiKeyCreated.kind) == (erasure.TOLD, erasure.KEY_MADE)


def test_an_entry_of_somebody_who_was_not_erased_is_found(world: World) -> None:
    append(world.account.pk, "one", "two", by=world.actor(world.engineer))
    wipe(world, 6)
    verdict = verify(world.account.pk)
    assert (verdict.valid, verdict.first_broken_seq, verdict.reason, verdict.erased) == (False, 6, UNTOLD, 1)


def test_an_entry_of_the_system_is_found_whoever_was_erased(world: World) -> None:
    append(world.account.pk, "one", by=world.actor(world.engineer))
    erase_user(world.account.pk, world.engineer.pk, by=SYSTEM)
    wipe(world, 2)
    assert verify(world.account.pk).first_broken_seq == 2


def test_an_entry_of_another_person_than_the_erased_one_is_found(world: World) -> None:
    append(world.account.pk, "one", by=world.actor(world.engineer))
    append(world.account.pk, "two", by=world.actor(world.owner))
    erase_user(world.account.pk, world.engineer.pk, by=world.actor(world.owner))
    assert verify(world.account.pk).valid
    wipe(world, 6)
    assert verify(world.account.pk).first_broken_seq == 6


@pytest.mark.parametrize("is_by_themselves", [True, False])
def test_whoever_was_erased_is_no_fault_nor_is_what_they_had_under_way(world: World, is_by_themselves: bool) -> None:
    engineer = world.actor(world.engineer)
    key = regenerate_own_key(world.account.pk, world.engineer.pk, by=engineer)
    append(world.account.pk, "one", by=engineer)
    append(world.account.pk, "two", by=with_key(key.row.pk))
    erase_user(world.account.pk, world.engineer.pk, by=engineer if is_by_themselves else world.actor(world.owner))
    append(world.account.pk, "three", by=engineer)
    append(world.account.pk, "four", by=with_key(key.row.pk))
    erase_leftovers(world.account.pk, world.engineer.pk)
    verdict = verify(world.account.pk)
    assert (verdict.valid, verdict.reason) == (True, "")
    assert verdict.erased >= 5


def test_an_entry_of_a_key_whose_person_was_not_erased_is_found(world: World) -> None:
    key = regenerate_own_key(world.account.pk, world.engineer.pk, by=world.actor(world.engineer))
    append(world.account.pk, "one", by=with_key(key.row.pk))
    wipe(world, last_seq(world))
    assert verify(world.account.pk).first_broken_seq == last_seq(world)


def test_an_entry_of_a_key_that_nothing_is_known_of_is_counted(world: World) -> None:
    append(world.account.pk, "one", by=with_key(uuid4()))
    wipe(world, last_seq(world))
    verdict = verify(world.account.pk)
    assert (verdict.valid, verdict.erased) == (True, 1)


def test_somebody_who_is_erased_while_the_journal_is_walked_is_no_fault(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(world.account.pk, "one", by=world.actor(world.engineer))

    def erased_first(*args: Any, **options: Any) -> Iterator[list[Exported]]:
        erase_user(world.account.pk, world.engineer.pk, by=SYSTEM)
        return batches(*args, **options)

    monkeypatch.setattr(verification, "batches", erased_first)
    verdict = verify(world.account.pk)
    assert (verdict.valid, verdict.erased, verdict.head_seq) == (True, 1, 5)


def test_behind_a_checkpoint_only_what_no_archive_can_tell_of_is_found(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(world.account.pk, "one")
    planned = plan(world.account.pk, before=timezone.now() + timedelta(days=1))
    archive(planned, folder=tmp_path, personal=Personal.KEPT, by=SYSTEM)
    append(world.account.pk, "two", by=world.actor(world.engineer))
    seq = last_seq(world)
    wipe(world, seq)
    verdict = verify(world.account.pk)
    assert (verdict.valid, verdict.erased) == (True, 1)
    monkeypatch.setattr(erasure, "LEFTOVERS", timedelta())
    assert verify(world.account.pk).first_broken_seq == seq
    monkeypatch.undo()
    wipe(world, seq - 1)
    assert verify(world.account.pk).first_broken_seq == seq - 1


def test_an_entry_of_the_accounts_own_key_is_found(world: World) -> None:
    key = create_api_key(world.account.pk, name="CI", scopes=[Scope.READ], by=world.actor(world.owner))
    append(world.account.pk, "one", by=with_key(key.row.pk))
    wipe(world, last_seq(world))
    assert verify(world.account.pk).first_broken_seq == last_seq(world)
