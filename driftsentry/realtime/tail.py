"""Reading the journal's end, and who may still listen: the stream's only queries, each off the event loop."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from channels.db import database_sync_to_async
from django.utils import timezone

from accounts.authentication import session_of_access_token
from accounts.models import Session
from audit.models import AuditHead, AuditLog
from driftsentry.api import tenancy
from driftsentry.realtime.events import CREATION, EVENTS, OF_ORIGIN, Entry
from driftsentry.realtime.protocol import CLOSE_DEACTIVATED, CLOSE_TOKEN


@dataclass(frozen=True, slots=True)
class Head:
    """The end of an account's journal.

    Attributes:
        seq: The last entry's number.
        epoch: Changes when a database is restored.
        archived: Up to this one the entries are in an archive, and no longer here.
    """

    seq: int
    epoch: str
    archived: int = 0

    def refusal(self, after: int, epoch: str) -> str:
        """Why the journal cannot be read on after an entry.

        Args:
            after: The entry's number.
            epoch: The journal's epoch as the reader knows it.

        Returns:
            One of `protocol.RESETS`; empty where it can.
        """
        if epoch != self.epoch:
            return "epoch"
        if after > self.seq:
            return "unknown"
        return "archived" if after < self.archived else ""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a token speaks for, and how long.

    Attributes:
        account_id: The tenant.
        user_id: The user.
        session_id: The session, which may be revoked.
        expires_at: When the token stops.
        user: What the client is told of itself.
    """

    account_id: UUID
    user_id: UUID
    session_id: UUID
    expires_at: datetime
    user: dict[str, str]


NO_JOURNAL = Head(seq=0, epoch="")
"""Of an account that nothing has happened to yet."""

_NEED_ORIGIN = frozenset[str]().union(*OF_ORIGIN.values())

P = ParamSpec("P")
R = TypeVar("R")


async def _off_loop(read: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a query in any thread of the loop's pool: one slow read must not hold up every socket's."""
    found: R = await database_sync_to_async(read, thread_sensitive=False)(*args, **kwargs)
    return found


def _identify(token: str) -> Identity:
    session, claims = session_of_access_token(token)
    user = session.user
    return Identity(
        account_id=user.account_id,
        user_id=user.pk,
        session_id=session.pk,
        expires_at=claims.expires_at,
        user={"id": str(user.pk), "email": user.email, "name": user.name, "role": user.role},
    )


def _heads(accounts: Collection[UUID]) -> dict[UUID, Head]:
    with tenancy.lifted("one look at the journals of all accounts that have sockets here"):
        return {row.account_id: _head(row) for row in AuditHead.objects.filter(account_id__in=accounts)}


def _head(row: AuditHead) -> Head:
    return Head(row.seq, str(row.epoch), row.archived_seq)


def head_of(account: UUID) -> Head:
    """Where a journal ends, for a thread that may wait for the database.

    Args:
        account: Whose journal.
    """
    with tenancy.within(account):
        row = AuditHead.objects.filter(account_id=account).first()
    return _head(row) if row else NO_JOURNAL


def entries_of(account: UUID, *, after: int, limit: int, facets: Collection[str] = ()) -> list[Entry]:
    """The next entries of a journal, in order, for a thread that may wait for the database.

    Args:
        account: Whose journal.
        after: The entry before them.
        limit: Most of them.
        facets: What they are filtered by.
    """
    rows = AuditLog.objects.filter(account_id=account, seq__gt=after).order_by("seq")
    with tenancy.within(account):
        found = list(rows.values_list("seq", "at", "kind", "data", "drift_id")[:limit])
        origins = _origins(account, found) if _NEED_ORIGIN.intersection(facets) else {}
    return [Entry(seq, at, kind, data, origins.get(drift, {})) for seq, at, kind, data, drift in found]


def _origins(account: UUID, rows: Collection[tuple[Any, ...]]) -> dict[UUID | None, dict[str, Any]]:
    """The facts that the drifts of some entries were created with."""
    drifts = {drift for _, _, kind, _, drift in rows if drift and kind in EVENTS and kind != CREATION}
    created = AuditLog.objects.filter(account_id=account, kind=CREATION, drift_id__in=drifts)
    return dict(created.values_list("drift_id", "data")) if drifts else {}


def _ended(sessions: Collection[UUID]) -> dict[UUID, int]:
    rows = Session.objects.filter(pk__in=sessions).values_list("pk", "revoked_at", "expires_at", "user__is_active")
    now, codes = timezone.now(), dict.fromkeys(sessions, CLOSE_TOKEN)
    with tenancy.lifted("one look at the sessions of all sockets here"):
        found = list(rows)
    for ident, revoked_at, expires_at, is_active in found:
        if not is_active:
            codes[ident] = CLOSE_DEACTIVATED
        elif revoked_at is None and expires_at > now:
            del codes[ident]
    return codes


async def identify(token: str) -> Identity:
    """Whose token is it?

    Args:
        token: An access token.

    Raises:
        Unauthenticated: It does not hold.
    """
    return await _off_loop(_identify, token)


async def heads(accounts: Collection[UUID]) -> dict[UUID, Head]:
    """Where the journals of some accounts end.

    Args:
        accounts: The accounts.
    """
    return await _off_loop(_heads, accounts)


async def entries(account: UUID, *, after: int, limit: int, facets: Collection[str] = ()) -> list[Entry]:
    """The next entries of a journal, in order.

    Args:
        account: Whose journal.
        after: The entry before them.
        limit: Most of them.
        facets: What they are filtered by.
    """
    return await _off_loop(entries_of, account, after=after, limit=limit, facets=facets)


async def ended(sessions: Collection[UUID]) -> dict[UUID, int]:
    """Which sessions no longer hold.

    Args:
        sessions: The sessions to look at.

    Returns:
        Of those that ended, the code to close their sockets with.
    """
    return await _off_loop(_ended, sessions)
