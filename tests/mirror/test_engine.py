import multiprocessing
import sqlite3
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from gateway.mirror.columns import METADATA
from gateway.mirror.engine import analyze, migrate, open_database, reading, writing
from gateway.mirror.mirror import Mirror


def test_the_migrations_make_the_tables_that_the_code_knows(engine: Engine) -> None:
    """Nothing differs between the revisions and the metadata."""
    with engine.connect() as connection:
        # Tables of texts are made as the database can, and are known where they are asked.
        context = MigrationContext.configure(
            connection, opts={"include_name": lambda name, *_: "_texts" not in (name or "")}
        )
        assert compare_metadata(context, METADATA) == []


def test_the_migrations_make_the_indexes_that_the_code_knows(engine: Engine) -> None:
    """Alembic's comparison looks past the condition of a partial index: names and columns agree."""
    inspector = inspect(engine)
    made = {
        (index["name"], tuple(index["column_names"]))
        for table in METADATA.tables
        for index in inspector.get_indexes(table)
        if not index.get("duplicates_constraint")
    }
    declared = {
        (index.name, tuple(column.name for column in index.columns))
        for table in METADATA.tables.values()
        for index in table.indexes
    }
    assert made == declared


def test_migrating_again_changes_nothing(engine: Engine, now: datetime) -> None:
    """What is in the tables stays."""
    mirror = Mirror(engine, integration="acme")
    with mirror.writing() as tx:
        tx.freshness.record_read("members", read_at=now, calls=1)
    migrate(engine)
    with mirror.reading() as tx:
        assert tx.freshness.all()["members"].calls == 1


def test_migrating_back_leaves_nothing(sqlite: Engine) -> None:
    """Every table that the revisions make is taken back by them."""
    config = Config()
    config.set_main_option("script_location", "gateway.mirror:migrations")
    with writing(sqlite) as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert inspect(sqlite).get_table_names() == ["alembic_version"]


def test_the_folder_of_an_sqlite_database_is_made(tmp_path: Path) -> None:
    """A state folder need not exist."""
    path = tmp_path / "a" / "b" / "mirror.db"
    engine = open_database(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    assert path.exists()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_is_spoken_to_by_psycopg(scheme: str) -> None:
    """The address need not name the driver."""
    engine = open_database(f"{scheme}://localhost/mirror")
    assert engine.dialect.driver == "psycopg"


def test_a_database_in_memory_is_refused() -> None:
    """Each thread would have one of its own."""
    with pytest.raises(ValueError, match="file"):
        open_database("sqlite://")


def test_an_exception_undoes_a_transaction(mirror: Mirror, now: datetime) -> None:
    """All of it lands, or nothing does."""

    def fail() -> None:
        with mirror.writing() as tx:
            tx.freshness.record_read("members", read_at=now, calls=1)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with mirror.reading() as tx:
        assert tx.freshness.all() == {}


def test_a_reader_sees_one_state(mirror: Mirror, now: datetime) -> None:
    """What is written meanwhile shows in the next transaction."""
    with mirror.reading() as before:
        assert before.freshness.all() == {}
        with mirror.writing() as tx:
            tx.freshness.record_read("members", read_at=now, calls=1)
        assert before.freshness.all() == {}
    with mirror.reading() as after:
        assert set(after.freshness.all()) == {"members"}


def test_reading_writes_nothing(engine: Engine) -> None:
    """The database itself refuses."""
    with pytest.raises(DBAPIError), reading(engine) as connection:
        connection.execute(text("DELETE FROM members"))


def test_a_connection_that_has_read_writes_again(sqlite: Engine) -> None:
    """The refusal ends with the transaction."""
    with reading(sqlite) as connection:
        connection.execute(text("SELECT 1"))
    with writing(sqlite) as connection:
        connection.execute(text("DELETE FROM members"))


def test_writers_wait_for_each_other(mirror: Mirror, now: datetime) -> None:
    """Threads that count up lose no step."""

    def count_up() -> None:
        for _ in range(10):
            with mirror.writing() as tx:
                known = tx.freshness.all().get("members")
                calls = known.calls if known else 0
                tx.freshness.record_read("members", read_at=now, calls=calls + 1)

    _side_by_side(threading.Thread, [count_up] * 4)
    with mirror.reading() as tx:
        assert tx.freshness.all()["members"].calls == 40


def test_processes_that_start_at_once_migrate_once(empty_url: str) -> None:
    """One does it, the others find it done; then all of them write."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(4)
    processes = [
        context.Process(target=_start_and_count_up, args=(empty_url, barrier)) for _ in range(4)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
    engine = open_database(empty_url)
    with Mirror(engine, integration="acme").reading() as tx:
        assert tx.freshness.all()["members"].calls == 40
    engine.dispose()


def test_postgresql_compiles_no_filters(postgresql: Engine) -> None:
    """Long ones would take it far longer than to look at every row; a rollback changes nothing."""
    for _ in range(2):
        with postgresql.connect() as connection:
            assert connection.exec_driver_sql("SHOW jit").scalar() == "off"
            connection.rollback()


def test_sqlite_is_set_up_for_several_processes(sqlite: Engine) -> None:
    """Readers don't wait for the writer, and references between tables hold."""
    with sqlite.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1}


