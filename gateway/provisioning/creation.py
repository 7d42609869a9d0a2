"""Making a user: a person is invited to the workspace."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from gateway.directory.overlay import overlay_of, without_overlay
from gateway.mirror.journal import Change
from gateway.mirror.mirror import Writing
from gateway.mirror.user_records import HeldBack, UserRecord
from gateway.planner.collections import Collection
from gateway.planner.needs import Needs, OneAddress
from gateway.planner.pins import is_address
from gateway.provisioning.effects import Effects
from gateway.provisioning.entitlements import Places, asked, needs_of
from gateway.provisioning.intent import Intent
from gateway.provisioning.invitations import invited_besides, usual_group_of, withdrawn
from gateway.provisioning.people import address_of, name_of, waiting_notes
from gateway.provisioning.session import Session
from gateway.provisioning.spelling import spelled_in
from gateway.provisioning.steps import (
    AddMember,
    Grant,
    Invite,
    Place,
    Plan,
    Subject,
)
from gateway.provisioning.uniqueness import check_holder, check_name, holder_of, know_name
from gateway.scim.errors import InvalidValue, ScimError
from gateway.scim.handler import Written
from gateway.scim.schema import ResourceType
from gateway.scim.text import fold

Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Creation:
    """
    One request to make a user.

    Attributes:
        session: What it is carried out by.
        attributes: What the user is to be.
    """

    session: Session
    attributes: Resource

    @property
    def _type(self) -> ResourceType:
        return self.session.provisioner.registry.user

    def create(self) -> Written:
        """
        Make the user, and invite it unless it is inactive.

        Raises:
            ScimError: There is one already, or Bitbucket does not do it.
        """
        session = self.session
        begun = self._begun()
        own = begun.began.data["resourceId"] if begun else None
        name = name_of(self.attributes)
        try:
            email = address_of(self.attributes)
        except InvalidValue:
            # Who can't be invited may be a member all the same.
            know_name(session, name)
            with session.mirror.reading() as snapshot:
                check_name(snapshot, name, own=own)
            raise
        if not is_address(name):
            know_name(session, name)
        wanted = asked(self.attributes.get("entitlements", ()))
        needed = Needs(frozenset({OneAddress(email)}))
        session.know(needed | needs_of("user", ()), anew=True)
        if wanted:
            session.know(needs_of("user", {each.place for each in wanted}), anew=False)
        groups = self._groups()
        with session.mirror.reading() as snapshot:
            check_name(snapshot, name, own=own)
            renderer = session.provisioner.renderer
            holder = holder_of(snapshot, renderer, email, own=own)
            places = Places(snapshot.facts)
            permissions = places.permissions(wanted)
            attributes = spelled_in(self.attributes, places)
        record = UserRecord(
            own or str(uuid4()),
            member_uuid=holder,
            email=email,
            is_active=attributes.get("active", True) is not False,
        )
        with session.mirror.reading() as snapshot:
            besides = sorted(invited_besides(snapshot).get(record.id, ()))
        # What earlier requests to make the same user may have sent to other addresses.
        left = withdrawn(record.id, besides, but=email if record.is_active else None)
        return replace(self, attributes=attributes)._make(record, left, groups, permissions)

    def _make(
        self,
        record: UserRecord,
        left: Plan,
        groups: Mapping[str, str],
        permissions: Mapping[Place, str],
    ) -> Written:
        session, write = self.session, self.session.write
        plan = self._plan(record, groups, permissions) + left
        if write.is_dry_run:
            return session.foretell(plan, self.attributes)
        intent = Intent(
            author=write.author,
            action="create",
            resource_type=self._type,
            resource_id=record.id,
            before=None,
            wanted=self.attributes,
        )
        # Who is invited into the usual group will be in it, as in one that was asked for.
        usual = [s.group_id for s in plan if isinstance(s, Invite) and s.group_id not in groups]
        promised = [group_id for group_id in (*groups, *usual) if group_id is not None]
        held = [HeldBack(record.id, "group", group_id) for group_id in promised]
        held += [HeldBack(record.id, p.object_type, p.uuid, w) for p, w in permissions.items()]

        def prepare(writing: Writing) -> None:
            if (holder := record.member_uuid) is not None:
                # By another address, another request may have made a user of the member meanwhile.
                renderer = session.provisioner.renderer
                check_holder(writing, renderer, holder, record.email or "", own=record.id)
                # With the first group the member shows again: as this user, not as the old one.
                self._put(writing, record)

        def keep(effects: Effects) -> None:
            self._keep(effects, record, held, plan)

        effects = session.carry_out(intent, plan, prepare=prepare, keep=keep)
        notes = tuple(effects.notes)
        if plan and record.member_uuid is None:
            notes += self._welcome(record, permissions)
        return session.answer(self._type, record.id, notes=notes)

    def _plan(
        self, record: UserRecord, groups: Mapping[str, str], permissions: Mapping[Place, str]
    ) -> Plan:
        if not record.is_active:
            return ()
        if record.member_uuid is not None:
            subject = Subject("user", record.member_uuid, record.id)
            joined = [AddMember(each, name, record.member_uuid) for each, name in groups.items()]
            given = [Grant(subject, p, held) for p, held in sorted(permissions.items())]
            return (*joined, *given)
        email = record.email or ""
        if groups:
            return tuple(Invite(record.id, email, group_id) for group_id in groups)
        return (Invite(record.id, email, self._usual_group()),)

    def _groups(self) -> dict[str, str]:
        """
        Return the names of the groups that are asked for, by id.

        Raises:
            InvalidValue: One is none.
        """
        ids = [str(each.get("value", "")) for each in self.attributes.get("groups", ())]
        if ids or self.session.provisioner.invitation_group:
            self.session.know(Needs.whole(Collection.GROUPS), anew=False)
        with self.session.mirror.reading() as snapshot:
            known = {group.id: group.name for group in snapshot.facts.groups(ids=ids)}
        for group_id in ids:
            if group_id not in known:
                raise InvalidValue(f"There is no group with the id {group_id}.")
        return known

    def _usual_group(self) -> str | None:
        with self.session.mirror.reading() as snapshot:
            return usual_group_of(snapshot, self.session.provisioner.invitation_group)

    def _begun(self) -> Change | None:
        """Return the change by which an earlier request began to make the same user."""
        name = fold(name_of(self.attributes))
        with self.session.mirror.reading() as snapshot:
            for change in snapshot.journal.open():
                data = change.began.data
                is_creation = data["resourceType"] == "User" and data["before"] is None
                if is_creation and fold(name_of(data["wanted"])) == name:
                    return change
        return None

    def _put(self, writing: Writing, record: UserRecord) -> None:
        writing.users.put(record)
        plain = self.session.provisioner.renderer.user(writing, record.id, is_plain=True) or {}
        wanted = without_overlay(plain, "User") | dict(self.attributes)
        overlay = overlay_of(plain, wanted, "User", owned=self.attributes)
        writing.overlays.put("User", record.id, overlay)

    def _keep(self, effects: Effects, record: UserRecord, held: list[HeldBack], plan: Plan) -> None:
        users = effects.writing.users
        is_pending = any(isinstance(step, Invite) for step in plan)
        # An earlier request may have begun with other groups.
        users.release(users.held_back([record.id]))
        if record.member_uuid is None or not record.is_active:
            users.hold_back(held)
        self._put(effects.writing, replace(record, invited_at=effects.now if is_pending else None))
        effects.users.add(record.id)
        effects.groups |= {each.object_id for each in held if each.object_type == "group"}

    def _welcome(self, made: UserRecord, permissions: Mapping[Place, str]) -> tuple[str, ...]:
        """
        Grant what was asked for, if Bitbucket made a member of who was invited at once.

        The user is made, whatever comes of it: what is not granted stays promised.

        Returns:
            What is not granted yet, a sentence each.
        """
        session = self.session
        with suppress(ScimError):
            session.look_again()
            session.know(Needs(frozenset({OneAddress(made.email or "")})))
        user_id = made.id
        with session.mirror.reading() as snapshot:
            record = snapshot.users.with_ids([user_id])[user_id]
        if record.member_uuid is None:
            return waiting_notes([f"{held} on {place}" for place, held in permissions.items()])
        if not permissions:
            return ()
        subject = Subject("user", record.member_uuid, user_id)
        plan = tuple(Grant(subject, place, held) for place, held in sorted(permissions.items()))
        intent = Intent(
            author=session.write.author,
            action="create",
            resource_type=self._type,
            resource_id=user_id,
            before={},
            wanted=self.attributes,
        )

        def keep(effects: Effects) -> None:
            held = effects.writing.users.held_back([user_id])
            effects.writing.users.release(h for h in held if h.object_type != "group")

        try:
            session.carry_out(intent, plan, keep=keep)
        except ScimError as error:
            return (f"not granted yet, the next request for the user does it: {error.detail}",)
        return ()
