"""The facts of one integration, in one transaction: replaced by whole collections, and read."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from sqlalchemy import Connection, Table, delete, insert, select

from gateway.mirror import tables
from gateway.mirror.facts import (
    Address,
    Grant,
    Group,
    Member,
    Membership,
    Project,
    ReadGroup,
    Repository,
)
from gateway.mirror.instants import from_text
from gateway.mirror.rows import Row, replace_rows
from gateway.scim.text import instant


class FactStore:
    """
    Reads and replaces facts.

    Replacing writes only what differs. Members and groups that are no longer there are marked
    gone, as they may come back; everything else is deleted.
    """

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

    def replace_members(self, members: Iterable[Member], *, now: datetime) -> None:
        """Make *members* all that there are."""
        rows = (
            {
                **asdict(member),
                "added_on": member.added_on and instant(member.added_on),
                "last_accessed": member.last_accessed and instant(member.last_accessed),
            }
            for member in members
        )
        self._replace(tables.MEMBERS, rows, gone_at=instant(now))

    def groups(self) -> list[Group]:
        """Return the groups there are now."""
        return [Group(**row) for row in self._present(tables.GROUPS)]

    def memberships(self) -> list[Membership]:
        """Return who is in which group."""
        return [Membership(**row) for row in self._present(tables.MEMBERSHIPS)]

    def replace_groups(
        self, groups: Iterable[ReadGroup], *, workspace_uuid: str, now: datetime
    ) -> None:
        """
        Make *groups* all that there are, with their members.

        A group is known by its slug: the id that a slug was once given is its for ever.
        """
        read = list(groups)
        ids = self._ids_of((group.slug for group in read), UUID(workspace_uuid))
        self._replace(
            tables.GROUPS,
            (
                {
                    "id": ids[group.slug],
                    "slug": group.slug,
                    "name": group.name,
                    "permission": group.permission,
                    "auto_add": group.auto_add,
                }
                for group in read
            ),
            gone_at=instant(now),
        )
        self._replace(
            tables.MEMBERSHIPS,
            (
                {"group_id": ids[group.slug], "member_uuid": uuid, "display_name": display_name}
                for group in read
                for uuid, display_name in group.members.items()
            ),
        )

    def group_ids(self) -> Mapping[str, str]:
        """Return the id of every slug that was ever seen."""
        ids = select(tables.GROUP_IDS.c.slug, tables.GROUP_IDS.c.id).where(
            tables.GROUP_IDS.c.integration == self._integration
        )
        return {row.slug: row.id for row in self._connection.execute(ids)}

    def projects(self) -> list[Project]:
        """Return the projects."""
        return [Project(**row) for row in self._present(tables.PROJECTS)]

    def replace_projects(self, projects: Iterable[Project]) -> None:
        """Make *projects* all that there are."""
        self._replace(tables.PROJECTS, map(asdict, projects))

    def repositories(self) -> list[Repository]:
        """Return the repositories."""
        return [Repository(**row) for row in self._present(tables.REPOSITORIES)]

    def replace_repositories(self, repositories: Iterable[Repository]) -> None:
        """Make *repositories* all that there are."""
        self._replace(tables.REPOSITORIES, map(asdict, repositories))

    def grants(self) -> list[Grant]:
        """Return what is granted, to users and to groups."""
        return [Grant(**row) for row in self._present(tables.GRANTS)]

    def replace_grants(self, grants: Iterable[Grant], *, subject_type: str) -> None:
        """Make *grants* all that subjects of that type, ``user`` or ``group``, hold."""
        scope = {"integration": self._integration, "subject_type": subject_type}
        rows = (asdict(grant) for grant in grants)
        kept = ({k: v for k, v in row.items() if k != "subject_type"} for row in rows)
        replace_rows(self._connection, tables.GRANTS, kept, scope=scope, gone_at=None)

    def addresses(self) -> list[Address]:
        """Return what was ever asked of e-mail addresses."""
        return [
            Address(**{**row, "asked_at": from_text(row["asked_at"])})
            for row in self._present(tables.ADDRESSES)
        ]

    def record_addresses(self, addresses: Iterable[Address]) -> None:
        """Add what was asked, in place of what was known of the same addresses."""
        for address in addresses:
            mine = (
                tables.ADDRESSES.c.integration == self._integration,
                tables.ADDRESSES.c.text == address.text,
            )
            self._connection.execute(delete(tables.ADDRESSES).where(*mine))
            row = {**asdict(address), "asked_at": instant(address.asked_at)}
            self._connection.execute(
                insert(tables.ADDRESSES).values(integration=self._integration, **row)
            )

    def _present(self, table: Table) -> Iterator[dict[str, Any]]:
        names = [c.name for c in table.columns if c.name not in ("integration", "gone_at")]
        mine = [table.c.integration == self._integration]
        if "gone_at" in table.c:
            mine.append(table.c.gone_at.is_(None))
        query = select(*(table.c[name] for name in names)).where(*mine)
        for row in self._connection.execute(query.order_by(*table.primary_key)).mappings():
            yield dict(row)

    def _replace(self, table: Table, rows: Iterable[Row], *, gone_at: str | None = None) -> None:
        scope = {"integration": self._integration}
        replace_rows(self._connection, table, rows, scope=scope, gone_at=gone_at)

    def _ids_of(self, slugs: Iterable[str], workspace_uuid: UUID) -> Mapping[str, str]:
        ids = dict(self.group_ids())
        taken = set(ids.values())
        for slug in slugs:
            if slug in ids:
                continue
            # Derived, so that a mirror that was lost gives the same ids again. A group that was
            # renamed keeps its id, which its old slug would derive for another group: then at
            # random.
            derived = str(uuid5(workspace_uuid, slug))
            ids[slug] = str(uuid4()) if derived in taken else derived
            taken.add(ids[slug])
            self._connection.execute(
                insert(tables.GROUP_IDS).values(
                    integration=self._integration, slug=slug, id=ids[slug]
                )
            )
        return ids
