"""The facts of one integration, in one transaction."""

from collections.abc import Collection, Iterator, Mapping
from itertools import product
from typing import Any

from sqlalchemy import Connection, Table, select

from gateway.mirror import tables
from gateway.mirror.facts import (
    Address,
    Grant,
    Group,
    Member,
    Membership,
    Project,
    Repository,
)
from gateway.mirror.instants import from_text

#: The most values in one list of a statement: well below what any database accepts.
_LIST_SIZE = 500


class FactReader:
    """Reads facts, each kind in an order that stays the same from one reading to the next."""

    def __init__(self, connection: Connection, integration: str) -> None:
        self._connection = connection
        self._integration = integration

    def members(self, *, uuids: Collection[str] | None = None) -> list[Member]:
        """Return those who are members now; of those with *uuids* only, if they are given."""
        return [
            Member(
                **{
                    **row,
                    "added_on": from_text(row["added_on"]),
                    "last_accessed": from_text(row["last_accessed"]),
                }
            )
            for row in self._present(tables.MEMBERS, uuid=uuids)
        ]

    def groups(self) -> list[Group]:
        """Return the groups there are now."""
        return [Group(**row) for row in self._present(tables.GROUPS)]

    def memberships(self, *, member_uuids: Collection[str] | None = None) -> list[Membership]:
        """Return who is in which group; of those members only, if they are given."""
        rows = self._present(tables.MEMBERSHIPS, member_uuid=member_uuids)
        return [Membership(**row) for row in rows]

    def group_ids(self) -> Mapping[str, str]:
        """Return the id of every slug that was ever seen."""
        ids = select(tables.GROUP_IDS.c.slug, tables.GROUP_IDS.c.id).where(
            tables.GROUP_IDS.c.integration == self._integration
        )
        return {row.slug: row.id for row in self._connection.execute(ids)}

    def projects(self) -> list[Project]:
        """Return the projects."""
        return [Project(**row) for row in self._present(tables.PROJECTS)]

    def repositories(self) -> list[Repository]:
        """Return the repositories."""
        return [Repository(**row) for row in self._present(tables.REPOSITORIES)]

    def grants(self, *, subject_ids: Collection[str] | None = None) -> list[Grant]:
        """Return what is granted, to users and to groups; to those only, if they are given."""
        return [Grant(**row) for row in self._present(tables.GRANTS, subject_id=subject_ids)]

    def addresses(
        self, *, texts: Collection[str] | None = None, member_uuids: Collection[str] | None = None
    ) -> list[Address]:
        """Return what was asked of e-mail addresses; of those, or those of those members, only."""
        return [
            Address(**{**row, "asked_at": from_text(row["asked_at"])})
            for row in self._present(tables.ADDRESSES, text=texts, member_uuid=member_uuids)
        ]

    def _present(self, table: Table, **among: Collection[str] | None) -> Iterator[dict[str, Any]]:
        names = [c.name for c in table.columns if c.name not in ("integration", "gone_at")]
        query = select(*(table.c[name] for name in names)).order_by(*table.primary_key)
        query = query.where(table.c.integration == self._integration)
        if "gone_at" in table.c:
            query = query.where(table.c.gone_at.is_(None))
        lists = (
            [table.c[name].in_(some) for some in in_lists(values)]
            for name, values in among.items()
            if values is not None
        )
        for conditions in product(*lists):
            for row in self._connection.execute(query.where(*conditions)).mappings():
                yield dict(row)


def in_lists(values: Collection[str]) -> Iterator[list[str]]:
    """Yield *values*, each once and in order, in lists that a statement may hold."""
    ordered = sorted(set(values))
    for start in range(0, len(ordered), _LIST_SIZE):
        yield ordered[start : start + _LIST_SIZE]
