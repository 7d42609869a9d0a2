"""What the mirror knows of the facts that an answer rests on, for a plan to be made of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.directory.addresses import addresses_of, addresses_to_ask, asked_at
from gateway.directory.errors import PASSING
from gateway.directory.landing import role_record
from gateway.directory.places import due_places, due_repositories, one_place
from gateway.mirror import tables
from gateway.mirror.fact_reader import FactReader
from gateway.mirror.freshness import Freshness
from gateway.mirror.mirror import Snapshot
from gateway.planner.collections import LIST_OF_TYPE, PLACES_OF, Collection
from gateway.planner.knowledge import Knowledge, Known, Sizes
from gateway.planner.needs import (
    AddressesOf,
    Need,
    Needs,
    OneAddress,
    OneMember,
    OnePlace,
    OneRole,
    Whole,
)

#: How long a collection that could not be read is left alone, if Bitbucket does not say.
FAILURE_PAUSE = timedelta(seconds=30)

_NEVER = Freshness()


@dataclass(frozen=True, slots=True)
class Ages:
    """
    How old facts are.

    Attributes:
        snapshot: The mirror as it is.
        now: The time.
    """

    snapshot: Snapshot
    now: datetime

    def of(self, needs: Needs) -> Knowledge:
        """Return how old what *needs* are about is; not what it takes to read it anew."""
        records = self.snapshot.remember("ages", self.snapshot.freshness.all)
        every = [*needs.fresh, *map(Whole, needs.known)]
        return Knowledge(now=self.now, needs={need: self._known(need, records) for need in every})

    def _known(self, need: Need, records: Mapping[str, Freshness]) -> Known:
        match need:
            case Whole(collection=Collection.ADDRESSES):
                # Where no address is known there is nothing to be old.
                known = _of_record(records.get(Collection.ADDRESSES, _NEVER))
                oldest = self.snapshot.remember(
                    "oldest address", self.snapshot.facts.oldest_address
                )
                return replace(known, read_at=oldest or self.now)
            case Whole(collection=collection):
                return _of_record(records.get(collection, _NEVER))
            case OnePlace():
                return self._known_place(need, records)
            case _:
                return Known(self._single(need, records))

    def _single(self, need: Need, records: Mapping[str, Freshness]) -> datetime | None:
        facts = self.snapshot.facts
        members = records.get(Collection.MEMBERS, _NEVER).read_at
        match need:
            case OneMember(key=key):
                looked_up = facts.looked_up([key]).get(key)
                return _later(members, None if looked_up is None else looked_up.read_at)
            case OneRole(role=role):
                return _later(members, records.get(role_record(role), _NEVER).read_at)
            case OneAddress(text=text):
                return asked_at(facts, text)
            case AddressesOf(key=key):
                moments = [address.asked_at for address in addresses_of(facts, key)]
                return min(moments, default=self.now)
        raise LookupError(f"{need} is no single fact")

    def _known_place(self, need: OnePlace, records: Mapping[str, Freshness]) -> Known:
        facts, object_type = self.snapshot.facts, need.place.object_type
        uuid = facts.place_uuid(object_type, need.place.name)
        if uuid is None:
            # What is in no list is granted to nobody, as of the list.
            listed = LIST_OF_TYPE[object_type]
            known = _of_record(records.get(listed, _NEVER))
            return replace(known, instead=Whole(listed))
        readings = facts.place_readings(need.subject_type, object_type, object_uuids=[uuid])
        return next(
            (Known(each.read_at, must_be_told=each.is_inferred) for each in readings), Known()
        )


@dataclass(frozen=True, slots=True)
class Costs:
    """
    What it takes to read facts anew.

    Attributes:
        calls_left: The calls that may still be made in this hour, by budget.
        insists: Whether what has just failed is to be tried again at once.
    """

    calls_left: Callable[[], Mapping[str, int]]
    insists: bool = False

    def added(self, knowledge: Knowledge, snapshot: Snapshot, *, not_before: datetime) -> Knowledge:
        """Return *knowledge* with how much there is to read, of what is too old."""
        facts = snapshot.facts
        needs = dict(knowledge.needs)
        for need, known in knowledge.needs.items():
            if known.read_at is None or known.read_at < not_before:
                needs[need] = _counted(need, known, facts, not_before)
        records = snapshot.freshness.all()
        # What explains the rights of users may be needed besides.
        for collection in Collection:
            needs.setdefault(Whole(collection), _of_record(records.get(collection, _NEVER)))
        if self.insists:
            needs = {need: replace(known, paused_until=None) for need, known in needs.items()}
        return replace(knowledge, needs=needs, sizes=_sizes(facts, records), left=self.calls_left())


def _counted(need: Need, known: Known, facts: FactReader, not_before: datetime) -> Known:
    match need:
        case Whole(collection=Collection.REPOSITORY_USER_GRANTS):
            if not facts.count(tables.REPOSITORIES):
                return known
            due = due_repositories(facts, not_before=not_before)
            return replace(known, choice=due.choice)
        case Whole(collection=collection) if collection in PLACES_OF:
            return replace(
                known, asked=len(due_places(facts, collection, not_before=not_before)) or None
            )
        case Whole(collection=Collection.ADDRESSES) | OneAddress() | AddressesOf():
            asked = addresses_to_ask(facts, [need], not_before=not_before)
            return replace(known, asked=len(asked))
        case OnePlace():
            return replace(known, asked=len(one_place(facts, need)))
    return known


def _sizes(facts: FactReader, records: Mapping[str, Freshness]) -> Sizes:
    def size(collection: Collection) -> int | None:
        read = records.get(collection, _NEVER).read_at is not None
        return facts.count(_TABLES[collection]) if read else None

    return Sizes(
        members=size(Collection.MEMBERS),
        projects=size(Collection.PROJECTS),
        repositories=size(Collection.REPOSITORIES),
    )


_TABLES = {
    Collection.MEMBERS: tables.MEMBERS,
    Collection.PROJECTS: tables.PROJECTS,
    Collection.REPOSITORIES: tables.REPOSITORIES,
}


def _of_record(record: Freshness) -> Known:
    paused_until = None
    if record.failed_at is not None:
        paused_until = record.retry_at or record.failed_at + FAILURE_PAUSE
    return Known(
        record.read_at,
        inferred=record.inferred,
        paused_until=paused_until,
        failure="" if record.failure is None else record.failure.sentence,
        is_passing=record.failure is None or record.failure.kind == PASSING,
    )


def _later(*moments: datetime | None) -> datetime | None:
    return max((moment for moment in moments if moment is not None), default=None)
