"""The mirror of one integration: transactions that read it or write it."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from gateway.mirror.documents import DocumentStore
from gateway.mirror.engine import reading, writing
from gateway.mirror.fact_store import FactStore
from gateway.mirror.freshness import FreshnessRecords
from gateway.mirror.selection import Selection
from gateway.scim.schema import ResourceType


class Snapshot:
    """The mirror as it is at one moment."""

    def __init__(self, connection: Connection, integration: str) -> None:
        self._connection = connection
        self._integration = integration
        self.facts = FactStore(connection, integration)
        self.freshness = FreshnessRecords(connection, integration)

    def resources(self, resource_type: ResourceType) -> Selection:
        """Return the resources of a type, to be found."""
        return Selection(self._connection, self._integration, resource_type)


class Writing(Snapshot):
    """A transaction that changes the mirror: all of it lands, or nothing does."""

    def documents(self, resource_type: ResourceType) -> DocumentStore:
        """Return the resources of a type, to be kept."""
        return DocumentStore(self._connection, self._integration, resource_type)


class Mirror:
    """
    What is kept of one workspace.

    Args:
        engine: The database, brought up to date by :func:`gateway.mirror.engine.migrate`.
        integration: What the workspace's rows are told apart by.
    """

    def __init__(self, engine: Engine, integration: str) -> None:
        self._engine = engine
        self._integration = integration

    @contextmanager
    def reading(self) -> Iterator[Snapshot]:
        """Open a transaction in which every look sees the same state."""
        with reading(self._engine) as connection:
            yield Snapshot(connection, self._integration)

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """Open a transaction that is the only one to write; an exception undoes all of it."""
        with writing(self._engine) as connection:
            yield Writing(connection, self._integration)
