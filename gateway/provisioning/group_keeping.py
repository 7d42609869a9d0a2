"""What is wanted of a group and Bitbucket can't hold: it is kept here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.directory.groups import GROUP_EXTENSION
from gateway.directory.overlay import overlay_of
from gateway.mirror.mirror import Snapshot
from gateway.mirror.user_records import HeldBack
from gateway.provisioning.effects import Effects
from gateway.provisioning.members import WantedMembers
from gateway.provisioning.provisioner import Provisioner

Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Keeping:
    """
    What is to be kept of one group.

    Attributes:
        provisioner: The parts that change a workspace.
        wanted: The group as it is to be.
        members: Who is wanted in it.
    """

    provisioner: Provisioner
    wanted: Resource
    members: WantedMembers

    def is_new(self, group_id: str, held: frozenset[str]) -> bool:
        """Return whether something else is kept now; *held* are those held back from the group."""
        with self.provisioner.mirror.reading() as snapshot:
            overlay = snapshot.overlays.of("Group", ids=[group_id]).get(group_id, {})
            wanted = self._overlay(snapshot, group_id)
        return wanted != overlay or bool(self.members.held_back - held)

    def keep(self, effects: Effects, group_id: str, left: frozenset[str] = frozenset()) -> None:
        """Keep it, in the transaction of *effects*; who has *left* is held back no longer."""
        writing = effects.writing
        writing.users.release(HeldBack(user_id, "group", group_id) for user_id in left)
        writing.overlays.put("Group", group_id, self._overlay(writing, group_id))
        writing.users.hold_back(
            HeldBack(user_id, "group", group_id, is_taken=True)
            for user_id in sorted(self.members.held_back)
        )
        effects.groups.add(group_id)

    def _overlay(self, snapshot: Snapshot, group_id: str) -> dict[str, Any]:
        plain = self.provisioner.renderer.group(snapshot, group_id, is_plain=True) or {}
        return overlay_of(plain, self.wanted, "Group", extension=GROUP_EXTENSION)
