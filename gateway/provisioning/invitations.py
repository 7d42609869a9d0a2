"""Where people are invited, or may be: kept when they leave a group, taken back when they go."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from gateway.mirror.journal import Event
from gateway.mirror.mirror import Snapshot
from gateway.provisioning.said import EVERYTHING, Said
from gateway.provisioning.steps import Invite, Plan, Step, Withdraw
from gateway.scim.errors import Conflict, InvalidValue


def invited_besides(snapshot: Snapshot, said: Said = EVERYTHING) -> Mapping[str, frozenset[str]]:
    """
    Return the addresses at which users were invited, or may have been, by changes that stopped.

    What is kept of a user has the address of the last change that was carried out, so only the
    journal tells. An address that is another user's by now is left out.

    Args:
        snapshot: What is known.
        said: What a request says: only the changes count that are closed by it.

    Returns:
        The addresses by the id of the user.
    """
    found: dict[str, frozenset[str]] = {}
    for change in snapshot.journal.open():
        data = change.began.data
        user_id = data["resourceId"]
        sent = data.get("invites", {}).get(user_id)
        is_called = any(entry.event is Event.CALLED for entry in change.entries)
        if sent and is_called and said.is_about(Said.between(data["before"], data["wanted"])):
            found[user_id] = found.get(user_id, frozenset()) | {sent}
    if not found:
        return found
    users = {record.email: record.id for record in snapshot.users.without_member()}
    return {
        user_id: frozenset(each for each in sent if users.get(each, user_id) == user_id)
        for user_id, sent in found.items()
    }


def withdrawn(user_id: str, addresses: Iterable[str], *, but: str | None = None) -> Plan:
    """Return what withdraws the invitations at *addresses*, each once, *but* at one of them."""
    return tuple(Withdraw(user_id, each) for each in dict.fromkeys(addresses) if each != but)


def withdrawn_from(snapshot: Snapshot, user_ids: Iterable[str], group_id: str) -> Plan:
    """
    Return what withdraws the invitations into a group of users who are inactive, or have accepted.

    They have none, but for those that changes may have sent that stopped.
    """
    besides = invited_besides(snapshot)
    return tuple(
        Withdraw(user_id, address, group_id, stays=True)
        for user_id in sorted(besides.keys() & set(user_ids))
        for address in sorted(besides[user_id])
    )


def staying_invited(plan: Plan, snapshot: Snapshot, usual_group: str | None) -> Plan:
    """
    Return *plan* with an invitation for each person whose last group it withdraws.

    Who may be invited at other addresses is withdrawn from the group there as well.

    Bitbucket may or may not drop an invitation that is into no group: so it is sent again after,
    or before if there is a group that it can be into instead.

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
    besides = invited_besides(snapshot)
    for step in plan:
        if not isinstance(step, Withdraw) or step.group_id is None:
            yield step
            continue
        # The user has left only when all is done: else the same request again would find nobody.
        elsewhere = [
            replace(step, email=address, stays=True)
            for address in sorted(besides.get(step.user_id, frozenset()) - {step.email})
        ]
        held = snapshot.users.held_back([step.user_id])
        others = {h.object_id for h in held if h.object_type == "group"} - {step.group_id}
        if snapshot.facts.groups(ids=others):
            yield from (*elsewhere, step)
            continue
        usual = usual_group_of(snapshot, usual_group)
        if usual == step.group_id:
            raise Conflict(
                f"User {step.user_id} has not accepted the invitation yet, which is into this "
                "group alone, as GATEWAY_INVITATION_GROUP says. Put the user into another group "
                "first, or withdraw the invitation by active: false."
            )
        if usual is not None:
            # So there is never a moment without an invitation.
            yield Invite(step.user_id, step.email, usual)
            yield from (*elsewhere, step)
            continue
        yield from (*elsewhere, replace(step, stays=True))
        yield Invite(step.user_id, step.email, leaves=step.group_id)


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
