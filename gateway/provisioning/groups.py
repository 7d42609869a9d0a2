"""Changing the groups of a workspace (RFC 7643 §4.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.directory.groups import GROUP_EXTENSION
from gateway.mirror.journal import Change
from gateway.planner.collections import Collection
from gateway.planner.needs import Needs
from gateway.provisioning.earlier import is_begun, requests_to_make
from gateway.provisioning.effects import Effects
from gateway.provisioning.entitlements import (
    Asked,
    Places,
    asked,
    check_count,
    named_in,
    needs_of,
    rests_on_all,
)
from gateway.provisioning.group_deletion import Deletion
from gateway.provisioning.group_keeping import Keeping
from gateway.provisioning.group_safety import (
    group_as_it_is,
    protect_administration,
    turn_of_held,
)
from gateway.provisioning.group_states import (
    Given,
    adopted,
    canonical,
    entitlements_of,
    group_named,
    group_with_id,
    held_back_from,
    held_users,
    name_of_group,
    places_changed,
    state_of_group,
    workspace_permission,
)
from gateway.provisioning.intent import Intent
from gateway.provisioning.invitations import staying_invited, withdrawn_from
from gateway.provisioning.members import Leavers, ids_of, members_of, with_ids
from gateway.provisioning.provisioner import Provisioner
from gateway.provisioning.rebase import rebased
from gateway.provisioning.said import EVERYTHING, NOTHING, Said
from gateway.provisioning.session import Session
from gateway.provisioning.spelling import spelled_in, spelled_patch
from gateway.provisioning.states import GroupState, plan_group
from gateway.scim.errors import Uniqueness
from gateway.scim.handler import Write, Written
from gateway.scim.patch.apply import apply_patch
from gateway.scim.patch.operation import Patch
from gateway.scim.schema import ResourceType
from gateway.scim.text import fold

Resource = Mapping[str, Any]

_GROUPS: Final = Needs.whole(Collection.GROUPS)
_NOBODY: Final = Leavers()
#: What a PUT that does not name it leaves as it is.
_STAY: Final = ("entitlements", "workspacePermission")
#: What a group may hold.
_GRANTED: Final = Needs.whole(
    Collection.PROJECTS,
    Collection.REPOSITORIES,
    Collection.PROJECT_GROUP_GRANTS,
    Collection.REPOSITORY_GROUP_GRANTS,
)


@dataclass(frozen=True, slots=True)
class GroupWriter:
    """
    Changes groups: a :class:`gateway.scim.handler.ResourceWriter`.

    Of a PUT, members that are left out are none; entitlements and a workspacePermission that are
    left out stay as they are.

    Attributes:
        provisioner: The parts that change a workspace.
    """

    provisioner: Provisioner

    @property
    def resource_type(self) -> ResourceType:
        """The type of what is changed."""
        return self.provisioner.registry.group

    def create(self, attributes: Resource, write: Write) -> Written:
        """See :meth:`gateway.scim.handler.ResourceWriter.create`."""
        check_count(entitlements_of(attributes))
        return self._create_in_turn(attributes, write, EVERYTHING)

    def replace(self, resource_id: str, attributes: Resource, write: Write) -> Written:
        """See :meth:`gateway.scim.handler.ResourceWriter.replace`."""
        check_count(entitlements_of(attributes))

        def replaced(current: Resource) -> dict[str, Any]:
            given = self._spelled(attributes).get(GROUP_EXTENSION, {})
            extension = current.get(GROUP_EXTENSION, {}) | given
            return {**attributes, GROUP_EXTENSION: extension}

        is_whole = "entitlements" in attributes.get(GROUP_EXTENSION, {})
        return self._in_turn(
            "replace",
            resource_id,
            replaced,
            write,
            is_whole=is_whole,
            leavers=Leavers(is_everybody=True),
            says=Said.with_body(attributes, _STAY),
        )

    def patch(self, resource_id: str, patch: Patch, write: Write) -> Written:
        """See :meth:`gateway.scim.handler.ResourceWriter.patch`."""
        patch = with_ids(patch, base_url=write.base_url)

        def patched(current: Resource) -> dict[str, Any]:
            with self.provisioner.mirror.reading() as snapshot:
                operations = spelled_patch(patch, Places(snapshot.facts))
            return apply_patch(current, operations, self.resource_type)

        return self._in_turn(
            "patch",
            resource_id,
            patched,
            write,
            patch=patch,
            is_whole=rests_on_all(patch),
            leavers=Leavers.of(patch),
        )

    def delete(self, resource_id: str, write: Write) -> Written:
        """See :meth:`gateway.scim.handler.ResourceWriter.delete`."""
        return self._delete_in_turn(resource_id, write, EVERYTHING)

    def _delete_in_turn(self, resource_id: str, write: Write, says: Said) -> Written:
        session = Session(self.provisioner, write, says)
        turn = session.turns.of(f"Group {resource_id}")
        with turn, turn_of_held(session, resource_id):
            return Deletion(session, resource_id).carry_out()

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
        return self._in_turn(
            "resume",
            data["resourceId"],
            lambda current: rebased(before, wanted, current),
            write,
            is_whole=False,
            says=NOTHING,
        )

    def _in_turn(
        self,
        action: str,
        resource_id: str,
        change: Any,
        write: Write,
        *,
        patch: Patch = (),
        is_whole: bool,
        leavers: Leavers = _NOBODY,
        says: Said = EVERYTHING,
    ) -> Written:
        session = Session(self.provisioner, write, says)
        with session.turns.of(f"Group {resource_id}"):
            if is_whole:
                session.know(_GRANTED, anew=False, is_strict=True)
            needed = _GROUPS
            if places := named_in(patch, "entitlements"):
                needed |= needs_of("group", places)
            session.know(needed)
            if patch:
                # Only now every place is known by all that it is called.
                with self.provisioner.mirror.reading() as snapshot:
                    session.says = Said.by(spelled_patch(patch, Places(snapshot.facts)))
            return self._change(session, action, resource_id, change, leavers)

    def _create_in_turn(self, attributes: Resource, write: Write, says: Said) -> Written:
        session = Session(self.provisioner, write, says)
        name = name_of_group(attributes)
        with session.turns.of(f"Group {fold(name)}"):
            session.know(_GROUPS)
            with self.provisioner.mirror.reading() as snapshot:
                same = group_named(snapshot, name)
                is_ours = same is not None and is_begun(snapshot, same)
            if same is None:
                return self._create(session, attributes)
            if not is_ours:
                raise Uniqueness(f"There is a group {same.name} already, with the id {same.id}.")
            # An earlier request has made it, and came no further.
            with session.turns.of(f"Group {same.id}"):
                session.look_again()
                session.know(_GROUPS)
                given = Given()
                if says.is_all:
                    with self.provisioner.mirror.reading() as snapshot:
                        given = Given.by(requests_to_make(snapshot, same))
                    stay = {"members", *_STAY} - given.attributes
                    session.says = Said.with_body(attributes, stay)
                return self._change(
                    session,
                    "create",
                    same.id,
                    lambda current: adopted(current, self._spelled(attributes), given),
                )

    def _create(self, session: Session, attributes: Resource) -> Written:
        wanted_permissions = asked(entitlements_of(attributes))
        if wanted_permissions:
            places = {each.place for each in wanted_permissions}
            session.know(needs_of("group", places), anew=False)
        added = ids_of(attributes)
        with session.turns.of(*(f"User {user_id}" for user_id in added)):
            return self._make(session, attributes, wanted_permissions)

    def _make(
        self, session: Session, attributes: Resource, wanted_permissions: list[Asked]
    ) -> Written:
        """Make a group, whose turn it is."""
        write = session.write
        members = members_of(session, attributes)
        with self.provisioner.mirror.reading() as snapshot:
            permissions = Places(snapshot.facts).permissions(wanted_permissions)
            attributes = canonical(attributes, Places(snapshot.facts))
        after = GroupState(
            name=name_of_group(attributes),
            members=members.members,
            invited=members.invited,
            permissions=permissions,
            permission=workspace_permission(attributes),
        )
        plan = plan_group("", None, after)
        if write.is_dry_run:
            return session.foretell(plan, attributes, notes=members.notes)
        intent = Intent(
            author=write.author,
            action="create",
            resource_type=self.resource_type,
            resource_id="",
            before=None,
            wanted=attributes,
        )

        keeping = Keeping(self.provisioner, attributes, members)

        def keep(effects: Effects) -> None:
            group_id = effects.new_group_id or ""
            keeping.keep(effects, group_id)

        effects = session.carry_out(intent, plan, keep=keep)
        notes = (*members.notes, *effects.notes)
        return session.answer(self.resource_type, effects.new_group_id or "", notes=notes)

    def _change(
        self,
        session: Session,
        action: str,
        resource_id: str,
        change: Any,
        leavers: Leavers = _NOBODY,
    ) -> Written:
        def look() -> tuple[dict[str, Any], dict[str, Any], set[str]]:
            """Return what is, what is to be, and whose turn that takes."""
            with self.provisioner.mirror.reading() as snapshot:
                current = group_as_it_is(session, snapshot, resource_id)
                held = held_users(snapshot, resource_id)
            wanted = change(current)
            return current, wanted, ids_of(wanted) ^ ids_of(current) | leavers.perhaps(held)

        current, wanted, turns = look()
        if entitlements_of(wanted) != entitlements_of(current):
            session.know(needs_of("group", places_changed(current, wanted)))
        while True:
            # All at once: who waits with some of the turns would be waited for by who has others.
            with session.turns.of(*(f"User {user_id}" for user_id in turns)):
                # Who was being deactivated, or let back in, may be in the group by now, or out.
                current, wanted, concerned = look()
                if concerned <= turns:
                    return self._bring(
                        session, action, resource_id, current, wanted, leavers=leavers
                    )
            turns |= concerned

    def _bring(
        self,
        session: Session,
        action: str,
        resource_id: str,
        current: Resource,
        wanted: Resource,
        *,
        leavers: Leavers,
    ) -> Written:
        """Make a group, whose turn it is, what is wanted."""
        write = session.write
        members = members_of(session, wanted, current)
        is_named = entitlements_of(wanted) != entitlements_of(current)
        with self.provisioner.mirror.reading() as snapshot:
            group = group_with_id(snapshot, resource_id)
            before = state_of_group(snapshot, group)
            held = held_back_from(snapshot, resource_id)
            same = group_named(snapshot, name_of_group(wanted))
            permissions = before.permissions
            if is_named:
                named = asked(entitlements_of(wanted))
                permissions = Places(snapshot.facts).permissions(named, before.permissions)
            wanted = canonical(wanted, Places(snapshot.facts))
        if same is not None and same.id != resource_id:
            raise Uniqueness(f"There is a group {same.name} already, with the id {same.id}.")
        after = GroupState(
            name=name_of_group(wanted),
            members=members.members,
            invited=members.invited,
            permissions=permissions,
            permission=workspace_permission(wanted),
            auto_add=before.auto_add,
        )
        loses_all = before.permission == "admin" != after.permission
        removed = before.members if loses_all else before.members - after.members
        protect_administration(session, group, removed, after.name)
        left = leavers.among(held, members.held_back)
        with self.provisioner.mirror.reading() as snapshot:
            usual = self.provisioner.invitation_group
            plan = staying_invited(plan_group(resource_id, before, after), snapshot, usual)
            leaving = left | ids_of(current) - ids_of(wanted) - before.invited.keys()
            plan = (*withdrawn_from(snapshot, leaving, resource_id), *plan)
        if write.is_dry_run:
            return session.foretell(plan, wanted, notes=members.notes)
        keeping = Keeping(self.provisioner, wanted, members)
        is_other = bool(left) or keeping.is_new(resource_id, held)
        if not plan and not is_other:
            return session.answer_unchanged(self.resource_type, resource_id, notes=members.notes)
        intent = Intent(
            author=write.author,
            action=action,
            resource_type=self.resource_type,
            resource_id=resource_id,
            before=current,
            wanted=wanted,
        )
        effects = session.carry_out(
            intent,
            plan,
            keep=lambda effects: keeping.keep(effects, resource_id, left),
        )
        notes = (*members.notes, *effects.notes)
        return session.answer(self.resource_type, resource_id, notes=notes)

    def _spelled(self, attributes: Resource) -> dict[str, Any]:
        """Return *attributes* with entitlements as they are shown."""
        with self.provisioner.mirror.reading() as snapshot:
            return spelled_in(attributes, Places(snapshot.facts), extension=GROUP_EXTENSION)
