"""Deleting a group, and before that, seeing to who is invited into it."""

from dataclasses import dataclass
from typing import Any, Final

from gateway.planner.collections import Collection
from gateway.planner.needs import Needs, OneAddress
from gateway.provisioning.effects import Effects
from gateway.provisioning.group_safety import group_as_it_is, protect_administration
from gateway.provisioning.group_states import group_with_id, held_back_from, state_of_group
from gateway.provisioning.intent import Intent
from gateway.provisioning.invitations import staying_invited, withdrawn_from
from gateway.provisioning.members import ids_of
from gateway.provisioning.session import Session
from gateway.provisioning.states import plan_group
from gateway.provisioning.steps import Plan
from gateway.scim.handler import Written

_GROUPS: Final = Needs.whole(Collection.GROUPS)


@dataclass(frozen=True, slots=True)
class Deletion:
    """
    One request to delete a group, whose turn it is, as it is that of who is held back from it.

    Attributes:
        session: What it is carried out by.
        group_id: The group.
    """

    session: Session
    group_id: str

    def carry_out(self) -> Written:
        """
        Delete the group.

        Raises:
            ScimError: There is none, it must stay, or Bitbucket does not do it.
        """
        session, write = self.session, self.session.write
        before, plan = self._planned()
        if write.is_dry_run:
            return session.foretell(plan, None)
        intent = Intent(
            author=write.author,
            action="delete",
            resource_type=session.provisioner.registry.group,
            resource_id=self.group_id,
            before=before,
            wanted=None,
        )
        effects = session.carry_out(intent, plan, keep=self._forget)
        notes = tuple(effects.notes)
        return Written(self.group_id, None, session.provenance(_GROUPS), notes=notes)

    def _planned(self) -> tuple[dict[str, Any], Plan]:
        """Return the group as it is, and what it takes to delete it."""
        session, group_id = self.session, self.group_id
        session.know(_GROUPS)
        with session.mirror.reading() as snapshot:
            before = group_as_it_is(session, snapshot, group_id)
            group = group_with_id(snapshot, group_id)
            state = state_of_group(snapshot, group)
        protect_administration(session, group, state.members, group.name)
        if state.invited:
            # Who has accepted by now is invited nowhere else.
            session.know(Needs(frozenset(map(OneAddress, state.invited.values()))))
        with session.mirror.reading() as snapshot:
            state = state_of_group(snapshot, group)
            plan = plan_group(group_id, state, None)
            plan = staying_invited(plan, snapshot, session.provisioner.invitation_group)
            leaving = held_back_from(snapshot, group_id) | ids_of(before)
            leaving -= state.invited.keys()
            return before, (*withdrawn_from(snapshot, leaving, group_id), *plan)

    def _forget(self, effects: Effects) -> None:
        effects.writing.overlays.put("Group", self.group_id, {})
        users = effects.writing.users
        users.release(h for h in users.held_back() if h.object_id == self.group_id)
