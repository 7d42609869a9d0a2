"""From what a user is to what it is to be: its attributes, whether it is active, its rights."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.directory.overlay import overlay_of
from gateway.mirror.facts import Member
from gateway.mirror.mirror import Snapshot, Writing
from gateway.mirror.user_records import HeldBack, UserRecord
from gateway.planner.collections import Collection
from gateway.planner.needs import Needs, OneRole
from gateway.provisioning.deprivation import Deprivation
from gateway.provisioning.effects import Effects
from gateway.provisioning.entitlements import Places, asked
from gateway.provisioning.people import Person, state_of
from gateway.provisioning.session import Intent, More, Session
from gateway.provisioning.states import UserState, plan_user
from gateway.provisioning.steps import Invite, Place, Plan, Subject, Withdraw
from gateway.scim.errors import Conflict
from gateway.scim.handler import Written
from gateway.scim.schema import ResourceType

Resource = Mapping[str, Any]

#: What a member may hold that only these lists tell.
_HELD = Needs.whole(Collection.GROUPS)
_PLACES = Needs.whole(Collection.PROJECTS, Collection.REPOSITORIES)
_GRANTED_ON_PROJECTS = Needs.whole(Collection.PROJECTS, Collection.PROJECT_USER_GRANTS)
_OWNERS = Needs(frozenset({OneRole("owner")}))


@dataclass(slots=True)
class Transition:
    """
    One request to change a user.

    Attributes:
        session: What it is carried out by.
        action: What it is called in the journal.
        person: The user as it is.
        wanted: The user as it is to be; None to delete it.
        insists: Whether the request itself says whether the user is active.
        is_exact: Whether its entitlements are all that are wanted, and nothing held back besides.
    """

    session: Session
    action: str
    person: Person
    wanted: dict[str, Any] | None
    insists: bool = False
    is_exact: bool = False
    _notes: list[str] = field(default_factory=list)

    @property
    def _type(self) -> ResourceType:
        return self.session.provisioner.registry.user

    @property
    def _is_wanted_active(self) -> bool:
        if self.wanted is None:
            return False
        # That ``active`` was taken away changes nothing of what the user may do.
        return self.wanted.get("active", self.person.is_active) is not False

    @property
    def _is_returning(self) -> bool:
        """Whether the request says that the user is active, which it isn't said to be yet."""
        wanted = (self.wanted or {}).get("active")
        return wanted is True and self.person.resource.get("active") is not True

    def carry_out(self) -> Written:
        """
        Carry the change out.

        Raises:
            ScimError: It can't be begun, or it stopped.
        """
        session, write = self.session, self.session.write
        member = self.person.member
        # Who is inactive may have been given something elsewhere since: who says so again is
        # answered when nothing is left.
        says_so = self.wanted is None or self.person.is_active or self.insists
        is_depriving = says_so and not self._is_wanted_active
        plan, held, released = self._plan(member, is_depriving=is_depriving)
        before, wanted = self._told()
        if write.is_dry_run:
            return session.foretell(plan, wanted)
        is_held_as_before = not held and not released
        if not plan and is_held_as_before and not is_depriving and not self._changes_what_is_kept():
            return session.answer_unchanged(self._type, self.person.id)
        intent = Intent(
            author=write.author,
            action=self.action,
            resource_type=self._type,
            resource_id=self.person.id,
            before=before,
            wanted=wanted,
        )
        more = self._deprivation(member) if is_depriving and member is not None else None

        def prepare(writing: Writing) -> None:
            if self.wanted is not None:
                writing.users.hold_back(held)

        session.carry_out(
            intent,
            plan,
            prepare=prepare,
            more=more,
            keep=lambda effects: self._keep(effects, released),
        )
        if self.wanted is None:
            return Written(self.person.id, None, session.provenance(_OWNERS))
        return session.answer(self._type, self.person.id, notes=tuple(self._notes))

    def _told(self) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """Return what the user is and is to be, without what is held back before and after."""
        person = self.person
        if self.wanted is None:
            return person.resource, None
        has = {each.get("value") for each in self.wanted.get("entitlements", ())}
        staying = has & set(person.held)
        return _without(person.working, staying), _without(self.wanted, staying)

    def _plan(
        self, member: Member | None, *, is_depriving: bool
    ) -> tuple[Plan, list[HeldBack], list[HeldBack]]:
        """Return the calls, what is held back by them, and what is held back no longer."""
        if member is None:
            return self._plan_of_invited()
        if is_depriving:
            return self._plan_of_leaver(member)
        if self._is_returning:
            return self._plan_of_returner(member)
        return self._plan_of_rights(member)

    # --- somebody of whom no account is known ---------------------------------------------

    def _plan_of_invited(self) -> tuple[Plan, list[HeldBack], list[HeldBack]]:
        record = self.person.record
        email = record.email or ""
        with self.session.mirror.reading() as snapshot:
            held = snapshot.users.held_back([record.id])
        if self._is_wanted_active:
            if _values(self.wanted or {}) - _values(self.person.resource):
                raise Conflict(
                    "The invitation was not accepted yet, and Bitbucket grants nothing to who is "
                    "no member; send it again when it is."
                )
            if record.invited_at is not None:
                return (), [], []
            groups = [each.object_id for each in held if each.object_type == "group"]
            invitations = [Invite(record.id, email, group_id) for group_id in groups]
            return tuple(invitations) or (Invite(record.id, email),), [], []
        plan: Plan = (Withdraw(record.id, email),) if record.invited_at is not None else ()
        return plan, [], held if self.wanted is None else []

    # --- members --------------------------------------------------------------------------

    def _plan_of_rights(self, member: Member) -> tuple[Plan, list[HeldBack], list[HeldBack]]:
        with self.session.mirror.reading() as snapshot:
            before = state_of(snapshot, member)
            wanted = self._permissions(snapshot, before)
            promised, promises = self._promised(snapshot)
            unwanted = self._unwanted(snapshot, wanted)
        if self.person.is_active:
            if not self._names_entitlements():
                wanted = promised | wanted
            after = replace(before, permissions=wanted)
            return plan_user(member.uuid, before, after), [], promises
        # Who is inactive is given nothing now, and keeps nothing for later that is not wanted.
        added = [
            HeldBack(self.person.id, place.object_type, place.uuid, permission, is_taken=True)
            for place, permission in wanted.items()
            if before.permissions.get(place) != permission
        ]
        fewer = replace(
            before,
            permissions={p: held for p, held in before.permissions.items() if p in wanted},
        )
        return plan_user(member.uuid, before, fewer), added, unwanted

    def _plan_of_leaver(self, member: Member) -> tuple[Plan, list[HeldBack], list[HeldBack]]:
        session = self.session
        session.know(_HELD)
        session.know(_GRANTED_ON_PROJECTS | _OWNERS, anew=False)
        with session.mirror.reading() as snapshot:
            before = state_of(snapshot, member)
            held = snapshot.users.held_back([self.person.id])
            is_owner = any(
                m.permission == "owner" for m in snapshot.facts.members(uuids=[member.uuid])
            )
            wanted = (
                before.permissions if self.wanted is None else self._permissions(snapshot, before)
            )
            unwanted = self._unwanted(snapshot, wanted)
        protection = session.provisioner.protection
        session.ask(
            lambda: protection.check_person(session.workspace, member.uuid, is_owner=is_owner)
        )
        plan = plan_user(member.uuid, before, UserState(name=before.name))
        if self.wanted is None:
            return plan, [], held
        taken = [
            HeldBack(self.person.id, "group", group_id, is_taken=True) for group_id in before.groups
        ]
        taken += [
            HeldBack(self.person.id, place.object_type, place.uuid, permission, is_taken=True)
            for place, permission in wanted.items()
        ]
        return plan, taken, unwanted

    def _plan_of_returner(self, member: Member) -> tuple[Plan, list[HeldBack], list[HeldBack]]:
        session = self.session
        with session.mirror.reading() as snapshot:
            held = snapshot.users.held_back([self.person.id])
            wanted = self._permissions(snapshot, state_of(snapshot, member))
            unwanted = self._unwanted(snapshot, wanted)
        held = [each for each in held if each not in unwanted]
        if any(each.permission is not None for each in held):
            # What is not listed is gone: so the lists are read, and not remembered.
            session.know(_PLACES)
        session.know(_HELD)
        with session.mirror.reading() as snapshot:
            before = state_of(snapshot, member)
            known = {group.id: group.name for group in snapshot.facts.groups()}
            places = Places(snapshot.facts)
            groups, permissions = dict(before.groups), dict(before.permissions)
            for each in held:
                place = places.with_uuid(each.object_type, each.object_id)
                if each.object_type == "group" and each.object_id in known:
                    groups[each.object_id] = known[each.object_id]
                elif place is not None and each.permission is not None:
                    permissions.setdefault(place, each.permission)
                else:
                    self._notes.append(f"not given back, as it is gone: {_held_told(each)}")
            permissions |= self._added(snapshot, before)
        after = UserState(name=before.name, groups=groups, permissions=permissions)
        return plan_user(member.uuid, before, after), [], [*held, *unwanted]

    def _unwanted(self, snapshot: Snapshot, wanted: Mapping[Place, str]) -> list[HeldBack]:
        """Return what is held back and no longer wanted."""
        had, has = _objects(self.person.working), {place.uuid for place in wanted}
        if not self._names_entitlements():
            has |= had
        return [
            each
            for each in snapshot.users.held_back([self.person.id])
            if each.permission is not None
            and each.object_id not in has
            # What is gone is shown to nobody, so only who says everything leaves it out.
            and (self.is_exact or each.object_id in had)
        ]

    def _permissions(self, snapshot: Snapshot, before: UserState) -> dict[Place, str]:
        """Return what is wanted to be granted directly; what a client leaves out stays."""
        if self.wanted is None or not self._names_entitlements():
            return dict(before.permissions)
        places = Places(snapshot.facts)
        wanted = asked(
            each
            for each in self.wanted.get("entitlements", ())
            if each.get("value") not in self.person.held or _is_there(places, each["value"])
        )
        return places.permissions(wanted, before.permissions)

    def _promised(self, snapshot: Snapshot) -> tuple[dict[Place, str], list[HeldBack]]:
        """Return what was asked for while the invitation was not accepted, as far as it exists."""
        held = [
            each
            for each in snapshot.users.held_back([self.person.id])
            if each.permission is not None and not each.is_taken
        ]
        places = Places(snapshot.facts)
        found = ((places.with_uuid(h.object_type, h.object_id), h.permission) for h in held)
        return {place: word for place, word in found if place is not None and word}, held

    def _added(self, snapshot: Snapshot, before: UserState) -> dict[Place, str]:
        wanted = self._permissions(snapshot, before)
        return {p: held for p, held in wanted.items() if before.permissions.get(p) != held}

    def _names_entitlements(self) -> bool:
        return _values(self.person.working) != _values(self.wanted or {})

    def _deprivation(self, member: Member) -> More:
        session = self.session

        def remember(taken: list[HeldBack]) -> None:
            if self.wanted is not None:
                with session.mirror.writing() as writing:
                    writing.users.hold_back(taken)

        subject = Subject("user", member.uuid, member.display_name)
        return Deprivation(
            session.workspace, session.mirror, subject, self.person.id, remember
        ).more

    # --- what is kept here ----------------------------------------------------------------

    def _record(self) -> UserRecord:
        record = self.person.record
        is_active = None if self.wanted is None else self.wanted.get("active")
        return replace(record, is_active=False if self.wanted is None else is_active)

    def _changes_what_is_kept(self) -> bool:
        if self.wanted is None:
            return True
        if self.wanted.get("active") != self.person.resource.get("active"):
            return True
        with self.session.mirror.reading() as snapshot:
            kept = snapshot.overlays.of("User", ids=[self.person.id]).get(self.person.id, {})
            return self._overlay(snapshot) != kept

    def _overlay(self, snapshot: Snapshot) -> dict[str, Any]:
        renderer = self.session.provisioner.renderer
        plain = renderer.user(snapshot, self.person.id, is_plain=True) or {}
        return overlay_of(plain, self.wanted or {}, "User")

    def _keep(self, effects: Effects, released: list[HeldBack]) -> None:
        writing, record = effects.writing, self._record()
        writing.users.release(released)
        invited_at = record.invited_at
        if record.member_uuid is None:
            is_sent = self._is_wanted_active
            invited_at = (invited_at or effects.now) if is_sent else None
        if self.wanted is None:
            writing.users.put(replace(record, deleted_at=effects.now, invited_at=None))
            writing.overlays.put("User", record.id, {})
        else:
            if self._is_special(record):
                writing.users.put(replace(record, invited_at=invited_at))
            writing.overlays.put("User", record.id, self._overlay(writing))
        effects.users.add(record.id)
        held = writing.users.held_back([record.id])
        effects.groups |= {h.object_id for h in (*held, *released) if h.object_type == "group"}

    def _is_special(self, record: UserRecord) -> bool:
        """Return whether there is something to be kept of the user besides its attributes."""
        before = self.person.resource.get("active")
        is_changed = (self.wanted or {}).get("active") != before
        return is_changed or record.member_uuid != record.id


def _values(resource: Resource) -> frozenset[str]:
    return frozenset(str(e.get("value")).lower() for e in resource.get("entitlements", ()))


def _objects(resource: Resource) -> set[str]:
    """Return the UUIDs of the places of entitlements as they are shown."""
    return {str(e.get("value")).split(":")[1] for e in resource.get("entitlements", ())}


def _is_there(places: Places, value: str) -> bool:
    object_type, uuid, _ = value.split(":")
    return places.with_uuid(object_type, uuid) is not None


def _without(resource: dict[str, Any], values: set[Any]) -> dict[str, Any]:
    """Return *resource* without the entitlements of those values."""
    if not values:
        return resource
    left = [e for e in resource.get("entitlements", ()) if e.get("value") not in values]
    bare = {name: value for name, value in resource.items() if name != "entitlements"}
    return bare | {"entitlements": left} if left else bare


def _held_told(held: HeldBack) -> str:
    permission = f" {held.permission}" if held.permission else ""
    return f"{held.object_type} {held.object_id}{permission}"
