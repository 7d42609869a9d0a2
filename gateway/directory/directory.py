"""The workspace as SCIM resources: what the web asks is answered from here."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from gateway.directory.answering import Answering
from gateway.directory.asked import Addresses, Asked
from gateway.directory.identities import identified
from gateway.directory.refresh import Refresher
from gateway.directory.showing import retrieval, shown
from gateway.mirror.mirror import Mirror, Snapshot
from gateway.planner.needs import needs_of_one
from gateway.planner.plan import Plan
from gateway.scim.freshness import AS_IT_COMES, FreshnessWanted, Provenance
from gateway.scim.handler import Listing, Query, Retrieval
from gateway.scim.projection import Projection
from gateway.scim.schema import ResourceType


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
    addresses: Addresses = field(default_factory=Addresses)
    retention: timedelta = timedelta(days=30)

    @cached_property
    def answering(self) -> Answering:
        """What makes an answer of a question."""
        return Answering(self.mirror, self.refresher)

    def revision(self) -> int | None:
        """See :meth:`gateway.scim.handler.ResourceHandler.revision`."""
        return self.mirror.revision()

    def query(self, query: Query) -> Listing:
        """See :meth:`gateway.scim.handler.ResourceHandler.query`."""
        return self.answering.listing(self.asked(query), query.page, query.freshness)

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

        def retrieved(provenance: Provenance, snapshot: Snapshot) -> Retrieval:
            document = shown(
                snapshot, self.resource_type, resource_id, projection=projection, base_url=base_url
            )
            return retrieval(document, provenance, projection)

        return self.answering.young(needed, freshness, retrieved)

    def explain(self, query: Query) -> Explanation:
        """Return what :meth:`query` would read now, and what it would select by."""
        asked = self.asked(query)
        with self.mirror.reading() as snapshot:
            needed = identified(asked.needs(), snapshot)
        plan = self.refresher.explain(needed, query.freshness)
        with self.mirror.reading() as snapshot:
            sql = asked.selection(snapshot).sql(query)
            page = asked.listing(Provenance(age_seconds=0, calls=0), snapshot)
            is_doubtful = bool(page.provenance.incomplete or asked.unknown_addresses(snapshot))
            incomplete = ["emails"] if is_doubtful else []
        if self.refresher.is_inferred(plan):
            incomplete.append("entitlements")
        return Explanation(plan, sql, tuple(incomplete))

    def asked(self, query: Query) -> Asked:
        """Return *query* as it is asked of the mirror."""
        since = self.refresher.now() - self.retention
        return Asked(self.resource_type, query, self.addresses, since)
