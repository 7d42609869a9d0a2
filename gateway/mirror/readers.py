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
        if not self._keeps or getattr(self._own, "is_taken", False):
            with reading(self._engine) as connection:
                yield connection
            return
        kept, driver = self._kept()
        # Past SQLAlchemy, to which the connection is in one transaction for ever.
        driver.execute("BEGIN")
        self._own.is_taken = True
        try:
            yield kept
        except BaseException:
            # What raised may hold rows that nobody will fetch, and with them the state they are of.
            self._own.kept = None
            driver.close()
            raise
        else:
            driver.execute("ROLLBACK")
        finally:
            self._own.is_taken = False

    def _kept(self) -> tuple[Connection, Any]:
        """Return this thread's own connection, and what the driver knows it by."""
        found: tuple[Connection, Any] | None = getattr(self._own, "kept", None)
        if found is None:
            connection = self._engine.connect().execution_options(**KEPT)
            connection.begin()
            driver = connection.connection.dbapi_connection
            # The pool would wait for those of threads that have ended.
            connection.detach()
            found = self._own.kept = connection, driver
        return found
