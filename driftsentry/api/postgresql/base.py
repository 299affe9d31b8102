"""A database backend that holds each transaction behind the wall of its context (`driftsentry.api.tenancy`).

Before a statement, the transaction is told its role and account, both *for that transaction only*: PostgreSQL itself
forgets them at its end, however it ends. So a connection comes clean out of every transaction, whoever has it next:
another thread by way of psycopg's pool, or another process by way of PgBouncer in transaction mode. A statement outside
any transaction gets one of its own. Where the wall is lifted nothing is added at all.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from django.db.backends.postgresql import base
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper
from psycopg.pq import TransactionStatus

from driftsentry.api import tenancy
from driftsentry.api.tenancy import Wall
from driftsentry.api.walls import ROLE, SETTING

BEGIN_BEHIND: LiteralString = "BEGIN; SELECT set_config('role', %s, true), set_config(%s, %s, true)"
GO_BEHIND: LiteralString = "SELECT set_config('role', %s, true), set_config(%s, %s, true)"
LOGIN_ROLE = "none"


@dataclass(frozen=True, slots=True)
class Told:
    """What the present transaction has been told.

    Attributes:
        wall: The wall; None: it runs as the role that logged in.
    """

    wall: Wall | None


AS_BEGUN = Told(None)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's connection, whose statements run behind the wall."""

    _told: Told | None = AS_BEGUN
    """None: not known, as after a rollback to a savepoint; then it is told again."""

    def make_cursor(self, cursor: Any) -> CursorWrapper:
        """A cursor that is not logged.

        Args:
            cursor: psycopg's.
        """
        return WalledCursor(cursor, self)

    def make_debug_cursor(self, cursor: Any) -> CursorDebugWrapper:
        """A cursor whose queries are logged.

        Args:
            cursor: psycopg's.
        """
        return WalledDebugCursor(cursor, self)

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]
        self._told = None

    @contextmanager
    def behind_the_wall(self) -> Iterator[None]:
        """Run a statement as its context asks for."""
        wall, status = tenancy.present(), self.connection.info.transaction_status
        if status == TransactionStatus.INERROR:
            # It is refused anyway, unless it is the rollback, which takes back what was told since its savepoint.
            self._told = None
            yield
        elif status == TransactionStatus.IDLE and self.connection.autocommit:
            with self._transaction_of_its_own(wall):
                yield
        else:
            self._tell(wall, fresh=status == TransactionStatus.IDLE)
            yield

    def _tell(self, wall: Wall | None, *, fresh: bool) -> None:
        """Tell the transaction, unless it knows. In one that Django has not begun nothing is taken as known."""
        if fresh:
            self._told = AS_BEGUN
        elif self.connection.autocommit:
            self._told = None
        if self._told == Told(wall):
            return
        with self.wrap_database_errors:
            self.connection.execute(GO_BEHIND, parameters_of(wall))
        self._told = Told(wall)

    @contextmanager
    def _transaction_of_its_own(self, wall: Wall | None) -> Iterator[None]:
        self._told = AS_BEGUN
        if wall is None:
            yield
            return
        with self.wrap_database_errors:
            try:
                self.connection.execute(BEGIN_BEHIND, parameters_of(wall))
                yield
            except BaseException:
                self._roll_back()
                raise
            self.connection.execute("COMMIT")

    def _roll_back(self) -> None:
        """End a transaction of ours; a connection that cannot is closed, and so ends it too."""
        try:
            if self.connection.info.transaction_status != TransactionStatus.IDLE:
                self.connection.execute("ROLLBACK")
        except psycopg.Error:
            self.connection.close()


def parameters_of(wall: Wall | None) -> tuple[str, str, str]:
    """What a transaction is told.

    Args:
        wall: The wall; None where it is lifted.
    """
    account: UUID | None = wall.account_id if wall else None
    return (ROLE if wall else LOGIN_ROLE, SETTING, str(account or ""))


class WalledCursor(CursorWrapper):
    """A cursor whose statements run behind the wall, by whatever method."""

    db: DatabaseWrapper
    cursor: Any

    def _execute(self, sql: Any, params: Any, *ignored: Any) -> Any:
        self.db.validate_no_broken_transaction()
        with self.db.behind_the_wall():
            return super()._execute(sql, params, *ignored)  # type: ignore[misc]

    def _executemany(self, sql: Any, param_list: Any, *ignored: Any) -> Any:
        self.db.validate_no_broken_transaction()
        with self.db.behind_the_wall():
            return super()._executemany(sql, param_list, *ignored)  # type: ignore[misc]

    def callproc(self, procname: str, params: Any = None, kparams: Any = None) -> Any:
        """Call a function.

        Args:
            procname: Its name.
            params: Its arguments.
            kparams: Not supported by PostgreSQL's backend.
        """
        with self.db.behind_the_wall():
            return super().callproc(procname, params, kparams)

    @contextmanager
    def copy(self, statement: Any, params: Any = None) -> Iterator[Any]:
        """COPY, as psycopg's `cursor.copy`.

        Args:
            statement: The statement.
            params: Its parameters.
        """
        self.db.validate_no_broken_transaction()
        with self.db.wrap_database_errors, self.db.behind_the_wall(), self.cursor.copy(statement, params) as copying:
            yield copying

    def stream(self, query: Any, params: Any = None) -> Iterator[Any]:
        """Rows as they come, as psycopg's `cursor.stream`.

        Args:
            query: The query.
            params: Its parameters.
        """
        self.db.validate_no_broken_transaction()
        with self.db.wrap_database_errors, self.db.behind_the_wall():
            yield from self.cursor.stream(query, params)


class WalledDebugCursor(base.CursorDebugWrapper, WalledCursor):
    """The same with its queries logged."""

    @contextmanager
    def copy(self, statement: Any, params: Any = None) -> Iterator[Any]:
        """COPY, as psycopg's `cursor.copy`.

        Args:
            statement: The statement.
            params: Its parameters.
        """
        with self.debug_sql(statement), WalledCursor.copy(self, statement, params) as copying:
            yield copying
