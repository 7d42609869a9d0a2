"""The workspace as SCIM resources: what the web asks is answered from here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property, partial
from typing import TypeVar

from gateway.directory.access import with_access
from gateway.directory.identities import identified
from gateway.directory.refresh import Refresher
from gateway.directory.walks import Stretch, Walks
from gateway.mirror.mirror import Mirror, Snapshot
from gateway.mirror.selection import Selection
from gateway.planner.completeness import rests_on_unknown_addresses
from gateway.planner.needs import Needs, needs, needs_of_one
from gateway.planner.plan import Plan
from gateway.scim.errors import InvalidFilter
from gateway.scim.freshness import AS_IT_COMES, FreshnessWanted, Provenance
from gateway.scim.handler import Document, Listing, Query, Retrieval
from gateway.scim.page import CursorPage
from gateway.scim.projection import Projection
from gateway.scim.schema import ResourceType

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """
    How e-mail addresses are dealt with, of which only some are known.

    Attributes:
        attributes: The attributes that are, or may be, e-mail addresses.
        must_be_complete: Whether a filter is refused that only all addresses could answer.
    """

    attributes: frozenset[str] = frozenset({"emails", "userName"})
    must_be_complete: bool = False


@dataclass(frozen=True, slots=True)
class Explanation:
    """
    What a query would take.

    Attributes:
        plan: What it rests on, and what would be read.
        sql: The statement that would select.
        incomplete: The attributes of which not everything is known.
    """

    plan: Plan
    sql: str
    incomplete: tuple[str, ...]


@dataclass(frozen=True)
class Directory:
    """
    The resources of one type: a :class:`gateway.scim.handler.ResourceHandler`.

    Attributes:
        resource_type: Their type.
        mirror: Where every answer comes from.
        refresher: Makes what an answer needs young enough.
        addresses: How e-mail addresses are dealt with.
        retention: How long those who left are told of to who asks for changes.
    """

    resource_type: ResourceType
    mirror: Mirror
    refresher: Refresher
    addresses: Addresses = Addresses()
    retention: timedelta = timedelta(days=30)

    @cached_property
    def walks(self) -> Walks:
        """The walks that clients take through the resources."""
        return Walks(self.mirror)

    def revision(self) -> int | None:
        """See :meth:`gateway.scim.handler.ResourceHandler.revision`."""
        return self.mirror.revision()

    def query(self, query: Query) -> Listing:
        """See :meth:`gateway.scim.handler.ResourceHandler.query`."""
        if isinstance(query.page, CursorPage):
            return self._walk(query, query.page)
        return self._answer(query, partial(self._listing, query))

    def _walk(self, query: Query, page: CursorPage) -> Listing:
        """Answer a page of a walk; what it takes to begin one is written when all is read."""
        place = self.walks.place(page)
        if place is None:
            keys, provenance = self._answer(query, partial(self._keys, query))
            stretch = self.walks.begin(keys, page, now=self.refresher.now())
            with self.mirror.reading() as snapshot:
                return self._stretch(query, stretch, provenance, snapshot)

        def go_on(provenance: Provenance, snapshot: Snapshot) -> Listing:
            stretch = self.walks.go_on(place, page, snapshot, now=self.refresher.now())
            return self._stretch(query, stretch, provenance, snapshot)

        return self._answer(query, go_on)

    def _answer(self, query: Query, answer: Callable[[Provenance, Snapshot], T]) -> T:
        """Return what *answer* does as soon as what it rests on is young enough."""
        needed = self._needs(query)
        with self.mirror.reading() as snapshot:
            known = self.refresher.known(needed, query.freshness, snapshot)
            if known is not None:
                return answer(self._with_doubt(query, known, snapshot), snapshot)
            needed = self._identified(needed, snapshot)
        provenance = self.refresher.ensure(needed, query.freshness)
        with self.mirror.reading() as snapshot:
            return answer(self._with_doubt(query, provenance, snapshot), snapshot)

    def retrieve(
        self,
        resource_id: str,
        *,
        projection: Projection,
        base_url: str,
        freshness: FreshnessWanted = AS_IT_COMES,
    ) -> Retrieval:
        """See :meth:`gateway.scim.handler.ResourceHandler.retrieve`."""
        needed = needs_of_one(
            resource_id, projection=projection, address_attributes=self.addresses.attributes
        )
        with self.mirror.reading() as snapshot:
            known = self.refresher.known(needed, freshness, snapshot)
            if known is not None:
                document = self._one(resource_id, projection, base_url, snapshot)
                return Retrieval(document, known)
            needed = self._identified(needed, snapshot)
        provenance = self.refresher.ensure(needed, freshness)
        with self.mirror.reading() as snapshot:
            return Retrieval(self._one(resource_id, projection, base_url, snapshot), provenance)

    def explain(self, query: Query) -> Explanation:
        """Return what :meth:`query` would read now, and what it would select by."""
        needed = self._needs(query)
        with self.mirror.reading() as snapshot:
            needed = self._identified(needed, snapshot)
        plan = self.refresher.explain(needed, query.freshness)
        with self.mirror.reading() as snapshot:
            sql = self._selection(snapshot).sql(query)
            incomplete = []
            if self._rests_on_unknown_addresses(query) and _without_address(snapshot):
                incomplete.append("emails")
        if self.refresher.is_inferred(plan):
            incomplete.append("entitlements")
        return Explanation(plan, sql, tuple(incomplete))

    def _listing(self, query: Query, provenance: Provenance, snapshot: Snapshot) -> Listing:
        selection = self._selection(snapshot)
        joined = selection.find_joined(query)
        if joined is not None:
            return Listing(*joined, provenance)
        total, documents = selection.find(query)
        return self._shown(query, total, documents, provenance, snapshot)

    def _keys(
        self, query: Query, provenance: Provenance, snapshot: Snapshot
    ) -> tuple[Sequence[int], Provenance]:
        return self._selection(snapshot).keys(query), provenance

    def _stretch(
        self, query: Query, stretch: Stretch, provenance: Provenance, snapshot: Snapshot
    ) -> Listing:
        documents = self._selection(snapshot).documents(stretch.keys, query)
        listing = self._shown(query, stretch.total, documents, provenance, snapshot)
        return replace(listing, next_cursor=stretch.next, previous_cursor=stretch.previous)

    def _shown(
        self,
        query: Query,
        total: int,
        documents: Sequence[Document],
        provenance: Provenance,
        snapshot: Snapshot,
    ) -> Listing:
        documents = with_access(documents, query.projection, snapshot.facts)
        shown = [query.projection.json(document.json) for document in documents]
        return Listing(total, len(shown), b",".join(shown), provenance)

    def _one(
        self, resource_id: str, projection: Projection, base_url: str, snapshot: Snapshot
    ) -> Document | None:
        selection = self._selection(snapshot)
        document = selection.get(resource_id, projection=projection, base_url=base_url)
        return document and with_access([document], projection, snapshot.facts)[0]

    def _selection(self, snapshot: Snapshot) -> Selection:
        since = self.refresher.now() - self.retention
        return snapshot.resources(self.resource_type, departed_since=since)

    def _rests_on_unknown_addresses(self, query: Query) -> bool:
        return self.resource_type.name == "User" and rests_on_unknown_addresses(
            query.filter, self.addresses.attributes
        )

    def _needs(self, query: Query) -> Needs:
        return needs(
            query.filter,
            sort=query.sort,
            projection=query.projection,
            address_attributes=self.addresses.attributes,
        )

    def _identified(self, needed: Needs, snapshot: Snapshot) -> Needs:
        return identified(needed, snapshot) if self.resource_type.name == "User" else needed

    def _with_doubt(self, query: Query, provenance: Provenance, snapshot: Snapshot) -> Provenance:
        """Say so where the filter asks what only complete knowledge of addresses could answer."""
        if not self._rests_on_unknown_addresses(query):
            return provenance
        unknown = _without_address(snapshot)
        if not unknown:
            return provenance
        if self.addresses.must_be_complete:
            raise InvalidFilter(
                f"The e-mail addresses of {unknown} users are not known, so that only eq can be "
                "answered; supply candidates with GATEWAY_EMAILS_FILE.",
                position=0,
            )
        return replace(provenance, incomplete=("emails", *provenance.incomplete))


def _without_address(snapshot: Snapshot) -> int:
    """Return how many users have no address that is known."""
    return snapshot.remember("without address", snapshot.facts.without_address)
