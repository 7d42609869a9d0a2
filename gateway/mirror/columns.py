"""The kinds of columns that tables are made of, and what all tables belong to."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Integer,
    MetaData,
    String,
    Text,
)

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

#: Text that is ordered by code point, as SQLite and Python do and PostgreSQL does if it is told.
TEXT = Text().with_variant(Text(collation="C"), "postgresql")
#: Instants are kept as their canonical text, which is ordered as they are.
INSTANT = String(27).with_variant(String(27, collation="C"), "postgresql")
#: SQLite numbers the rows of no other integer type by itself.
KEY = BigInteger().with_variant(Integer(), "sqlite")


def text(name: str, *, required: bool = False) -> Column[str]:
    """Return a column of text."""
    return Column(name, TEXT, nullable=not required)


def part_of_key(name: str) -> Column[str]:
    """Return a column of text that rows are told apart by."""
    return Column(name, TEXT, primary_key=True)


def instant(name: str) -> Column[str]:
    """Return a column of an instant; it may be unknown."""
    return Column(name, INSTANT)


def flag(name: str) -> Column[bool]:
    """Return a column of what is or is not; it may be unknown."""
    return Column(name, Boolean)
