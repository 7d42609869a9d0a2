"""Changing the users of a workspace (RFC 7643 §4.1)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.directory.identities import identified
from gateway.directory.overlay import without_overlay
from gateway.mirror.journal import Change
from gateway.mirror.mirror import Snapshot
from gateway.mirror.user_records import UserRecord
from gateway.planner.collections import Collection
from gateway.planner.needs import Needs, OneAddress, OneMember
from gateway.planner.pins import is_address, is_uuid
from gateway.provisioning.creation import Creation
from gateway.provisioning.entitlements import (
    asked,
    is_about_all,
    named_in,
    needs_of,
    rests_on_all,
)
from gateway.provisioning.people import Person, held_back_values, name_of
from gateway.provisioning.provisioner import Provisioner
from gateway.provisioning.rebase import rebased
from gateway.provisioning.said import EVERYTHING, NOTHING, Said
from gateway.provisioning.session import Session
from gateway.provisioning.transition import Transition
from gateway.scim.errors import NotFound, Uniqueness, VersionChanged
from gateway.scim.handler import Write, Written
from gateway.scim.patch.apply import apply_patch
from gateway.scim.patch.operation import Patch
from gateway.scim.schema import ResourceType
from gateway.scim.text import fold

Resource = Mapping[str, Any]

#: What a PUT that does not name it leaves as it is.
_STAY = ("emails", "entitlements")


@dataclass(frozen=True, slots=True)
class UserWriter:
    """
    Changes users: a :class:`gateway.scim.handler.ResourceWriter`.

    Of a PUT, ``active`` that is left out is true, ``entitlements`` and ``emails`` that are left
    out stay as they are, and everything else that is left out is what Bitbucket has, or none.

    Attributes:
        provisioner: The parts that change a workspace.
    """

    provisioner: Provisioner

    @property
    def resource_type(self) -> ResourceType:
        """The type of what is changed."""
        return self.provisioner.registry.user

    def create(self, attributes: Resource, write: Write) -> Written:
        """See :meth:`gateway.scim.handler.ResourceWriter.create`; a person is invited."""
        return self._create_in_turn(attributes, write, EVERYTHING)

    def _create_in_turn(self, attributes: Resource, write: Write, says: Said) -> Written:
        session = Session(self.provisioner, write, says)
        with self.provisioner.turn(f"User {fold(name_of(attributes))}"):
            return Creation(session, attributes).create()

    def replace(self, resource_id: str, attributes: Resource, write: Write) -> Written:
        """See :meth:`gateway.scim.handler.ResourceWriter.replace`."""

        def replaced(person: Person) -> dict[str, Any]:
            name_of(attributes)
            kept = {n: person.working[n] for n in _STAY if n in person.working}
            default = without_overlay(person.plain, "User")
            return default | kept | {"active": True} | dict(attributes)

        is_whole = "entitlements" in attributes
        return self._change(
            "replace",
            resource_id,
            replaced,
            write,
            is_whole=is_whole,
            is_exact=is_whole,
            insists=True,
        )

    def patch(self, resource_id: str, patch: Patch, write: Write) -> Written:
        """See :meth:`gateway.scim.handler.ResourceWriter.patch`."""
        return self._change(
            "patch",
            resource_id,
            lambda person: apply_patch(person.working, patch, self.resource_type),
            write,
            patch=patch,
            is_whole=rests_on_all(patch),
            is_exact=is_about_all(patch),
            insists=any(each.target.attribute.name == "active" for each in patch),
            says=Said.by(patch),
        )

    def delete(self, resource_id: str, write: Write) -> Written:
        """See :meth:`gateway.scim.handler.ResourceWriter.delete`; all access is taken away."""
        return self._delete_in_turn(resource_id, write, EVERYTHING)

    def _delete_in_turn(self, resource_id: str, write: Write, says: Said) -> Written:
        session = Session(self.provisioner, write, says)
        with self.provisioner.turn(f"User {resource_id}"):
            person = self._person(session, resource_id)
            transition = Transition(session, "delete", person, None)
            return transition.carry_out()

    def resume(self, change: Change, write: Write) -> Written:
        """
        Do what is left of a change that stopped.

        Raises:
            ScimError: It stopped again.
        """
        data = change.began.data
        before, wanted = data["before"], data["wanted"]
        if wanted is None:
            return self._delete_in_turn(data["resourceId"], write, NOTHING)
        if before is None:
            return self._create_in_turn(wanted, write, NOTHING)
        return self._change(
            "resume",
            data["resourceId"],
            lambda person: rebased(before, wanted, person.working),
            write,
            is_whole=False,
            says=NOTHING,
        )

    def _change(
        self,
        action: str,
        resource_id: str,
        change: Callable[[Person], dict[str, Any]],
        write: Write,
        *,
        patch: Patch = (),
        is_whole: bool,
        is_exact: bool = False,
        insists: bool = False,
        says: Said = EVERYTHING,
    ) -> Written:
        session = Session(self.provisioner, write, says)
        with self.provisioner.turn(f"User {resource_id}"):
            if is_whole:
                session.know(
                    Needs.whole(
                        Collection.PROJECTS,
                        Collection.REPOSITORIES,
                        Collection.PROJECT_USER_GRANTS,
                        Collection.REPOSITORY_USER_GRANTS,
                    ),
                    anew=False,
                    is_strict=True,
                )
            person = self._person(session, resource_id)
            places = named_in(patch, "entitlements")
            places |= _places_changed(person.working, change(person))
            if places:
                session.know(needs_of("user", places))
                person = self._person(session, resource_id)
            wanted = change(person)
            self._check_name(session, person, wanted)
            return Transition(
                session, action, person, wanted, insists=insists, is_exact=is_exact
            ).carry_out()

    def _person(self, session: Session, resource_id: str) -> Person:
        """Return the user as it is, if there is one, and the request is meant for it as it is."""
        if not is_uuid(resource_id):
            raise _nobody(resource_id)
        with session.mirror.reading() as snapshot:
            needed = identified(Needs(frozenset({OneMember(resource_id)})), snapshot)
        # Who has accepted an invitation by now can be granted what somebody invited can't.
        is_invited = any(isinstance(need, OneAddress) for need in needed.fresh)
        session.know(needed, anew=is_invited)
        with session.mirror.reading() as snapshot:
            person = self._known(snapshot, resource_id)
        if not session.write.is_expected(person.version):
            raise VersionChanged(
                "The user is in another version than the request is meant for; read it again."
            )
        return person

    def _known(self, snapshot: Snapshot, resource_id: str) -> Person:
        record = snapshot.users.with_ids([resource_id]).get(resource_id)
        uuid = resource_id if record is None else record.member_uuid
        version = snapshot.resources(self.resource_type).version(resource_id)
        renderer = self.provisioner.renderer
        resource = renderer.user(snapshot, resource_id, is_plain=False)
        plain = renderer.user(snapshot, resource_id, is_plain=True) or {}
        is_other = resource is not None and resource["id"] != resource_id
        if version is None or resource is None or is_other:
            raise _nobody(resource_id)
        member = next(iter(snapshot.facts.members(uuids=[uuid])), None) if uuid else None
        record = record or UserRecord(resource_id, uuid)
        if record.is_active is not None:
            # What counts is what was asked for: that an account is closed, nobody here can change.
            deactivated = record.is_active is False and resource["active"] is False
            resource["active"] = not deactivated
        is_held_back = member is not None and resource.get("active") is False
        held = held_back_values(snapshot, resource_id, resource) if is_held_back else ()
        return Person(resource_id, record, member, resource, plain, version, held)

    def _check_name(self, session: Session, person: Person, wanted: Resource) -> None:
        name = fold(name_of(wanted))
        if name == fold(name_of(person.resource)):
            return
        if is_address(name):
            session.know(Needs(frozenset({OneAddress(name)})), anew=False)
        with session.mirror.reading() as snapshot:
            taken = snapshot.users.called(name) - {person.id}
            others = snapshot.facts.addresses(texts=[name])
        own = person.record.member_uuid
        if taken or any(other.member_uuid not in (None, own) for other in others):
            raise Uniqueness(f"The userName {name_of(wanted)} is another user's.")


def _nobody(resource_id: str) -> NotFound:
    return NotFound(f"There is no User with the id {resource_id}.")


def _places_changed(current: Resource, wanted: Resource) -> set[Any]:
    """Return the places on which other entitlements are wanted."""
    had, has = (
        {str(each.get("value")).lower() for each in resource.get("entitlements", ())}
        for resource in (current, wanted)
    )
    return {each.place for each in asked({"value": value} for value in had ^ has)}
