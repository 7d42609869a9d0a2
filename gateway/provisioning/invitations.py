"""Keeping those invited who leave the last group of their invitation."""

from collections.abc import Iterator
from dataclasses import replace

from gateway.mirror.mirror import Snapshot
from gateway.provisioning.steps import Invite, Plan, Step, Withdraw
from gateway.scim.errors import Conflict, InvalidValue


def staying_invited(plan: Plan, snapshot: Snapshot, usual_group: str | None) -> Plan:
    """
    Return *plan* with an invitation for each person whose last group it withdraws.

    Bitbucket may or may not drop an invitation that is into no group: so it is sent again after.

    Args:
        plan: The calls.
        snapshot: What is known.
        usual_group: The name of the group that people are invited into who are in no other.

    Raises:
        Conflict: The group is the one that people are invited into who are in no other.
        InvalidValue: There is no such group.
    """
    return tuple(_steps(plan, snapshot, usual_group))


def _steps(plan: Plan, snapshot: Snapshot, usual_group: str | None) -> Iterator[Step]:
    for step in plan:
        if not isinstance(step, Withdraw) or step.group_id is None:
            yield step
            continue
        held = snapshot.users.held_back([step.user_id])
        others = {h.object_id for h in held if h.object_type == "group"} - {step.group_id}
        if snapshot.facts.groups(ids=others):
            yield step
            continue
        usual = usual_group_of(snapshot, usual_group)
        if usual == step.group_id:
            raise Conflict(
                f"User {step.user_id} has not accepted the invitation yet, which is into this "
                "group alone, as GATEWAY_INVITATION_GROUP says. Put the user into another group "
                "first, or withdraw the invitation by active: false."
            )
        yield replace(step, is_last=True)
        yield Invite(step.user_id, step.email, usual, leaves=step.group_id)


def usual_group_of(snapshot: Snapshot, name: str | None) -> str | None:
    """
    Return the id of the group that people are invited into who are in no other.

    Raises:
        InvalidValue: There is none of that name or slug.
    """
    if name is None:
        return None
    for group in snapshot.facts.groups():
        if name in (group.slug, group.name):
            return group.id
    raise InvalidValue(f"There is no group {name}, which GATEWAY_INVITATION_GROUP names.")
