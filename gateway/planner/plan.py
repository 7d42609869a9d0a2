"""From needs and what is known to the cheapest reads that close the gap."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.planner import sources
from gateway.planner.collections import LIST_OF_TYPE, PLACES_OF, Collection
from gateway.planner.knowledge import Knowledge, Known
from gateway.planner.needs import (
    Need,
    Needs,
    OneMember,
    OnePlace,
    OneRole,
    Whole,
    in_order,
)
from gateway.planner.sources import Source

#: What no single question may take of the calls that are left, where older facts can answer it.
_MOST_OF_WHAT_IS_LEFT = 0.5

#: How far the clocks of those who share a mirror may be apart.
CLOCKS_DIFFER = timedelta(minutes=1)

_MEMBERS = Whole(Collection.MEMBERS)
_DIRECT = Whole(Collection.REPOSITORY_USER_GRANTS)

#: What explains a right on a repository, besides a direct grant.
EXPLAINING = (
    Collection.MEMBERS,
    Collection.GROUPS,
    Collection.PROJECT_USER_GRANTS,
    Collection.PROJECT_GROUP_GRANTS,
    Collection.REPOSITORY_GROUP_GRANTS,
)


@dataclass(frozen=True, slots=True)
class Read:
    """
    A list to read, or several of the same kind.

    Attributes:
        source: What is read.
        needs: What it answers.
        calls: What it takes, about; None where that shows only when another list is read.
    """

    source: Source
    needs: tuple[Need, ...]
    calls: int | None


@dataclass(frozen=True, slots=True)
class PutOff:
    """A read that is due and is not made now, and why, in a word and a sentence."""

    read: Read
    reason: str
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """
    What to read.

    Attributes:
        needs: What the answer rests on.
        knowledge: What was known of it.
        reads: What to read now.
        put_off: What is too old, but not read now.
    """

    needs: Needs
    knowledge: Knowledge
    reads: tuple[Read, ...] = ()
    put_off: tuple[PutOff, ...] = ()

    @property
    def oldest(self) -> datetime | None:
        """When the oldest fact was read that the answer would rest on now; None if one is not."""
        moments = [self.knowledge.of(need).read_at for need in self.needs.fresh]
        if None in moments or any(self.unknown()):
            return None
        return min(filter(None, moments), default=self.knowledge.now)

    @property
    def calls(self) -> int | None:
        """The calls of all reads, about; None where that can't be told."""
        calls = [read.calls for read in (*self.reads, *self.checks)]
        return None if None in calls else sum(filter(None, calls))

    @property
    def checks(self) -> tuple[Read, ...]:
        """What is read besides, so that the others can be believed."""
        read = {read.source for read in self.reads}
        groups = Whole(Collection.GROUPS)
        are_new = sources.GROUPS in read and self.knowledge.of(groups).read_at is None
        if are_new or read & {sources.PROJECTS, sources.REPOSITORIES}:
            return (Read(sources.WORKSPACE, (), 1),)
        return ()

    def unknown(self) -> Iterator[Need]:
        """Yield what was never read."""
        needs = {*self.needs.fresh, *map(Whole, self.needs.known)}
        unknown = [need for need in needs if self.knowledge.of(need).read_at is None]
        yield from sorted(unknown, key=in_order)


def plan(needs: Needs, knowledge: Knowledge, *, not_before: datetime) -> Plan:
    """
    Return the cheapest reads after which nothing is unknown, or older than the client wants.

    A read that has just failed is put off, and so is one that takes too much of what is left of
    the budget, if older facts can answer. What is read by a list that is too old itself comes
    with the next plan, when the list is there.

    Args:
        needs: What the answer rests on.
        knowledge: What is known of it.
        not_before: When a fact must have been read at the earliest to be young enough.
    """
    reads: list[Read] = []
    put_off: list[PutOff] = []
    spent: Counter[str] = Counter()
    for read in _reads(_unmet(needs, knowledge, not_before), knowledge):
        late = _reason_to_wait(read, knowledge, spent)
        if late is None:
            spent[read.source.budget] += read.calls or 0
            reads.append(read)
        else:
            put_off.append(late)
    for late in put_off:
        if _is_waited_for(late.read.needs, knowledge):
            waiting = [read for read in reads if _DIRECT in read.needs]
            put_off += [replace(late, read=read) for read in waiting]
            reads = [read for read in reads if read not in waiting]
            break
    return Plan(needs, knowledge, tuple(reads), tuple(put_off))


def without(planned: Plan, failed: Iterable[Need]) -> list[Read]:
    """Return the reads of *planned* but for what has *failed*, and for what waits for that."""
    left_out = set(failed)
    if _is_waited_for(left_out, planned.knowledge):
        left_out.add(_DIRECT)
    return [read for read in planned.reads if not left_out.intersection(read.needs)]


