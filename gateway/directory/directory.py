"""The workspace as SCIM resources: what the web asks is answered from here."""

from dataclasses import dataclass, replace
from datetime import timedelta

from gateway.directory.access import with_access
from gateway.directory.address_book import AddressBook
from gateway.directory.addresses import addresses_in
from gateway.directory.refresh import Refresher
from gateway.mirror.mirror import Mirror
from gateway.planner.needs import needs
from gateway.scim.errors import NotFound
from gateway.scim.handler import Listing, Query, Retrieval
from gateway.scim.projection import Projection
from gateway.scim.schema import ResourceType


@dataclass(frozen=True, slots=True)
class Directory:
    """
    The resources of one type: a :class:`gateway.scim.handler.ResourceHandler`.

    Attributes:
        resource_type: Their type.
        mirror: Where every answer comes from.
        refresher: Makes what an answer needs young enough.
        address_book: Learns the e-mail addresses that a filter asks for.
        max_age: How old a fact may be.
    """

    resource_type: ResourceType
    mirror: Mirror
    refresher: Refresher
    address_book: AddressBook
    max_age: timedelta

    def query(self, query: Query) -> Listing:
        """See :meth:`gateway.scim.handler.ResourceHandler.query`."""
        needed = needs(query.filter, sort=query.sort, projection=query.projection)
        provenance = self.refresher.ensure(needed, max_age=self.max_age)
        if self.resource_type.name == "User":
            learned = self.address_book.learn(addresses_in(query.filter), max_age=self.max_age)
            provenance = replace(provenance, calls=provenance.calls + learned)
        with self.mirror.reading() as snapshot:
            total, documents = snapshot.resources(self.resource_type).find(query)
            documents = with_access(documents, query.projection, snapshot.facts)
        return Listing(total, documents, provenance)

    def retrieve(self, resource_id: str, *, projection: Projection, base_url: str) -> Retrieval:
        """See :meth:`gateway.scim.handler.ResourceHandler.retrieve`."""
        needed = needs(None, sort=None, projection=projection)
        provenance = self.refresher.ensure(needed, max_age=self.max_age)
        with self.mirror.reading() as snapshot:
            document = snapshot.resources(self.resource_type).get(resource_id, base_url=base_url)
            if document is None:
                raise NotFound(f"There is no {self.resource_type.name} with the id {resource_id}.")
            (document,) = with_access([document], projection, snapshot.facts)
        return Retrieval(document, provenance)
