"""The resources of all types, asked as one list (RFC 7644 §3.4.2.1)."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from gateway.directory.answering import Answering
from gateway.directory.asked import Asked
from gateway.directory.directory import Directory
from gateway.mirror.merged import Merged, Ranked
from gateway.mirror.mirror import Snapshot
from gateway.planner.needs import Needs
from gateway.scim.freshness import Provenance
from gateway.scim.handler import Listing, RootQuery
from gateway.scim.page import IndexPage, Page

#: A walk knows a resource by one number: the key among those of its type, and which type that is.
_MOST_TYPES = 8


@dataclass(frozen=True)
class Root:
    """
    The resources of all types: a :class:`gateway.scim.handler.RootHandler`.

    Attributes:
        directories: Those of each type, by its name; all answer from one mirror.
        answering: What makes an answer of a question.
    """

    directories: Mapping[str, Directory]
    answering: Answering

    def revision(self) -> int | None:
        """See :meth:`gateway.scim.handler.RootHandler.revision`."""
        return self.answering.mirror.revision()

    def query(self, query: RootQuery) -> Listing:
        """See :meth:`gateway.scim.handler.RootHandler.query`."""
        parts = [self.directories[name].asked(part) for name, part in query.parts.items()]
        if len(parts) == 1:
            return self.answering.listing(parts[0], query.page, query.freshness)
        return self.answering.listing(_Together(parts, query.page), query.page, query.freshness)


@dataclass(frozen=True, slots=True)
class _Together:
    """
    Queries over several types, asked as one: a :class:`gateway.directory.answering.Question`.

    Attributes:
        parts: The query of each type, in the order of a list that nothing sorts.
        page: The part of the whole selection to return.
    """

    parts: Sequence[Asked]
    page: Page

    def needs(self) -> Needs:
        """Return what the answer rests on, in the names that were asked for."""
        return reduce(or_, (part.needs() for part in self.parts), Needs(frozenset()))

    def with_doubt(self, provenance: Provenance, snapshot: Snapshot) -> Provenance:
        """Say so where any part is not known for sure."""
        return reduce(lambda told, part: part.with_doubt(told, snapshot), self.parts, provenance)

    def listing(self, provenance: Provenance, snapshot: Snapshot) -> Listing:
        """Return the page by index that is asked for."""
        page = self.page if isinstance(self.page, IndexPage) else IndexPage(1, self.page.count)
        if not self._is_sorted:
            return self._in_turn(page, provenance, snapshot)
        total, found = self._merged(snapshot).page(page)
        shown, provenance = self._shown(found, provenance, snapshot)
        return Listing(total, len(shown), b",".join(shown), provenance)

    def keys(self, snapshot: Snapshot) -> Sequence[int]:
        """Return a number for each resource: the key among those of its type, and which that is."""
        if self._is_sorted:
            ranked: Iterable[Ranked] = self._merged(snapshot).all()
        else:
            ranked = (
                Ranked(rank, key)
                for rank, part in enumerate(self.parts)
                for key in part.keys(snapshot)
            )
        return array("q", (key * _MOST_TYPES + rank for rank, key in ranked))

    def shown(
        self, keys: Sequence[int], provenance: Provenance, snapshot: Snapshot
    ) -> tuple[Sequence[bytes], Provenance]:
        """See :meth:`gateway.directory.answering.Question.shown`."""
        apart = (divmod(number, _MOST_TYPES) for number in keys)
        return self._shown([Ranked(rank, key) for key, rank in apart], provenance, snapshot)

    @property
    def _is_sorted(self) -> bool:
        return any(part.query.sort is not None for part in self.parts)

    def _in_turn(self, page: IndexPage, provenance: Provenance, snapshot: Snapshot) -> Listing:
        """Return the page of a list that has the resources of one type after the other."""
        total = count = 0
        shown: list[bytes] = []
        for part in self.parts:
            rest = IndexPage(max(1, page.start_index - total), page.count - count)
            found = part.at(rest).listing(provenance, snapshot)
            total += found.total_results
            count += found.count
            provenance = found.provenance
            if found.count:
                shown.append(found.resources)
        return Listing(total, count, b",".join(shown), provenance)

    def _merged(self, snapshot: Snapshot) -> Merged:
        return snapshot.merged([(part.selection(snapshot), part.query) for part in self.parts])

    def _shown(
        self, ranked: Sequence[Ranked], provenance: Provenance, snapshot: Snapshot
    ) -> tuple[list[bytes], Provenance]:
        by_rank: list[Mapping[int, bytes]] = []
        for rank, part in enumerate(self.parts):
            keys = [key for of, key in ranked if of == rank]
            shown, provenance = part.shown_by_key(keys, provenance, snapshot)
            by_rank.append(shown)
        return [by_rank[rank][key] for rank, key in ranked if key in by_rank[rank]], provenance
