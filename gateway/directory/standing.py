"""How old what an answer rests on is: asked before every answer, so at the price of few looks."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from gateway.directory.addresses import asked_at
from gateway.directory.identities import identified
from gateway.directory.knowledge import Ages
from gateway.mirror.mirror import Snapshot
from gateway.planner.collections import Collection
from gateway.planner.needs import AddressesOf, Need, Needs, OneAddress, OneMember, Whole
from gateway.planner.pins import is_uuid
from gateway.planner.plan import CLOCKS_DIFFER

#: When that was read which can't grow old: there is none of it.
_NEVER_OLD = datetime.max.replace(tzinfo=UTC)
_MEMBERS = Needs.whole(Collection.MEMBERS)


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

    def is_younger(self, other: "Standing") -> bool:
        """Tell whether no fact of these can be older than the oldest of *other*."""
        if not self.is_known or other.oldest is None:
            return False
        return self.oldest is None or self.oldest >= other.oldest

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

    Of lists that is worked out once for each state of the mirror, and of a single fact it is that
    of the list that it is in, but for the few of which more is known, or else.
    """
    lists = Needs(frozenset(n for n in needs.fresh if isinstance(n, Whole)), needs.known)
    found = _remembered(lists, snapshot)
    singles = needs.fresh - lists.fresh
    if not found.is_known or not singles:
        return found
    apart = snapshot.remember("apart", partial(_apart, snapshot))
    members = snapshot.remember("members", partial(_of, _MEMBERS, snapshot))
    asked: set[Need] = set()
    for need in singles:
        match need:
            case OneMember(key=key) if key not in apart:
                found |= members
            case AddressesOf(key=key) if is_uuid(key) and key not in apart:
                found |= _of_moment(snapshot.facts.addresses_asked_at(key))
            case _:
                asked.add(need)
    if not asked:
        return found
    addresses = [need for need in asked if isinstance(need, OneAddress)]
    if len(addresses) < len(asked) or not members.is_younger(found):
        return found | _of(identified(Needs(frozenset(asked)), snapshot), snapshot)
    # Whom an address belongs to is no older than the lists are.
    for address in addresses:
        moment = asked_at(snapshot.facts, address.text)
        found |= Standing(moment is not None, moment, moment)
    # Nor of the future, where these are not: whom clients call by it is as old as they are.
    return found | Standing(latest=members.latest)


def _of_moment(moment: datetime | None) -> Standing:
    return Standing(oldest=moment, latest=moment)


def _apart(snapshot: Snapshot) -> frozenset[str]:
    """Return the keys of those whose facts may be of another age than the list of members."""
    return snapshot.facts.looked_up_singly() | snapshot.users.ids()


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