def test_who_reads_does_not_wait_for_those_who_wait_to_write(engine: Engine) -> None:
    """However many they are: each of them holds a connection meanwhile."""
    mirror = Mirror(engine, integration="acme")
    waiting = [threading.Thread(target=_write, args=(mirror,)) for _ in range(20)]
    with mirror.leasing():
        for writer in waiting:
            writer.start()
        deadline = time.monotonic() + 10
        while engine.pool.checkedout() <= len(waiting):  # type: ignore[attr-defined]  # a queue has it
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert mirror.revision() == 0
        with mirror.reading() as snapshot:
            assert snapshot.freshness.all() == {}
    for writer in waiting:
        writer.join()


def test_a_file_that_others_switch_just_now_is_waited_for(tmp_path: Path) -> None:
    """SQLite itself would refuse at once, and the process that starts would end."""
    path = tmp_path / "mirror.sqlite3"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE begun (number INTEGER)")
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.2, other.execute, ["COMMIT"])
    timer.start()
    engine = open_database(f"sqlite:///{path}")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    timer.join()
    other.close()
    engine.dispose()


def _start_and_count_up(url: str, barrier: Any) -> None:
    barrier.wait()
    engine = open_database(url)
    migrate(engine)
    mirror = Mirror(engine, integration="acme")
    for _ in range(10):
        with mirror.writing() as tx:
            known = tx.freshness.all().get("members")
            calls = known.calls if known else 0
            tx.freshness.record_read(
                "members", read_at=datetime.fromisoformat("2026-11-23T00:00:00Z"), calls=calls + 1
            )
    engine.dispose()


def _write(mirror: Mirror) -> None:
    with mirror.leasing():
        pass


def _side_by_side(thread: type[threading.Thread], targets: list[Callable[[], None]]) -> None:
    threads = [thread(target=target) for target in targets]
    for started in threads:
        started.start()
    for started in threads:
        started.join()


def test_a_table_that_grows_in_a_transaction_is_looked_up_by_its_index(
    postgresql: Engine,
) -> None:
    """Though it was empty when PostgreSQL first thought of a way."""
    keys = {f"key_{number}": str(number) for number in range(1, 201)}
    among = ", ".join(f":{name}" for name in keys)
    look_up = text(f"SELECT count(*) FROM members WHERE integration = :mine AND uuid IN ({among})")  # noqa: S608 - of names alone
    scans = text("SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'members'")
    insert = text(
        "INSERT INTO members (integration, uuid, display_name, account_type, is_active) "
        "SELECT 'acme', number, 'x', 'user', true FROM generate_series(1, 20000) AS number"
    )
    with writing(postgresql) as connection:
        analyze(connection)
        for _ in range(20):
            connection.scalar(look_up, {"mine": "acme", **keys})
        connection.execute(insert)
        before = connection.scalar(scans)
        for _ in range(20):
            assert connection.scalar(look_up, {"mine": "acme", **keys}) == len(keys)
        assert connection.scalar(scans) == before
