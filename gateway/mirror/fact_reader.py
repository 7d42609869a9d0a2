"""The facts of one integration, in one transaction."""

from collections.abc import Iterator, Mapping
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


class FactReader:
    """Reads facts, each kind in an order that stays the same from one reading to the next."""

    def __init__(self, connection: Connection, integration: str) -> None:
        self._connection = connection
        self._integration = integration

    def members(self) -> list[Member]:
        """Return those who are members now."""
        return [
            Member(
                **{
                    **row,
                    "added_on": from_text(row["added_on"]),
                    "last_accessed": from_text(row["last_accessed"]),
                }
            )
            for row in self._present(tables.MEMBERS)
        ]

    def groups(self) -> list[Group]:
        """Return the groups there are now."""
        return [Group(**row) for row in self._present(tables.GROUPS)]

    def memberships(self) -> list[Membership]:
        """Return who is in which group."""
        return [Membership(**row) for row in self._present(tables.MEMBERSHIPS)]

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

    def grants(self) -> list[Grant]:
        """Return what is granted, to users and to groups."""
        return [Grant(**row) for row in self._present(tables.GRANTS)]

    def addresses(self) -> list[Address]:
        """Return what was ever asked of e-mail addresses."""
        return [
            Address(**{**row, "asked_at": from_text(row["asked_at"])})
            for row in self._present(tables.ADDRESSES)
        ]

    def _present(self, table: Table) -> Iterator[dict[str, Any]]:
        names = [c.name for c in table.columns if c.name not in ("integration", "gone_at")]
        mine = [table.c.integration == self._integration]
        if "gone_at" in table.c:
            mine.append(table.c.gone_at.is_(None))
        query = select(*(table.c[name] for name in names)).where(*mine)
        for row in self._connection.execute(query.order_by(*table.primary_key)).mappings():
            yield dict(row)
