"""Opening the mirror's database, and bringing its tables up to date."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import SQLITE_BUSY, OperationalError
from sqlite3 import Connection as SqliteConnection
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text

from gateway.mirror.columns import METADATA

#: How long a process waits for another that writes.
_BUSY_SECONDS = 60
_LOOK_AGAIN_SECONDS = 0.02
#: A resource takes some 2.3 KB of a row: of pages of 4096 bytes each would take one for itself.
_PAGE_BYTES = 8192
#: An arbitrary number that PostgreSQL's advisory locks know our writers by.
_WRITER_LOCK = 0x5C13B17B
_OPTIONS: Mapping[str, Any] = {
    # Parameters hold e-mail addresses and whole resources, which errors would carry into the log.
    "hide_parameters": True,
    # There are no more than threads that use one. Those that wait to write keep theirs meanwhile:
    # were there fewer, who only reads would wait for all of them.
    "max_overflow": -1,
}
#: What a connection to SQLite was told last, as its pool remembers it.
_IS_READ_ONLY = "is_read_only"
_READING: Mapping[str, Mapping[str, Any]] = {
    "sqlite": {"is_reading": True},
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}
_IS_KEPT = "is_kept"
#: The options of a connection that reads, whose transactions somebody else begins and ends.
KEPT: Mapping[str, Any] = {"is_reading": True, _IS_KEPT: True}
#: The names of PostgreSQL in addresses that leave the driver to us.
_POSTGRESQL = frozenset({"postgres", "postgresql"})


def open_database(url: str) -> Engine:
    """
    Return an engine for ``sqlite:///…`` or ``postgresql://…``; nothing is created yet.

    SQLite's folder is made where it is missing. PostgreSQL is spoken to by psycopg 3.

    Raises:
        ValueError: *url* is of a database in memory, of which each thread would have its own.
    """
    parsed = make_url(url)
    if parsed.drivername in _POSTGRESQL:
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        engine = create_engine(parsed, pool_pre_ping=True, **_OPTIONS)
        event.listen(engine, "connect", _prepare_postgresql)
        return engine
    if parsed.database in (None, "", ":memory:"):
        raise ValueError(f"{url} names no file; a database in memory can't be shared.")
    Path(str(parsed.database)).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, connect_args={"timeout": _BUSY_SECONDS}, **_OPTIONS)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def migrate(engine: Engine) -> None:
    """Bring the tables to the newest revision; of several processes at once, one does it."""
    config = Config()
    config.set_main_option("script_location", "gateway.mirror:migrations")
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that is the only one to write until it ends."""
    with engine.execution_options(is_writing=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _WRITER_LOCK})
            # A plan that is kept from when a table was small goes through all of it when it no
            # longer is.
            connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_custom_plan")
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a transaction in which every statement sees the same state, and none may change it."""
    with engine.connect() as connection:
        connection.execution_options(**_READING[engine.dialect.name])
        with connection.begin():
            yield connection


def is_kept(connection: Connection) -> bool:
    """Tell whether nothing is ever written by *connection*, which was opened with :data:`KEPT`."""
    return _IS_KEPT in connection.get_execution_options()


def analyze(connection: Connection) -> None:
    """
    Let the database count its rows anew, once many of them were written.

    Without counts PostgreSQL goes through all users to find one, from a first load until its
    autovacuum gets there. SQLite's plans need none.
    """
    if connection.dialect.name == "postgresql":
        tables = ", ".join(METADATA.tables)
        connection.exec_driver_sql(f"ANALYZE {tables}")


def _prepare_postgresql(connection: Any, _record: object) -> None:
    # To compile a long filter takes it fifty times as long as to look at every row by it.
    with connection.cursor() as cursor:
        cursor.execute("SET jit = off")
    connection.commit()


def _prepare_sqlite(connection: SqliteConnection, _record: object) -> None:
    # The driver opens no transaction of its own: ours begin as _begin_sqlite says.
    connection.isolation_level = None
    # Of a file that is there already it stays as it is.
    connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
    _write_ahead(connection)
    for pragma in ("synchronous = NORMAL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _write_ahead(connection: SqliteConnection) -> None:
    """Have a log written ahead; of processes that switch a new file to it at once, all get it."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except OperationalError as error:
            # Here alone SQLite may refuse at once, however long it was told to wait.
            if error.sqlite_errorcode != SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_LOOK_AGAIN_SECONDS)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    # Past SQLAlchemy, which takes longer over these than SQLite does: neither waits, or can fail.
    driver: Any = connection.connection.driver_connection
    is_reading = options.get("is_reading", False)
    if connection.info.get(_IS_READ_ONLY) is not is_reading:
        driver.execute(f"PRAGMA query_only = {int(is_reading)}")
        connection.info[_IS_READ_ONLY] = is_reading
    if _IS_KEPT in options:
        return
    if options.get("is_writing"):
        # It takes its lock at once: a reader that turns writer half-way could only fail.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        driver.execute("BEGIN")
