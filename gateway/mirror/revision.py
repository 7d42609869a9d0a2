"""A number that grows with every change of the mirror, and costs next to nothing to look at."""

from sqlalchemy import Connection, bindparam, insert, select, update

from gateway.mirror.engine import is_kept
from gateway.mirror.prepared import Prepared, rows_of
from gateway.mirror.tables import REVISIONS


def advance(connection: Connection, integration: str) -> None:
    """Make the number of *integration* another, in the transaction that changes its mirror."""
    mine = REVISIONS.c.integration == integration
    grown = update(REVISIONS).where(mine).values(number=REVISIONS.c.number + 1)
    if not connection.execute(grown).rowcount:
        connection.execute(insert(REVISIONS).values(integration=integration, number=1))


_NUMBER = Prepared(select(REVISIONS.c.number).where(REVISIONS.c.integration == bindparam("mine")))

#: What a connection knew the number by at its last look, and the number.
_KNOWN = "revision"


def number_of(connection: Connection, integration: str) -> int:
    """
    Return the number as *connection* sees it; 0 before anything was written.

    By one that is kept, where nobody has written to the file since its last look, the number is not
    even read: SQLite tells (``PRAGMA data_version``).
    """
    if not is_kept(connection):
        return _read(connection, integration)
    # In this order: what is written in between, outside of a transaction, shows at the next look.
    ((version,),) = rows_of(connection, "PRAGMA data_version", {})
    known: tuple[int, int] | None = connection.info.get(_KNOWN)
    if known is None or known[0] != version:
        known = connection.info[_KNOWN] = version, _read(connection, integration)
    return known[1]


def _read(connection: Connection, integration: str) -> int:
    found = _NUMBER.rows(connection, mine=integration)
    return int(found[0][0]) if found else 0
