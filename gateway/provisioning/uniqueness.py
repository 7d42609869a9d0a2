"""Who has a name or an address already, and whose turn it is to give it to somebody."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from gateway.directory.rendering import Renderer
from gateway.mirror.mirror import Snapshot
from gateway.planner.needs import Need, Needs, OneAddress, OneMember
from gateway.planner.pins import is_account, is_address
from gateway.provisioning.people import address_of, name_of
from gateway.provisioning.session import Session
from gateway.scim.errors import InvalidValue, Uniqueness
from gateway.scim.text import fold

Resource = Mapping[str, Any]

_NOBODY: Final[Resource] = {}


def turns_to_name(wanted: Resource, current: Resource = _NOBODY) -> frozenset[str]:
    """
    Return whose turn it takes to make a user *wanted*, so that no two get one name or address.

    A name may be the address of another, so both are of one kind. Who waits for these turns may
    have that of a user; who has them waits for no other.

    Args:
        wanted: The user as it is to be.
        current: The user as it is; what it has already takes no turn.
    """
    return frozenset(f"Name {text}" for text in _claimed(wanted) - _claimed(current))


def _claimed(user: Resource) -> frozenset[str]:
    claimed = set[str]()
    # Who has none, or no address, is refused elsewhere if that matters.
    with suppress(InvalidValue):
        claimed.add(fold(name_of(user)))
        claimed.add(address_of(user))
    return frozenset(claimed)


def know_name(session: Session, name: str) -> None:
    """Read whose *name* is at Bitbucket, as far as a name can be anybody's there."""
    text, needed = fold(name), set[Need]()
    if is_address(text):
        needed.add(OneAddress(text))
    elif is_account(text):
        needed.add(OneMember(text))
    if needed:
        session.know(Needs(frozenset(needed)), anew=False)


def check_name(snapshot: Snapshot, name: str, *, own: str | None = None) -> None:
    """
    Let *name* be that of the user with the id *own*.

    Raises:
        Uniqueness: It is another user's.
    """
    text = fold(name)
    taken = {*snapshot.users.called(text), *_of_account(snapshot, text)} - {own}
    if taken:
        raise Uniqueness(f"There is a user {name} already, with the id {min(taken)}.")


def _of_account(snapshot: Snapshot, text: str) -> Iterator[str]:
    """Yield the id of the user whose account *text* stands for, whatever the user is called."""
    known = snapshot.facts.looked_up([text]).get(text) if is_account(text) else None
    if known is not None and known.uuid is not None:
        record = snapshot.users.of_members([known.uuid]).get(known.uuid)
        if record is None or record.deleted_at is None:
            yield known.uuid if record is None else record.id


def holder_of(snapshot: Snapshot, renderer: Renderer, email: str, *, own: str | None) -> str | None:
    """
    Return the UUID of the member who has an address and is no user, as it was deleted here.

    Args:
        snapshot: The mirror.
        renderer: Tells who is a user.
        email: The address, in lower case.
        own: The id of the user who may have it.

    Raises:
        Uniqueness: Another user has it, or was invited by it.
    """
    holders = [address.member_uuid for address in snapshot.facts.addresses(texts=[email])]
    holder = next((uuid for uuid in holders if uuid is not None), None)
    if holder is None:
        if any(r.email == email and r.id != own for r in snapshot.users.without_member()):
            raise Uniqueness(f"{email} was invited already.")
        return None
    check_holder(snapshot, renderer, holder, email, own=own)
    return holder


def check_holder(
    snapshot: Snapshot, renderer: Renderer, holder: str, email: str, *, own: str | None
) -> None:
    """
    Let the member who has an address be the user with the id *own*.

    Args:
        snapshot: The mirror.
        renderer: Tells who is a user.
        holder: The UUID of the member.
        email: The address.
        own: The id.

    Raises:
        Uniqueness: The member is another user.
    """
    shown = renderer.user(snapshot, holder, is_plain=True)
    if shown is not None and shown["id"] != own:
        raise Uniqueness(f"{email} is the address of a member already, with the id {shown['id']}.")
