"""From the entitlements that clients write to permissions on places."""

import re
from collections.abc import Collection as Sized
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.mirror.fact_reader import FactReader
from gateway.mirror.facts import PERMISSIONS
from gateway.planner.collections import LIST_OF_TYPE, Collection
from gateway.planner.needs import Need, Needs, OnePlace, Whole
from gateway.planner.pins import Place as PlaceNamed
from gateway.planner.pins import is_uuid
from gateway.provisioning.said import told_values
from gateway.provisioning.steps import Place
from gateway.scim.errors import InvalidValue
from gateway.scim.patch.operation import Op, Operation, Patch

_VALUE: Final = re.compile(
    r"(?P<type>repository|project):(?P<place>.+):(?P<permission>[a-z-]+)", re.IGNORECASE
)
#: Each is looked up, and takes a call to grant: nobody waits for more.
MOST_ENTITLEMENTS: Final = 3000


@dataclass(frozen=True, slots=True)
class Asked:
    """
    An entitlement as a client writes it.

    Attributes:
        place: Its place, by UUID, or by a project's key or a repository's full name.
        permission: The permission.
    """

    place: PlaceNamed
    permission: str

    @classmethod
    def parse(cls, value: object) -> "Asked":
        """
        Read ``repository:<uuid>:write``, or ``repository:acme/api:write``.

        Raises:
            InvalidValue: It is none.
        """
        match = _VALUE.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise InvalidValue(
                f"{value!r} is no entitlement; write repository:<uuid>:write, "
                "repository:<workspace>/<slug>:write or project:<key>:write."
            )
        object_type, permission = match["type"].lower(), match["permission"].lower()
        if permission not in PERMISSIONS[object_type]:
            raise InvalidValue(
                f"{permission} can't be granted on a {object_type}; choose one of "
                f"{', '.join(PERMISSIONS[object_type])}."
            )
        return cls(PlaceNamed(object_type, match["place"].lower().strip("{}")), permission)


def asked(values: Iterable[Mapping[str, Any]]) -> list[Asked]:
    """
    Return the entitlements of a multi-valued attribute.

    Raises:
        InvalidValue: One is none.
    """
    return [Asked.parse(value.get("value")) for value in values]


def named_in(patch: Patch, attribute: str) -> set[PlaceNamed]:
    """
    Return the places that the operations of *patch* on *attribute* name by their values.

    Raises:
        InvalidValue: There are too many.
    """
    texts: set[str] = set()
    for operation in patch:
        if operation.target.attribute.name == attribute:
            texts |= set(texts_in(operation.value))
            texts |= set(texts_in(operation.selector))
    found = (_VALUE.fullmatch(text) for text in texts)
    check_count(texts)
    return {
        PlaceNamed(match["type"].lower(), match["place"].lower().strip("{}"))
        for match in found
        if match
    }


def check_count(sent: Sized[object]) -> None:
    """
    Let the entitlements pass that were sent in one request.

    Raises:
        InvalidValue: There are too many.
    """
    if len(sent) > MOST_ENTITLEMENTS:
        raise InvalidValue(
            f"There are {len(sent)} entitlements; send at most {MOST_ENTITLEMENTS} at once: of "
            "somebody who has more, PATCH what changes."
        )


def is_about_all(patch: Patch) -> bool:
    """Return whether an operation of *patch* is about every entitlement, whichever they are."""
    return any(
        operation.target.attribute.name == "entitlements"
        and operation.selector is None
        and (operation.op is Op.REPLACE or (operation.op is Op.REMOVE and not operation.value))
        for operation in patch
    )


def rests_on_all(patch: Patch) -> bool:
    """Return whether *patch* takes what only all entitlements tell: it names no place."""
    return is_about_all(patch) or any(
        operation.target.attribute.name == "entitlements" and not _names_places(operation)
        for operation in patch
    )


def _names_places(operation: Operation) -> bool:
    if operation.selector is None:
        return operation.target.sub_attribute is None
    told = told_values(operation.selector.condition)
    return all(isinstance(each, str) and _VALUE.fullmatch(each) for each in told)


def texts_in(value: object) -> Iterable[str]:
    """Yield every text in what an operation assigns, or selects by."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from texts_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts_in(inner)
    elif hasattr(value, "condition"):
        yield from texts_in(value.condition)
    elif hasattr(value, "operands"):
        yield from texts_in(value.operands)
    elif hasattr(value, "value"):
        yield from texts_in(value.value)


def needs_of(subject_type: str, places: Iterable[PlaceNamed]) -> Needs:
    """Return what must be read to know what subjects of a type are granted on *places*."""
    fresh: set[Need] = set()
    known: set[Collection] = set()
    for place in places:
        if (subject_type, place.object_type) == ("group", "repository"):
            fresh.add(Whole(Collection.REPOSITORY_GROUP_GRANTS))
        else:
            fresh.add(OnePlace(subject_type, place))
        known.add(LIST_OF_TYPE[place.object_type])
    return Needs(frozenset(fresh), frozenset(known))


@dataclass(frozen=True, slots=True)
class Places:
    """
    The places of the workspace, by what clients call them.

    Attributes:
        facts: The lists.
    """

    facts: FactReader

    def permissions(
        self, wanted: Iterable[Asked], held: Mapping[Place, str] | None = None
    ) -> dict[Place, str]:
        """
        Return what is asked for, by place.

        Only one permission can be held on a place: another that is asked for besides the one that
        is *held* takes its place.

        Raises:
            InvalidValue: There is no such place, or two permissions are asked for on one.
        """
        found: dict[Place, str] = {}
        for each in wanted:
            place = self.place(each.place)
            is_held = (held or {}).get(place) == found.get(place, each.permission)
            if place in found and is_held:
                found[place] = each.permission
            elif place in found and (held or {}).get(place) == each.permission:
                continue
            elif found.setdefault(place, each.permission) != each.permission:
                raise InvalidValue(
                    f"Two permissions are asked for on the {place}; only one can be held."
                )
        return found

    def place(self, named: PlaceNamed) -> Place:
        """
        Return the place of that name.

        Raises:
            InvalidValue: There is none.
        """
        uuid = named.name
        if not is_uuid(uuid):
            uuid = self.facts.place_uuid(named.object_type, named.name) or ""
        found = self.with_uuid(named.object_type, uuid)
        if found is None:
            raise InvalidValue(f"There is no {named.object_type} {named.name}.")
        return found

    def with_uuid(self, object_type: str, uuid: str) -> Place | None:
        """Return the place with that UUID, if there is one."""
        if object_type == "project":
            return next(
                (Place("project", p.uuid, p.key) for p in self.facts.projects(uuids=[uuid])), None
            )
        return next(
            (Place("repository", r.uuid, r.slug) for r in self.facts.repositories(uuids=[uuid])),
            None,
        )

    def held(self, subject_id: str) -> dict[Place, str]:
        """Return what a subject, a member's UUID or a group's id, is granted."""
        held: dict[Place, str] = {}
        for grant in self.facts.grants(subject_ids=[subject_id]):
            place = self.with_uuid(grant.object_type, grant.object_uuid)
            if place is not None:
                held[place] = grant.permission
        return held
