"""
The statements that facts are read by.

Those that many requests make are put together once: that takes longer than to answer them.
"""

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from operator import itemgetter
from typing import Any, ClassVar, Protocol

from sqlalchemy import ColumnElement, Select, Table, bindparam, select, union, union_all

from gateway.mirror import tables
from gateway.mirror.prepared import Prepared


class Fact(Protocol):
    """A kind of fact, whose fields are columns."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


def _looked_up(column: ColumnElement[str], condition: ColumnElement[bool]) -> Select[Any]:
    table = tables.MEMBERS
    return select(column, table.c.uuid, table.c.read_at).where(
        table.c.integration == bindparam("mine"), table.c.gone_at.is_(None), condition
    )


def _looked_up_by(column: ColumnElement[str]) -> tuple[Prepared, Select[Any]]:
    return (
        Prepared(_looked_up(column, column == bindparam("key"))),
        _looked_up(column, column.in_(bindparam("keys", expanding=True))),
    )


WITH_UUID, BY_UUID = _looked_up_by(tables.MEMBERS.c.uuid)
WITH_ACCOUNT_ID, BY_ACCOUNT_ID = _looked_up_by(tables.MEMBERS.c.account_id)
_SINGLY = (tables.MEMBERS.c.integration == bindparam("mine")) & tables.MEMBERS.c.read_at.is_not(
    None
)
LOOKED_UP_SINGLY = union_all(
    select(tables.MEMBERS.c.uuid).where(_SINGLY),
    select(tables.MEMBERS.c.account_id).where(_SINGLY),
    select(tables.ABSENCES.c.uuid).where(tables.ABSENCES.c.integration == bindparam("mine")),
)
# In no order: to find a few in that of their texts, SQLite would go through all of them.
_ADDRESSES = select(
    tables.ADDRESSES.c.text, tables.ADDRESSES.c.member_uuid, tables.ADDRESSES.c.asked_at
).where(tables.ADDRESSES.c.integration == bindparam("mine"))
OF_MEMBER = Prepared(_ADDRESSES.where(tables.ADDRESSES.c.member_uuid == bindparam("key")))
_HOLDERS = select(tables.ADDRESSES.c.member_uuid).where(
    tables.ADDRESSES.c.integration == bindparam("mine"),
    tables.ADDRESSES.c.text == bindparam("key"),
    tables.ADDRESSES.c.member_uuid.is_not(None),
)
# Apart, so that each is found by its index.
WITH_OTHERS = Prepared(
    union(
        _ADDRESSES.where(tables.ADDRESSES.c.text == bindparam("key")),
        _ADDRESSES.where(tables.ADDRESSES.c.member_uuid.in_(_HOLDERS)),
    )
)
ASKED_OF_MEMBER = Prepared(
    select(tables.ADDRESSES.c.asked_at)
    .join(
        tables.MEMBERS,
        (tables.MEMBERS.c.integration == tables.ADDRESSES.c.integration)
        & (tables.MEMBERS.c.uuid == tables.ADDRESSES.c.member_uuid),
    )
    .where(
        tables.ADDRESSES.c.integration == bindparam("mine"),
        tables.ADDRESSES.c.member_uuid == bindparam("key"),
        tables.MEMBERS.c.gone_at.is_(None),
    )
)
ABSENT = select(tables.ABSENCES.c.uuid, tables.ABSENCES.c.asked_at).where(
    tables.ABSENCES.c.integration == bindparam("mine"),
    tables.ABSENCES.c.uuid.in_(bindparam("keys", expanding=True)),
)


@cache
def present_rows(
    fact: type[Fact], table: Table, among: tuple[str, ...]
) -> tuple[Select[Any], Callable[[Any], Any]]:
    """
    Return what selects the rows there are now whose columns *among* hold one of a list.

    With it comes what their order is by. They are in order only where all are selected: to find
    some in the order of their keys, SQLite would go through all of them.
    """
    names = [field.name for field in fields(fact)]
    query = select(*(table.c[name] for name in names)).where(
        table.c.integration == bindparam("mine"),
        *(table.c[name].in_(bindparam(name, expanding=True)) for name in among),
    )
    if "gone_at" in table.c:
        query = query.where(table.c.gone_at.is_(None))
    if not among:
        query = query.order_by(*table.primary_key)
    key = [names.index(column.name) for column in table.primary_key if column.name in names]
    return query, itemgetter(*key)
