"""Transactions that read an SQLite file, at the price of what they read."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine

from gateway.mirror.engine import KEPT, reading


class Readers:
    """
    Opens transactions that read.

    To take a connection out of SQLAlchemy's pool and to put it back takes longer than to find a
    resource by its id in SQLite. So each thread keeps one, by which nothing is ever written.

    Whoever reads fetches all rows before the transaction ends: a statement that is half read keeps
    the state that it is of, which the next transaction of the thread would see.

    Args:
        engine: The database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._keeps = engine.dialect.name == "sqlite"
        self._own = threading.local()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction; see :func:`gateway.mirror.engine.reading`."""
        kept = self._kept()
        if kept is None:
            with reading(self._engine) as connection:
                yield connection
            return
        self._own.is_taken = True
        try:
            # Past SQLAlchemy, to which the connection is in one transaction for ever.
            kept.driver.execute("BEGIN")
            yield kept.connection
            kept.driver.execute("ROLLBACK")
        except BaseException:
            # What raised may hold rows that nobody will fetch, and with them the state they are of.
            self.close()
            raise
        finally:
            self._own.is_taken = False

    @contextmanager
    def glancing(self) -> Iterator[Connection]:
        """Hand over a connection for a single look, which sees the state of now."""
        kept = self._kept()
        if kept is not None:
            yield kept.connection
            return
        with self._engine.connect() as connection:
            yield connection

    def close(self) -> None:
        """Close the connection that this thread keeps; the next transaction opens another."""
        found: _Kept | None = getattr(self._own, "kept", None)
        if found is not None:
            self._own.kept = None
            found.close()

    def _kept(self) -> "_Kept | None":
        """Return this thread's own connection; None where it has none, or reads by it already."""
        if not self._keeps or getattr(self._own, "is_taken", False):
            return None
        found: _Kept | None = getattr(self._own, "kept", None)
        if found is None:
            found = self._own.kept = _Kept(self._engine)
        return found


class _Kept:
    """
    A connection to SQLite that its thread keeps, closed when the thread ends.

    Attributes:
        connection: The connection.
        driver: What the driver knows it by.
    """

    def __init__(self, engine: Engine) -> None:
        self.connection = engine.connect().execution_options(**KEPT)
        self.connection.begin()
        self.driver: Any = self.connection.connection.dbapi_connection
        # The pool would wait for those of threads that have ended.
        self.connection.detach()

    def close(self) -> None:
        """Close it, whatever is being read by it."""
        self.driver.close()

    def __del__(self) -> None:
        # Its transaction and the connection hold each other: until somebody looks for such
        # circles, the file would stay open for every thread that has ended.
        if hasattr(self, "driver"):
            self.close()
