"""Making a user: a person is invited to the workspace."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from gateway.directory.overlay import overlay_of, without_overlay
from gateway.mirror.journal import Change
from gateway.mirror.mirror import Snapshot
from gateway.mirror.user_records import HeldBack, UserRecord
from gateway.planner.collections import Collection
from gateway.planner.needs import Needs, OneAddress
from gateway.provisioning.effects import Effects
from gateway.provisioning.entitlements import Places, asked, needs_of
from gateway.provisioning.invitations import usual_group_of
from gateway.provisioning.people import address_of, name_of
from gateway.provisioning.session import Intent, Session
from gateway.provisioning.steps import AddMember, Grant, Invite, Place, Plan, Subject
from gateway.scim.errors import InvalidValue, ScimError, Uniqueness
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
        session, write = self.session, self.session.write
        begun = self._begun()
        try:
            email = address_of(self.attributes)
        except InvalidValue:
            # Who can't be invited may be a member all the same.
            with session.mirror.reading() as snapshot:
                self._check_name(snapshot, begun)
            raise
        wanted = asked(self.attributes.get("entitlements", ()))
        needed = Needs(frozenset({OneAddress(email)}))
        session.know(needed | needs_of("user", ()), anew=True)
        if wanted:
            session.know(needs_of("user", {each.place for each in wanted}), anew=False)
        groups = self._groups()
        with session.mirror.reading() as snapshot:
            holder = self._check_unknown(snapshot, email, begun)
            permissions = Places(snapshot.facts).permissions(wanted)
        record = UserRecord(
            begun.began.data["resourceId"] if begun else str(uuid4()),
            member_uuid=holder,
            email=email,
            is_active=self.attributes.get("active", True) is not False,
        )
        plan = self._plan(record, groups, permissions)
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
        held = [HeldBack(record.id, "group", group_id) for group_id in groups]
        held += [HeldBack(record.id, p.object_type, p.uuid, w) for p, w in permissions.items()]

        def keep(effects: Effects) -> None:
            self._keep(effects, record, held, invited=bool(plan))

        session.carry_out(intent, plan, keep=keep)
        if plan and holder is None:
            self._welcome(record.id, email, permissions)
        return session.answer(self._type, record.id)

    def _plan(
        self, record: UserRecord, groups: Mapping[str, str], permissions: Mapping[Place, str]
    ) -> Plan:
        if not record.is_active:
            return ()
        if record.member_uuid is not None:
            subject = Subject("user", record.member_uuid, name_of(self.attributes))
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

    def _check_unknown(self, snapshot: Snapshot, email: str, begun: Change | None) -> str | None:
        """
        Return the UUID of who has the address and was deleted here, if anybody was.

        Raises:
            Uniqueness: There is a user of that name, or with the address, already.
        """
        self._check_name(snapshot, begun)
        own = begun.began.data["resourceId"] if begun else None
        holders = [a.member_uuid for a in snapshot.facts.addresses(texts=[email])]
        holder = next((uuid for uuid in holders if uuid is not None), None)
        if holder is None:
            if any(r.email == email and r.id != own for r in snapshot.users.without_member()):
                raise Uniqueness(f"{email} was invited already.")
            return None
        shown = self.session.provisioner.renderer.user(snapshot, holder, is_plain=True)
        if shown is not None and shown["id"] != own:
            raise Uniqueness(
                f"{email} is the address of a member already, with the id {shown['id']}."
            )
        return holder

    def _check_name(self, snapshot: Snapshot, begun: Change | None) -> None:
        own = begun.began.data["resourceId"] if begun else None
        taken = snapshot.users.called(fold(name_of(self.attributes))) - {own}
        if taken:
            raise Uniqueness(
                f"There is a user {name_of(self.attributes)} already, with the id {min(taken)}."
            )

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

    def _keep(
        self, effects: Effects, record: UserRecord, held: list[HeldBack], *, invited: bool
    ) -> None:
        writing = effects.writing
        is_pending = record.member_uuid is None and invited
        writing.users.put(
            UserRecord(
                record.id,
                record.member_uuid,
                record.email,
                record.is_active,
                invited_at=effects.now if is_pending else None,
            )
        )
        if record.member_uuid is None or not record.is_active:
            writing.users.hold_back(held)
        plain = self.session.provisioner.renderer.user(writing, record.id, is_plain=True) or {}
        wanted = without_overlay(plain, "User") | dict(self.attributes)
        writing.overlays.put("User", record.id, overlay_of(plain, wanted, "User"))
        effects.users.add(record.id)
        effects.groups |= {each.object_id for each in held if each.object_type == "group"}

    def _welcome(self, user_id: str, email: str, permissions: Mapping[Place, str]) -> None:
        """
        Grant what was asked for, if Bitbucket made a member of who was invited at once.

        The invitation stands, whatever comes of the question.
        """
        session = self.session
        with suppress(ScimError):
            session.look_again()
            session.know(Needs(frozenset({OneAddress(email)})))
        with session.mirror.reading() as snapshot:
            record = snapshot.users.with_ids([user_id])[user_id]
        if record.member_uuid is None or not permissions:
            return
        subject = Subject("user", record.member_uuid, name_of(self.attributes))
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

        session.carry_out(intent, plan, keep=keep)
