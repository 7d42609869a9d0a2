"""The two kinds of what can be held: entitlements, which Bitbucket grants, and roles."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, ClassVar
from uuid import UUID

from gateway.directory.catalogue import Item, item
from gateway.directory.users import role_of
from gateway.mirror.facts import PERMISSIONS
from gateway.mirror.mirror import Snapshot
from gateway.mirror.offers import TYPES, Named, Offer, version
from gateway.planner.catalogue import NOTHING, needs_of_offer, needs_of_offers
from gateway.planner.needs import Needs
from gateway.scim.cursor import Place
from gateway.scim.filter.match import matches
from gateway.scim.handler import Query
from gateway.scim.page import IndexPage
from gateway.scim.schema import ResourceType
from gateway.scim.sort import Sort
from gateway.scim.text import fold

#: The permissions on places, each by a number that a cursor holds.
_PERMISSIONS = tuple((each, permission) for each in TYPES for permission in PERMISSIONS[each])

#: What a user can be in the workspace, as Bitbucket says it.
_ROLES = {
    "owner": "Administers the workspace",
    "collaborator": "Was given access to some repositories of the workspace",
    "member": "Belongs to the workspace",
}
_NO_PLACE = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Entitlements:
    """
    Every permission on every repository and project: :class:`gateway.directory.catalogue.Items`.

    Attributes:
        resource_type: What they are shown as.
        are_walked_in_any_order: They are not: their names change, and with them such an order.
    """

    resource_type: ResourceType
    are_walked_in_any_order: ClassVar[bool] = False

    def needs(self, query: Query) -> Needs:
        """Return the lists of places that *query* is about."""
        return needs_of_offers(query.filter)

    def needs_of_one(self, resource_id: str) -> Needs:
        """Return the list of places that one is on."""
        return needs_of_offer(resource_id)

    def find(self, query: Query, page: IndexPage, snapshot: Snapshot) -> tuple[int, Sequence[Item]]:
        """Return the number of entitlements that *query* selects, and *page* of them."""
        total, found = snapshot.offers(self.resource_type).find(query, page)
        return total, [self._shown(offer, query.base_url) for offer in found]

    def get(self, resource_id: str, base_url: str, snapshot: Snapshot) -> Item | None:
        """Return the entitlement of that id, if there is one."""
        offer = snapshot.offers(self.resource_type).get(resource_id)
        return None if offer is None else self._shown(offer, base_url)

    def place(self, resource_id: str) -> Place:
        """Return the place of an entitlement in a walk."""
        named = Named.parse(resource_id)
        if named is None:
            raise LookupError(f"{resource_id} is no entitlement.")
        number = _PERMISSIONS.index((named.object_type, named.permission))
        return Place(UUID(named.object_uuid), number)

    def number_up_to(self, place: Place, query: Query, snapshot: Snapshot) -> int:
        """Return how many of those that *query* selects come no later than *place*."""
        object_type, permission = _PERMISSIONS[place.position]
        named = Named(object_type, str(place.walk), permission)
        return snapshot.offers(self.resource_type).number_up_to(named, query)

    def _shown(self, offer: Offer, base_url: str) -> Item:
        known = {
            "id": offer.value,
            "value": offer.value,
            "display": offer.display,
            "displayName": offer.display,
            "type": offer.object_type,
            "description": offer.description,
            "supported": True,
            "limitedAssignmentsPermitted": False,
            "containedBy": offer.contained_by,
            "contains": offer.contains,
        }
        return item(self.resource_type, base_url, version(offer, self.resource_type), known)


@dataclass(frozen=True, slots=True)
class Roles:
    """
    The roles in the workspace, always the same: :class:`gateway.directory.catalogue.Items`.

    Attributes:
        resource_type: What they are shown as.
        are_walked_in_any_order: They are, as nothing of them changes.
    """

    resource_type: ResourceType
    are_walked_in_any_order: ClassVar[bool] = True

    def needs(self, _query: Query) -> Needs:
        """Return nothing."""
        return NOTHING

    def needs_of_one(self, _resource_id: str) -> Needs:
        """Return nothing."""
        return NOTHING

    def find(
        self, query: Query, page: IndexPage, _snapshot: Snapshot
    ) -> tuple[int, Sequence[Item]]:
        """Return the number of roles that *query* selects, and *page* of them."""
        found = self._selected(query)
        first = page.start_index - 1
        return len(found), found[first : first + page.count]

    def get(self, resource_id: str, base_url: str, _snapshot: Snapshot) -> Item | None:
        """Return the role of that id, if there is one."""
        return self._shown(resource_id, base_url) if resource_id in _ROLES else None

    def place(self, resource_id: str) -> Place:
        """Return the place of a role in a walk."""
        return Place(_NO_PLACE, list(_ROLES).index(resource_id))

    def number_up_to(self, place: Place, query: Query, _snapshot: Snapshot) -> int:
        """Return how many of those that *query* selects come no later than *place*."""
        last = list(_ROLES)[place.position]
        in_order = [each["id"] for each in self._in_order(query)]
        passed = in_order[: in_order.index(last) + 1]
        return sum(each["id"] in passed for each in self._selected(query))

    def _selected(self, query: Query) -> list[Item]:
        every = self._in_order(query)
        return [each for each in every if query.filter is None or matches(query.filter, each)]

    def _in_order(self, query: Query) -> list[Item]:
        every = [self._shown(name, query.base_url) for name in _ROLES]
        return every if query.sort is None else _sorted(every, query.sort)

    def _shown(self, name: str, base_url: str) -> Item:
        role = role_of(name)
        known = {
            "id": name,
            **role,
            "displayName": role["display"],
            "description": _ROLES[name],
            "supported": True,
        }
        told = f"{self.resource_type.schema.id} {known}".encode()
        tag = f'W/"{blake2b(told, digest_size=8).hexdigest()}"'
        return item(self.resource_type, base_url, tag, known)


def _sorted(items: Sequence[Item], sort: Sort) -> list[Item]:
    """Return *items* in order; those without a value last, descending first (RFC 7644 §3.4.2.3)."""

    def key(each: Item) -> Any:
        value = each.get(sort.target.attribute.name)
        if sort.target.sub_attribute is not None and value is not None:
            value = value.get(sort.target.sub_attribute.name)
        if isinstance(value, list):
            value = value[0]
        return value if sort.target.leaf.case_exact or value is None else fold(value)

    having = sorted((e for e in items if key(e) is not None), key=key, reverse=sort.descending)
    without = [each for each in items if key(each) is None]
    return without + having if sort.descending else having + without
