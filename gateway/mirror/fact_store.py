"""Replacing the facts of one integration, by whole collections."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import Connection, Table, bindparam, delete, insert

from gateway.mirror import tables
from gateway.mirror.fact_reader import FactReader
from gateway.mirror.facts import Address, Grant, Member, Project, ReadGroup, Repository
from gateway.mirror.rows import Row, replace_rows
from gateway.scim.text import instant


class FactStore(FactReader):
    """
    Reads and replaces facts, in one transaction.

    Replacing writes only what differs. Members and groups that are no longer there are marked
    gone, as they may come back; everything else is deleted.
    """

    def __init__(
        self, connection: Connection, integration: str, *, new_uuid: Callable[[], UUID]
    ) -> None:
        super().__init__(connection, integration)
        self._new_uuid = new_uuid

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

    def link_group(self, group_id: str, *, slug: str) -> None:
        """Give *slug* the id of a group that was renamed: its old slug is free for another."""
        ids = tables.GROUP_IDS
        freed = (ids.c.id == group_id) | (ids.c.slug == slug)
        self._connection.execute(delete(ids).where(ids.c.integration == self._integration, freed))
        self._link({slug: group_id})

    def replace_projects(self, projects: Iterable[Project]) -> None:
        """Make *projects* all that there are."""
        self._replace(tables.PROJECTS, map(asdict, projects))

    def replace_repositories(self, repositories: Iterable[Repository]) -> None:
        """Make *repositories* all that there are."""
        self._replace(tables.REPOSITORIES, map(asdict, repositories))

    def replace_grants(self, grants: Iterable[Grant], *, subject_type: str) -> None:
        """Make *grants* all that subjects of that type, ``user`` or ``group``, hold."""
        scope = {"integration": self._integration, "subject_type": subject_type}
        rows = (asdict(grant) for grant in grants if grant.subject_type == subject_type)
        replace_rows(self._connection, tables.GRANTS, rows, scope=scope)

    def record_addresses(self, addresses: Iterable[Address]) -> None:
        """Add what was asked, in place of what was known of the same addresses."""
        rows = {
            address.text: {
                **asdict(address),
                "integration": self._integration,
                "asked_at": instant(address.asked_at),
            }
            for address in addresses
        }
        if not rows:
            return
        table = tables.ADDRESSES
        self._connection.execute(
            delete(table).where(
                table.c.integration == self._integration, table.c.text == bindparam("asked")
            ),
            [{"asked": text} for text in rows],
        )
        self._connection.execute(insert(table), list(rows.values()))

    def _replace(self, table: Table, rows: Iterable[Row], *, gone_at: str | None = None) -> None:
        scope = {"integration": self._integration}
        replace_rows(self._connection, table, rows, scope=scope, gone_at=gone_at)

    def _ids_of(self, slugs: Iterable[str], workspace_uuid: UUID) -> Mapping[str, str]:
        ids = dict(self.group_ids())
        taken = set(ids.values())
        added: dict[str, str] = {}
        for slug in slugs:
            if slug in ids:
                continue
            # Derived, so that a mirror that was lost gives the same ids again. A group that was
            # renamed keeps its id, which its old slug would derive for another group: then at
            # random.
            derived = str(uuid5(workspace_uuid, slug))
            ids[slug] = added[slug] = str(self._new_uuid()) if derived in taken else derived
            taken.add(ids[slug])
        self._link(added)
        return ids

    def _link(self, ids: Mapping[str, str]) -> None:
        rows = [
            {"integration": self._integration, "slug": slug, "id": group_id}
            for slug, group_id in ids.items()
        ]
        if rows:
            self._connection.execute(insert(tables.GROUP_IDS), rows)
