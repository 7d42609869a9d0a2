"""Facts that changed because the gateway changed them: one by one, as Bitbucket confirmed it."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select, update

from gateway.mirror import tables
from gateway.mirror.fact_reader import in_lists
from gateway.mirror.facts import Grant, Group, Membership
from gateway.mirror.instants import from_text
from gateway.mirror.rows import row_of
from gateway.mirror.touched import Touched
from gateway.scim.text import instant

#: Longer than any reading lasts that began before a write.
_REMEMBERED = timedelta(days=1)


class FactChanges:
    """
    Single facts of one integration, in one transaction that writes.

    A reading that began before a write and lands after it would undo what is known: so each write
    leaves a note of when it was, under the name of what is read.
    """

    def __init__(self, connection: Connection, integration: str, touched: Touched) -> None:
        self._connection = connection
        self._integration = integration
        self._touched = touched

    def put_group(self, group: Group) -> None:
        """Add a group, or replace that of the same id."""
        self._touch_group(group.id)
        self._put(tables.GROUPS, {"id": group.id}, row_of(group) | {"gone_at": None})

    def drop_group(self, group_id: str, *, now: datetime) -> None:
        """Mark a group gone, with everybody in it and all it was granted."""
        self._touch_group(group_id)
        self._connection.execute(
            update(tables.GROUPS)
            .where(*self._those(tables.GROUPS, {"id": group_id}))
            .values(gone_at=instant(now))
        )
        self._drop(tables.MEMBERSHIPS, {"group_id": group_id})
        self._drop(tables.GRANTS, {"subject_type": "group", "subject_id": group_id})

    def put_membership(self, membership: Membership) -> None:
        """Put a member into a group."""
        row = row_of(membership)
        self._touched.membership(None, row)
        name = row.pop("display_name")
        self._put(tables.MEMBERSHIPS, row, {**row, "display_name": name})

    def drop_membership(self, group_id: str, member_uuid: str) -> None:
        """Take a member out of a group."""
        row = {"group_id": group_id, "member_uuid": member_uuid}
        self._touched.membership(row, None)
        self._drop(tables.MEMBERSHIPS, row)

    def put_grant(self, grant: Grant) -> None:
        """Make a grant what its subject holds on its object."""
        self._touched.subject(grant.subject_type, grant.subject_id)
        self._put(tables.GRANTS, _key_of(grant), row_of(grant))

    def drop_grant(self, grant: Grant) -> None:
        """Make its subject hold nothing on its object."""
        self._touched.subject(grant.subject_type, grant.subject_id)
        self._drop(tables.GRANTS, _key_of(grant))

    def note_written(self, names: Iterable[str], *, now: datetime) -> None:
        """Note that what is read by *names* was written just now."""
        table = tables.WRITTEN
        self._connection.execute(
            delete(table).where(
                table.c.integration == self._integration,
                table.c.written_at < instant(now - _REMEMBERED),
            )
        )
        for name in sorted(set(names)):
            self._put(table, {"name": name}, {"name": name, "written_at": instant(now)})

    def written(self, names: Collection[str]) -> Mapping[str, datetime]:
        """Return when what is read by *names* was written last, of those that were."""
        table = tables.WRITTEN
        mine = select(table.c.name, table.c.written_at).where(
            table.c.integration == self._integration
        )
        return {
            row.name: from_text(row.written_at)
            for some in in_lists(names)
            for row in self._connection.execute(mine.where(table.c.name.in_(some)))
        }

    def _touch_group(self, group_id: str) -> None:
        """Touch a group, and who shows it: who is in it, and who will be."""
        self._touched.groups.add(group_id)
        for table, user, key in (
            (tables.MEMBERSHIPS, "member_uuid", {"group_id": group_id}),
            (tables.HELD_BACK, "user_id", {"object_type": "group", "object_id": group_id}),
        ):
            query = select(table.c[user]).where(*self._those(table, key))
            self._touched.users.update(self._connection.scalars(query))

    def _those(self, table: Table, key: Mapping[str, str]) -> list[Any]:
        mine = {"integration": self._integration, **key}
        return [table.c[name] == value for name, value in mine.items()]

    def _drop(self, table: Table, key: Mapping[str, str]) -> None:
        self._connection.execute(delete(table).where(*self._those(table, key)))

    def _put(self, table: Table, key: Mapping[str, str], row: Mapping[str, Any]) -> None:
        self._drop(table, key)
        mine = {"integration": self._integration}
        self._connection.execute(insert(table).values(mine | dict(row)))


def _key_of(grant: Grant) -> dict[str, str]:
    return {
        "subject_type": grant.subject_type,
        "subject_id": grant.subject_id,
        "object_type": grant.object_type,
        "object_uuid": grant.object_uuid,
    }
