"""Facts that changed because the gateway changed them: one by one, as Bitbucket confirmed it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select, update

from gateway.mirror import tables
from gateway.mirror.facts import Grant, Group, Membership
from gateway.mirror.instants import from_text
from gateway.scim.text import instant

#: Longer than any reading lasts that began before a write.
_REMEMBERED = timedelta(days=1)


class FactChanges:
    """
    Single facts of one integration, in one transaction that writes.

    A reading that began before a write and lands after it would undo what is known: so each write
    leaves a note of when it was, under the name of what is read.
    """

    def __init__(self, connection: Connection, integration: str) -> None:
        self._connection = connection
        self._integration = integration

    def put_group(self, group: Group) -> None:
        """Add a group, or replace that of the same id."""
        self._put(tables.GROUPS, {"id": group.id}, asdict(group) | {"gone_at": None})

    def drop_group(self, group_id: str, *, now: datetime) -> None:
        """Mark a group gone, with everybody in it and all it was granted."""
        self._connection.execute(
            update(tables.GROUPS)
            .where(*self._those(tables.GROUPS, {"id": group_id}))
            .values(gone_at=instant(now))
        )
        self._drop(tables.MEMBERSHIPS, {"group_id": group_id})
        self._drop(tables.GRANTS, {"subject_type": "group", "subject_id": group_id})

    def put_membership(self, membership: Membership) -> None:
        """Put a member into a group."""
        row = asdict(membership)
        name = row.pop("display_name")
        self._put(tables.MEMBERSHIPS, row, {**row, "display_name": name})

    def drop_membership(self, group_id: str, member_uuid: str) -> None:
        """Take a member out of a group."""
        self._drop(tables.MEMBERSHIPS, {"group_id": group_id, "member_uuid": member_uuid})

    def put_grant(self, grant: Grant) -> None:
        """Make a grant what its subject holds on its object."""
        self._put(tables.GRANTS, _key_of(grant), asdict(grant))

    def drop_grant(self, grant: Grant) -> None:
        """Make its subject hold nothing on its object."""
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

    def written(self) -> Mapping[str, datetime]:
        """Return when what was written last, by name."""
        table = tables.WRITTEN
        query = select(table.c.name, table.c.written_at)
        rows = self._connection.execute(query.where(table.c.integration == self._integration))
        return {row.name: from_text(row.written_at) for row in rows}

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
