"""Users who were invited, deactivated or deleted by clients, and what is held back of them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    bindparam,
    delete,
    false,
    insert,
    select,
    true,
)

from gateway.mirror.fact_reader import in_lists
from gateway.mirror.instants import from_text
from gateway.mirror.prepared import Prepared
from gateway.mirror.resource_tables import USER_VALUES, USERS
from gateway.mirror.rows import row_of
from gateway.mirror.tables import HELD_BACK, MEMBERSHIPS, USER_RECORDS
from gateway.mirror.touched import Touched
from gateway.scim.text import instant


@dataclass(frozen=True, slots=True)
class UserRecord:
    """
    What the gateway itself knows of a user.

    Attributes:
        id: The id of the resource: the account's UUID, or one of ours.
        member_uuid: The account; None as long as an invitation was not accepted.
        email: Where an invitation is sent to, in lower case.
        is_active: What a client asserted last. That it took the attribute away is no word on it.
        invited_at: When the pending invitation was sent; None if there is none.
        deleted_at: When a client deleted the user: the account stays a member of the workspace.
    """

    id: str
    member_uuid: str | None = None
    email: str | None = field(default=None, repr=False)
    is_active: bool = True
    invited_at: datetime | None = None
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True, order=True)
class HeldBack:
    """
    What a user is to be given on acceptance of the invitation, or when active again.

    Attributes:
        user_id: The id of the user's resource.
        object_type: ``group``, ``project`` or ``repository``.
        object_id: The id of the group, the UUID of the place.
        permission: On a place; None of a group.
        is_taken: Whether it was taken from the user, to be given back when active again; else it
            is promised, to be given as soon as it can be.
    """

    user_id: str
    object_type: str
    object_id: str
    permission: str | None = None
    is_taken: bool = False


class UserRecordReader:
    """The records of one integration, in one transaction."""

    def __init__(self, connection: Connection, integration: str) -> None:
        self._connection = connection
        self._integration = integration

    def of_members(self, uuids: Collection[str] | None = None) -> Mapping[str, UserRecord]:
        """Return the records of members, of those with *uuids* only if given; by UUID."""
        found = self._records(_OF_MEMBERS) if uuids is None else self._among(_WITH_UUIDS, uuids)
        return _by_uuid(found)

    def of_account(self, uuid: str) -> list[UserRecord]:
        """Return every record of one member: at most one of them is not deleted."""
        return self._among(_WITH_UUIDS, [uuid])

    def with_ids(self, ids: Collection[str]) -> Mapping[str, UserRecord]:
        """Return the records with *ids*, by id."""
        if len(ids) == 1:
            (only,) = ids
            rows = _WITH_ID.rows(self._connection, mine=self._integration, key=only)
            return {row[0]: _record(row) for row in rows}
        return {record.id: record for record in self._among(_WITH_IDS, ids)}

    def ids_in(self, group_ids: Collection[str]) -> Mapping[str, str]:
        """Return the ids of those in some groups whom something is kept of, by UUID."""
        records = [
            record
            for some in in_lists(group_ids)
            for record in self._records(_IN_GROUPS, keys=some)
        ]
        return {uuid: record.id for uuid, record in _by_uuid(records).items()}

    def invited_at(self, emails: Collection[str]) -> list[UserRecord]:
        """Return those of :meth:`without_member` whose e-mail addresses are among *emails*."""
        return self._among(_INVITED_AT, emails)

    def coming(
        self,
        *,
        user_ids: Collection[str] | None = None,
        group_ids: Collection[str] | None = None,
    ) -> list[tuple[str, str]]:
        """
        Return who will be in which group as soon as the invitation is accepted.

        Args:
            user_ids: The users whose groups are asked for.
            group_ids: The groups whose users are, instead.

        Returns:
            The ids of users and groups.
        """
        query, ids = (_COMING_TO, group_ids) if user_ids is None else (_COMING_OF, user_ids)
        return [
            (user_id, group_id)
            for some in in_lists(ids or ())
            for user_id, group_id in self._connection.execute(
                query, {"mine": self._integration, "keys": some}
            )
        ]

    def ids(self) -> frozenset[str]:
        """Return the ids of all there are."""
        return frozenset(self._connection.scalars(_IDS, {"mine": self._integration}))

    def without_member(self) -> list[UserRecord]:
        """Return those of whom no account is known yet, and that were not deleted."""
        return self._records(_WITHOUT_MEMBER)

    def called(self, text: str) -> frozenset[str]:
        """Return the ids of the users with that user name or e-mail address, in lower case."""
        asked = {"mine": self._integration, "key": text}
        by_either = (*_NAMED.rows(self._connection, **asked), *_AT.rows(self._connection, **asked))
        return frozenset(user_id for (user_id,) in by_either)

    def held_back(self, user_ids: Collection[str] | None = None) -> list[HeldBack]:
        """Return what is held back, of those users only if given."""
        table = HELD_BACK
        query = select(*(table.c[name] for name in HeldBack.__slots__)).where(
            table.c.integration == self._integration
        )
        queries = (
            [query]
            if user_ids is None
            else [query.where(table.c.user_id.in_(some)) for some in in_lists(user_ids)]
        )
        return sorted(
            (HeldBack(*row) for each in queries for row in self._connection.execute(each)),
            key=lambda held: (held.user_id, held.object_type, held.object_id),
        )

    def _among(self, query: Select[Any], keys: Collection[str]) -> list[UserRecord]:
        return [each for some in in_lists(keys) for each in self._records(query, keys=some)]

    def _records(self, query: Select[Any], **keys: Collection[str]) -> list[UserRecord]:
        rows = self._connection.execute(query, {"mine": self._integration, **keys})
        # Here: to find some in the order of their ids, SQLite would go through all of them.
        return sorted(map(_record, rows.all()), key=attrgetter("id"))


def _record(row: Sequence[Any]) -> UserRecord:
    record_id, member_uuid, email, is_active, invited_at, deleted_at = row
    return UserRecord(
        id=record_id,
        member_uuid=member_uuid,
        email=email,
        is_active=bool(is_active),
        invited_at=from_text(invited_at),
        deleted_at=from_text(deleted_at),
    )


def _by_uuid(records: Iterable[UserRecord]) -> Mapping[str, UserRecord]:
    # A deleted user may have been created again, with another id: the last one counts.
    return {record.member_uuid or "": record for record in sorted(records, key=_by_deletion)}


def _records_that(condition: ColumnElement[bool]) -> Select[Any]:
    table = USER_RECORDS
    return select(*(table.c[name] for name in UserRecord.__slots__)).where(
        table.c.integration == bindparam("mine"), condition
    )


_IDS = select(USER_RECORDS.c.id).where(USER_RECORDS.c.integration == bindparam("mine"))
_OF_MEMBERS = _records_that(USER_RECORDS.c.member_uuid.is_not(None))
_WITH_UUIDS = _records_that(USER_RECORDS.c.member_uuid.in_(bindparam("keys", expanding=True)))
_WITH_ID = Prepared(_records_that(USER_RECORDS.c.id == bindparam("key")))
_WITH_IDS = _records_that(USER_RECORDS.c.id.in_(bindparam("keys", expanding=True)))
_WITHOUT_MEMBER = _records_that(
    USER_RECORDS.c.member_uuid.is_(None) & USER_RECORDS.c.deleted_at.is_(None)
)
_INVITED_AT = _records_that(
    USER_RECORDS.c.member_uuid.is_(None)
    & USER_RECORDS.c.deleted_at.is_(None)
    & USER_RECORDS.c.email.in_(bindparam("keys", expanding=True))
)
_IN_GROUPS = _records_that(
    USER_RECORDS.c.member_uuid.in_(
        select(MEMBERSHIPS.c.member_uuid).where(
            MEMBERSHIPS.c.integration == bindparam("mine"),
            MEMBERSHIPS.c.group_id.in_(bindparam("keys", expanding=True)),
        )
    )
)


def _coming_that(among: ColumnElement[str]) -> Select[Any]:
    return (
        select(HELD_BACK.c.user_id, HELD_BACK.c.object_id)
        .join(
            USER_RECORDS,
            (USER_RECORDS.c.integration == HELD_BACK.c.integration)
            & (USER_RECORDS.c.id == HELD_BACK.c.user_id),
        )
        .where(
            HELD_BACK.c.integration == bindparam("mine"),
            HELD_BACK.c.object_type == "group",
            HELD_BACK.c.is_taken == false(),
            USER_RECORDS.c.deleted_at.is_(None),
            USER_RECORDS.c.is_active == true(),
            among.in_(bindparam("keys", expanding=True)),
        )
    )


_COMING_OF = _coming_that(HELD_BACK.c.user_id)
_COMING_TO = _coming_that(HELD_BACK.c.object_id)


_HERE = select(USERS.c.id).where(
    USERS.c.integration == bindparam("mine"), USERS.c.gone_at.is_(None)
)
_NAMED = Prepared(_HERE.where(USERS.c.user_name == bindparam("key")))
_AT = Prepared(
    _HERE.join(USER_VALUES, USER_VALUES.c.key == USERS.c.key).where(
        USER_VALUES.c.attribute == "emails", USER_VALUES.c.value == bindparam("key")
    )
)


def _by_deletion(record: UserRecord) -> tuple[bool, str]:
    deleted_at = record.deleted_at
    return deleted_at is None, "" if deleted_at is None else instant(deleted_at)


class UserRecordStore(UserRecordReader):
    """The same, in a transaction that writes; *touched* is told who looks otherwise now."""

    def __init__(self, connection: Connection, integration: str, touched: Touched) -> None:
        super().__init__(connection, integration)
        self._touched = touched

    def put(self, record: UserRecord) -> None:
        """Add a record, or replace that of the same id."""
        before = self.with_ids([record.id]).get(record.id, record)
        uuids = {each.member_uuid for each in (before, record) if each.member_uuid is not None}
        ids_before = self._ids(uuids)
        self._delete(USER_RECORDS, id=record.id)
        row = row_of(record) | {
            "invited_at": record.invited_at and instant(record.invited_at),
            "deleted_at": record.deleted_at and instant(record.deleted_at),
        }
        self._insert(USER_RECORDS, [row])
        # Those by which they were shown too, who are nobody's any more.
        self._touched.users |= {record.id, *uuids, *ids_before.values()}
        for held in self.held_back([record.id]):
            self._touch(held)
        ids = self._ids(uuids)
        renamed = {uuid for uuid in uuids if ids.get(uuid, uuid) != ids_before.get(uuid, uuid)}
        groups = select(MEMBERSHIPS.c.group_id).where(
            MEMBERSHIPS.c.integration == self._integration, MEMBERSHIPS.c.member_uuid.in_(renamed)
        )
        self._touched.groups.update(self._connection.scalars(groups))

    def hold_back(self, held: Iterable[HeldBack]) -> None:
        """Add what is held back, or replace what is held back on the same object."""
        each_once = {(h.user_id, h.object_type, h.object_id): h for h in held}
        self.release(each_once.values())
        for each in each_once.values():
            if not each.is_taken:
                self._touch(each)
        self._insert(HELD_BACK, [row_of(each) for each in each_once.values()])

    def release(self, held: Iterable[HeldBack]) -> None:
        """Hold this back no longer."""
        for each in held:
            was_there = self._delete(
                HELD_BACK,
                user_id=each.user_id,
                object_type=each.object_type,
                object_id=each.object_id,
            )
            if was_there:
                self._touch(each)

    def _ids(self, uuids: Collection[str]) -> Mapping[str, str]:
        """Return the ids of members, of those whose are not their UUIDs; by UUID."""
        return {uuid: record.id for uuid, record in self.of_members(uuids).items()}

    def _touch(self, held: HeldBack) -> None:
        """Touch a user and a group it will be in, which show each other."""
        if held.object_type == "group":
            self._touched.users.add(held.user_id)
            self._touched.groups.add(held.object_id)

    def _delete(self, table: Table, **key: str) -> bool:
        """Delete a row, and return whether there was one."""
        mine = {"integration": self._integration, **key}
        those = (table.c[name] == value for name, value in mine.items())
        return bool(self._connection.execute(delete(table).where(*those)).rowcount)

    def _insert(self, table: Table, rows: list[dict[str, Any]]) -> None:
        if rows:
            mine = {"integration": self._integration}
            self._connection.execute(insert(table), [mine | row for row in rows])
