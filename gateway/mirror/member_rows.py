"""Rows of members who were looked up singly, and of those who were looked up in vain."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, bindparam, delete, insert, select, update

from gateway.mirror.fact_reader import in_lists
from gateway.mirror.facts import Member
from gateway.mirror.rows import Row, row_of
from gateway.mirror.tables import ABSENCES, MEMBERS
from gateway.mirror.touched import Touched
from gateway.scim.text import instant


class MemberRows:
    """
    The rows of one integration, in one transaction that writes.

    Args:
        connection: The transaction.
        integration: Whose members they are.
        touched: Told who looks otherwise now.
    """

    def __init__(self, connection: Connection, integration: str, touched: Touched) -> None:
        self._connection = connection
        self._integration = integration
        self._touched = touched

    def keep(self, members: Iterable[Member], *, read_at: datetime) -> None:
        """Add members, or replace what is known of them but for what is unknown now."""
        told = {member.uuid: row_of_member(member) for member in members}
        known = self._known(told)
        seen = {"read_at": instant(read_at), "gone_at": None}
        added: list[Row] = []
        changed: list[Row] = []
        for uuid, row in told.items():
            before = known.get(uuid)
            if before is None:
                added.append({"integration": self._integration, **row, **seen})
                self._touched.users.add(uuid)
                continue
            after = before | {name: v for name, v in row.items() if v is not None} | seen
            changed.append(after)
            if after != before | {"read_at": after["read_at"]}:
                self._touched.users.add(uuid)
        if added:
            self._connection.execute(insert(MEMBERS), added)
        self._update(changed)
        self._forget(ABSENCES, told)

    def keep_absence(self, key: str, *, asked_at: datetime) -> None:
        """Note that nobody with *key*, a UUID or account id, is a member; that is kept a day."""
        self._forget(ABSENCES, [key])
        a_day_before = instant(asked_at - timedelta(days=1))
        of_old = (*self._mine(ABSENCES), ABSENCES.c.asked_at < a_day_before)
        self._connection.execute(delete(ABSENCES).where(*of_old))
        row = {"integration": self._integration, "uuid": key, "asked_at": instant(asked_at)}
        self._connection.execute(insert(ABSENCES).values(row))
        those = (
            *self._mine(MEMBERS),
            (MEMBERS.c.uuid == key) | (MEMBERS.c.account_id == key),
            MEMBERS.c.gone_at.is_(None),
        )
        self._touched.users |= set(self._connection.scalars(select(MEMBERS.c.uuid).where(*those)))
        gone = update(MEMBERS).where(*those).values(gone_at=instant(asked_at))
        self._connection.execute(gone)

    def forget_readings(self) -> None:
        """Make all members as old as their list."""
        those = (*self._mine(MEMBERS), MEMBERS.c.read_at.is_not(None))
        if self._connection.scalar(select(MEMBERS.c.uuid).where(*those).limit(1)):
            self._connection.execute(update(MEMBERS).where(*those).values(read_at=None))

    def forget_absences(self) -> None:
        """Forget who was looked up in vain: the list of all members tells."""
        those = self._mine(ABSENCES)
        if self._connection.scalar(select(ABSENCES.c.uuid).where(*those).limit(1)):
            self._connection.execute(delete(ABSENCES).where(*those))

    def _known(self, uuids: Iterable[str]) -> dict[str, dict[str, Any]]:
        query = select(*_OF_MEMBER).where(*self._mine(MEMBERS))
        return {
            row["uuid"]: dict(row)
            for some in in_lists(list(uuids))
            for row in self._connection.execute(query.where(MEMBERS.c.uuid.in_(some))).mappings()
        }

    def _update(self, rows: list[Row]) -> None:
        if rows:
            self._connection.execute(
                _UPDATE,
                [
                    {f"new_{name}": value for name, value in row.items()}
                    | {"mine": self._integration, "old_uuid": row["uuid"]}
                    for row in rows
                ],
            )

    def _forget(self, table: Table, uuids: Iterable[str]) -> None:
        for some in in_lists(list(uuids)):
            those = (*self._mine(table), table.c.uuid.in_(some))
            self._connection.execute(delete(table).where(*those))

    def _mine(self, table: Table) -> tuple[ColumnElement[bool]]:
        return (table.c.integration == self._integration,)


_OF_MEMBER = [column for column in MEMBERS.c if column.name != "integration"]
_UPDATE = (
    update(MEMBERS)
    .where(
        MEMBERS.c.integration == bindparam("mine"),
        MEMBERS.c.uuid == bindparam("old_uuid"),
    )
    .values({column.name: bindparam(f"new_{column.name}") for column in _OF_MEMBER})
)


def row_of_member(member: Member) -> Row:
    """Return what is known of a member as a row, without the time at which it was read."""
    return row_of(member) | {
        "added_on": member.added_on and instant(member.added_on),
        "last_accessed": member.last_accessed and instant(member.last_accessed),
    }
