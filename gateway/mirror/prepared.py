"""Statements that almost every request makes, put into the database's words once for all."""

from collections.abc import Mapping
from functools import cache
from typing import Any, NoReturn

from sqlalchemy import Connection, SelectBase
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import DBAPIError

#: How the drivers are handed parameters by their names.
_DIALECTS: dict[str, Any] = {"sqlite": SQLiteDialect_pysqlite, "postgresql": PGDialect_psycopg}
_STYLES = {"sqlite": "named", "postgresql": "pyformat"}


class Prepared:
    """
    A statement that selects, ready to be made.

    SQLAlchemy takes some ten times as long over a look-up as SQLite does. What is selected comes
    as the driver has it: text, bytes and whole numbers.

    Args:
        statement: The statement; its parameters have names, and are single values.
    """

    def __init__(self, statement: SelectBase) -> None:
        self._statement = statement
        self._words = cache(self._put)

    def rows(self, connection: Connection, **parameters: Any) -> list[tuple[Any, ...]]:
        """
        Return the rows, in the transaction of *connection*.

        Raises:
            DBAPIError: The database can't answer.
        """
        words, constants = self._words(connection.dialect.name)
        return rows_of(connection, words, constants | parameters)

    def _put(self, dialect: str) -> tuple[str, dict[str, Any]]:
        """Return the statement as text, and the values that are part of it."""
        compiled = self._statement.compile(dialect=_DIALECTS[dialect](paramstyle=_STYLES[dialect]))
        return str(compiled), dict(compiled.params)


def rows_of(
    connection: Connection, words: str, parameters: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    """
    Return the rows of a statement in the database's own words.

    Raises:
        DBAPIError: The database can't answer.
    """
    driver: Any = connection.connection.dbapi_connection
    try:
        rows: list[tuple[Any, ...]] = driver.execute(words, parameters).fetchall()
    except connection.dialect.loaded_dbapi.Error as error:
        _refuse(words, error, connection)
    return rows


def _refuse(words: str, error: Exception, connection: Connection) -> NoReturn:
    """Raise *error* as SQLAlchemy does; what was asked for reaches no log."""
    dialect = connection.dialect
    raise DBAPIError.instance(
        words, None, error, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect
    ) from error
