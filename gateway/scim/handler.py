"""What the web asks, and what it is answered: the seam between the protocol and a directory."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.scim.filter.bound import Filter
from gateway.scim.freshness import AS_IT_COMES, FreshnessWanted, Provenance
from gateway.scim.page import IndexPage
from gateway.scim.projection import Projection
from gateway.scim.sort import Sort


@dataclass(frozen=True, slots=True)
class Query:
    """
    A question about the resources of one type (RFC 7644 §3.4.2).

    Attributes:
        filter: What to select; None selects everything.
        sort: The order; None leaves it to the directory, which keeps it stable.
        page: The part of the selection to return.
        projection: The attributes that the answer will show: nothing else need be known.
        base_url: The address of the service, without a slash at its end, which
            ``meta.location`` and the references inside resources begin with.
        freshness: How old the answer may be.
    """

    filter: Filter | None
    sort: Sort | None
    page: IndexPage
    projection: Projection
    base_url: str
    freshness: FreshnessWanted = AS_IT_COMES


@dataclass(frozen=True, slots=True)
class Document:
    """
    A resource, with what its projection shows and maybe more.

    Attributes:
        version: Its entity tag, ``W/"…"``, equal to ``meta.version``.
        json: The resource as UTF-8 JSON, with absolute references.
    """

    version: str
    json: bytes


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a selection, and how many resources the whole selection has."""

    total_results: int
    documents: Sequence[Document]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Retrieval:
    """
    One resource.

    Attributes:
        document: The resource; None if there is none of that id.
        provenance: How that is known.
    """

    document: Document | None
    provenance: Provenance


class ResourceHandler(Protocol):
    """
    The resources of one type.

    Every method raises BadUpstream or Unavailable when what it would say is not known, and
    NotStored when the client wants nothing read and nothing young enough is stored.
    """

    def query(self, query: Query) -> Listing:
        """Return the page of resources that *query* selects."""
        ...

    def retrieve(
        self,
        resource_id: str,
        *,
        projection: Projection,
        base_url: str,
        freshness: FreshnessWanted = AS_IT_COMES,
    ) -> Retrieval:
        """Return the resource of that id, or that there is none."""
        ...
