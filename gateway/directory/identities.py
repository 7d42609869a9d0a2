"""What a question about users rests on, where the gateway knows them by other names."""

from collections.abc import Iterator, Mapping

from gateway.mirror.mirror import Snapshot
from gateway.mirror.user_records import UserRecord
from gateway.planner.collections import Collection
from gateway.planner.needs import AddressesOf, Need, Needs, OneAddress, OneMember, Whole

_MEMBERS = Whole(Collection.MEMBERS)


def identified(needs: Needs, snapshot: Snapshot) -> Needs:
    """
    Return *needs*, in the names that Bitbucket knows.

    Who was invited has an id of ours: what is said of it rests on the account, or, as long as none
    is known, on whether a member has the address. Who has a name or an address because a
    client said so is not found by it at Bitbucket, but by the account.
    """
    fresh = frozenset(_identified(needs.fresh, snapshot))
    return needs if fresh == needs.fresh else Needs(fresh, needs.known)


def _identified(needs: frozenset[Need], snapshot: Snapshot) -> Iterator[Need]:
    keys = {need.key for need in needs if isinstance(need, OneMember | AddressesOf)}
    records = snapshot.users.with_ids(keys) if keys else {}
    for need in needs:
        match need:
            case OneMember(key=key) | AddressesOf(key=key) if key in records:
                yield from _of_record(need, records)
            case OneAddress(text=text):
                yield need
                yield from (OneMember(uuid) for uuid in _called(text, snapshot))
            case _:
                yield need
    if _MEMBERS in needs:
        # Bitbucket does not say whose invitation a new member has accepted; the address does. Who
        # is invited no longer may be let in by others.
        for record in snapshot.remember("invited", snapshot.users.without_member):
            if record.email:
                yield OneAddress(record.email)


def _of_record(need: OneMember | AddressesOf, records: Mapping[str, UserRecord]) -> Iterator[Need]:
    record = records[need.key]
    if record.member_uuid is not None:
        yield type(need)(record.member_uuid)
    elif record.email is not None and record.deleted_at is None:
        yield OneAddress(record.email)


def _called(text: str, snapshot: Snapshot) -> Iterator[str]:
    """Yield the UUIDs of the members whom clients gave this name or address."""
    ids = snapshot.users.called(text)
    overlays = snapshot.overlays.of("User", ids=ids)
    records = snapshot.users.with_ids(overlays)
    for user_id in overlays:
        record = records.get(user_id)
        if record is None:
            yield user_id
        elif record.member_uuid is not None:
            yield record.member_uuid
