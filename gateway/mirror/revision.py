"""A number that grows with every change of the mirror, and costs next to nothing to look at."""

import threading
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, insert, select, update

from gateway.mirror.prepared import Prepared
from gateway.mirror.tables import REVISIONS


def advance(connection: Connection, integration: str) -> None:
    """Make the number of *integration* another, in the transaction that changes its mirror."""
    mine = REVISIONS.c.integration == integration
    grown = update(REVISIONS).where(mine).values(number=REVISIONS.c.number + 1)
    if not connection.execute(grown).rowcount:
        connection.execute(insert(REVISIONS).values(integration=integration, number=1))


_NUMBER = Prepared(select(REVISIONS.c.number).where(REVISIONS.c.integration == bindparam("mine")))


def number_of(connection: Connection, integration: str) -> int:
    """Return the number as a transaction sees it; 0 before anything was written."""
    found = _NUMBER.rows(connection, mine=integration)
    return int(found[0][0]) if found else 0


class Revision:
    """
    The number of one integration, as every process sees it.

    Where nobody has written to an SQLite file since the last look, by any connection, the number
    is not even read: SQLite tells (``PRAGMA data_version``).

    Args:
        engine: The database.
        integration: Whose mirror it is.
    """

    def __init__(self, engine: Engine, integration: str) -> None:
        self._engine = engine
        self._integration = integration
        self._own = threading.local()

    def number(self) -> int:
        """Return the number; 0 before anything was written."""
        if self._engine.dialect.name != "sqlite":
            return self._read()
        connection = self._connection()
        (version,) = connection.execute("PRAGMA data_version").fetchone()
        if version != self._own.version:
            # In this order: what is written in between shows at the next look.
            number = self._read()
            self._own.version, self._own.number = version, number
        return int(self._own.number)

    def _connection(self) -> SqliteConnection:
        """Return this thread's own connection, by which nothing is ever written."""
        found: Any = getattr(self._own, "connection", None)
        if found is None:
            proxied = self._engine.raw_connection()
            found = self._own.connection = proxied.dbapi_connection
            proxied.detach()
            self._own.version = None
        connection: SqliteConnection = found
        return connection

    def _read(self) -> int:
        with self._engine.connect() as connection:
            return number_of(connection, self._integration)
