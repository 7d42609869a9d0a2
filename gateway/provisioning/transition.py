"""From what a user is to what it is to be: its attributes, whether it is active, its rights."""

from dataclasses import dataclass, field, replace
from typing import Any

from gateway.directory.overlay import overlay_of
from gateway.mirror.facts import Member
from gateway.mirror.mirror import Snapshot, Writing
from gateway.mirror.user_records import HeldBack, UserRecord
from gateway.planner.collections import Collection
from gateway.planner.needs import Needs, OneRole
from gateway.provisioning.deprivation import Deprivation
from gateway.provisioning.discovery import MOST_EMPTY_PROJECTS, empty_projects
from gateway.provisioning.effects import Effects
from gateway.provisioning.entitlements import Places
from gateway.provisioning.intent import Intent
from gateway.provisioning.invitation import Invitation
from gateway.provisioning.invitations import invited_besides, withdrawn
from gateway.provisioning.people import Person, held_notes, state_of
from gateway.provisioning.rights import Rights
from gateway.provisioning.said import EVERYTHING
from gateway.provisioning.session import More, Session
from gateway.provisioning.states import UserState, plan_user
from gateway.provisioning.steps import Invite, Plan, Subject
from gateway.scim.handler import Written
from gateway.scim.schema import ResourceType

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
        owned: The attributes that stay as the client says, though Bitbucket has the same.
        notes: What the client is to be told besides, a sentence each.
    """

    session: Session
    action: str
    person: Person
    wanted: dict[str, Any] | None
    insists: bool = False
    is_exact: bool = False
    owned: frozenset[str] = frozenset()
    notes: list[str] = field(default_factory=list)
    _email: str = ""

    @property
    def _type(self) -> ResourceType:
        return self.session.provisioner.registry.user

    @property
    def _is_wanted_active(self) -> bool:
        if self.wanted is None:
            return False
        # That ``active`` is taken away changes nothing of what the user may do.
        active: bool = self.wanted.get("active", self.person.is_active)
        return active

    @property
    def _is_asserted(self) -> bool:
        """Whether the request says that the user is active."""
        before, wanted = self.person.resource.get("active"), (self.wanted or {}).get("active")
        return wanted is True and (self.insists or before is not True)

    @property
    def _is_returning(self) -> bool:
        """
        Whether the request says that the user is active, of whom something may be missing.

        Who shows as active may have been deactivated all the same: half-way only, or with access
        given elsewhere since.
        """
        person = self.person
        return self._is_asserted and (
            person.resource.get("active") is not True
            or not person.record.is_active
            or person.was_taken_from
        )

    @property
    def _hides_deactivation(self) -> bool:
        """Whether the request takes ``active: false`` away, which changes nothing else."""
        person = self.person
        is_taken = self.wanted is not None and "active" not in self.wanted
        return is_taken and "active" in person.resource and not person.is_active

    @property
    def _rights(self) -> Rights:
        return Rights(self.person, self.wanted, self.is_exact)

    def carry_out(self) -> Written:
        """
        Carry the change out.

        Raises:
            ScimError: It can't be begun, or it stopped.
        """
        session, write = self.session, self.session.write
        member = self.person.member
        if self._hides_deactivation:
            self.notes.append("active was taken away: the user stays deactivated until it is true")
        # Who is inactive may have been given something elsewhere since: who says so again is
        # answered when nothing is left.
        says_so = self.wanted is None or self.person.is_active or self.insists
        is_depriving = says_so and not self._is_wanted_active
        plan, held, released = self._plan(member, is_depriving=is_depriving)
        before, wanted = self._rights.told(released)
        if write.is_dry_run:
            return session.foretell(plan, self._as_shown(wanted), notes=self.notes)
        is_held_as_before = not held and not released
        if not plan and is_held_as_before and not is_depriving and not self._changes_what_is_kept():
            return session.answer_unchanged(self._type, self.person.id, notes=tuple(self.notes))
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

        effects = session.carry_out(
            intent,
            plan,
            prepare=prepare,
            more=more,
            keep=lambda effects: self._keep(effects, released, plan),
        )
        notes = (*self.notes, *effects.notes)
        if self.wanted is None:
            return Written(self.person.id, None, session.provenance(_OWNERS), notes=notes)
        return session.answer(self._type, self.person.id, notes=notes)

    def _as_shown(self, wanted: dict[str, Any] | None) -> dict[str, Any] | None:
        """Return what is wanted as it would be shown: whose account is closed is inactive."""
        member = self.person.member
        if wanted is None or "active" not in wanted or member is None or member.is_active:
            return wanted
        return wanted | {"active": False}

    def _plan(
        self, member: Member | None, *, is_depriving: bool
    ) -> tuple[Plan, list[HeldBack], list[HeldBack]]:
        """Return the calls, what is held back by them, and what is held back no longer."""
        if member is None:
            invitation = Invitation(
                self.session,
                self.person,
                self._rights,
                is_wanted=self._is_wanted_active,
                is_asserted=self._is_asserted,
                notes=self.notes,
            )
            self._email = invitation.address()
            return invitation.plan(self._email)
        if is_depriving:
            plan, held, released = self._plan_of_leaver(member)
        elif self._is_returning:
            plan, held, released = self._plan_of_returner(member)
        else:
            plan, held, released = self._plan_of_rights(member)
        return (*plan, *self._plan_of_invitations(is_depriving=is_depriving)), held, released

    # --- members --------------------------------------------------------------------------

    def _plan_of_rights(self, member: Member) -> tuple[Plan, list[HeldBack], list[HeldBack]]:
        rights = self._rights
        with self.session.mirror.reading() as snapshot:
            before = state_of(snapshot, member)
            wanted = rights.permissions(snapshot, before.permissions)
        unwanted = rights.unwanted(wanted)
        if self.person.is_active:
            given = rights.given(wanted, before.permissions)
            after = replace(before, permissions=given)
            settled = [each for each in rights.settled(given) if each not in unwanted]
            return plan_user(member.uuid, before, after), [], [*unwanted, *settled]
        # Who is inactive is given nothing now, and keeps nothing for later that is not wanted.
        added = rights.held_for_later(wanted, before.permissions, is_taken=True)
        self.notes.extend(held_notes([_held_told(each) for each in added]))
        fewer = replace(
            before,
            permissions={p: held for p, held in before.permissions.items() if p in wanted},
        )
        return plan_user(member.uuid, before, fewer), added, unwanted

    def _plan_of_leaver(self, member: Member) -> tuple[Plan, list[HeldBack], list[HeldBack]]:
        session, rights = self.session, self._rights
        session.know(_HELD)
        session.know(_GRANTED_ON_PROJECTS | _OWNERS, anew=False)
        self._know_empty_projects()
        with session.mirror.reading() as snapshot:
            before = state_of(snapshot, member)
            is_owner = any(
                m.permission == "owner" for m in snapshot.facts.members(uuids=[member.uuid])
            )
            wanted = rights.permissions(snapshot, before.permissions)
        protection = session.provisioner.protection
        session.ask(
            lambda: protection.check_person(session.workspace, member.uuid, is_owner=is_owner)
        )
        plan = plan_user(member.uuid, before, UserState(name=before.name))
        if self.wanted is None:
            return plan, [], list(self.person.held_back)
        taken = [
            HeldBack(self.person.id, "group", group_id, is_taken=True) for group_id in before.groups
        ]
        taken += [
            HeldBack(self.person.id, place.object_type, place.uuid, permission, is_taken=True)
            for place, permission in wanted.items()
        ]
        return plan, taken, rights.unwanted(wanted)

    def _know_empty_projects(self) -> None:
        """Read what no right on a repository will betray, once everything else is taken."""
        session = self.session
        session.know(Needs(frozenset(), frozenset({Collection.REPOSITORIES})), anew=False)
        with session.mirror.reading() as snapshot:
            empty = empty_projects(snapshot)
        if len(empty.fresh) > MOST_EMPTY_PROJECTS:
            self.notes.append(
                f"not read anew: grants on {len(empty.fresh)} projects without a repository"
            )
        elif empty.fresh:
            session.know(empty)

    def _plan_of_returner(self, member: Member) -> tuple[Plan, list[HeldBack], list[HeldBack]]:
        session, rights = self.session, self._rights
        held = self.person.held_back
        if any(each.permission is not None for each in held):
            # What is not listed is gone: so the lists are read, and not remembered.
            session.know(_PLACES)
        session.know(_HELD)
        with session.mirror.reading() as snapshot:
            before = state_of(snapshot, member)
            permissions = rights.permissions(snapshot, before.permissions)
            unwanted = rights.unwanted(permissions)
            known = {group.id: group.name for group in snapshot.facts.groups()}
            places, groups = Places(snapshot.facts), dict(before.groups)
            for each in held:
                if each in unwanted:
                    continue
                place = places.with_uuid(each.object_type, each.object_id)
                if each.object_type == "group" and each.object_id in known:
                    groups[each.object_id] = known[each.object_id]
                elif place is not None and each.permission is not None:
                    permissions.setdefault(place, each.permission)
                else:
                    self.notes.append(f"not given back, as it is gone: {_held_told(each)}")
        after = UserState(name=before.name, groups=groups, permissions=permissions)
        return plan_user(member.uuid, before, after), [], list(held)

    def _plan_of_invitations(self, *, is_depriving: bool) -> Plan:
        """Return what withdraws those at other addresses than the one that was accepted."""
        record, says = self.person.record, EVERYTHING if is_depriving else self.session.says
        with self.session.mirror.reading() as snapshot:
            addresses = sorted(invited_besides(snapshot, says).get(record.id, ()))
        return withdrawn(record.id, addresses, but=record.email)

    def _deprivation(self, member: Member) -> More:
        session = self.session

        def remember(taken: list[HeldBack]) -> None:
            if self.wanted is not None:
                with session.mirror.writing() as writing:
                    session.turns.keep(writing.leases)
                    writing.users.hold_back(taken)

        subject = Subject("user", member.uuid, member.display_name)
        return Deprivation(
            session.workspace, session.mirror, subject, self.person.id, remember
        ).more

    # --- what is kept here ----------------------------------------------------------------

    def _record(self) -> UserRecord:
        record = self.person.record
        if self.wanted is None:
            return replace(record, is_active=False)
        # Taken away it is not shown, and stays what it was.
        active = self.wanted.get("active", record.is_active)
        is_said = self.insists or active != self.person.resource.get("active")
        # Whoever is changed is a user, though it was deleted before somebody gave it access again.
        return replace(
            record,
            email=self._email or record.email,
            is_active=active if is_said else record.is_active,
            deleted_at=None,
        )

    def _changes_what_is_kept(self) -> bool:
        if self.wanted is None or self._record() != self.person.record:
            return True
        with self.session.mirror.reading() as snapshot:
            kept = snapshot.overlays.of("User", ids=[self.person.id]).get(self.person.id, {})
            return self._overlay(snapshot) != kept

    def _overlay(self, snapshot: Snapshot) -> dict[str, Any]:
        renderer = self.session.provisioner.renderer
        plain = renderer.user(snapshot, self.person.id, is_plain=True) or {}
        wanted = dict(self.wanted or {})
        if not self.person.are_own_emails(wanted):
            wanted |= {"emails": plain.get("emails")}
        overlay = overlay_of(plain, wanted, "User", owned=self.owned)
        return overlay if "active" in wanted else overlay | {"active": None}

    def _keep(self, effects: Effects, released: list[HeldBack], plan: Plan) -> None:
        writing, record = effects.writing, self._record()
        writing.users.release(released)
        if record.member_uuid is None:
            is_sent = any(isinstance(step, Invite) for step in plan)
            is_pending = self._is_wanted_active and (is_sent or record.invited_at is not None)
            invited_at = effects.now if is_sent else record.invited_at
            record = replace(record, invited_at=invited_at if is_pending else None)
        if self.wanted is None:
            writing.users.put(replace(record, deleted_at=effects.now, invited_at=None))
            writing.overlays.put("User", record.id, {})
        else:
            if record != self.person.record:
                writing.users.put(record)
            writing.overlays.put("User", record.id, self._overlay(writing))
        effects.users.add(record.id)
        held = writing.users.held_back([record.id])
        effects.groups |= {h.object_id for h in (*held, *released) if h.object_type == "group"}


def _held_told(held: HeldBack) -> str:
    permission = f" {held.permission}" if held.permission else ""
    return f"{held.object_type} {held.object_id}{permission}"
