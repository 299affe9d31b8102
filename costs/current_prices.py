"""The prices that hold now: the package's tables, and over them what was read from the provider since.

They are asked for with every drift and change with every release or `manage.py refresh_prices`, so a process keeps
them for some minutes, and then looks only whether any is newer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from time import monotonic

from django.db.models import Count, Max

from costs.models import PriceList
from costs.prices import CURRENCY, PACKAGED, PriceBook, PriceTable, figures_of

KEPT_SECONDS = 300
"""How long a process may go on with prices that another one has replaced."""

Version = tuple[int, datetime | None]


@dataclass(slots=True)
class _Shelf:
    """The book that this process goes by."""

    book: PriceBook = PACKAGED
    version: Version | None = None
    until: float = 0.0
    """When it is to be looked at again, on the monotonic clock."""


_shelf = _Shelf()
_lock = Lock()


def current_prices() -> PriceBook:
    """Return the prices that hold now, at most some minutes old: no statement, or one, or where there is news two."""
    with _lock:
        if monotonic() >= _shelf.until:
            version = _version()
            if version != _shelf.version:
                _shelf.book, _shelf.version = _read(), version
            _shelf.until = monotonic() + KEPT_SECONDS
        return _shelf.book


def forget_prices() -> None:
    """Let the next look be a fresh one, as after a change by this very process."""
    with _lock:
        _shelf.book, _shelf.version, _shelf.until = PACKAGED, None, 0.0


def _version() -> Version:
    found = PriceList.objects.aggregate(count=Count("pk"), newest=Max("updated_at"))
    return found["count"], found["newest"]


def _read() -> PriceBook:
    tables = {
        (family, row.region): PriceTable(
            family=family,
            what=f"{row.service} in {row.region}, on demand",
            source=row.source,
            licence="",
            date=row.date,
            currency=row.currency,
            figures=figures_of({row.region: units}),
        )
        for row in PriceList.objects.filter(currency=CURRENCY)
        for family, units in row.figures.items()
    }
    return PriceBook(tables)
