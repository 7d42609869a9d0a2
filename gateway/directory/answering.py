"""How a question becomes an answer: what it rests on is made young enough, then it is selected."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeAlias, TypeVar

from gateway.directory.identities import identified
from gateway.directory.refresh import Refresher
from gateway.directory.walks import Stretch, Walks
from gateway.mirror.mirror import Mirror, Snapshot
from gateway.planner.needs import Needs
from gateway.scim.errors import NotStored
from gateway.scim.freshness import FreshnessWanted, Provenance
from gateway.scim.handler import Listing
from gateway.scim.page import CursorPage, Page

T = TypeVar("T")
Selected: TypeAlias = tuple[Sequence[int], Provenance]


class Question(Protocol):
    """What selects resources, and shows some of them."""

    def needs(self) -> Needs:
        """Return what the answer rests on, in the names that were asked for."""
        ...

    def with_doubt(self, provenance: Provenance, snapshot: Snapshot) -> Provenance:
        """
        Return how the answer is come by, with what is not known for sure.

        Raises:
            InvalidFilter: It is too much to be answered.
        """
        ...

    def listing(self, provenance: Provenance, snapshot: Snapshot) -> Listing:
        """Return the page by index that is asked for, and what is not known of it."""
        ...

    def keys(self, snapshot: Snapshot) -> Sequence[int]:
        """Return a number for each resource that is selected, in order, to walk through them."""
        ...

    def shown(
        self, keys: Sequence[int], provenance: Provenance, snapshot: Snapshot
    ) -> tuple[Sequence[bytes], Provenance]:
        """
        Return those of the resources with these numbers that are still there, in order.

        How the answer is come by is returned with them, with what is not known of these.
        """
        ...


@dataclass(frozen=True)
class Answering:
    """
    Answers from one mirror.

    Attributes:
        mirror: Where every answer comes from.
        refresher: Makes what an answer needs young enough.
    """

    mirror: Mirror
    refresher: Refresher

    @cached_property
    def walks(self) -> Walks:
        """The walks that clients take through the resources."""
        return Walks(self.mirror)

    def listing(self, question: Question, page: Page, wanted: FreshnessWanted) -> Listing:
        """Return the *page* of what *question* selects; see :meth:`young`."""
        if isinstance(page, CursorPage):
            return self._walk(question, page, wanted)
        return self._doubting(question, wanted, question.listing)

    def young(
        self,
        needed: Needs,
        wanted: FreshnessWanted,
        answer: Callable[[Provenance, Snapshot], T],
    ) -> T:
        """
        Return what *answer* does as soon as what it rests on is young enough.

        Args:
            needed: What that is, in the names that were asked for.
            wanted: How old it may be.
            answer: Handed how it is known.

        Raises:
            BadUpstream, Unavailable, NotStored: It is not known, or would have to be read; see
                :meth:`gateway.directory.refresh.Refresher.ensure`.
        """
        with self.mirror.reading() as snapshot:
            known = self.refresher.known(needed, wanted, snapshot)
            if known is not None:
                return answer(known, snapshot)
            needed = identified(needed, snapshot)
        if wanted.at_hand:
            raise NotStored("Something has to be read first.")
        provenance = self.refresher.ensure(needed, wanted)
        with self.mirror.reading() as snapshot:
            return answer(provenance, snapshot)

    def _walk(self, question: Question, page: CursorPage, wanted: FreshnessWanted) -> Listing:
        """Answer a page of a walk; what it takes to begin one is written when all is read."""
        place = self.walks.place(page)
        if place is None and wanted.at_hand:
            raise NotStored("A walk that begins is written down first.")
        if place is None:

            def select(provenance: Provenance, snapshot: Snapshot) -> Selected:
                return question.keys(snapshot), provenance

            keys, provenance = self._doubting(question, wanted, select)
            stretch = self.walks.begin(keys, page, now=self.refresher.now())
            with self.mirror.reading() as snapshot:
                return _stretch(question, stretch, provenance, snapshot)

        def go_on(provenance: Provenance, snapshot: Snapshot) -> Listing:
            stretch = self.walks.go_on(place, page, snapshot, now=self.refresher.now())
            return _stretch(question, stretch, provenance, snapshot)

        return self._doubting(question, wanted, go_on)

    def _doubting(
        self,
        question: Question,
        wanted: FreshnessWanted,
        answer: Callable[[Provenance, Snapshot], T],
    ) -> T:
        def doubted(provenance: Provenance, snapshot: Snapshot) -> T:
            return answer(question.with_doubt(provenance, snapshot), snapshot)

        return self.young(question.needs(), wanted, doubted)


def _stretch(
    question: Question, stretch: Stretch, provenance: Provenance, snapshot: Snapshot
) -> Listing:
    shown, provenance = question.shown(stretch.keys, provenance, snapshot)
    return Listing(
        stretch.total,
        len(shown),
        b",".join(shown),
        provenance,
        next_cursor=stretch.next,
        previous_cursor=stretch.previous,
    )
