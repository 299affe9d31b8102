"""What else happens when a fact is recorded: apps above the one that records it add to the same transaction.

`@reacts_to(SomeFact)` on `def f(w: Writer, fact: SomeFact)` registers a reaction; the app that reacts imports its
module of reactions in `AppConfig.ready`. Reactions run inside the writer's transaction, before its facts are appended:
they may change tables and record facts of their own, and when one raises, nothing at all has happened.
`@reacts_once_to(FactA, FactB)` on `def f(w: Writer, facts: Facts)` is called once a transaction, after all of those,
with every recorded fact of these classes and the id of its entry: for what sums up. What it records, nothing reacts to.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from uuid import UUID

if TYPE_CHECKING:
    from audit.facts import Fact
    from audit.journal import Writer

F = TypeVar("F", bound="Fact")
MOST_ROUNDS = 5
"""How often facts of reactions may lead to further facts: those that lead to one another would never end."""

Facts: TypeAlias = "Sequence[tuple[UUID, Fact]]"
"""Facts, each with the id of its journal entry."""

_sums: list[tuple[frozenset[tuple[str, int]], Callable[[Writer, Facts], None]]] = []
_reactions: dict[tuple[str, int], list[Callable[[Writer, Any], None]]] = defaultdict(list)


def reacts_to(fact: type[F]) -> Callable[[Callable[[Writer, F], None]], Callable[[Writer, F], None]]:
    """Register a function to be called whenever a fact of a class is recorded.

    Args:
        fact: The class.
    """

    def registered(reaction: Callable[[Writer, F], None]) -> Callable[[Writer, F], None]:
        _reactions[fact.kind, fact.v].append(reaction)
        return reaction

    return registered


def reacts_once_to(
    *facts: type[Fact],
) -> Callable[[Callable[[Writer, Facts], None]], Callable[[Writer, Facts], None]]:
    """Register a function to be called once for all facts of some classes that a transaction records.

    Args:
        *facts: The classes.
    """
    kinds = frozenset((fact.kind, fact.v) for fact in facts)

    def registered(reaction: Callable[[Writer, Facts], None]) -> Callable[[Writer, Facts], None]:
        _sums.append((kinds, reaction))
        return reaction

    return registered


def react(w: Writer, fact: Fact) -> None:
    """Call what reacts to a fact, in the order of registration.

    Args:
        w: The open journal.
        fact: What happened.
    """
    for reaction in _reactions.get((fact.kind, fact.v), ()):
        reaction(w, fact)


def react_to_all(w: Writer) -> None:
    """Call what reacts to the writer's facts, and to the facts that these reactions record.

    Args:
        w: The open journal, about to be closed.

    Raises:
        RuntimeError: The reactions would not come to an end.
    """
    done = 0
    for _ in range(MOST_ROUNDS):
        fresh = w.facts[done:]
        if not fresh:
            _sum_up(w)
            return
        done += len(fresh)
        for _, fact in fresh:
            react(w, fact)
    if len(w.facts) == done:
        _sum_up(w)
    else:
        raise RuntimeError(f"Reactions to {w.facts[done][1].kind} do not come to an end.")


def _sum_up(w: Writer) -> None:
    for kinds, reaction in _sums:
        facts = [(ident, fact) for ident, fact in w.facts if (fact.kind, fact.v) in kinds]
        if facts:
            reaction(w, facts)
