"""Replacing the facts of one integration, by whole collections."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from gateway.mirror import tables
from gateway.mirror.fact_reader import PLACES, FactReader, in_lists
from gateway.mirror.facts import Address, Grant, Member, Project, ReadGroup, Repository
from gateway.mirror.rows import Row, replace_rows
from gateway.scim.text import instant

#: Where grants are told place by place: by the type of subject, and of place.
_READ_BY_PLACE = (("user", "project"), ("group", "project"), ("user", "repository"))


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
        """Make *members* all that there are; who was looked up singly is in the list, or gone."""
        self._replace(tables.MEMBERS, map(_row_of_member, members), gone_at=instant(now))
        if self.count(tables.ABSENCES):
            self._forget(tables.ABSENCES)

    def keep_member(self, member: Member, *, read_at: datetime) -> None:
        """Add a member who was looked up, or replace what is known but for what is unknown now."""
        row = {name: value for name, value in _row_of_member(member).items() if value is not None}
        row |= {"read_at": instant(read_at), "gone_at": None}
        table, found = tables.MEMBERS, self._one(tables.MEMBERS, uuid=member.uuid)
        updated = self._connection.execute(update(table).where(*found).values(row))
        if not updated.rowcount:
            self._connection.execute(insert(table).values(row | {"integration": self._integration}))
        self._forget(tables.ABSENCES, uuid=member.uuid)

    def keep_absence(self, key: str, *, asked_at: datetime) -> None:
        """Note that nobody with *key*, a UUID or account id, is a member; that is kept a day."""
        self._forget(tables.ABSENCES, uuid=key)
        absences, members = tables.ABSENCES, tables.MEMBERS
        a_day_before = instant(asked_at - timedelta(days=1))
        self._connection.execute(
            delete(absences).where(
                absences.c.integration == self._integration, absences.c.asked_at < a_day_before
            )
        )
        self._connection.execute(
            insert(absences).values(
                integration=self._integration, uuid=key, asked_at=instant(asked_at)
            )
        )
        self._connection.execute(
            update(members)
            .where(
                members.c.integration == self._integration,
                (members.c.uuid == key) | (members.c.account_id == key),
                members.c.gone_at.is_(None),
            )
            .values(gone_at=instant(asked_at))
        )

    def replace_groups(
        self, groups: Iterable[ReadGroup], *, workspace_uuid: str | None, now: datetime
    ) -> None:
        """
        Make *groups* all that there are, with their members.

        A group is known by its slug: the id that a slug was once given is its for ever.

        Args:
            groups: The groups.
            workspace_uuid: What ids of new slugs are derived from; it may be None if all were
                seen before.
            now: The time.
        """
        read = list(groups)
        ids = self.ids_of_groups([group.slug for group in read], workspace_uuid=workspace_uuid)
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

    def replace_projects(self, projects: Iterable[Project], *, listed_at: datetime | None) -> None:
        """
        Make *projects* all that there are.

        Args:
            projects: The projects.
            listed_at: When the list was read before: on what is new since, nothing was granted
                then. None if it never was.
        """
        self._replace_places("project", projects, listed_at)

    def replace_repositories(
        self, repositories: Iterable[Repository], *, listed_at: datetime | None
    ) -> None:
        """Make *repositories* all that there are; see :meth:`replace_projects`."""
        self._replace_places("repository", repositories, listed_at)

    def replace_grants_on(
        self,
        subject_type: str,
        object_type: str,
        grants: Mapping[str, Iterable[Grant]],
        *,
        read_at: datetime,
        is_inferred: bool = False,
    ) -> frozenset[str]:
        """
        Make *grants* all that subjects of the type hold on some places.

        Args:
            subject_type: ``user`` or ``group``.
            object_type: ``project`` or ``repository``.
            grants: What is granted on each place, by its UUID.
            read_at: When that was read.
            is_inferred: Whether it was inferred.

        Returns:
            The ids of the subjects whose grants changed.
        """
        before = {
            grant
            for grant in self.grants(object_uuids=grants)
            if (grant.subject_type, grant.object_type) == (subject_type, object_type)
        }
        after = {grant for on_place in grants.values() for grant in on_place}
        self._change_grants(added=after - before, removed=before - after)
        self._note_readings(
            [(subject_type, object_type, uuid) for uuid in grants],
            read_at=read_at,
            is_inferred=is_inferred,
        )
        return frozenset(grant.subject_id for grant in before ^ after)

    def replace_repository_group_grants(self, grants: Iterable[Grant]) -> None:
        """Make *grants* all that groups hold on repositories."""
        scope = {
            "integration": self._integration,
            "subject_type": "group",
            "object_type": "repository",
        }
        replace_rows(self._connection, tables.GRANTS, map(asdict, grants), scope=scope)

    def ids_of_groups(
        self, slugs: Iterable[str], *, workspace_uuid: str | None
    ) -> Mapping[str, str]:
        """Return the ids of all slugs that were ever seen, and of *slugs*."""
        ids = dict(self.group_ids())
        taken = set(ids.values())
        added: dict[str, str] = {}
        for slug in slugs:
            if slug in ids:
                continue
            if workspace_uuid is None:
                raise LookupError(f"the group {slug} is new, and the workspace's UUID not known")
            # Derived, so that a mirror that was lost gives the same ids again. A group that was
            # renamed keeps its id, which its old slug would derive for another group: then at
            # random.
            derived = str(uuid5(UUID(workspace_uuid), slug))
            ids[slug] = added[slug] = str(self._new_uuid()) if derived in taken else derived
            taken.add(ids[slug])
        self._link(added)
        return ids

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

    def _replace_places(
        self,
        object_type: str,
        places: Iterable[Project] | Iterable[Repository],
        listed_at: datetime | None,
    ) -> None:
        table = PLACES[object_type]
        uuids = select(table.c.uuid).where(table.c.integration == self._integration)
        before = set(self._connection.scalars(uuids))
        self._replace(table, map(asdict, places))
        after = set(self._connection.scalars(uuids))
        for gone in in_lists(before - after):
            for granted in (tables.GRANTS, tables.GRANT_READINGS):
                self._connection.execute(
                    delete(granted).where(
                        granted.c.integration == self._integration,
                        granted.c.object_uuid.in_(gone),
                    )
                )
        if listed_at is not None:
            kinds = [subject for subject, kind in _READ_BY_PLACE if kind == object_type]
            new = [(subject, object_type, uuid) for uuid in after - before for subject in kinds]
            self._note_readings(new, read_at=listed_at, is_inferred=False)

    def _change_grants(self, *, added: Collection[Grant], removed: Collection[Grant]) -> None:
        table = tables.GRANTS
        key = [column for column in table.primary_key if column.name != "integration"]
        if removed:
            self._connection.execute(
                delete(table).where(
                    table.c.integration == self._integration,
                    *(column == bindparam(f"old_{column.name}") for column in key),
                ),
                [{f"old_{c.name}": getattr(grant, c.name) for c in key} for grant in removed],
            )
        if added:
            rows = [{"integration": self._integration, **asdict(grant)} for grant in added]
            self._connection.execute(insert(table), rows)

    def _note_readings(
        self, places: Collection[tuple[str, str, str]], *, read_at: datetime, is_inferred: bool
    ) -> None:
        if not places:
            return
        table = tables.GRANT_READINGS
        names = ("subject_type", "object_type", "object_uuid")
        self._connection.execute(
            delete(table).where(
                table.c.integration == self._integration,
                *(table.c[name] == bindparam(f"old_{name}") for name in names),
            ),
            [{f"old_{name}": part for name, part in zip(names, p, strict=True)} for p in places],
        )
        same = {
            "integration": self._integration,
            "read_at": instant(read_at),
            "is_inferred": is_inferred,
        }
        rows = [same | dict(zip(names, place, strict=True)) for place in places]
        self._connection.execute(insert(table), rows)

    def _one(self, table: Table, **key: str) -> list[ColumnElement[bool]]:
        return [
            table.c.integration == self._integration,
            *(table.c[name] == value for name, value in key.items()),
        ]

    def _forget(self, table: Table, **key: str) -> None:
        self._connection.execute(delete(table).where(*self._one(table, **key)))

    def _replace(self, table: Table, rows: Iterable[Row], *, gone_at: str | None = None) -> None:
        scope = {"integration": self._integration}
        replace_rows(self._connection, table, rows, scope=scope, gone_at=gone_at)

    def _link(self, ids: Mapping[str, str]) -> None:
        rows = [
            {"integration": self._integration, "slug": slug, "id": group_id}
            for slug, group_id in ids.items()
        ]
        if rows:
            self._connection.execute(insert(tables.GROUP_IDS), rows)


def _row_of_member(member: Member) -> dict[str, Any]:
    return {
        **asdict(member),
        "added_on": member.added_on and instant(member.added_on),
        "last_accessed": member.last_accessed and instant(member.last_accessed),
    }
