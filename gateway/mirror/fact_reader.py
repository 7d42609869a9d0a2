"""The facts of one integration, in one transaction."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    Table,
    bindparam,
    func,
    select,
    true,
)

from gateway.mirror import tables
from gateway.mirror.batches import batches
from gateway.mirror.fact_queries import (
    ABSENT,
    ASKED_OF_MEMBER,
    BY_ACCOUNT_ID,
    BY_UUID,
    LOOKED_UP_SINGLY,
    OF_MEMBER,
    WITH_ACCOUNT_ID,
    WITH_OTHERS,
    WITH_UUID,
    Fact,
    present_rows,
)
from gateway.mirror.facts import (
    Address,
    Grant,
    Group,
    Member,
    Membership,
    PlaceReading,
    PlaceReadings,
    Project,
    Repository,
)
from gateway.mirror.instants import from_text
from gateway.mirror.prepared import Prepared
from gateway.scim.text import instant

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

#: How many keys are read at once.
_PAGE = 5000
_SUBJECTS = ("group", "user")
#: The lists of places, by type.
PLACES: Mapping[str, Table] = {"project": tables.PROJECTS, "repository": tables.REPOSITORIES}
_NAMES = {"project": tables.PROJECTS.c.key, "repository": tables.REPOSITORIES.c.full_name}
_BY_NAME = {
    object_type: Prepared(
        select(table.c.uuid).where(
            table.c.integration == bindparam("mine"),
            (table.c.uuid == bindparam("name"))
            | (func.lower(_NAMES[object_type]) == bindparam("folded")),
        )
    )
    for object_type, table in PLACES.items()
}


@dataclass(frozen=True, slots=True)
class LookedUp:
    """
    What is known of somebody who was looked up singly.

    Attributes:
        uuid: The UUID of the member; None of somebody who is no member.
        read_at: When that was asked; None of members who never were.
    """

    uuid: str | None
    read_at: datetime | None


class FactReader:
    """Reads facts, each kind in an order that stays the same from one reading to the next."""

    def __init__(self, connection: Connection, integration: str) -> None:
        self._connection = connection
        self._integration = integration

    def members(self, *, uuids: Collection[str] | None = None) -> list[Member]:
        """Return those who are members now; of those with *uuids* only, if they are given."""
        return [
            Member(*(*row, from_text(added_on), from_text(last_accessed)))
            for *row, added_on, last_accessed in self._present(Member, tables.MEMBERS, uuid=uuids)
        ]

    def looked_up(self, keys: Collection[str]) -> Mapping[str, LookedUp]:
        """Return what is known of those with *keys*, UUIDs or account ids; by key."""
        uuids = {key for key in keys if _UUID.fullmatch(key)}
        found: dict[str, LookedUp] = {}
        # Apart, so that UUIDs are found by their index.
        for one, many, some_keys in (
            (WITH_UUID, BY_UUID, uuids),
            (WITH_ACCOUNT_ID, BY_ACCOUNT_ID, {*keys} - uuids),
        ):
            for key, uuid, read_at in self._of_keys(one, many, some_keys):
                found[key] = LookedUp(uuid, from_text(read_at))
        for key, asked_at in self._among(ABSENT, {*keys} - found.keys()):
            found[key] = LookedUp(None, from_text(asked_at))
        return found

    def looked_up_singly(self) -> frozenset[str]:
        """
        Return the keys of those of whom more was read since the list of members, or in vain.

        Of everybody else :meth:`looked_up` knows no moment.
        """
        found = self._connection.scalars(LOOKED_UP_SINGLY, {"mine": self._integration})
        return frozenset(key for key in found if key is not None)

    def member_uuids(self) -> Iterator[str]:
        """Yield the UUIDs of those who are members now, which are read some at a time."""
        return self._in_turn(tables.MEMBERS.c.uuid)

    def all_group_ids(self) -> Iterator[str]:
        """Yield the ids of the groups there are now, which are read some at a time."""
        return self._in_turn(tables.GROUPS.c.id)

    def groups(self, *, ids: Collection[str] | None = None) -> list[Group]:
        """Return the groups there are now; of those with *ids* only, if they are given."""
        return [Group(*row) for row in self._present(Group, tables.GROUPS, id=ids)]

    def memberships(
        self,
        *,
        member_uuids: Collection[str] | None = None,
        group_ids: Collection[str] | None = None,
    ) -> list[Membership]:
        """Return who is in which group; of those members, or those groups, only."""
        rows = self._present(
            Membership, tables.MEMBERSHIPS, member_uuid=member_uuids, group_id=group_ids
        )
        return [Membership(*row) for row in rows]

    def group_ids(self, slugs: Collection[str] | None = None) -> Mapping[str, str]:
        """Return the id of every slug that was ever seen; of those among *slugs*, if given."""
        table = tables.GROUP_IDS
        ids = select(table.c.slug, table.c.id).where(table.c.integration == self._integration)
        queries = (
            [ids] if slugs is None else [ids.where(table.c.slug.in_(s)) for s in in_lists(slugs)]
        )
        return {row.slug: row.id for each in queries for row in self._connection.execute(each)}

    def projects(self, *, uuids: Collection[str] | None = None) -> list[Project]:
        """Return the projects; of those with *uuids* only, if they are given."""
        return [Project(*row) for row in self._present(Project, tables.PROJECTS, uuid=uuids)]

    def repositories(self, *, uuids: Collection[str] | None = None) -> list[Repository]:
        """Return the repositories; of those with *uuids* only, if they are given."""
        rows = self._present(Repository, tables.REPOSITORIES, uuid=uuids)
        return [Repository(*row) for row in rows]

    def grants(
        self,
        *,
        subject_ids: Collection[str] | None = None,
        object_uuids: Collection[str] | None = None,
    ) -> list[Grant]:
        """Return what is granted; to those subjects, or on those places, only."""
        rows = self._present(
            Grant,
            tables.GRANTS,
            # With their types, which they are found by first.
            subject_type=None if subject_ids is None else _SUBJECTS,
            subject_id=subject_ids,
            object_uuid=object_uuids,
        )
        return [Grant(*row) for row in rows]

    def place_readings(
        self,
        subject_type: str,
        object_type: str,
        *,
        object_uuids: Collection[str] | None = None,
    ) -> list[PlaceReading]:
        """Return when places of the type were read, those only if they are given; not all were."""
        table = tables.GRANT_READINGS
        query = select(
            table.c.object_uuid, table.c.read_at, table.c.is_inferred, table.c.told_at
        ).where(*self._of_places(subject_type, object_type))
        conditions: list[ColumnElement[bool]] = [true()]
        if object_uuids is not None:
            conditions = [table.c.object_uuid.in_(some) for some in in_lists(object_uuids)]
        return [
            PlaceReading(
                uuid, from_text(read_at), is_inferred, from_text(told_at) if is_inferred else None
            )
            for condition in conditions
            for uuid, read_at, is_inferred, told_at in self._connection.execute(
                query.where(condition)
            )
        ]

    def all_place_readings(self, subject_type: str, object_type: str) -> PlaceReadings:
        """Return how old all places of the type are together."""
        table = tables.GRANT_READINGS
        inferred = func.count().filter(table.c.is_inferred == true())
        never_told = func.count().filter(table.c.told_at.is_(None))
        row = self._connection.execute(
            select(func.count(), func.min(table.c.read_at), inferred, never_told).where(
                *self._of_places(subject_type, object_type)
            )
        ).one()
        listed = self.count(PLACES[object_type])
        oldest = from_text(row[1]) if row[0] >= listed else None
        return PlaceReadings(
            oldest=oldest, listed=listed, read=row[0], inferred=row[2], never_told=row[3]
        )

    def inferred_places(self, most: int) -> list[str]:
        """
        Return repositories whose direct grants were inferred, those first that show it.

        Of the others those come first that never told them, then those that did so longest ago.
        """
        readings, grants = tables.GRANT_READINGS, tables.GRANTS
        has_some = (
            select(grants.c.subject_id)
            .where(
                grants.c.integration == readings.c.integration,
                grants.c.object_uuid == readings.c.object_uuid,
                grants.c.origin == "inferred",
            )
            .exists()
        )
        query = select(readings.c.object_uuid).where(
            *self._of_places("user", "repository"), readings.c.is_inferred == true()
        )
        told = readings.c.told_at.asc().nulls_first()
        order = (has_some.desc(), told, readings.c.read_at, readings.c.object_uuid)
        return list(self._connection.scalars(query.order_by(*order).limit(most)))

    def listed(self, object_type: str, object_uuids: Collection[str]) -> frozenset[str]:
        """Return those of *object_uuids* that are places of the type."""
        table = PLACES[object_type]
        query = select(table.c.uuid).where(table.c.integration == self._integration)
        return frozenset(
            uuid
            for some in in_lists(object_uuids)
            for uuid in self._connection.scalars(query.where(table.c.uuid.in_(some)))
        )

    def place_uuid(self, object_type: str, name: str) -> str | None:
        """Return the UUID of the place with that UUID, key or full name, in any letter case."""
        named = {"mine": self._integration, "name": name, "folded": name.lower()}
        found = _BY_NAME[object_type].rows(self._connection, **named)
        return str(found[0][0]) if found else None

    def count(self, table: Table) -> int:
        """Return how many rows there are now."""
        query = select(func.count()).where(table.c.integration == self._integration)
        if "gone_at" in table.c:
            query = query.where(table.c.gone_at.is_(None))
        return self._connection.scalar(query) or 0

    def oldest_address(self) -> datetime | None:
        """Return when that address was asked which was asked first, of those that somebody has."""
        table = tables.ADDRESSES
        oldest: str | None = self._connection.scalar(
            select(func.min(table.c.asked_at)).where(
                table.c.integration == self._integration, table.c.member_uuid.is_not(None)
            )
        )
        return from_text(oldest)

    def addresses_asked_before(self, moment: datetime, *, of_members: bool) -> list[str]:
        """Return the addresses last asked before *moment*: members' own, or those nobody has."""
        table = tables.ADDRESSES
        held = table.c.member_uuid.is_not(None)
        query = select(table.c.text).where(
            table.c.integration == self._integration,
            table.c.asked_at < instant(moment),
            held if of_members else ~held,
        )
        return list(self._connection.scalars(query.order_by(table.c.asked_at, table.c.text)))

    def has_dates_of_joining(self) -> bool:
        """Return whether of any member it is known since when it is one."""
        table = tables.MEMBERS
        query = select(table.c.uuid).where(
            table.c.integration == self._integration,
            table.c.gone_at.is_(None),
            table.c.added_on.is_not(None),
        )
        return self._connection.scalar(query.limit(1)) is not None

    def without_address(self) -> int:
        """Return how many active members, people, have no address that is known."""
        members, addresses = tables.MEMBERS, tables.ADDRESSES
        known = select(addresses.c.text).where(
            addresses.c.integration == members.c.integration,
            addresses.c.member_uuid == members.c.uuid,
        )
        query = select(func.count()).where(
            members.c.integration == self._integration,
            members.c.gone_at.is_(None),
            members.c.is_active == true(),
            members.c.account_type == "user",
            ~known.exists(),
        )
        return self._connection.scalar(query) or 0

    def addresses(
        self, *, texts: Collection[str] | None = None, member_uuids: Collection[str] | None = None
    ) -> list[Address]:
        """Return what was asked of e-mail addresses; of those, or those of those members, only."""
        return [
            Address(text, member_uuid, from_text(asked_at))
            for text, member_uuid, asked_at in self._present(
                Address, tables.ADDRESSES, text=texts, member_uuid=member_uuids
            )
        ]

    def _of_places(self, subject_type: str, object_type: str) -> list[ColumnElement[bool]]:
        table = tables.GRANT_READINGS
        return [
            table.c.integration == self._integration,
            table.c.subject_type == subject_type,
            table.c.object_type == object_type,
        ]

    def _present(
        self, fact: type[Fact], table: Table, **among: Collection[str] | None
    ) -> Sequence[Sequence[Any]]:
        """Return the rows there are now, their columns in the order of the fact's fields."""
        lists = {name: values for name, values in among.items() if values is not None}
        query, key = present_rows(fact, table, tuple(lists))
        parameters = (
            {"mine": self._integration, **dict(zip(lists, some, strict=True))}
            for some in product(*map(in_lists, lists.values()))
        )
        rows = [row for each in parameters for row in self._connection.execute(query, each).all()]
        return sorted(rows, key=key) if lists else rows

    def _in_turn(self, key: Column[str]) -> Iterator[str]:
        """Yield the keys of the rows of a table that are not gone, in their order."""
        query = (
            select(key)
            .where(key.table.c.integration == self._integration, key.table.c.gone_at.is_(None))
            .order_by(key)
            .limit(_PAGE)
        )
        found = list(self._connection.scalars(query))
        while found:
            yield from found
            found = list(self._connection.scalars(query.where(key > found[-1])))

    def _of_keys(self, one: Prepared, many: Select[Any], keys: Collection[str]) -> Iterable[Any]:
        if len(keys) == 1:
            return one.rows(self._connection, mine=self._integration, key=next(iter(keys)))
        return self._among(many, keys)

    def addresses_of(self, member_uuid: str) -> list[Address]:
        """Return the addresses that are known of one member."""
        return self._addresses(OF_MEMBER, member_uuid)

    def addresses_asked_at(self, member_uuid: str) -> datetime | None:
        """Return when the first of the addresses of one who is a member now was asked, if any."""
        rows = ASKED_OF_MEMBER.rows(self._connection, mine=self._integration, key=member_uuid)
        return from_text(min((asked_at for (asked_at,) in rows), default=None))

    def address_with_others(self, text: str) -> list[Address]:
        """Return what was asked of one address, and of the others of the member who has it."""
        return self._addresses(WITH_OTHERS, text)

    def _addresses(self, query: Prepared, key: str) -> list[Address]:
        rows = query.rows(self._connection, mine=self._integration, key=key)
        return [Address(text, uuid, from_text(asked_at)) for text, uuid, asked_at in sorted(rows)]

    def _among(self, query: Select[Any], keys: Collection[str]) -> Iterator[Any]:
        for some in in_lists(keys):
            yield from self._connection.execute(
                query, {"mine": self._integration, "keys": some}
            ).all()


def in_lists(values: Collection[str]) -> Iterator[list[str]]:
    """Return *values*, each once and in order, in lists that a statement may hold."""
    return batches(sorted(set(values)))
