"""
What can be granted: every permission on every place, worked out of the lists of places.

There are three or four for each place, so that keeping a row for each would take as much room, and
as long to write, as all users of the workspace. They are a union of selections from projects and
repositories instead, one for each permission; filters are conditions on that.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    Select,
    Subquery,
    Table,
    Text,
    bindparam,
    func,
    literal,
    select,
    union_all,
)

from gateway.mirror.facts import PERMISSIONS
from gateway.mirror.tables import PROJECTS, REPOSITORIES
from gateway.scim.schema import ResourceType

#: How an offer is shown: another where one and the same offer is shown otherwise.
FORM = "2"

#: What each permission allows: what is said before the name of the place, and after it.
_ALLOWS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "project": {
        "read": ("Read every repository of the project ", ""),
        "write": ("Write to every repository of the project ", ""),
        "create-repo": (
            "Create repositories in the project ",
            " and write to all of its repositories",
        ),
        "admin": ("Administer the project ", " and all of its repositories"),
    },
    "repository": {
        "read": ("Read the repository ", ""),
        "write": ("Write to the repository ", ""),
        "admin": ("Administer the repository ", ""),
    },
}
_TABLES: Mapping[str, Table] = {"project": PROJECTS, "repository": REPOSITORIES}
_NAMES = {"project": PROJECTS.c.key, "repository": REPOSITORIES.c.full_name}
_VALUE = re.compile(r"(?P<type>project|repository):(?P<uuid>[^:]+):(?P<permission>[^:]+)")

#: The types of places, in the order of the list.
TYPES = tuple(sorted(PERMISSIONS))
#: All permissions, the weakest first: on projects there are all of them.
EVERY_PERMISSION = PERMISSIONS["project"]


@dataclass(frozen=True, slots=True)
class Offer:
    """
    A permission that can be granted on a place.

    Attributes:
        object_type: ``repository`` or ``project``.
        object_uuid: Its UUID.
        object_name: The repository's full name, or the project's key.
        permission: Bitbucket's word for it.
    """

    object_type: str
    object_uuid: str
    object_name: str
    permission: str

    @property
    def value(self) -> str:
        """What it is called wherever it is held."""
        return self._value_of(self.permission)

    @property
    def display(self) -> str:
        """The same for people."""
        return f"{self.object_name}: {self.permission}"

    @property
    def description(self) -> str:
        """What it allows."""
        before, after = _ALLOWS[self.object_type][self.permission]
        return f"{before}{self.object_name}{after}"

    @property
    def contains(self) -> list[str]:
        """The values of the weaker ones on the same place, the weakest first."""
        return [self._value_of(each) for each in self._permissions[: self._strength]]

    @property
    def contained_by(self) -> list[str]:
        """The values of the stronger ones on the same place, the weakest first."""
        return [self._value_of(each) for each in self._permissions[self._strength + 1 :]]

    @property
    def _permissions(self) -> Sequence[str]:
        return PERMISSIONS[self.object_type]

    @property
    def _strength(self) -> int:
        return self._permissions.index(self.permission)

    def _value_of(self, permission: str) -> str:
        return f"{self.object_type}:{self.object_uuid}:{permission}"


@dataclass(frozen=True, slots=True)
class Named:
    """An offer as its value names it, whether there is such a place or not; see :class:`Offer`."""

    object_type: str
    object_uuid: str
    permission: str

    @classmethod
    def parse(cls, value: str) -> "Named | None":
        """Read a value; None if it can be none."""
        match = _VALUE.fullmatch(value)
        if match is None or match["permission"] not in PERMISSIONS[match["type"]]:
            return None
        return cls(match["type"], match["uuid"], match["permission"])

    @property
    def strength(self) -> int:
        """Where the permission is among all of them."""
        return EVERY_PERMISSION.index(self.permission)


def offers(uuids: Collection[str] | None = None) -> Subquery:
    """
    Return all offers of the integration ``mine``.

    Args:
        uuids: The UUIDs of the places they are on, by which a database looks them up; None for
            all places.

    Returns:
        The columns ``object_type``, ``uuid`` and ``name`` of the place, ``permission`` and its
        ``strength`` among all, and what its description says ``before`` and ``after`` the name.
    """
    every = (
        _offered(object_type, permission, uuids)
        for object_type in TYPES
        for permission in PERMISSIONS[object_type]
    )
    # The offset keeps a filter in one piece: a database would plan it anew for each selection of
    # the union, and take seconds over a long one.
    return union_all(*every).offset(0).subquery("offers")


def _offered(object_type: str, permission: str, uuids: Collection[str] | None) -> Select[Any]:
    table = _TABLES[object_type]
    before, after = _ALLOWS[object_type][permission]
    found = select(
        literal(object_type, Text()).label("object_type"),
        table.c.uuid.label("uuid"),
        _NAMES[object_type].label("name"),
        literal(permission, Text()).label("permission"),
        literal(EVERY_PERMISSION.index(permission), Integer()).label("strength"),
        literal(before, Text()).label("before"),
        literal(after, Text()).label("after"),
    ).where(table.c.integration == bindparam("mine"))
    return found if uuids is None else found.where(table.c.uuid.in_(sorted(uuids)))


def version_prefix(resource_type: ResourceType) -> str:
    """
    Return what the versions of offers begin with, as resources of that type.

    What can change of an offer is the name of its place: in UTF-8 and hexadecimal it ends the
    version.
    """
    shown_as = blake2b(f"{FORM} {resource_type.schema.id}".encode(), digest_size=4).hexdigest()
    return f'W/"{shown_as}'


def version(offer: Offer, resource_type: ResourceType) -> str:
    """Return the version of *offer* as a resource of that type."""
    return f'{version_prefix(resource_type)}{offer.object_name.encode().hex()}"'


class OfferReader:
    """
    The places of one integration, and what can be granted on them, in one transaction.

    Args:
        connection: The transaction.
        integration: Whose places they are.
    """

    def __init__(self, connection: Connection, integration: str) -> None:
        self._connection = connection
        self._integration = integration

    def one(self, named: Named) -> Offer | None:
        """Return the offer of that name, if there is such a place."""
        table, name = _TABLES[named.object_type], _NAMES[named.object_type]
        found = self._connection.scalar(
            select(name).where(
                table.c.integration == self._integration, table.c.uuid == named.object_uuid
            )
        )
        if found is None:
            return None
        return Offer(named.object_type, named.object_uuid, found, named.permission)

    def places(self) -> Mapping[str, int]:
        """Return how many places of each type there are."""
        return {
            object_type: self._connection.scalar(
                select(func.count()).where(table.c.integration == self._integration)
            )
            or 0
            for object_type, table in _TABLES.items()
        }

    def span(self, first: int, last: int, places: Mapping[str, int]) -> Sequence[Offer]:
        """
        Return the offers from the position *first* up to *last*, of all in their order.

        By their places, so that it costs what it returns.

        Args:
            first: The position of the first, counted from 0.
            last: That after the last.
            places: How many places there are, see :meth:`places`.
        """
        found: list[Offer] = []
        begin = 0
        for object_type in TYPES:
            permissions = PERMISSIONS[object_type]
            end = begin + places[object_type] * len(permissions)
            low, high = max(first, begin) - begin, min(last, end) - begin
            if low < high:
                offset, skipped = divmod(low, len(permissions))
                offered = self.on_some(
                    object_type, -(-high // len(permissions)) - offset, offset=offset
                )
                found += offered[skipped : skipped + high - low]
            begin = end
        return found

    def on_some(self, object_type: str, places: int, *, offset: int = 0) -> list[Offer]:
        """Return every offer on *places* of a type that follow *offset* others, in order."""
        return [
            Offer(object_type, uuid, name, permission)
            for uuid, name in self._places(object_type, offset, places)
            for permission in PERMISSIONS[object_type]
        ]

    def number_up_to(self, named: Named, places: Mapping[str, int]) -> int:
        """
        Return how many offers come no later than *named*, of all in their order.

        Args:
            named: One that may be gone.
            places: See :meth:`span`.
        """
        permissions = PERMISSIONS[named.object_type]
        before = TYPES[: TYPES.index(named.object_type)]
        earlier = sum(places[each] * len(PERMISSIONS[each]) for each in before)
        table = _TABLES[named.object_type]
        passed = self._connection.scalar(
            select(func.count()).where(
                table.c.integration == self._integration, table.c.uuid < named.object_uuid
            )
        )
        earlier += (passed or 0) * len(permissions)
        return earlier + (permissions.index(named.permission) + 1 if self.one(named) else 0)

    def _places(self, object_type: str, offset: int, count: int) -> Sequence[Any]:
        table, name = _TABLES[object_type], _NAMES[object_type]
        return self._connection.execute(
            select(table.c.uuid, name)
            .where(table.c.integration == self._integration)
            .order_by(table.c.uuid)
            .offset(offset)
            .limit(count)
        ).all()
