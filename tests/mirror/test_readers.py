"""Transactions that read, by a connection that each thread keeps."""

import gc
import threading
from datetime import datetime
from pathlib import Path
from sqlite3 import OperationalError

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from gateway.mirror.mirror import Mirror
from gateway.mirror.readers import Readers


def _collections(mirror: Mirror) -> set[str]:
    with mirror.reading() as snapshot:
        return set(snapshot.freshness.all())


def _read(mirror: Mirror, collection: str, now: datetime) -> None:
    with mirror.writing() as tx:
        tx.freshness.record_read(collection, read_at=now, calls=1)


def test_a_thread_keeps_its_connection(sqlite: Engine) -> None:
    """And takes none out of the pool after that."""
    readers = Readers(sqlite)
    with readers.reading() as first:
        pass
    with readers.reading() as second:
        assert second is first
    others: list[object] = []

    def read() -> None:
        with readers.reading() as another:
            others.append(another)

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    assert others[0] is not first


def test_each_transaction_sees_what_was_written_before_it(mirror: Mirror, now: datetime) -> None:
    """By whatever connection, and nothing that is written while it lasts."""
    assert _collections(mirror) == set()
    _read(mirror, "members", now)
    with mirror.reading() as snapshot:
        assert set(snapshot.freshness.all()) == {"members"}
        _read(mirror, "groups", now)
        assert set(snapshot.freshness.all()) == {"members"}
    assert _collections(mirror) == {"members", "groups"}


def test_a_transaction_within_another_has_one_of_its_own(mirror: Mirror, now: datetime) -> None:
    """It sees what was written since the outer one began, which goes on as it was."""
    with mirror.reading() as outer:
        assert outer.freshness.all() == {}
        _read(mirror, "members", now)
        assert _collections(mirror) == {"members"}
        assert outer.freshness.all() == {}
    assert _collections(mirror) == {"members"}


def test_what_a_failure_left_half_read_is_let_go(mirror: Mirror, now: datetime) -> None:
    """Rows that nobody fetched, and that the failure still holds, keep no old state alive."""

    def fail_half_way() -> None:
        with mirror.reading() as snapshot:
            rows = snapshot._connection.execute(text("SELECT collection FROM freshness"))  # noqa: SLF001 - as careless as can be
            raise LookupError(rows)

    _read(mirror, "members", now)
    with pytest.raises(LookupError) as caught:
        fail_half_way()
    _read(mirror, "groups", now)
    assert _collections(mirror) == {"members", "groups"}
    del caught


def test_a_failure_ends_the_transaction_alone(sqlite: Engine) -> None:
    """Whether the database refused, or who was reading gave up."""
    readers = Readers(sqlite)
    with pytest.raises(DBAPIError), readers.reading() as connection:
        connection.execute(text("DELETE FROM members"))
    with pytest.raises(LookupError), readers.reading():
        raise LookupError
    with readers.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM members")) == 0


def test_a_connection_is_closed_with_its_thread(sqlite: Engine) -> None:
    """Without a wait for the garbage collector: threads come and go with every refresh."""
    mirror, file = Mirror(sqlite, "acme"), str(sqlite.url.database)

    def read_apart() -> None:
        thread = threading.Thread(target=_collections, args=(mirror,))
        thread.start()
        thread.join()

    gc.disable()
    try:
        before = _times_open(file)
        for _ in range(3):
            read_apart()
        assert _times_open(file) <= before
    finally:
        gc.enable()


def test_a_closed_mirror_leaves_nothing_open(sqlite: Engine) -> None:
    """Processes that are forked now share no connection; whoever reads again opens another."""
    mirror, file = Mirror(sqlite, "acme"), str(sqlite.url.database)
    _collections(mirror)
    assert _times_open(file)
    mirror.close()
    assert not _times_open(file)
    assert _collections(mirror) == set()


@pytest.mark.parametrize("left_by", ["BEGIN", "END"])
def test_a_transaction_that_could_not_begin_or_end_is_not_gone_on_with(
    sqlite: Engine, left_by: str
) -> None:
    """The next one has another connection."""
    readers = Readers(sqlite)
    with readers.reading() as connection:
        driver = connection.connection.dbapi_connection
        assert driver is not None
    if left_by == "BEGIN":
        driver.cursor().execute(left_by)
        with pytest.raises(OperationalError), readers.reading():
            pass
    else:
        with pytest.raises(OperationalError), readers.reading():
            driver.cursor().execute(left_by)
    with readers.reading() as another:
        assert another is not connection
        assert another.scalar(text("SELECT count(*) FROM members")) == 0


def _times_open(file: str) -> int:
    links = (link for link in Path("/proc/self/fd").iterdir() if link.is_symlink())
    return sum(link.readlink() == Path(file) for link in links)
