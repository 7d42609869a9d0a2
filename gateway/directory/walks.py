"""
Walks through a list by cursor (RFC 9865): each goes through what was selected when it began.

So whatever changes meanwhile, who was there throughout is met exactly once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID, uuid4

from gateway.mirror.mirror import Mirror, Snapshot
from gateway.scim.cursor import Place, Seal
from gateway.scim.errors import ExpiredCursor
from gateway.scim.page import CursorPage

#: How long a walk may take: ServiceProviderConfig says so.
LIFETIME = timedelta(hours=1)
#: How many are kept of one workspace: the oldest makes room.
_MOST = 100


@dataclass(frozen=True, slots=True)
class Stretch:
    """
    A part of a walk.

    Attributes:
        total: How many resources the whole of it goes through.
        keys: The keys of those on the page.
        next: Where it goes on; None at its end.
        previous: Where the page before begins; None of the first.
    """

    total: int
    keys: Sequence[int]
    next: str | None = None
    previous: str | None = None


@dataclass(frozen=True)
class Walks:
    """
    The walks of one workspace.

    Attributes:
        mirror: Where they are kept.
    """

    mirror: Mirror

    def place(self, page: CursorPage) -> Place | None:
        """
        Return where a page is; None of a first one.

        Raises:
            InvalidCursor: The cursor is none of ours, or for another question.
            InvalidCount: The count is not that of the pages before.
        """
        if not page.cursor:
            return None
        return self._seal.place(page.cursor, count=page.count, bound_to=page.bound_to)

    def begin(self, keys: Sequence[int], page: CursorPage, *, now: datetime) -> Stretch:
        """Return the first page of a walk through *keys*; where it ends there, nothing is kept."""
        if not page.count or len(keys) <= page.count:
            return Stretch(len(keys), keys[: page.count])
        walk = uuid4()
        with self.mirror.walking() as store:
            store.begin(walk, keys, now=now, lifetime=LIFETIME, most=_MOST)
        return self._stretch(walk, keys, 0, page)

    def go_on(
        self, place: Place, page: CursorPage, snapshot: Snapshot, *, now: datetime
    ) -> Stretch:
        """
        Return a later page.

        Raises:
            ExpiredCursor: The walk took too long.
        """
        keys = snapshot.walks.keys(place.walk, since=now - LIFETIME)
        if keys is None:
            raise ExpiredCursor(
                "This walk was given up: it took too long, or too many others have begun since; "
                "begin it again."
            )
        return self._stretch(place.walk, keys, place.position, page)

    def _stretch(self, walk: UUID, keys: Sequence[int], position: int, page: CursorPage) -> Stretch:
        def cursor(at: int) -> str:
            return self._seal.cursor(Place(walk, at), count=page.count, bound_to=page.bound_to)

        end = position + page.count
        return Stretch(
            len(keys),
            keys[position:end],
            next=cursor(end) if end < len(keys) else None,
            previous=cursor(max(0, position - page.count)) if position else None,
        )

    @cached_property
    def _seal(self) -> Seal:
        with self.mirror.reading() as snapshot:
            return Seal(snapshot.walks.seal())