def _is_waited_for(late: Iterable[Need], knowledge: Knowledge) -> bool:
    """
    Tell whether direct grants are not read anew before what is *late* is.

    From a list that is too old they would be inferred wrongly: rather they are answered as old as
    they are. What was never read is not waited for, as it may never be.
    """
    choice = knowledge.of(_DIRECT).choice
    if choice is None or not choice.inferred:
        return False
    explaining = {Whole(collection) for collection in EXPLAINING}
    return any(knowledge.of(need).read_at is not None for need in explaining.intersection(late))


def ready(reads: Iterable[Read]) -> list[Read]:
    """Return those of *reads* that need nothing which is read by another of them."""
    made = list(reads)
    coming = {need for read in made for need in read.needs}
    infers = any(read.source is sources.EFFECTIVE for read in made)
    return [
        read
        for read in made
        if not any(coming.intersection(_before(need, infers=infers)) for need in read.needs)
    ]


def _before(need: Need, *, infers: bool) -> Iterator[Need]:
    """Yield what has to be read before *need*: the list of places, and what explains rights."""
    match need:
        case Whole(collection=collection) if collection in PLACES_OF:
            yield Whole(PLACES_OF[collection])
        case OnePlace(place=place):
            yield Whole(LIST_OF_TYPE[place.object_type])
    if infers and need == _DIRECT:
        yield from map(Whole, EXPLAINING)


def _unmet(needs: Needs, knowledge: Knowledge, not_before: datetime) -> set[Need]:
    unmet: set[Need] = set()
    for need in needs.fresh:
        known = knowledge.of(need)
        if known.must_be_told or not _is_young(known.read_at, knowledge, not_before):
            unmet.add(known.instead or need)
    unmet |= {Whole(c) for c in needs.known if knowledge.of(Whole(c)).read_at is None}
    return _explained(unmet, knowledge, not_before)


def _explained(unmet: set[Need], knowledge: Knowledge, not_before: datetime) -> set[Need]:
    """Add what direct grants are inferred by, where they are: it must be as young."""
    choice = knowledge.of(_DIRECT).choice
    if _DIRECT not in unmet or choice is None or not choice.inferred:
        return unmet
    return unmet | {
        need
        for need in map(Whole, EXPLAINING)
        if not _is_young(knowledge.of(need).read_at, knowledge, not_before)
    }


def _is_young(read_at: datetime | None, knowledge: Knowledge, not_before: datetime) -> bool:
    # What is of the future was read before the clock was put back: nothing says how old it is.
    return read_at is not None and not_before <= read_at <= knowledge.now + CLOCKS_DIFFER


def _reads(unmet: set[Need], knowledge: Knowledge) -> Iterator[Read]:
    """Yield what answers *unmet*, each list once, in a stable order."""
    by_source: dict[Source, list[Need]] = {}
    for need in sorted(_members_at_once(unmet, knowledge), key=in_order):
        by_source.setdefault(sources.source_of(need), []).append(need)
    for source, answered in by_source.items():
        choice = knowledge.of(_DIRECT).choice if _DIRECT in answered else None
        if choice is not None and choice.inferred:
            yield Read(sources.EFFECTIVE, (_DIRECT,), choice.listing_calls)
        read = Read(source, tuple(answered), _calls(source, answered, knowledge))
        if choice is None or read.calls:
            yield read


def _members_at_once(unmet: set[Need], knowledge: Knowledge) -> set[Need]:
    """Read all members where that is no dearer than one by one: it tells more."""
    singly = {need for need in unmet if isinstance(need, OneMember | OneRole)}
    if not singly:
        return unmet
    size = knowledge.sizes.members
    at_once = size is not None and _pages(size, sources.MEMBERS) <= len(singly)
    if _MEMBERS in unmet or at_once:
        return (unmet - singly) | {_MEMBERS}
    return unmet


def _calls(source: Source, needs: Iterable[Need], knowledge: Knowledge) -> int | None:
    match source.counted:
        case None:
            return len(tuple(needs))
        case "members" | "projects" | "repositories" as name:
            size: int | None = getattr(knowledge.sizes, name)
            return None if size is None else _pages(size, source)
    items = [_items(need, knowledge.of(need)) for need in needs]
    counted = [count for count in items if count is not None]
    return -(-sum(counted) // source.per_call) if len(counted) == len(items) else None


def _items(need: Need, known: Known) -> int | None:
    if known.choice is not None:
        return len(known.choice.told)
    return known.asked if isinstance(need, Whole) or known.asked is not None else 1


def _pages(items: int, source: Source) -> int:
    return max(1, -(-items // source.per_call))


def _reason_to_wait(read: Read, knowledge: Knowledge, spent: Counter[str]) -> PutOff | None:
    known = [knowledge.of(need) for need in read.needs]
    for each in known:
        if each.paused_until is not None and each.paused_until > knowledge.now:
            return PutOff(read, "failure", each.failure)
    left = knowledge.left.get(read.source.budget)
    if left is None or any(each.read_at is None for each in known):
        return None
    wanted = spent[read.source.budget] + (read.calls or 1)
    if wanted > left * _MOST_OF_WHAT_IS_LEFT:
        return PutOff(read, "budget", f"{left} calls are left of the hourly budget.")
    return None
