"""Reactions: what other apps add to the transaction in which a fact is recorded."""

from collections import defaultdict

import pytest

from accounts.models import Account
from audit import journal, reactions
from audit.journal import Writer
from audit.reactions import reacts_to
from audit.verification import verify
from drifts.facts import StackChanged, StackCreated, StackDeleted
from tests.audit.entries import entries
from tests.conftest import SYSTEM, World


@pytest.fixture(autouse=True)
def only_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The apps' own are another test's."""
    monkeypatch.setattr(reactions, "_reactions", defaultdict(list))


def kinds(world: World) -> list[str]:
    return [entry.kind for entry in entries(world.account.pk) if entry.kind.startswith("stack.")]


def create(world: World, name: str = "one") -> None:
    with journal.writing(world.account.pk, by=SYSTEM) as w:
        w.record(StackCreated(name=name))


@pytest.mark.untold(reason="the reaction is made up")
def test_a_reaction_changes_tables_and_records_facts_in_the_same_transaction(world: World) -> None:
    @reacts_to(StackCreated)
    def rename(w: Writer, fact: StackCreated) -> None:
        Account.objects.filter(pk=w.account_id).update(name=f"has {fact.name}")
        w.record(StackDeleted(name=fact.name))

    create(world)
    assert kinds(world) == ["stack.created", "stack.deleted"]
    world.account.refresh_from_db()
    assert world.account.name == "has one"
    assert verify(world.account.pk).valid


def test_other_facts_are_left_alone(world: World) -> None:
    seen: list[str] = []

    @reacts_to(StackDeleted)
    def look(w: Writer, fact: StackDeleted) -> None:
        seen.append(fact.name)

    create(world)
    assert seen == []


def test_a_reaction_that_fails_undoes_everything(world: World) -> None:
    @reacts_to(StackCreated)
    def fail(w: Writer, fact: StackCreated) -> None:
        Account.objects.filter(pk=w.account_id).update(name="changed")
        raise LookupError(fact.name)

    with pytest.raises(LookupError):
        create(world)
    assert kinds(world) == []
    world.account.refresh_from_db()
    assert world.account.name == "acme"


def test_several_reactions_run_in_the_order_of_their_registration(world: World) -> None:
    seen: list[int] = []
    for number in range(3):

        @reacts_to(StackCreated)
        def note(w: Writer, fact: StackCreated, number: int = number) -> None:
            seen.append(number)

    create(world)
    assert seen == [0, 1, 2]


def test_a_fact_of_a_reaction_is_reacted_to(world: World) -> None:
    @reacts_to(StackCreated)
    def change(w: Writer, fact: StackCreated) -> None:
        w.record(StackChanged(name=fact.name, changes={}))

    @reacts_to(StackChanged)
    def delete(w: Writer, fact: StackChanged) -> None:
        w.record(StackDeleted(name=fact.name))

    create(world)
    assert kinds(world) == ["stack.created", "stack.changed", "stack.deleted"]


def test_reactions_that_never_end_are_stopped_and_undone(world: World) -> None:
    @reacts_to(StackCreated)
    def once_more(w: Writer, fact: StackCreated) -> None:
        w.record(StackCreated(name=fact.name))

    with pytest.raises(RuntimeError, match=r"stack\.created do not come to an end"):
        create(world)
    assert kinds(world) == []


def test_a_writer_without_facts_has_no_reactions(world: World) -> None:
    seen: list[str] = []

    @reacts_to(StackCreated)
    def note(w: Writer, fact: StackCreated) -> None:
        seen.append(fact.name)

    with journal.writing(world.account.pk, by=SYSTEM):
        pass
    assert seen == []
