"""The mirror of one integration: transactions that read it or write it."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from typing import TypeVar
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from gateway.mirror.catalogue import HOMES
from gateway.mirror.changes import GRANTED, VOLATILE, Changes
from gateway.mirror.documents import DocumentStore, Resource
from gateway.mirror.engine import analyze, writing
from gateway.mirror.event_records import EventReader, EventRecords
from gateway.mirror.fact_changes import FactChanges
from gateway.mirror.fact_reader import FactReader
from gateway.mirror.fact_store import FactStore
from gateway.mirror.freshness import FreshnessReader, FreshnessRecords
from gateway.mirror.journal import Journal, JournalReader
from gateway.mirror.leases import LeaseReader, LeaseRecords
from gateway.mirror.merged import Merged
from gateway.mirror.offer_selection import OfferSelection
from gateway.mirror.offers import Offer, OfferReader
from gateway.mirror.overlays import OverlayReader, OverlayStore
from gateway.mirror.parts import Parts
from gateway.mirror.readers import Readers
from gateway.mirror.remembered import Remembered
from gateway.mirror.renderings import RenderingRecord
from gateway.mirror.revision import advance, number_of
from gateway.mirror.selection import Selection
from gateway.mirror.touched import Touched
from gateway.mirror.user_records import UserRecordReader, UserRecordStore
from gateway.mirror.walks import WalkReader, WalkStore
from gateway.scim.handler import Query
from gateway.scim.schema import ResourceType

T = TypeVar("T")


class Snapshot:
    """
    The mirror as it is at one moment.

    Attributes:
        facts: What was read of the workspace.
        freshness: How old it is.
        leases: Who is reading it anew.
        overlays: What clients say and Bitbucket can't hold.
        users: Who was invited, deactivated or deleted.
        journal: What was asked to be changed.
        walks: What clients page through.
        events: What changed, and nobody was told of yet.
    """

    facts: FactReader
    freshness: FreshnessReader
    leases: LeaseReader
    overlays: OverlayReader
    users: UserRecordReader
    journal: JournalReader
    walks: WalkReader
    events: EventReader

    def __init__(
        self, connection: Connection, integration: str, remembered: Remembered | None = None
    ) -> None:
        self._connection = connection
        self._integration = integration
        self._remembered = remembered
        self.facts = FactReader(connection, integration)
        self.freshness = FreshnessReader(connection, integration)
        self.leases = LeaseReader(connection, integration)
        self.overlays = OverlayReader(connection, integration)
        self.users = UserRecordReader(connection, integration)
        self.journal = JournalReader(connection, integration)
        self.walks = WalkReader(connection, integration)
        self.events = EventReader(connection, integration)

    def resources(
        self, resource_type: ResourceType, *, departed_since: datetime | None = None
    ) -> Selection:
        """Return the resources of a type, to be found; see :class:`Selection`."""
        return Selection(
            self._connection,
            self._integration,
            resource_type,
            remember=self.remember,
            departed_since=departed_since,
        )

    def merged(self, parts: Sequence[tuple[Selection, Query]]) -> Merged:
        """Return resources of several types, to be sorted as one list; see :class:`Merged`."""
        return Merged(self._connection, parts)

    def offers(self, resource_type: ResourceType) -> OfferSelection:
        """Return what can be granted, as resources of a type, to be found."""
        return OfferSelection(
            self._connection, self._integration, resource_type, remember=self.remember
        )

    def some_offers(self, object_type: str, places: int) -> Sequence[Offer]:
        """Return what can be granted on so many places of a type, the first by their UUIDs."""
        return OfferReader(self._connection, self._integration).on_some(object_type, places)

    @cached_property
    def revision(self) -> int:
        """A number that is another after every change of what answers rest on."""
        return number_of(self._connection, self._integration)

    def remember(self, name: Hashable, work_out: Callable[[], T]) -> T:
        """
        Return what *work_out* does of this state, or did when it was asked for by that name.

        In a transaction that writes it is worked out each time.
        """
        if self._remembered is None:
            return work_out()
        return self._remembered.value(name, self.revision, work_out)


class Writing(Snapshot):
    """
    A transaction that changes the mirror: all of it lands, or nothing does.

    Attributes:
        changes: Single facts that our own writes changed.
        touched: Whose resources may look otherwise for what was changed.
        rendering: How all resources were rendered last.

    Args:
        connection: The transaction.
        integration: What the workspace's rows are told apart by.
        new_uuid: Gives an id to a group where none can be derived.
        event_lifetime: How long events of what changes are kept; None tells of no changes.
        change: What the events of the transaction have in common; None makes it up.
    """

    facts: FactStore
    freshness: FreshnessRecords
    leases: LeaseRecords
    overlays: OverlayStore
    users: UserRecordStore
    journal: Journal
    changes: FactChanges
    events: EventRecords
    touched: Touched
    rendering: RenderingRecord

    def __init__(
        self,
        connection: Connection,
        integration: str,
        *,
        new_uuid: Callable[[], UUID],
        event_lifetime: timedelta | None = None,
        change: str | None = None,
    ) -> None:
        super().__init__(connection, integration)
        self._event_lifetime = event_lifetime
        self._change = change
        self.touched = touched = Touched()
        self.rendering = RenderingRecord(connection, integration)
        self.facts = FactStore(connection, integration, new_uuid=new_uuid, touched=touched)
        self.freshness = FreshnessRecords(connection, integration)
        self.leases = LeaseRecords(connection, integration)
        self.overlays = OverlayStore(connection, integration, touched)
        self.users = UserRecordStore(connection, integration, touched)
        self.journal = Journal(connection, integration)
        self.changes = FactChanges(connection, integration, touched)
        self.events = EventRecords(connection, integration)

    @property
    def tells_changes(self) -> bool:
        """Whether changes of resources are told as events, once their feed has begun."""
        return self._event_lifetime is not None

    def documents(
        self,
        resource_type: ResourceType,
        *,
        last_word: Callable[[Resource], Resource] | None = None,
    ) -> DocumentStore:
        """Return the resources of a type, to be kept; see :class:`DocumentStore`."""
        return DocumentStore(
            self._connection,
            self._integration,
            resource_type,
            last_word=last_word,
            changes=self._changes_of(resource_type),
        )

    def _changes_of(self, resource_type: ResourceType) -> Changes | None:
        state = None if self._event_lifetime is None else self.events.state()
        if self._event_lifetime is None or state is None:
            return None
        # Until all that is granted was read once, it is the mirror that gets to know of it; but a
        # client that grants something knows what it does.
        is_told_wholly = state.knows_grants or self._change is not None
        return Changes(
            self._connection,
            HOMES[resource_type.name].resources,
            Parts(resource_type),
            endpoint=resource_type.endpoint,
            records=self.events,
            txn=self._change or self._txn,
            lifetime=self._event_lifetime,
            ignored=VOLATILE if is_told_wholly else VOLATILE | GRANTED,
        )

    @cached_property
    def _txn(self) -> str:
        return str(uuid4())

    def analyze(self) -> None:
        """Let the database count its rows anew, once many of them were written."""
        analyze(self._connection)


class Mirror:
    """
    What is kept of one workspace.

    Args:
        engine: The database, brought up to date by :func:`gateway.mirror.engine.migrate`.
        integration: What the workspace's rows are told apart by.
        new_uuid: Gives an id to a group where none can be derived.
        event_lifetime: How long events of what changes are kept until they are delivered; None
            keeps none.
    """

    def __init__(
        self,
        engine: Engine,
        integration: str,
        *,
        new_uuid: Callable[[], UUID] = uuid4,
        event_lifetime: timedelta | None = None,
    ) -> None:
        self._engine = engine
        self._readers = Readers(engine)
        self._integration = integration
        self._new_uuid = new_uuid
        self._event_lifetime = event_lifetime
        self._remembered = Remembered()

    def revision(self) -> int | None:
        """Return the revision of now; None where the database can't tell it at the moment."""
        try:
            with self._readers.glancing() as connection:
                return number_of(connection, self._integration)
        except SQLAlchemyError:
            return None

    def close(self) -> None:
        """Close the connections that nobody uses now, and what this thread reads by."""
        self._readers.close()
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Snapshot]:
        """Open a transaction in which every look sees the same state."""
        with self._readers.reading() as connection:
            yield Snapshot(connection, self._integration, self._remembered)

    @contextmanager
    def writing(self, *, change: str | None = None) -> Iterator[Writing]:
        """
        Open a transaction that is the only one to write; an exception undoes all of it.

        Args:
            change: The change in the journal that it belongs to, by which its events are known.
        """
        with writing(self._engine) as connection:
            transaction = Writing(
                connection,
                self._integration,
                new_uuid=self._new_uuid,
                event_lifetime=self._event_lifetime,
                change=change,
            )
            yield transaction
            if transaction.touched:
                # Who looks otherwise and was not rendered will be, with everybody.
                transaction.rendering.forget()
            advance(connection, self._integration)

    @contextmanager
    def walking(self) -> Iterator[WalkStore]:
        """Open a transaction, the only one to write, that begins walks: no answer shows them."""
        with writing(self._engine) as connection:
            yield WalkStore(connection, self._integration)

    @contextmanager
    def leasing(self) -> Iterator[LeaseRecords]:
        """Open a transaction, the only one to write, that changes leases: no answer shows them."""
        with writing(self._engine) as connection:
            yield LeaseRecords(connection, self._integration)

    @contextmanager
    def delivering(self) -> Iterator[EventRecords]:
        """Open a transaction, the only one to write, that delivers events: no answer shows them."""
        with writing(self._engine) as connection:
            yield EventRecords(connection, self._integration)
