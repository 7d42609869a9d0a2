"""A query over the resources of one type, as it is asked of the mirror."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.directory.access import with_access
from gateway.directory.lacking import lacking, with_unknown_addresses
from gateway.mirror.mirror import Snapshot
from gateway.mirror.selection import Selection
from gateway.planner.completeness import rests_on_unknown_addresses
from gateway.planner.needs import Needs, needs
from gateway.scim.errors import InvalidFilter
from gateway.scim.freshness import Provenance
from gateway.scim.handler import Document, Listing, Query
from gateway.scim.page import IndexPage
from gateway.scim.schema import ResourceType


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
class Asked:
    """
    A query: a :class:`gateway.directory.answering.Question`.

    Attributes:
        resource_type: The type of what it selects.
        query: What it asks.
        addresses: How e-mail addresses are dealt with.
        departed_since: When a resource may have gone at the earliest to be told of to who asks
            for changes.
    """

    resource_type: ResourceType
    query: Query
    addresses: Addresses
    departed_since: datetime

    def at(self, page: IndexPage) -> "Asked":
        """Return the same query, asked for another page."""
        return replace(self, query=replace(self.query, page=page))

    def needs(self) -> Needs:
        """Return what the answer rests on, in the names that were asked for."""
        return needs(
            self.query.filter,
            sort=self.query.sort,
            projection=self.query.projection,
            address_attributes=self.addresses.attributes,
        )

    def with_doubt(self, provenance: Provenance, snapshot: Snapshot) -> Provenance:
        """Say so where only complete knowledge of addresses could answer the filter."""
        unknown = self.unknown_addresses(snapshot)
        if not unknown:
            return provenance
        if self.addresses.must_be_complete:
            raise InvalidFilter(
                f"The e-mail addresses of {unknown} users are not known, so that only eq can be "
                "answered; supply candidates with GATEWAY_EMAILS_FILE.",
                position=0,
            )
        return with_unknown_addresses(provenance)

    def unknown_addresses(self, snapshot: Snapshot) -> int:
        """Return how many users have no address that is known, where the filter rests on theirs."""
        is_sure = self.resource_type.name != "User" or not rests_on_unknown_addresses(
            self.query.filter, self.addresses.attributes
        )
        if is_sure:
            return 0
        return snapshot.remember("without address", snapshot.facts.without_address)

    def listing(self, provenance: Provenance, snapshot: Snapshot) -> Listing:
        """Return the page by index that is asked for."""
        selection = self.selection(snapshot)
        joined = selection.find_joined(self.query)
        if joined is not None:
            return Listing(
                joined.total,
                joined.count,
                joined.resources,
                lacking(provenance, self.query.projection, (joined.resources,)),
                fingerprint=joined.fingerprint,
            )
        total, documents = selection.find(self.query)
        shown, provenance = self._shown(documents, provenance, snapshot)
        return Listing(total, len(shown), b",".join(shown), provenance)

    def keys(self, snapshot: Snapshot) -> Sequence[int]:
        """Return the keys of all resources that are selected, in order."""
        return self.selection(snapshot).keys(self.query)

    def shown(
        self, keys: Sequence[int], provenance: Provenance, snapshot: Snapshot
    ) -> tuple[Sequence[bytes], Provenance]:
        """See :meth:`gateway.directory.answering.Question.shown`."""
        documents = self.selection(snapshot).documents(keys, self.query)
        return self._shown(documents, provenance, snapshot)

    def shown_by_key(
        self, keys: Sequence[int], provenance: Provenance, snapshot: Snapshot
    ) -> tuple[Mapping[int, bytes], Provenance]:
        """Return the same, the resources by their keys."""
        found = self.selection(snapshot).documents_by_key(keys, self.query)
        shown, provenance = self._shown(list(found.values()), provenance, snapshot)
        return dict(zip(found, shown, strict=True)), provenance

    def selection(self, snapshot: Snapshot) -> Selection:
        """Return what the mirror selects from."""
        return snapshot.resources(self.resource_type, departed_since=self.departed_since)

    def _shown(
        self, documents: Sequence[Document], provenance: Provenance, snapshot: Snapshot
    ) -> tuple[list[bytes], Provenance]:
        projection = self.query.projection
        provenance = lacking(provenance, projection, (each.json for each in documents))
        documents = with_access(documents, projection, snapshot.facts)
        return [projection.json(document.json) for document in documents], provenance
