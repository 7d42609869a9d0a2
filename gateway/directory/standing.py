"""How old what an answer rests on is: asked before every answer, so at the price of few looks."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from gateway.directory.identities import identified
from gateway.directory.knowledge import Ages
from gateway.mirror.mirror import Snapshot
from gateway.planner.collections import Collection
from gateway.planner.needs import AddressesOf, Need, Needs, OneAddress, OneMember, Whole
from gateway.planner.plan import CLOCKS_DIFFER

#: When that was read which can't grow old: there is none of it.
_NEVER_OLD = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Standing:
    """
    How old the facts are that an answer rests on.

    Attributes:
        is_known: Whether all of them were read, as they are told.
        oldest: When the oldest was read; None where nothing can be old.
        latest: When the latest was read.
        is_inferred: Whether one of them was inferred.
    """

    is_known: bool = True
    oldest: datetime | None = None
    latest: datetime | None = None
    is_inferred: bool = False

    def satisfies(self, *, not_before: datetime, now: datetime) -> bool:
        """Tell whether nothing was read before *not_before*, or later than *now*."""
        if not self.is_known or self.oldest is None or self.latest is None:
            return self.is_known
        return not_before <= self.oldest and self.latest <= now + CLOCKS_DIFFER

    def __or__(self, other: "Standing") -> "Standing":
        """Return how old the facts of both are."""
        moments = [m for m in (self.oldest, self.latest, other.oldest, other.latest) if m]
        return Standing(
            self.is_known and other.is_known,
            min(moments, default=None),
            max(moments, default=None),
            self.is_inferred or other.is_inferred,
        )


def standing(needs: Needs, snapshot: Snapshot) -> Standing:
    """
    Return how old what *needs* are about is.

    Of lists that is worked out once for each state of the mirror. A single fact is looked for only
    where it may be older than the lists are: it is never older than the list that it is in.
    """
    lists = Needs(frozenset(n for n in needs.fresh if isinstance(n, Whole)), needs.known)
    found = _remembered(lists, snapshot)
    singles = needs.fresh - lists.fresh
    if not found.is_known or not singles:
        return found
    bounds = _Bounds.of(snapshot, found.oldest)
    asked = Needs(frozenset(each for each in singles if not bounds.hold(each, snapshot)))
    if not asked.fresh:
        return found
    if not bounds.members or any(not isinstance(each, OneAddress) for each in asked.fresh):
        # Whom an address belongs to is no younger or older than the lists else.
        asked = identified(asked, snapshot)
    return found | _of(asked, snapshot)


@dataclass(frozen=True, slots=True)
class _Bounds:
    """
    Whether no member, and no address that is known, can be older than the lists that are needed.

    Single facts of theirs, but for those of who is invited, then need not be looked for.
    """

    members: bool
    addresses: bool

    @classmethod
    def of(cls, snapshot: Snapshot, oldest: datetime | None) -> "_Bounds":
        if oldest is None:
            return cls(members=False, addresses=False)
        read = (
            _remembered(Needs.whole(collection), snapshot)
            for collection in (Collection.MEMBERS, Collection.ADDRESSES)
        )
        return cls(*(each.is_known and (each.oldest or oldest) >= oldest for each in read))

    def hold(self, need: Need, snapshot: Snapshot) -> bool:
        """Tell whether *need* is about what can't be older."""
        match need:
            case OneMember(key=key):
                holds = self.members
            case AddressesOf(key=key):
                holds = self.addresses
            case _:
                return False
        return holds and key not in snapshot.remember("invited ids", partial(_invited, snapshot))


def _remembered(lists: Needs, snapshot: Snapshot) -> Standing:
    def work_out() -> Standing:
        return _of(identified(lists, snapshot), snapshot)

    return snapshot.remember(("standing", lists), work_out)


def _of(needs: Needs, snapshot: Snapshot) -> Standing:
    known = Ages(snapshot, _NEVER_OLD).of(needs)
    facts = [known.of(need) for need in needs.fresh]
    read = [fact.read_at for fact in facts if fact.read_at not in (None, _NEVER_OLD)]
    return Standing(
        is_known=all(
            known.of(need).read_at is not None and not known.of(need).must_be_told
            for need in (*needs.fresh, *map(Whole, needs.known))
        ),
        oldest=min(read, default=None),
        latest=max(read, default=None),
        is_inferred=any(fact.inferred for fact in facts),
    )


def _invited(snapshot: Snapshot) -> frozenset[str]:
    return frozenset(record.id for record in snapshot.users.without_member())
