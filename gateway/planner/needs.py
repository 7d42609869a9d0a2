"""From a question to the facts that its answer rests on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeAlias

from gateway.planner.collections import BY_PLACE, GRANTS_TO, LIST_OF_TYPE, Collection
from gateway.planner.pins import (
    EVERYWHERE,
    ByAddress,
    ById,
    ByRole,
    Pin,
    Place,
    addresses_in,
    is_uuid,
    pinned,
    places_in,
)
from gateway.scim.filter.bound import And, Compare, ElementMatch, Filter, Not, Or, Present
from gateway.scim.path import Target
from gateway.scim.projection import Projection
from gateway.scim.sort import Sort

#: Of how many questions it is kept what they rest on: clients ask the same over and over.
_MOST_KEPT = 512

_EXTENSION = "urn:bitbucket-scim:params:scim:schemas:extension:1.0"


@dataclass(frozen=True, slots=True, order=True)
class Whole:
    """A whole collection."""

    collection: Collection

    def __str__(self) -> str:
        return self.collection.words


@dataclass(frozen=True, slots=True, order=True)
class OneMember:
    """The member with this UUID or account id, but for its role; or that there is none."""

    key: str

    def __str__(self) -> str:
        return f"member {self.key}"


@dataclass(frozen=True, slots=True, order=True)
class OneAddress:
    """The member who has this e-mail address, but for the role; or that there is none."""

    text: str

    def __str__(self) -> str:
        return f"address {self.text}"


@dataclass(frozen=True, slots=True, order=True)
class AddressesOf:
    """The e-mail addresses that are known of this member."""

    key: str

    def __str__(self) -> str:
        return f"addresses of {self.key}"


@dataclass(frozen=True, slots=True, order=True)
class OneRole:
    """Every member with this role."""

    role: str

    def __str__(self) -> str:
        return f"members who are {self.role}"


@dataclass(frozen=True, slots=True, order=True)
class OnePlace:
    """What subjects of a type, ``user`` or ``group``, are granted on one place, as told there."""

    subject_type: str
    place: Place

    def __str__(self) -> str:
        return f"{self.subject_type} grants on {self.place.object_type} {self.place.name}"


Need: TypeAlias = Whole | OneMember | OneAddress | AddressesOf | OneRole | OnePlace


@dataclass(frozen=True, slots=True)
class Needs:
    """
    What an answer rests on.

    Attributes:
        fresh: What must not be older than the client wants.
        known: What must have been read once, however long ago: the lists of places, by which
            one of them is found.
    """

    fresh: frozenset[Need]
    known: frozenset[Collection] = frozenset()

    def __or__(self, other: "Needs") -> "Needs":
        """Return what both need."""
        fresh = self.fresh | other.fresh
        known = self.known | other.known
        return Needs(fresh, known - {n.collection for n in fresh if isinstance(n, Whole)})

    def all(self) -> list[Need]:
        """Return everything, however old it may be, in a stable order."""
        return sorted(self.fresh | set(map(Whole, self.known)), key=in_order)

    def without(self, collection: Collection) -> "Needs":
        """Return the same but for a whole collection."""
        return Needs(self.fresh - {Whole(collection)}, self.known - {collection})

    @classmethod
    def whole(cls, *collections: Collection) -> "Needs":
        """Return the need of whole collections."""
        return cls(frozenset(map(Whole, collections)))


def in_order(need: Need) -> tuple[int, str]:
    """Return what needs are put in order by: single facts first, then collections as listed."""
    if isinstance(need, Whole):
        return list(Collection).index(need.collection), ""
    return -1, str(need)


EVERYTHING = Needs.whole(*Collection)

_PLACES = Needs.whole(Collection.PROJECTS, Collection.REPOSITORIES)
_ROLES = f"{_EXTENSION}:User:addedOn", f"{_EXTENSION}:User:lastAccessed", "roles"

#: What an attribute rests on besides the resource itself.
_BESIDES: Mapping[str, Mapping[str, Needs]] = {
    "User": {
        "groups": Needs.whole(Collection.GROUPS),
        "entitlements": _PLACES | Needs.whole(*GRANTS_TO["user"]),
        f"{_EXTENSION}:User:access": EVERYTHING.without(Collection.ADDRESSES),
        # They come with the list of all members, not with a single one.
        **dict.fromkeys(_ROLES, Needs.whole(Collection.MEMBERS)),
    },
    "Group": {
        f"{_EXTENSION}:Group:entitlements": _PLACES | Needs.whole(*GRANTS_TO["group"]),
    },
}
_ENTITLEMENTS = {"User": "entitlements", "Group": f"{_EXTENSION}:Group:entitlements"}
_SUBJECTS = {"User": "user", "Group": "group"}


@lru_cache(maxsize=_MOST_KEPT)
def needs(
    filter: Filter | None,  # noqa: A002 - the name that RFC 7644 gives it
    *,
    sort: Sort | None,
    projection: Projection,
    address_attributes: frozenset[str] = frozenset({"emails"}),
) -> Needs:
    """
    Return what must be known to answer.

    What is neither shown, nor filtered or sorted by, is not needed: ``attributes=userName`` of
    users rests on the members alone. A filter that only few can match rests on those few.

    Args:
        filter: What is selected.
        sort: The order.
        projection: What is shown.
        address_attributes: The attributes that are, or may be, e-mail addresses.
    """
    question = _Question(filter, sort, projection, address_attributes)
    return question.of_users() if projection.resource_type.name == "User" else question.of_groups()


def needs_of_one(
    resource_id: str, *, projection: Projection, address_attributes: frozenset[str]
) -> Needs:
    """Return what must be known to show the resource of that id."""
    if projection.resource_type.name != "User":
        return needs(None, sort=None, projection=projection)
    if not is_uuid(resource_id):
        # What is no UUID is no user's id, for which nothing need be known.
        return Needs(frozenset())
    of_somebody = _needs_of_somebody(projection, address_attributes)
    return Needs(
        frozenset(
            type(need)(resource_id) if isinstance(need, OneMember | AddressesOf) else need
            for need in of_somebody.fresh
        ),
        of_somebody.known,
    )


@lru_cache(maxsize=_MOST_KEPT)
def lists_behind(projection: Projection) -> Mapping[str, frozenset[Collection]]:
    """Return, by path, the attributes shown that rest on lists besides the resource, and those."""
    besides = _BESIDES[projection.resource_type.name]
    return {
        path: frozenset(need.collection for need in needed.fresh if isinstance(need, Whole))
        for path, needed in besides.items()
        if path in _shown_by(projection)
    }


@lru_cache(maxsize=_MOST_KEPT)
def _needs_of_somebody(projection: Projection, address_attributes: frozenset[str]) -> Needs:
    """Return what must be known to show a user, in whose place a key is empty."""
    pins: frozenset[Pin] = frozenset({ById("")})
    return _Question(None, None, projection, address_attributes, pins).of_users()


@dataclass(frozen=True)
class _Question:
    filter: Filter | None
    sort: Sort | None
    projection: Projection
    address_attributes: frozenset[str]
    pins: frozenset[Pin] | None = None

    def of_groups(self) -> Needs:
        return Needs.whole(Collection.GROUPS) | self._besides()

    def of_users(self) -> Needs:
        pins = pinned(self.filter) if self.pins is None else self.pins
        if pins is not None and not pins:
            return Needs(frozenset())
        besides = self._besides()
        all_members = Whole(Collection.MEMBERS)
        if pins is not None and all(isinstance(pin, ByRole) for pin in pins):
            # The list of those with a role says as much of them as that of all.
            besides = Needs(besides.fresh - {all_members}, besides.known)
        fresh: set[Need] = {OneAddress(text) for text in addresses_in(self.filter)}
        if pins is None or all_members in besides.fresh:
            fresh.add(all_members)
        else:
            fresh |= {_NEEDS_OF_PINS[type(pin)](_key(pin)) for pin in pins}
        if self._asks(*self.address_attributes):
            fresh |= _addresses(pins)
        return besides | Needs(frozenset(fresh))

    def _besides(self) -> Needs:
        """Return what the attributes rest on: entitlements on what little the filter is about."""
        name = self.projection.resource_type.name
        entitlements = _ENTITLEMENTS[name]
        if entitlements not in self._asked or self._needs_all(entitlements):
            return _resting_on(self._asked, self.projection, self.address_attributes)
        asked = self._asked - {entitlements}
        needed = _resting_on(asked, self.projection, self.address_attributes)
        for place in places_in(self.filter, entitlements):
            needed |= _needs_of(place, _SUBJECTS[name])
        return needed

    def _needs_all(self, path: str) -> bool:
        """Tell whether more than the filter asks for an attribute."""
        is_sorted_by = self.sort is not None and _top_level(self.sort.target).name == path
        return is_sorted_by or self._shows(path)

    def _asks(self, *paths: str) -> bool:
        return any(path in self._asked or self._shows(path) for path in paths)

    def _shows(self, path: str) -> bool:
        return path in _shown_by(self.projection)

    @cached_property
    def _asked(self) -> frozenset[str]:
        """The paths of the attributes that are filtered or sorted by."""
        targets = [*_targets(self.filter), *(() if self.sort is None else (self.sort.target,))]
        return frozenset(_top_level(target).name for target in targets)


@lru_cache(maxsize=_MOST_KEPT)
def _resting_on(
    asked: frozenset[str], projection: Projection, address_attributes: frozenset[str]
) -> Needs:
    """Return what the attributes rest on that are *asked* for or shown."""
    resource_type = projection.resource_type
    needed = Needs(frozenset())
    if "meta" in asked:
        # Versions and times of change are those of the whole resource.
        whole = _Question(None, None, Projection(resource_type), address_attributes)
        needed |= whole.of_users() if resource_type.name == "User" else whole.of_groups()
    for path, besides in _BESIDES[resource_type.name].items():
        if path in asked or path in _shown_by(projection):
            needed |= besides
    return needed


_NEEDS_OF_PINS: Mapping[type[Pin], type[OneMember | OneAddress | OneRole]] = {
    ById: OneMember,
    ByAddress: OneAddress,
    ByRole: OneRole,
}


def _key(pin: Pin) -> str:
    match pin:
        case ById(key=key):
            return key
        case ByAddress(text=text):
            return text
        case ByRole(role=role):
            return role


def _addresses(pins: frozenset[Pin] | None) -> frozenset[Need]:
    if pins is None or any(isinstance(pin, ByRole) for pin in pins):
        return frozenset({Whole(Collection.ADDRESSES)})
    return frozenset(AddressesOf(pin.key) for pin in pins if isinstance(pin, ById))


def _needs_of(place: Place, subject_type: str) -> Needs:
    if place == EVERYWHERE:
        return _PLACES | Needs.whole(*GRANTS_TO[subject_type])
    listed = LIST_OF_TYPE[place.object_type]
    of_type = Whole(Collection(f"{place.object_type}_{subject_type}_grants"))
    if not place.name:
        return Needs.whole(listed) | Needs(frozenset({of_type}))
    is_one_list = (subject_type, place.object_type) not in BY_PLACE
    one: Need = of_type if is_one_list else OnePlace(subject_type, place)
    if is_uuid(place.name):
        return Needs(frozenset({one}), frozenset({listed}))
    # Which place it is that has the name is as old as the list.
    return Needs.whole(listed) | Needs(frozenset({one}))


def _targets(node: Filter | None) -> Iterator[Target]:
    match node:
        case None:
            return
        case Compare(target=target) | Present(target=target) | ElementMatch(target=target):
            yield target
        case And(operands=operands) | Or(operands=operands):
            for operand in operands:
                yield from _targets(operand)
        case Not(operand=operand):
            yield from _targets(operand)


def _top_level(target: Target) -> Target:
    return Target(target.extension, target.attribute)


@lru_cache(maxsize=_MOST_KEPT)
def _shown_by(projection: Projection) -> frozenset[str]:
    """Return the paths of the attributes that *projection* shows any of."""
    resource_type = projection.resource_type
    targets = [Target(None, each) for each in resource_type.core_attributes()]
    for extension in resource_type.extensions:
        schema = extension.schema
        targets += [Target(schema.id, each) for each in schema.attributes]
    return frozenset(target.name for target in targets if projection.shows(target))
