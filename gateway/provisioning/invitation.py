"""Somebody of whom no account is known: invited, or not, and at which address."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.mirror.user_records import HeldBack
from gateway.planner.collections import Collection
from gateway.planner.needs import Needs, OneAddress
from gateway.provisioning.invitations import invited_besides, usual_group_of, withdrawn
from gateway.provisioning.people import Person, address_of
from gateway.provisioning.rights import Rights
from gateway.provisioning.said import EVERYTHING, Said
from gateway.provisioning.session import Session
from gateway.provisioning.steps import Invite, Plan
from gateway.provisioning.uniqueness import holder_of
from gateway.scim.errors import Conflict, InvalidValue

Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Invitation:
    """
    The invitation of a person, as a request wants it.

    Attributes:
        session: What the request is carried out by.
        person: The user as it is.
        rights: What the request wants of its entitlements.
        is_wanted: Whether the user is to be active.
        is_asserted: Whether the request itself says so: only that sends an invitation again.
        notes: What the client is to be told besides, a sentence each; some are added.
    """

    session: Session
    person: Person
    rights: Rights
    is_wanted: bool
    is_asserted: bool
    notes: list[str] = field(default_factory=list)

    def plan(self, email: str) -> tuple[Plan, list[HeldBack], list[HeldBack]]:
        """
        Return the calls, what is held back besides, and what is held back no longer.

        Args:
            email: Where the invitation is to be at.

        Raises:
            Conflict: Something is to be granted, which Bitbucket does to members alone.
            InvalidValue: There is not the group that people are invited into who are in no other.
        """
        record, rights = self.person.record, self.rights
        if rights.wanted is None:
            return self._withdrawn(), [], list(self.person.held_back)
        with self.session.mirror.reading() as snapshot:
            wanted = rights.permissions(snapshot, {})
        added = rights.held_for_later(wanted, {}, is_taken=False)
        released = rights.unwanted(wanted)
        if not self.is_wanted:
            return self._withdrawn(), added, released
        if added:
            raise Conflict(
                "The invitation was not accepted yet, and Bitbucket grants nothing to who is "
                "no member; send it again when it is."
            )
        is_moved = email != record.email
        if record.invited_at is None and not self.is_asserted:
            return self._withdrawn_besides(email), [], released
        if record.invited_at is not None and not is_moved:
            return self._withdrawn_besides(email), [], released
        groups, gone = self._groups()
        # Who holds the old address must not become the user by it.
        left = self._withdrawn(but=email) if is_moved else self._withdrawn_besides(email)
        invited = tuple(Invite(record.id, email, group_id) for group_id in groups)
        return (*invited, *left), [], [*released, *gone]

    def address(self) -> str:
        """
        Return where the invitation is to be at.

        Raises:
            Uniqueness: It is another user's address.
            Conflict: It is the address of a member who was deleted here.
        """
        known = self.person.record.email or ""
        wanted = self.rights.wanted
        if wanted is None:
            return known
        before, after = self._address(self.person.resource), self._address(wanted)
        if after in (None, before, known):
            return known
        self.session.know(Needs(frozenset({OneAddress(after)})))
        renderer = self.session.provisioner.renderer
        with self.session.mirror.reading() as snapshot:
            holder = holder_of(snapshot, renderer, after, own=self.person.id)
        if holder is not None:
            raise Conflict(
                f"{after} is the address of a member of the workspace: delete this user, and "
                "create it again with that address."
            )
        return after

    def _groups(self) -> tuple[list[str | None], list[HeldBack]]:
        """Return what the person is invited into, and what can't be promised any longer."""
        promised = [each for each in self.person.held_back if each.object_type == "group"]
        usual = self.session.provisioner.invitation_group
        if promised or usual:
            # What is not listed is gone: so the list is read, and not remembered.
            self.session.know(Needs.whole(Collection.GROUPS))
        with self.session.mirror.reading() as snapshot:
            ids = [each.object_id for each in promised]
            known = {group.id for group in snapshot.facts.groups(ids=ids)} if ids else set()
            groups: list[str | None] = [each for each in ids if each in known]
            if not groups:
                groups = [usual_group_of(snapshot, usual)]
        gone = [each for each in promised if each.object_id not in known]
        self.notes.extend(f"not invited into, as it is gone: group {e.object_id}" for e in gone)
        return groups, gone

    def _address(self, resource: Resource) -> str | None:
        """Return the address that *resource* gives; none that follows from the invitation."""
        given = dict(resource)
        if not self.person.are_own_emails(resource):
            given.pop("emails", None)
        try:
            return address_of(given)
        except InvalidValue:
            return None

    def _withdrawn(self, *, but: str | None = None) -> Plan:
        """Return what withdraws every invitation there is or may be, *but* at one address."""
        record = self.person.record
        # One that is not listed may be listed late, and is nobody's while the user is inactive.
        is_known = record.invited_at is not None or record.is_active
        known = [record.email or ""] if is_known else []
        return withdrawn(record.id, [*known, *self._besides(EVERYTHING)], but=but)

    def _withdrawn_besides(self, email: str) -> Plan:
        """Return what withdraws what the request has the last word on, but at *email*."""
        return withdrawn(self.person.id, self._besides(self.session.says), but=email)

    def _besides(self, said: Said) -> list[str]:
        with self.session.mirror.reading() as snapshot:
            return sorted(invited_besides(snapshot, said).get(self.person.id, ()))
