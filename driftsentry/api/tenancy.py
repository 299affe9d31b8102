"""Whose data a piece of work may see: the first wall, which views ask, and the second, which PostgreSQL holds.

The first wall is in the code: every queryset of a view starts from the account of its user. The second one is row-level
security: each transaction says which account it is for (`driftsentry.api.postgresql`), and the database then shows and
takes only that account's rows, whatever the query. Work that says nothing is for no account and sees no tenant's rows;
what looks across tenants says so with `lifted`.

The wall belongs to the context (PEP 567). A task and `sync_to_async` inherit it; a new thread begins with no account.
What a response would stream is made after the middleware has reset it: such an iterator enters the account itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Q, QuerySet

Rows = TypeVar("Rows", bound=QuerySet[Any])


class WrongTenant(RuntimeError):
    """Work for one account has turned to another one: a bug, and what the walls are there to stop."""


@dataclass(frozen=True, slots=True)
class Wall:
    """What PostgreSQL is told.

    Attributes:
        account_id: The account whose rows are there; none: no tenant's rows are.
    """

    account_id: UUID | None = None


NOBODY = Wall()
_wall: ContextVar[Wall | None] = ContextVar("driftsentry_wall", default=NOBODY)


def present() -> Wall | None:
    """The wall of this context; None where it is lifted."""
    return _wall.get()


@contextmanager
def within(account_id: UUID) -> Iterator[None]:
    """Do a piece of work for one account. Work for which the wall is lifted stays so.

    Args:
        account_id: The account.

    Raises:
        WrongTenant: The work is for another account already.
    """
    before = _wall.get()
    enter(account_id)
    try:
        yield
    finally:
        _wall.set(before)


def enter(account_id: UUID) -> None:
    """Do the rest of a request for one account; the middleware ends it. Work for which the wall is lifted stays so.

    Args:
        account_id: The account.

    Raises:
        WrongTenant: The request is for another account already.
    """
    before = _wall.get()
    if before is None or before.account_id == account_id:
        return
    if before.account_id is not None:
        raise WrongTenant("This work is for another account.")
    _wall.set(Wall(account_id))


@contextmanager
def behind() -> Iterator[None]:
    """Begin a piece of work that nobody has spoken for yet, and forget at its end for whom it was."""
    before = _wall.get()
    _wall.set(NOBODY)
    try:
        yield
    finally:
        _wall.set(before)


@contextmanager
def lifted(why: str) -> Iterator[None]:
    """Let a piece of work pass: it sees every tenant's rows, as the owner of the tables.

    Args:
        why: What it has to look across tenants for.
    """
    before = _wall.get()
    _wall.set(None)
    try:
        yield
    finally:
        _wall.set(before)


def account_id_of(request: Any) -> UUID:
    """The account of a request's user.

    Args:
        request: An authenticated DRF request.
    """
    ident: UUID = request.user.account_id
    return ident


def within_reach(request: Any, rows: Rows, *paths: str) -> Rows:
    """The rows that a request may see: for an API key that is limited to a stack, those of that stack.

    Args:
        request: An authenticated DRF request.
        rows: The account's.
        *paths: Where a row's stack stands; more than one where it may be found by either.
    """
    stack_id = getattr(request.user, "stack_id", None)
    if stack_id is None:
        return rows
    found: Rows = rows.filter(reduce(or_, (Q(**{path: stack_id}) for path in paths)))
    return found


def is_described(view: Any) -> bool:
    """Whether a view is only being looked at by drf-spectacular, with no user.

    Args:
        view: The view.
    """
    return bool(getattr(view, "swagger_fake_view", False))
