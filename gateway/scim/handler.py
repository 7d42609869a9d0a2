"""What the web asks, and what it is answered: the seam between the protocol and a directory."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.scim.filter.bound import Filter
from gateway.scim.freshness import AS_IT_COMES, FreshnessWanted, Provenance
from gateway.scim.page import Page
from gateway.scim.patch.operation import Patch
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
    page: Page
    projection: Projection
    base_url: str
    freshness: FreshnessWanted = AS_IT_COMES


@dataclass(frozen=True, slots=True)
class RootQuery:
    """
    A question about the resources of all types (RFC 7644 §3.4.2.1).

    Attributes:
        parts: What it asks of each type that may have an answer, by the type's name, in the order
            of a list that nothing sorts. Of a type that lacks the attribute that sorts, nothing
            is the sort.
        page: The part of the whole selection to return; the parts have the same.
        freshness: How old the answer may be.
    """

    parts: Mapping[str, Query]
    page: Page
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
    """
    One page of a selection.

    Attributes:
        total_results: How many resources the whole selection has.
        count: How many of them are on the page.
        resources: These, as the projection shows them: JSON, with commas between them.
        provenance: How that is known.
        next_cursor: Where a walk goes on; None at its end, and of a page by index.
        previous_cursor: Where the page before it begins; None of the first.
        fingerprint: What is another whenever the resources are, and shorter than they are; empty
            if nothing such is known.
    """

    total_results: int
    count: int
    resources: bytes
    provenance: Provenance
    next_cursor: str | None = None
    previous_cursor: str | None = None
    fingerprint: bytes = b""

    @property
    def json(self) -> bytes:
        """The resources of the page as a JSON array."""
        return b"[" + self.resources + b"]"


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
    NotStored when the client wants nothing read and nothing young enough is stored. A query
    raises InvalidCursor, ExpiredCursor and InvalidCount for a cursor that leads nowhere.
    """

    def revision(self) -> int | None:
        """
        Return a number that is another after every change of what answers rest on.

        None where it can't be told at the moment.
        """
        ...

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


class RootHandler(Protocol):
    """The resources of all types; its methods raise what those of a :class:`ResourceHandler` do."""

    def revision(self) -> int | None:
        """Return a number as :meth:`ResourceHandler.revision` does, for all types."""
        ...

    def query(self, query: RootQuery) -> Listing:
        """Return the page of resources that *query* selects."""
        ...


@dataclass(frozen=True, slots=True)
class Author:
    """
    Who asks for a change.

    Attributes:
        token: The name of the token that opened the door.
        request_id: What the request is called in the log.
    """

    token: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Write:
    """
    How a change is asked for.

    Attributes:
        author: Who asks.
        base_url: The address of the service, without a slash at its end.
        projection: The attributes that the answer will show.
        is_expected: Tells of the versions by which the resource is shown now, one or more,
            whether the request is meant for it (RFC 7644 §3.14).
        is_dry_run: Whether to say what would be done, and do nothing.
        version_sent: The version that the body of a PUT says it is of, by its own
            ``meta.version``; None where it says none.
    """

    author: Author
    base_url: str
    projection: Projection
    is_expected: Callable[[Iterable[str]], bool] = lambda _: True
    is_dry_run: bool = False
    version_sent: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """
    What came of a change.

    Attributes:
        resource_id: The id of the resource; empty of one that a dry run did not make.
        document: The resource as it is now; None if it was deleted, or nothing was done.
        provenance: How that is known, and what it took.
        plan: What would be done, of a dry run.
        notes: What was asked for and could not be, a sentence each.
    """

    resource_id: str
    document: Document | None
    provenance: Provenance
    plan: Mapping[str, object] | None = None
    notes: tuple[str, ...] = ()


class ResourceWriter(Protocol):
    """
    Changes resources of one type.

    Every method may raise, besides what is said there, InvalidValue for what Bitbucket does not
    take, Uniqueness, Conflict and VersionChanged, Forbidden if the plan of the workspace is
    full, Unsupported if the workspace is administered elsewhere, and BadUpstream or Unavailable
    where Bitbucket does not do it. Each says what was done and what was not; the same request
    again goes on from there.
    """

    def create(self, attributes: Mapping[str, Any], write: Write) -> Written:
        """Make a resource (RFC 7644 §3.3)."""
        ...

    def replace(self, resource_id: str, attributes: Mapping[str, Any], write: Write) -> Written:
        """
        Make a resource what *attributes* say; those that are left out, see the type's writer.

        Raises:
            NotFound: There is none of that id.

        RFC 7644 §3.5.1.
        """
        ...

    def patch(self, resource_id: str, patch: Patch, write: Write) -> Written:
        """Change a resource by operations (RFC 7644 §3.5.2); see :meth:`replace`."""
        ...

    def delete(self, resource_id: str, write: Write) -> Written:
        """Delete a resource (RFC 7644 §3.6); see :meth:`replace`."""
        ...
