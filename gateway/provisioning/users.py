"""Changing the users of a workspace (RFC 7643 §4.1)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.directory.identities import identified
from gateway.directory.overlay import without_overlay
from gateway.directory.showing import versions
from gateway.mirror.journal import Change
from gateway.mirror.mirror import Snapshot
from gateway.mirror.user_records import UserRecord
from gateway.planner.collections import Collection
from gateway.planner.needs import Needs, OneAddress, OneMember
from gateway.planner.pins import is_uuid
from gateway.provisioning.creation import Creation
from gateway.provisioning.discovery import know_grants_of
from gateway.provisioning.entitlements import (
    Places,
    asked,
    check_count,
    is_about_all,
    named_in,
    needs_of,
    rests_on_all,
)
from gateway.provisioning.people import Person, held_entitlements, name_of
from gateway.provisioning.provisioner import Provisioner
from gateway.provisioning.read_only import without_read_only
from gateway.provisioning.rebase import rebased
from gateway.provisioning.said import EVERYTHING, NOTHING, Said, activity_in
from gateway.provisioning.sent_back import STAYS, is_sent_back
from gateway.provisioning.session import Session
from gateway.provisioning.spelling import spelled_in, spelled_patch
from gateway.provisioning.transition import Transition
from gateway.provisioning.uniqueness import check_name, know_name, turns_to_name
from gateway.scim.errors import InvalidValue, NotFound, Uniqueness, VersionChanged
from gateway.scim.handler import Write, Written
from gateway.scim.patch.apply import apply_patch
from gateway.scim.patch.operation import Patch
from gateway.scim.schema import ResourceType
from gateway.scim.text import fold

Resource = Mapping[str, Any]

#: By what clients find a user again.
_MATCHED = frozenset({"userName", "externalId"})
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
        ignores_read_only: Whether a PATCH of what only Bitbucket changes of a profile is passed
            over, and the rest of it done.
    """

    provisioner: Provisioner
    ignores_read_only: bool = False

    @property
    def resource_type(self) -> ResourceType:
        """The type of what is changed."""
        return self.provisioner.registry.user

    def create(self, attributes: Resource, write: Write) -> Written:
        """See :meth:`gateway.scim.handler.ResourceWriter.create`; a person is invited."""
        check_count(attributes.get("entitlements", ()))
        return self._create_in_turn(attributes, write, EVERYTHING)

    def _create_in_turn(self, attributes: Resource, write: Write, says: Said) -> Written:
        session = Session(self.provisioner, write, says)
        with session.turns.of(*turns_to_name(attributes)):
            return Creation(session, _tidy(attributes)).create()

    def replace(self, resource_id: str, attributes: Resource, write: Write) -> Written:
        """See :meth:`gateway.scim.handler.ResourceWriter.replace`."""
        check_count(attributes.get("entitlements", ()))

        def replaced(person: Person) -> dict[str, Any]:
            name_of(attributes)
            kept = {n: person.working[n] for n in _STAY if n in person.working}
            default = without_overlay(person.plain, "User")
            with self.provisioner.mirror.reading() as snapshot:
                given = spelled_in(attributes, Places(snapshot.facts))
            return default | kept | {"active": True} | given

        def owned(person: Person) -> frozenset[str]:
            # What was read before is sent back with the rest: that is no word on whose it is.
            left_out = {"emails"} & person.kept - attributes.keys()
            return frozenset(attributes.keys() & (_MATCHED | person.kept)) | left_out

        is_whole = "entitlements" in attributes
        return self._change(
            "replace",
            resource_id,
            replaced,
            write,
            is_whole=is_whole,
            is_exact=is_whole,
            insists=True,
            says_active=attributes.get("active", True) is True,
            owned=owned,
            says=Said.with_body(attributes, _STAY),
            body=attributes,
        )

    def patch(self, resource_id: str, patch: Patch, write: Write) -> Written:
        """See :meth:`gateway.scim.handler.ResourceWriter.patch`."""
        notes: list[str] = []

        def patched(person: Person) -> dict[str, Any]:
            with self.provisioner.mirror.reading() as snapshot:
                operations = spelled_patch(patch, Places(snapshot.facts))
            if self.ignores_read_only:
                operations, notes[:] = without_read_only(
                    person.working, operations, self.resource_type
                )
            return apply_patch(person.working, operations, self.resource_type)

        activity = activity_in(patch)
        if activity and activity[-1] is None and any(each is not None for each in activity):
            raise InvalidValue("active is set and taken away at once; send one of the two.")
        named = {e.target.attribute.name for e in patch if e.target.extension is None}
        return self._change(
            "patch",
            resource_id,
            patched,
            write,
            patch=patch,
            is_whole=rests_on_all(patch),
            is_exact=is_about_all(patch),
            insists=any(each is not None for each in activity),
            says_active=any(activity),
            owned=lambda person: person.kept | named,
            notes=notes,
        )

    def delete(self, resource_id: str, write: Write) -> Written:
        """See :meth:`gateway.scim.handler.ResourceWriter.delete`; all access is taken away."""
        return self._delete_in_turn(resource_id, write, EVERYTHING)

    def _delete_in_turn(self, resource_id: str, write: Write, says: Said) -> Written:
        session = Session(self.provisioner, write, says)
        with session.turns.of(f"User {resource_id}"):
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
            insists=wanted.get("active") not in (None, before.get("active")),
            says_active=wanted.get("active") is True,
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
        says_active: bool = False,
        owned: Callable[[Person], frozenset[str]] = lambda person: person.kept,
        notes: Sequence[str] = (),
        says: Said = EVERYTHING,
        body: Resource | None = None,
    ) -> Written:
        session = Session(self.provisioner, write, says)
        with session.turns.of(f"User {resource_id}"):
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
            person = self._person(session, resource_id, says_active=says_active)
            if is_whole and person.member is not None:
                know_grants_of(session, person.member.uuid)
                person = self._person(session, resource_id, says_active=says_active)
            places = named_in(patch, "entitlements")
            places |= _places_changed(person.working, change(person))
            if places:
                session.know(needs_of("user", places))
                person = self._person(session, resource_id, says_active=says_active)
            if patch:
                # Only now every place is known by all that it is called.
                with self.provisioner.mirror.reading() as snapshot:
                    session.says = Said.by(spelled_patch(patch, Places(snapshot.facts)))
            wanted, told = _tidy(change(person)), list(notes)
            if body is not None and self._is_sent_back(session, body, person, wanted):
                wanted["active"], insists = person.resource["active"], False
                session.says = Said.with_body({**body, "active": True}, _STAY)
                told.append(STAYS)
            transition = Transition(
                session,
                action,
                person,
                wanted,
                insists=insists,
                is_exact=is_exact,
                owned=owned(person),
                notes=told,
            )
            with session.turns.of(*turns_to_name(wanted, person.resource)):
                self._check_name(session, person, wanted)
                return transition.carry_out()

    def _is_sent_back(
        self, session: Session, body: Resource, person: Person, wanted: Resource
    ) -> bool:
        def is_same_version() -> bool:
            sent = session.write.version_sent
            with session.mirror.reading() as snapshot:
                found = versions(snapshot, self.resource_type, person.id)
                return sent is not None and sent in found

        return is_sent_back(body, person, wanted, is_same_version=is_same_version)

    def _person(self, session: Session, resource_id: str, *, says_active: bool = False) -> Person:
        """
        Return the user as it is, if there is one, and the request is meant for it as it is.

        Args:
            session: What reads it.
            resource_id: The id.
            says_active: Whether the request says that the user is active: then it matters whether
                an invitation is still there.
        """
        if not is_uuid(resource_id):
            raise _nobody(resource_id)
        with session.mirror.reading() as snapshot:
            needed = identified(Needs(frozenset({OneMember(resource_id)})), snapshot)
            record = snapshot.users.with_ids([resource_id]).get(resource_id)
        is_pending = record is not None and record.invited_at is not None
        if is_pending and says_active:
            session.know_invitation(needed)
        else:
            # Who has come by now, invited or not, can be granted and deprived of what others can't.
            is_invitee = any(isinstance(need, OneAddress) for need in needed.fresh)
            session.know(needed, anew=is_invitee)
        with session.mirror.reading() as snapshot:
            person = self._known(snapshot, resource_id)
            found = versions(snapshot, self.resource_type, resource_id)
            is_expected = session.write.is_expected(found)
        if not is_expected:
            raise VersionChanged(
                "The user is in another version than the request is meant for; read it again."
            )
        return person

    def _known(self, snapshot: Snapshot, resource_id: str) -> Person:
        record = snapshot.users.with_ids([resource_id]).get(resource_id)
        uuid = resource_id if record is None else record.member_uuid
        renderer = self.provisioner.renderer
        resource = renderer.user(snapshot, resource_id, is_plain=False)
        plain = renderer.user(snapshot, resource_id, is_plain=True) or {}
        is_other = resource is not None and resource["id"] != resource_id
        is_kept = snapshot.resources(self.resource_type).version(resource_id) is not None
        if not is_kept or resource is None or is_other:
            raise _nobody(resource_id)
        member = next(iter(snapshot.facts.members(uuids=[uuid])), None) if uuid else None
        record = record or UserRecord(resource_id, uuid)
        # What counts is what was asked for: that an account is closed, nobody here can change.
        is_active = record.is_active or plain["active"]
        if "active" in resource:
            resource["active"] = is_active
        held_back = tuple(snapshot.users.held_back([resource_id]))
        overlay = snapshot.overlays.of("User", ids=[resource_id]).get(resource_id, {})
        return Person(
            resource_id,
            record,
            member,
            resource,
            plain,
            is_active,
            held_back,
            held_entitlements(snapshot, held_back, resource),
            kept=frozenset(overlay),
        )

    def _check_name(self, session: Session, person: Person, wanted: Resource) -> None:
        name = name_of(wanted)
        if fold(name) == fold(name_of(person.resource)):
            return
        know_name(session, name)
        with session.mirror.reading() as snapshot:
            check_name(snapshot, name, own=person.id)
            others = snapshot.facts.addresses(texts=[fold(name)])
        own = person.record.member_uuid
        if any(other.member_uuid not in (None, own) for other in others):
            raise Uniqueness(f"The userName {name} is another user's.")


def _nobody(resource_id: str) -> NotFound:
    return NotFound(f"There is no User with the id {resource_id}.")


def _tidy(resource: Resource) -> dict[str, Any]:
    """Return *resource* with its name as it is compared: without blanks around it."""
    return {**resource, "userName": name_of(resource)}


def _places_changed(current: Resource, wanted: Resource) -> set[Any]:
    """Return the places on which other entitlements are wanted."""
    had, has = (
        {str(each.get("value")).lower() for each in resource.get("entitlements", ())}
        for resource in (current, wanted)
    )
    return {each.place for each in asked({"value": value} for value in had ^ has)}
