"""A unit of work: what several pieces of code write, each in a transaction of its own, in one transaction after all."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import transaction

_is_open: ContextVar[bool] = ContextVar("driftsentry_unit", default=False)


@contextmanager
def whole() -> Iterator[None]:
    """Let all that is written while the block lasts be committed at its end, or none of it."""
    with transaction.atomic(durable=True):
        before = _is_open.set(True)
        try:
            yield
        finally:
            _is_open.reset(before)


@contextmanager
def part() -> Iterator[None]:
    """Write something: a part of the unit that is open, or else a transaction of its own, committed at its end.

    Raises:
        RuntimeError: A transaction is open that is no unit: nobody could tell when it is committed.
    """
    with transaction.atomic(durable=not _is_open.get()):
        yield
