"""Rendering the facts of the mirror as resources: when they have changed, never per request."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import chain
from typing import Any, TypeVar

import structlog

from gateway.directory.groups import GROUP_EXTENSION, InGroup, group_resource
from gateway.directory.named import Named
from gateway.directory.overlay import overlaid
from gateway.directory.users import (
    UserNameSource,
    invited_resource,
    is_hidden,
    last_word,
    user_resource,
)
from gateway.directory.ways import way_of
from gateway.mirror.batches import batches
from gateway.mirror.documents import DocumentStore
from gateway.mirror.facts import Address
from gateway.mirror.mirror import Snapshot, Writing
from gateway.mirror.user_records import UserRecord
from gateway.scim.schema import Registry

_LOG = structlog.get_logger(__name__)

T = TypeVar("T")

#: How many users, and groups with all that are in them, are rendered at once: as many as memory
#: need hold.
_USERS_AT_ONCE = 1000
_GROUPS_AT_ONCE = 100


@dataclass(frozen=True)
class Renderer:
    """
    Renders users and groups.

    Attributes:
        registry: Their schemas.
        user_name: What ``userName`` is.
    """

    registry: Registry
    user_name: UserNameSource

    def render_all(self, writing: Writing, *, now: datetime) -> None:
        """Make the resources what the facts are."""
        writing.analyze()
        named = Named(writing.facts)
        everybody = chain(
            (
                _Keys.of_members(writing, uuids)
                for uuids in batches(writing.facts.member_uuids(), _USERS_AT_ONCE)
            ),
            (
                _Keys.of_invited(invited)
                for invited in batches(writing.users.without_member(), _USERS_AT_ONCE)
            ),
        )
        users = (user for keys in everybody for user in self._users(writing, keys, named))
        self._of_users(writing).save_all(users, now=now)
        groups = (
            group
            for ids in batches(writing.facts.all_group_ids(), _GROUPS_AT_ONCE)
            for group in self._groups(writing, ids, named)
        )
        writing.documents(self.registry.group).save_all(groups, now=now)
        writing.touched.all_rendered()
        writing.rendering.note(self._way_on(now))
        writing.analyze()

    def render_touched(self, writing: Writing, *, now: datetime) -> None:
        """
        Make the resources what the facts are, of which *writing* knows what it has changed.

        All are rendered where it is unknown how they look: before the first time, and after a
        release that renders otherwise. So they are once a day besides: should a change ever not
        tell of somebody whom it touches, that does not last.
        """
        if writing.rendering.way() != self._way_on(now):
            _LOG.info("rendering.all")
            self.render_all(writing, now=now)
        else:
            self.render(writing, users=(), groups=(), now=now)

    def render(
        self,
        writing: Writing,
        *,
        users: Collection[str],
        groups: Collection[str],
        now: datetime,
    ) -> None:
        """
        Make some resources what the facts are, and whatever *writing* has changed besides.

        Args:
            writing: The transaction.
            users: The ids of users, or the UUIDs of members; who is none any more is gone.
            groups: The ids of groups; so too one that is no group any more.
            now: The time.
        """
        named = Named(writing.facts)
        users = writing.touched.users.union(users)
        groups = writing.touched.groups.union(groups)
        if users:
            of_users = (
                (keys.ids.union(some), self._users(writing, keys, named))
                for some in batches(sorted(users), _USERS_AT_ONCE)
                for keys in (_Keys.of(writing, some),)
            )
            self._of_users(writing).save_parts(of_users, now=now)
        if groups:
            of_groups = (
                (some, self._groups(writing, some, named))
                for some in batches(sorted(groups), _GROUPS_AT_ONCE)
            )
            writing.documents(self.registry.group).save_parts(of_groups, now=now)
        writing.touched.rendered(users=users, groups=groups)

    def _way_on(self, day: datetime) -> str:
        return f"{self._way} {day.astimezone(UTC).date()}"

    def user(self, snapshot: Snapshot, user_id: str, *, is_plain: bool) -> dict[str, Any] | None:
        """
        Return one user, as it is now.

        Args:
            snapshot: The mirror.
            user_id: The id of the user, or the UUID of a member.
            is_plain: Whether to leave out what clients said.
        """
        keys = _Keys.of(snapshot, [user_id])
        return next(self._users(snapshot, keys, Named(snapshot.facts), is_plain=is_plain), None)

    def group(self, snapshot: Snapshot, group_id: str, *, is_plain: bool) -> dict[str, Any] | None:
        """Return one group, as it is now; see :meth:`user`."""
        found = self._groups(snapshot, [group_id], Named(snapshot.facts), is_plain=is_plain)
        return next(found, None)

    def _users(
        self, snapshot: Snapshot, keys: "_Keys", named: Named, *, is_plain: bool = False
    ) -> Iterator[dict[str, Any]]:
        facts, uuids = snapshot.facts, keys.uuids
        coming = _sets(snapshot.users.coming(user_ids=keys.ids))
        overlays = {} if is_plain else snapshot.overlays.of("User", ids=keys.ids)
        memberships = _by(facts.memberships(member_uuids=uuids), lambda found: found.member_uuid)
        addresses = _by(facts.addresses(member_uuids=uuids), lambda found: found.member_uuid or "")
        held = named.entitlements(facts.grants(subject_ids=uuids))
        for member in facts.members(uuids=uuids):
            record = keys.records.get(member.uuid)
            groups = named.groups({m.group_id for m in memberships.get(member.uuid, ())})
            entitlements = held.get(member.uuid, ())
            has_access = bool(groups or entitlements) or member.permission == "owner"
            if is_hidden(record, has_access=has_access):
                continue
            resource_id = member.uuid if record is None else record.id
            in_groups = {**groups, **named.groups(coming.get(resource_id, ()))}
            resource = user_resource(
                member,
                addresses=_latest_first(addresses.get(member.uuid, ())),
                groups=in_groups.values(),
                entitlements=entitlements,
                user_name=self.user_name,
                record=record,
            )
            yield overlaid(resource, overlays.get(resource_id))
        for record in keys.invited:
            groups = named.groups(coming.get(record.id, ()))
            resource = invited_resource(record, groups=groups.values())
            yield overlaid(resource, overlays.get(record.id))

    def _groups(
        self, snapshot: Snapshot, ids: Collection[str], named: Named, *, is_plain: bool = False
    ) -> Iterator[dict[str, Any]]:
        facts = snapshot.facts
        memberships = _by(facts.memberships(group_ids=ids), lambda found: found.group_id)
        user_ids = snapshot.users.ids_in(ids)
        coming = _sets((g, user) for user, g in snapshot.users.coming(group_ids=ids))
        overlays = {} if is_plain else snapshot.overlays.of("Group", ids=ids)
        held = named.entitlements(facts.grants(subject_ids=ids))
        for group in facts.groups(ids=ids):
            members = {
                user_ids.get(m.member_uuid, m.member_uuid): m.display_name
                for m in memberships.get(group.id, ())
            }
            names = dict.fromkeys(coming.get(group.id, ()), "") | members
            resource = group_resource(
                group,
                members=[InGroup(name, user_id) for user_id, name in names.items()],
                entitlements=held.get(group.id, ()),
            )
            yield overlaid(resource, overlays.get(group.id), extension=GROUP_EXTENSION)

    def _of_users(self, writing: Writing) -> DocumentStore:
        return writing.documents(self.registry.user, last_word=last_word)

    @cached_property
    def _way(self) -> str:
        return way_of(self.registry, self.user_name)


@dataclass(frozen=True, slots=True)
class _Keys:
    """
    Whom to render.

    Attributes:
        uuids: The UUIDs of members.
        records: What the gateway itself knows of them, by UUID.
        invited: Those of whom no account is known.
        ids: The ids of the users.
    """

    uuids: frozenset[str]
    records: Mapping[str, UserRecord]
    invited: Sequence[UserRecord]
    ids: frozenset[str]

    @classmethod
    def of_members(
        cls, snapshot: Snapshot, uuids: Collection[str], invited: Sequence[UserRecord] = ()
    ) -> "_Keys":
        """Return the members with *uuids*, and those *invited*."""
        records = snapshot.users.of_members(uuids)
        ids = {_id_of(uuid, records) for uuid in uuids} | {record.id for record in invited}
        return cls(frozenset(uuids), records, invited, frozenset(ids))

    @classmethod
    def of_invited(cls, invited: Sequence[UserRecord]) -> "_Keys":
        """Return those *invited*."""
        return cls(frozenset(), {}, invited, frozenset(record.id for record in invited))

    @classmethod
    def of(cls, snapshot: Snapshot, keys: Collection[str]) -> "_Keys":
        """Return the users with *keys*, which are their ids, or the UUIDs of members."""
        by_id = snapshot.users.with_ids(keys)
        uuids = {record.member_uuid for record in by_id.values() if record.member_uuid}
        uuids |= {key for key in keys if key not in by_id}
        invited = [
            record
            for record in by_id.values()
            if record.member_uuid is None and record.deleted_at is None
        ]
        return cls.of_members(snapshot, uuids, invited)


def _id_of(member_uuid: str, records: Mapping[str, UserRecord]) -> str:
    record = records.get(member_uuid)
    return member_uuid if record is None else record.id


def _sets(pairs: Iterable[tuple[str, str]]) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one, other in pairs:
        found.setdefault(one, set()).add(other)
    return found


def _latest_first(addresses: Iterable[Address]) -> list[str]:
    return [a.text for a in sorted(addresses, key=lambda a: (a.asked_at, a.text), reverse=True)]


def _by(values: Iterable[T], key: Callable[[T], str]) -> Mapping[str, Sequence[T]]:
    found: dict[str, list[T]] = {}
    for value in values:
        found.setdefault(key(value), []).append(value)
    return found
