"""Finding what can be granted: one page of what a query selects of it, and the number of all."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select

from gateway.mirror.comparisons import Condition, Expression
from gateway.mirror.conditions import condition_of
from gateway.mirror.facts import PERMISSIONS
from gateway.mirror.offer_conditions import OfferLevel
from gateway.mirror.offers import Named, Offer, OfferReader, offers
from gateway.mirror.selection import Remember
from gateway.scim.filter.bound import And, Compare, Filter, Operator, Or
from gateway.scim.handler import Query
from gateway.scim.page import IndexPage
from gateway.scim.schema import ResourceType


class OfferSelection:
    """
    The offers of one integration as resources of one type, in one transaction.

    They are in the order of their ids, but for permissions, the weakest of which comes first:
    whatever a place is called, it stays where it is.

    Args:
        connection: The transaction.
        integration: Whose places they are on.
        resource_type: Their type.
        remember: Keeps what is worked out of this state.
    """

    def __init__(
        self,
        connection: Connection,
        integration: str,
        resource_type: ResourceType,
        *,
        remember: Remember,
    ) -> None:
        self._connection = connection
        self._mine = {"mine": integration}
        self._resource_type = resource_type
        self._remember = remember
        self._reader = OfferReader(connection, integration)

    def get(self, resource_id: str) -> Offer | None:
        """Return the offer of that id, if there is one."""
        named = Named.parse(resource_id)
        return None if named is None else self._reader.one(named)

    def find(self, query: Query, page: IndexPage) -> tuple[int, Sequence[Offer]]:
        """Return the number of offers that *query* selects, and *page* of them."""
        first = page.start_index - 1
        if query.filter is None and query.sort is None:
            places = self._places()
            total = sum(count * len(PERMISSIONS[each]) for each, count in places.items())
            return total, self._reader.span(first, min(total, first + page.count), places)
        asked = _Asked(query, self._resource_type)
        total = self._count(asked.selected)
        if not page.count or first >= total:
            return total, []
        ordered = asked.selected.order_by(*asked.order()).offset(first).limit(page.count)
        return total, [Offer(*row) for row in self._connection.execute(ordered, self._mine)]

    def number_up_to(self, named: Named, query: Query) -> int:
        """Return how many of what *query* selects come no later than the one of that name."""
        if query.filter is None:
            return self._reader.number_up_to(named, self._places())
        asked = _Asked(query, self._resource_type)
        return self._count(asked.selected.where(asked.is_no_later_than(named)))

    def _places(self) -> Mapping[str, int]:
        places: Mapping[str, int] = self._remember("number of places", self._reader.places)
        return places

    def _count(self, selected: Select[Any]) -> int:
        counted = select(func.count()).select_from(selected.subquery())
        return self._connection.scalar(counted, self._mine) or 0


class _Asked:
    """A query as SQL."""

    def __init__(self, query: Query, resource_type: ResourceType) -> None:
        node = query.filter
        every = offers(None if node is None else uuids_in(node))
        self._sort = query.sort
        self._columns = columns = every.c
        self._level = OfferLevel(every, resource_type, query.base_url)
        found_by = [] if node is None else [condition_of(node, self._level)]
        shown = (columns.object_type, columns.uuid, columns.name, columns.permission)
        self.selected: Select[Any] = select(*shown).where(*found_by)

    def order(self) -> Sequence[Expression]:
        """Return what offers are put in order by."""
        in_order = [self._columns.object_type, self._columns.uuid, self._columns.strength]
        key = None if self._sort is None else self._level.sort_key(self._sort.target)
        if self._sort is None or key is None:
            return in_order
        # RFC 7644 §3.4.2.3: those without a value come last, descending first.
        is_descending = self._sort.descending
        return [key.desc().nulls_first() if is_descending else key.asc().nulls_last(), *in_order]

    def is_no_later_than(self, named: Named) -> Condition:
        """Return that an offer comes before the one of that name, or is it."""
        columns = self._columns
        is_of_place = and_(columns.uuid == named.object_uuid, columns.strength <= named.strength)
        is_of_type = columns.object_type == named.object_type
        return or_(
            columns.object_type < named.object_type,
            and_(is_of_type, or_(columns.uuid < named.object_uuid, is_of_place)),
        )


def uuids_in(node: Filter) -> frozenset[str] | None:
    """Return the UUIDs of the places outside of which *node* selects nothing; None if unknown."""
    match node:
        case Compare(target=target, operator=Operator.EQ, value=str(text)):
            if target.name not in ("id", "value"):
                return None
            named = Named.parse(text)
            return frozenset(() if named is None else {named.object_uuid})
        case And(operands=operands):
            known = [uuids for uuids in map(uuids_in, operands) if uuids is not None]
            return min(known, key=len) if known else None
        case Or(operands=operands):
            each = [uuids_in(operand) for operand in operands]
            known = [uuids for uuids in each if uuids is not None]
            return frozenset().union(*known) if len(known) == len(each) else None
    return None
