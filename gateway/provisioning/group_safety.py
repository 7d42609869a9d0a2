"""What has to hold before a group is changed: it is there, nobody else is at it or locked out."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from gateway.directory.showing import versions
from gateway.mirror.facts import Group
from gateway.mirror.mirror import Snapshot
from gateway.planner.collections import Collection
from gateway.planner.needs import Needs, OneRole
from gateway.provisioning.group_states import held_users
from gateway.provisioning.session import Session
from gateway.scim.errors import NotFound, VersionChanged

_GROUPS: Final = Needs.whole(Collection.GROUPS)
_OWNERS: Final = Needs(frozenset({OneRole("owner")}))


def group_as_it_is(session: Session, snapshot: Snapshot, group_id: str) -> dict[str, Any]:
    """
    Return the group as it is.

    Raises:
        NotFound: There is none.
        VersionChanged: The request is meant for another version of it.
    """
    provisioner = session.provisioner
    group = provisioner.registry.group
    found = snapshot.resources(group).version(group_id)
    current = provisioner.renderer.group(snapshot, group_id, is_plain=False)
    if current is None or found is None:
        raise NotFound(f"There is no Group with the id {group_id}.")
    if not session.write.is_expected(versions(snapshot, group, group_id)):
        raise VersionChanged(
            "The group is in another version than the request is meant for; read it again."
        )
    return current


@contextmanager
def turn_of_held(session: Session, group_id: str) -> Iterator[None]:
    """Wait until nobody changes who is held back from a group, or invited into it."""
    session.know(_GROUPS)
    provisioner = session.provisioner
    turns: set[str] = set()
    while True:
        with session.turns.of(*(f"User {user_id}" for user_id in turns)):
            with provisioner.mirror.reading() as snapshot:
                held = held_users(snapshot, group_id)
            if held <= turns:
                yield
                return
        turns |= held


def protect_administration(
    session: Session, group: Group, removed: frozenset[str], name: str
) -> None:
    """
    Let no owner, nor the gateway itself, lose what a group gives that administers.

    Args:
        session: The request.
        group: The group as it is.
        removed: The UUIDs of those who would lose it.
        name: What the group would be called.

    Raises:
        Conflict: Somebody would.
    """
    protection = session.provisioner.protection
    protection.check_name(group, name)
    if not removed or not protection.is_about(group):
        return
    session.know(_OWNERS, anew=False)
    with session.provisioner.mirror.reading() as snapshot:
        members = snapshot.facts.members(uuids=removed)
    owners = {member.uuid for member in members if member.permission == "owner"}
    session.ask(lambda: protection.check_members(session.workspace, group, removed, owners=owners))
