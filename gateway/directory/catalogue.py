"""What can be held in the workspace, as SCIM resources: roles and entitlements, read only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import orjson

from gateway.directory.answering import Answering
from gateway.directory.refresh import Refresher
from gateway.directory.walks import LIFETIME
from gateway.mirror.mirror import Mirror, Snapshot
from gateway.planner.needs import Needs
from gateway.scim.cursor import Place, Seal
from gateway.scim.errors import ExpiredCursor, InvalidValue
from gateway.scim.freshness import AS_IT_COMES, FreshnessWanted, Provenance
from gateway.scim.handler import Document, Listing, Query, Retrieval
from gateway.scim.page import CursorPage, IndexPage
from gateway.scim.projection import Projection
from gateway.scim.schema import ResourceType

#: What there is to tell of an item; each form of the catalogue shows what its schema declares.
Item = Mapping[str, Any]


class Items(Protocol):
    """What can be held, of one kind."""

    @property
    def are_walked_in_any_order(self) -> bool:
        """Whether a walk through them may be sorted."""
        ...

    def needs(self, query: Query) -> Needs:
        """Return what must be known to answer *query*."""
        ...

    def needs_of_one(self, resource_id: str) -> Needs:
        """Return what must be known to tell of the item of that id."""
        ...

    def find(self, query: Query, page: IndexPage, snapshot: Snapshot) -> tuple[int, Sequence[Item]]:
        """Return the number of items that *query* selects, and *page* of them."""
        ...

    def get(self, resource_id: str, base_url: str, snapshot: Snapshot) -> Item | None:
        """Return the item of that id, if there is one."""
        ...

    def place(self, resource_id: str) -> Place:
        """Return the place of an item in a walk."""
        ...

    def number_up_to(self, place: Place, query: Query, snapshot: Snapshot) -> int:
        """Return how many of the items that *query* selects come no later than *place*."""
        ...


@dataclass(frozen=True)
class Catalogue:
    """
    What can be held, of one kind: a :class:`gateway.scim.handler.ResourceHandler`.

    Attributes:
        resource_type: Its type.
        items: Where it is known from.
        mirror: Where that is.
        refresher: Makes what an answer needs young enough.
    """

    resource_type: ResourceType
    items: Items
    mirror: Mirror
    refresher: Refresher

    def revision(self) -> int | None:
        """See :meth:`gateway.scim.handler.ResourceHandler.revision`."""
        return self.mirror.revision()

    def query(self, query: Query) -> Listing:
        """
        See :meth:`gateway.scim.handler.ResourceHandler.query`.

        A walk goes on behind the last item that was told of: ids stay, and so does their order.
        So it is of the moment, page by page, and there is no way back.

        Raises:
            InvalidValue: A walk is to go in another order, where it can't.
            ExpiredCursor: A walk took too long.
        """
        is_sorted_walk = isinstance(query.page, CursorPage) and query.sort is not None
        if is_sorted_walk and not self.items.are_walked_in_any_order:
            raise InvalidValue(
                f"{self.resource_type.endpoint} is walked through in the order of its own: leave "
                "sortBy out, or ask for pages by startIndex."
            )

        def answer(provenance: Provenance, snapshot: Snapshot) -> Listing:
            if isinstance(query.page, CursorPage):
                return self._stretch(query, query.page, provenance, snapshot)
            total, found = self.items.find(query, query.page, snapshot)
            return self._listing(query, total, found, provenance)

        return self._answering.young(self.items.needs(query), query.freshness, answer)

    def retrieve(
        self,
        resource_id: str,
        *,
        projection: Projection,  # noqa: ARG002 - all that it could show is at hand
        base_url: str,
        freshness: FreshnessWanted = AS_IT_COMES,
    ) -> Retrieval:
        """See :meth:`gateway.scim.handler.ResourceHandler.retrieve`."""

        def answer(provenance: Provenance, snapshot: Snapshot) -> Retrieval:
            item = self.items.get(resource_id, base_url, snapshot)
            if item is None:
                return Retrieval(None, provenance)
            return Retrieval(Document(item["meta"]["version"], orjson.dumps(item)), provenance)

        return self._answering.young(self.items.needs_of_one(resource_id), freshness, answer)

    @cached_property
    def _answering(self) -> Answering:
        return Answering(self.mirror, self.refresher)

    def _stretch(
        self, query: Query, page: CursorPage, provenance: Provenance, snapshot: Snapshot
    ) -> Listing:
        """Return a page of a walk."""
        seal = Seal(snapshot.walks.seal())
        now = int(self.refresher.now().timestamp())
        before, began = 0, now
        if page.cursor:
            place = seal.place(page.cursor, count=page.count, bound_to=page.bound_to)
            began = place.began
            if now - began > LIFETIME.total_seconds():
                raise ExpiredCursor("This walk took too long; begin it again.")
            before = self.items.number_up_to(place, query, snapshot)
        total, found = self.items.find(query, IndexPage(before + 1, page.count), snapshot)
        following = None
        if found and before + len(found) < total:
            last = replace(self.items.place(found[-1]["id"]), began=began)
            following = seal.cursor(last, count=page.count, bound_to=page.bound_to)
        return self._listing(query, total, found, provenance, following)

    def _listing(
        self,
        query: Query,
        total: int,
        found: Sequence[Item],
        provenance: Provenance,
        next_cursor: str | None = None,
    ) -> Listing:
        shown = b",".join(query.projection.json(orjson.dumps(item)) for item in found)
        return Listing(total, len(found), shown, provenance, next_cursor)


def item(resource_type: ResourceType, base_url: str, version: str, known: Item) -> Item:
    """
    Return what there is to tell of an item as a resource.

    Args:
        resource_type: Its type: what its schema does not declare is left out, and so are empty
            lists.
        base_url: The address of the service, without a slash at its end.
        version: Its version.
        known: Its attributes.
    """
    declared = {n: v for n, v in known.items() if resource_type.core_attribute(n) and v != []}
    return {
        "schemas": [resource_type.schema.id],
        **declared,
        "meta": {
            "resourceType": resource_type.name,
            "location": f"{base_url}{resource_type.endpoint}/{known['id']}",
            "version": version,
        },
    }
