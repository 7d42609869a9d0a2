"""Replacing the facts of one integration, by whole collections."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    bindparam,
    delete,
    false,
    func,
    insert,
    select,
)

from gateway.mirror import tables
from gateway.mirror.fact_reader import PLACES, FactReader, in_lists
from gateway.mirror.facts import (
    Address,
    Grant,
    Member,
    PlaceReading,
    Project,
    ReadGroup,
    Repository,
)
from gateway.mirror.member_rows import MemberRows, row_of_member
from gateway.mirror.rows import replace_rows, row_of
from gateway.mirror.touched import GroupChanges, PlaceChanges, Touched
from gateway.scim.text import instant

#: Where grants are told place by place: by the type of subject, and of place.
_READ_BY_PLACE = (("user", "project"), ("group", "project"), ("user", "repository"))


class FactStore(FactReader):
    """
    Reads and replaces facts, in one transaction.

    Replacing writes only what differs, and notes whose resources that touches. Members and groups
    that are no longer there are marked gone, as they may come back; everything else is deleted.
    """

    def __init__(
        self,
        connection: Connection,
        integration: str,
        *,
        new_uuid: Callable[[], UUID],
        touched: Touched,
    ) -> None:
        super().__init__(connection, integration)
        self._new_uuid = new_uuid
        self._touched = touched
        self._members = MemberRows(connection, integration, touched)
        self._scope = {"integration": integration}

    def replace_members(self, members: Iterable[Member], *, now: datetime) -> None:
        """Make *members* all that there are; who was looked up singly is in the list, or gone."""
        self._members.forget_readings()
        replace_rows(
            self._connection,
            tables.MEMBERS,
            map(row_of_member, sorted(members, key=attrgetter("uuid"))),
            scope=self._scope,
            gone_at=instant(now),
            changed=self._touched.member,
        )
        self._members.forget_absences()

    def keep_members(self, members: Iterable[Member], *, read_at: datetime) -> None:
        """Add members who were looked up, or replace what is known but for what is unknown now."""
        self._members.keep(members, read_at=read_at)

    def keep_absence(self, key: str, *, asked_at: datetime) -> None:
        """Note that nobody with *key*, a UUID or account id, is a member; that is kept a day."""
        self._members.keep_absence(key, asked_at=asked_at)

    def replace_groups(
        self, groups: Iterable[ReadGroup], *, workspace_uuid: str | None, now: datetime
    ) -> None:
        """
        Make *groups* all that there are, with their members.

        A group is known by its slug: the id that a slug was once given is its for ever.

        Args:
            groups: The groups; of two with the same slug the later counts.
            workspace_uuid: What ids of new slugs are derived from; it may be None if all were
                seen before.
            now: The time.
        """
        by_slug = {group.slug: group for group in groups}
        ids = self.ids_of_groups(by_slug, workspace_uuid=workspace_uuid)
        read = sorted(((ids[s], group) for s, group in by_slug.items()), key=itemgetter(0))
        changes = GroupChanges(self._touched)
        replace_rows(
            self._connection,
            tables.GROUPS,
            (
                {
                    "id": group_id,
                    "slug": group.slug,
                    "name": group.name,
                    "permission": group.permission,
                    "auto_add": group.auto_add,
                }
                for group_id, group in read
            ),
            scope=self._scope,
            gone_at=instant(now),
            changed=changes,
        )
        replace_rows(
            self._connection,
            tables.MEMBERSHIPS,
            (
                {"group_id": group_id, "member_uuid": uuid, "display_name": display_name}
                for group_id, group in read
                for uuid, display_name in sorted(group.members.items())
            ),
            scope=self._scope,
            changed=self._touched.membership,
        )
        self._touch_those_in(changes)

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
        grants: Mapping[PlaceReading, Iterable[Grant]],
    ) -> None:
        """
        Make *grants* all that subjects of the type hold on some places.

        Args:
            subject_type: ``user`` or ``group``.
            object_type: ``project`` or ``repository``.
            grants: What is granted on each place, by the reading that told it.
        """
        before = {
            grant
            for grant in self.grants(object_uuids={reading.object_uuid for reading in grants})
            if (grant.subject_type, grant.object_type) == (subject_type, object_type)
        }
        after = {grant for on_place in grants.values() for grant in on_place}
        self._change_grants(added=after - before, removed=before - after)
        self._note_readings(subject_type, object_type, grants)
        for grant in before ^ after:
            self._touched.subject(subject_type, grant.subject_id)

    def replace_repository_group_grants(self, grants: Iterable[Grant]) -> None:
        """Make *grants* all that groups hold on repositories."""
        replace_rows(
            self._connection,
            tables.GRANTS,
            map(row_of, sorted(grants, key=attrgetter("subject_id", "object_uuid"))),
            scope={**self._scope, "subject_type": "group", "object_type": "repository"},
            changed=self._touched.grant,
        )

    def ids_of_groups(
        self, slugs: Iterable[str], *, workspace_uuid: str | None
    ) -> Mapping[str, str]:
        """Return the ids of *slugs*, which are given some where they have none."""
        wanted = list(dict.fromkeys(slugs))
        ids = dict(self.group_ids(wanted))
        added: dict[str, str] = {}
        for slug in wanted:
            if slug in ids:
                continue
            if workspace_uuid is None:
                raise LookupError(f"the group {slug} is new, and the workspace's UUID not known")
            added[slug] = str(uuid5(UUID(workspace_uuid), slug))
        # Derived, so that a mirror that was lost gives the same ids again. A group that was
        # renamed keeps its id, which its old slug would derive for another group: then at random.
        taken = self._taken(added.values())
        added = {
            s: str(self._new_uuid()) if derived in taken else derived
            for s, derived in added.items()
        }
        self._link(added)
        return ids | added

    def record_addresses(self, addresses: Iterable[Address]) -> None:
        """Add what was asked, in place of what was known of the same addresses."""
        known = {address.text: address for address in addresses}
        if not known:
            return
        before = {address.text: address.member_uuid for address in self.addresses(texts=known)}
        held = {text: address.member_uuid for text, address in known.items()}
        changed = {
            uuid
            for text in held
            if before.get(text) != held[text]
            for uuid in (before.get(text), held[text])
            if uuid is not None
        }
        same = {uuid for text, uuid in before.items() if uuid is not None and held[text] == uuid}
        self._touched.users |= changed
        if before:
            self._connection.execute(
                _DELETE_ADDRESS, [{"mine": self._integration, "old_text": text} for text in before]
            )
        self._connection.execute(
            insert(tables.ADDRESSES),
            [
                {
                    "integration": self._integration,
                    "text": address.text,
                    "member_uuid": address.member_uuid,
                    "asked_at": instant(address.asked_at),
                }
                for address in known.values()
            ],
        )
        self._touch_reordered(same)

    def _replace_places(
        self,
        object_type: str,
        places: Iterable[Project] | Iterable[Repository],
        listed_at: datetime | None,
    ) -> None:
        table = PLACES[object_type]
        changes = PlaceChanges(table.name)
        ordered = sorted(places, key=attrgetter("uuid"))
        replace_rows(
            self._connection, table, map(row_of, ordered), scope=self._scope, changed=changes
        )
        for some in in_lists(changes.all()):
            holders = self._connection.execute(_HOLDERS, self._those(some))
            for subject_type, subject_id in holders:
                self._touched.subject(subject_type, subject_id)
        for some in in_lists(changes.gone):
            for statement in _DELETE_WITH_PLACE:
                self._connection.execute(statement, self._those(some))
        if listed_at is not None:
            new = [PlaceReading(uuid, listed_at, is_inferred=False) for uuid in changes.added]
            for subject_type, kind in _READ_BY_PLACE:
                if kind == object_type:
                    self._note_readings(subject_type, object_type, new)

    def _touch_those_in(self, changes: GroupChanges) -> None:
        """Touch who shows a group that changed: who is in it, and who will be."""
        for some in in_lists(changes.renamed):
            self._touched.users.update(self._connection.scalars(_IN_GROUPS, self._those(some)))
        if changes.shown:
            for user_id, group_id in self._connection.execute(_COMING, self._those()):
                if group_id in changes.shown:
                    self._touched.users.add(user_id)

    def _touch_reordered(self, holders: Collection[str]) -> None:
        """Touch those of *holders* who have several addresses: the last to be asked comes first."""
        for some in in_lists(holders):
            several = self._connection.scalars(_WITH_SEVERAL_ADDRESSES, self._those(some))
            self._touched.users.update(several)

    def _change_grants(self, *, added: Collection[Grant], removed: Collection[Grant]) -> None:
        if removed:
            self._connection.execute(
                _DELETE_GRANT,
                [
                    {"mine": self._integration, **{f"old_{k}": v for k, v in row_of(grant).items()}}
                    for grant in removed
                ],
            )
        if added:
            rows = [{**self._scope, **row_of(grant)} for grant in added]
            self._connection.execute(insert(tables.GRANTS), rows)

    def _note_readings(
        self, subject_type: str, object_type: str, readings: Collection[PlaceReading]
    ) -> None:
        if not readings:
            return
        kind = {"subject_type": subject_type, "object_type": object_type}
        old = {"mine": self._integration} | {f"old_{name}": part for name, part in kind.items()}
        self._connection.execute(
            _DELETE_READING, [old | {"old_object_uuid": each.object_uuid} for each in readings]
        )
        rows = [
            {
                **self._scope,
                **kind,
                "object_uuid": each.object_uuid,
                "read_at": instant(each.read_at),
                "is_inferred": each.is_inferred,
                "told_at": None if each.last_told_at is None else instant(each.last_told_at),
            }
            for each in readings
        ]
        self._connection.execute(insert(tables.GRANT_READINGS), rows)

    def _taken(self, ids: Collection[str]) -> frozenset[str]:
        """Return those of *ids* that a group has, or had."""
        return frozenset(
            group_id
            for some in in_lists(ids)
            for group_id in self._connection.scalars(_TAKEN, self._those(some))
        )

    def _those(self, values: Collection[str] | None = None) -> dict[str, Any]:
        """Return the parameters that stand for those of *values* that are of this integration."""
        mine: dict[str, Any] = {"mine": self._integration}
        return mine if values is None else mine | {"those": values}

    def _link(self, ids: Mapping[str, str]) -> None:
        rows = [
            {"integration": self._integration, "slug": slug, "id": group_id}
            for slug, group_id in ids.items()
        ]
        if rows:
            self._connection.execute(insert(tables.GROUP_IDS), rows)


def _mine(table: Table) -> ColumnElement[bool]:
    return table.c.integration == bindparam("mine")


def _among(column: ColumnElement[str]) -> ColumnElement[bool]:
    return column.in_(bindparam("those", expanding=True))


def _that(table: Table, *names: str) -> list[ColumnElement[bool]]:
    return [_mine(table), *(table.c[name] == bindparam(f"old_{name}") for name in names)]


_HOLDERS = (
    select(tables.GRANTS.c.subject_type, tables.GRANTS.c.subject_id)
    .where(_mine(tables.GRANTS), _among(tables.GRANTS.c.object_uuid))
    .distinct()
)
_DELETE_WITH_PLACE = [
    delete(table).where(_mine(table), _among(table.c.object_uuid))
    for table in (tables.GRANTS, tables.GRANT_READINGS)
]
_IN_GROUPS = (
    select(tables.MEMBERSHIPS.c.member_uuid)
    .where(_mine(tables.MEMBERSHIPS), _among(tables.MEMBERSHIPS.c.group_id))
    .distinct()
)
_COMING = select(tables.HELD_BACK.c.user_id, tables.HELD_BACK.c.object_id).where(
    _mine(tables.HELD_BACK),
    tables.HELD_BACK.c.object_type == "group",
    tables.HELD_BACK.c.is_taken == false(),
)
_WITH_SEVERAL_ADDRESSES = (
    select(tables.ADDRESSES.c.member_uuid)
    .where(_mine(tables.ADDRESSES), _among(tables.ADDRESSES.c.member_uuid))
    .group_by(tables.ADDRESSES.c.member_uuid)
    .having(func.count() > 1)
)
_TAKEN = select(tables.GROUP_IDS.c.id).where(_mine(tables.GROUP_IDS), _among(tables.GROUP_IDS.c.id))
_DELETE_ADDRESS = delete(tables.ADDRESSES).where(*_that(tables.ADDRESSES, "text"))
_DELETE_GRANT = delete(tables.GRANTS).where(
    *_that(tables.GRANTS, "subject_type", "subject_id", "object_type", "object_uuid")
)
_DELETE_READING = delete(tables.GRANT_READINGS).where(
    *_that(tables.GRANT_READINGS, "subject_type", "object_type", "object_uuid")
)
