"""What a request wants of a user's entitlements, those that are held back among them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.mirror.mirror import Snapshot
from gateway.mirror.user_records import HeldBack
from gateway.provisioning.entitlements import Places, asked
from gateway.provisioning.people import Person
from gateway.provisioning.steps import Place

Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rights:
    """
    What a request wants of a user's entitlements.

    Attributes:
        person: The user as it is.
        wanted: The user as it is to be; None to delete it.
        is_exact: Whether its entitlements are all that are wanted, and nothing held back besides.
    """

    person: Person
    wanted: Resource | None
    is_exact: bool

    @property
    def are_named(self) -> bool:
        """Whether the request changes any."""
        return _values(self.person.working) != _values(self.wanted or {})

    def permissions(self, snapshot: Snapshot, granted: Mapping[Place, str]) -> dict[Place, str]:
        """
        Return what is wanted, be it granted or held back; what a client leaves out stays.

        Args:
            snapshot: The places.
            granted: What is granted now.

        Raises:
            InvalidValue: Something is on no place, or two are wanted on one.
        """
        places = Places(snapshot.facts)
        had = _on_places(self.person.held_back, places) | dict(granted)
        if self.wanted is None or not self.are_named:
            return had
        wanted = asked(
            each
            for each in self.wanted.get("entitlements", ())
            if each.get("value") not in self.person.held_values or _is_there(places, each["value"])
        )
        return places.permissions(wanted, had)

    def unwanted(self, wanted: Iterable[Place]) -> list[HeldBack]:
        """Return what is held back and no longer among what is *wanted*."""
        had, has = _objects(self.person.working), {place.uuid for place in wanted}
        if not self.are_named:
            has |= had
        return [
            each
            for each in self.person.held_back
            if each.permission is not None
            and each.object_id not in has
            # What is gone is shown to nobody, so only who says everything leaves it out.
            and (self.is_exact or each.object_id in had)
        ]

    def given(self, wanted: Mapping[Place, str], granted: Mapping[Place, str]) -> dict[Place, str]:
        """
        Return what who is active is granted of what is *wanted*.

        What was promised is given by the way; what was taken, only to who asks for it anew.
        """
        taken = {
            (each.object_type, each.object_id, each.permission)
            for each in self.person.held_back
            if each.is_taken
        }
        return {
            place: permission
            for place, permission in wanted.items()
            if place in granted or (place.object_type, place.uuid, permission) not in taken
        }

    def settled(self, given: Iterable[Place]) -> list[HeldBack]:
        """Return what need not be held back once *given* is granted, or never can be."""
        places = {(place.object_type, place.uuid) for place in given}
        return [
            each
            for each in self.person.held_back
            if each.permission is not None
            and (not each.is_taken or (each.object_type, each.object_id) in places)
        ]

    def held_for_later(
        self, wanted: Mapping[Place, str], granted: Mapping[Place, str], *, is_taken: bool
    ) -> list[HeldBack]:
        """Return what is to be held back besides, of what is *wanted* and not *granted*."""
        known = {(h.object_type, h.object_id, h.permission) for h in self.person.held_back}
        return [
            HeldBack(self.person.id, place.object_type, place.uuid, permission, is_taken=is_taken)
            for place, permission in wanted.items()
            if granted.get(place) != permission
            and (place.object_type, place.uuid, permission) not in known
        ]

    def told(self, released: Iterable[HeldBack]) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """
        Return what the user is and is to be, without what is held back before and after.

        Args:
            released: What is held back no longer.
        """
        if self.wanted is None:
            return self.person.resource, None
        has = {each.get("value") for each in self.wanted.get("entitlements", ())}
        held = has & self.person.held_values
        left = {f"{each.object_type}:{each.object_id}:{each.permission}" for each in released}
        return _without(self.person.working, held), _without(dict(self.wanted), held - left)


def _on_places(held_back: Iterable[HeldBack], places: Places) -> dict[Place, str]:
    found = ((places.with_uuid(h.object_type, h.object_id), h.permission) for h in held_back)
    return {place: word for place, word in found if place is not None and word}


def _values(resource: Resource) -> frozenset[str]:
    return frozenset(str(e.get("value")).lower() for e in resource.get("entitlements", ()))


def _objects(resource: Resource) -> set[str]:
    """Return the UUIDs of the places of entitlements as they are shown."""
    return {str(e.get("value")).split(":")[1] for e in resource.get("entitlements", ())}


def _is_there(places: Places, value: str) -> bool:
    object_type, uuid, _ = value.split(":")
    return places.with_uuid(object_type, uuid) is not None


def _without(resource: dict[str, Any], values: Iterable[Any]) -> dict[str, Any]:
    """Return *resource* without the entitlements of those values."""
    left = [e for e in resource.get("entitlements", ()) if e.get("value") not in set(values)]
    bare = {name: value for name, value in resource.items() if name != "entitlements"}
    return bare | {"entitlements": left} if left else bare
