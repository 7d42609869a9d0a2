"""The mirror of one integration: transactions that read it or write it."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from sqlite3 import Error as SqliteError
from typing import TypeVar
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from gateway.mirror.documents import DocumentStore, Resource
from gateway.mirror.engine import analyze, reading, writing
from gateway.mirror.fact_changes import FactChanges
from gateway.mirror.fact_reader import FactReader
from gateway.mirror.fact_store import FactStore
from gateway.mirror.freshness import FreshnessReader, FreshnessRecords
from gateway.mirror.journal import Journal, JournalReader
from gateway.mirror.leases import LeaseReader, LeaseRecords
from gateway.mirror.overlays import OverlayReader, OverlayStore
from gateway.mirror.remembered import Remembered
from gateway.mirror.renderings import RenderingRecord
from gateway.mirror.revision import Revision, advance, number_of
from gateway.mirror.selection import Selection
from gateway.mirror.touched import Touched
from gateway.mirror.user_records import UserRecordReader, UserRecordStore
from gateway.mirror.walks import WalkReader, WalkStore
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
    """

    facts: FactReader
    freshness: FreshnessReader
    leases: LeaseReader
    overlays: OverlayReader
    users: UserRecordReader
    journal: JournalReader
    walks: WalkReader

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
    """

    facts: FactStore
    freshness: FreshnessRecords
    leases: LeaseRecords
    overlays: OverlayStore
    users: UserRecordStore
    journal: Journal
    changes: FactChanges
    touched: Touched
    rendering: RenderingRecord

    def __init__(
        self, connection: Connection, integration: str, *, new_uuid: Callable[[], UUID]
    ) -> None:
        super().__init__(connection, integration)
        self.touched = touched = Touched()
        self.rendering = RenderingRecord(connection, integration)
        self.facts = FactStore(connection, integration, new_uuid=new_uuid, touched=touched)
        self.freshness = FreshnessRecords(connection, integration)
        self.leases = LeaseRecords(connection, integration)
        self.overlays = OverlayStore(connection, integration, touched)
        self.users = UserRecordStore(connection, integration, touched)
        self.journal = Journal(connection, integration)
        self.changes = FactChanges(connection, integration, touched)

    def documents(
        self,
        resource_type: ResourceType,
        *,
        last_word: Callable[[Resource], Resource] | None = None,
    ) -> DocumentStore:
        """Return the resources of a type, to be kept; see :class:`DocumentStore`."""
        return DocumentStore(
            self._connection, self._integration, resource_type, last_word=last_word
        )

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
    """

    def __init__(
        self, engine: Engine, integration: str, *, new_uuid: Callable[[], UUID] = uuid4
    ) -> None:
        self._engine = engine
        self._integration = integration
        self._new_uuid = new_uuid
        self._revision = Revision(engine, integration)
        self._remembered = Remembered()

    def revision(self) -> int | None:
        """Return the revision of now; None where the database can't tell it at the moment."""
        try:
            return self._revision.number()
        except (DBAPIError, SqliteError):
            return None

    @contextmanager
    def reading(self) -> Iterator[Snapshot]:
        """Open a transaction in which every look sees the same state."""
        with reading(self._engine) as connection:
            yield Snapshot(connection, self._integration, self._remembered)

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """Open a transaction that is the only one to write; an exception undoes all of it."""
        with writing(self._engine) as connection:
            transaction = Writing(connection, self._integration, new_uuid=self._new_uuid)
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
