"""Rendering the facts of the mirror as resources: when they have changed, never per request."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from gateway.directory.entitlements import Entitlement, by_subject
from gateway.directory.groups import GROUP_EXTENSION, InGroup, group_resource
from gateway.directory.overlay import overlaid
from gateway.directory.users import (
    UserNameSource,
    invited_resource,
    is_hidden,
    last_word,
    user_resource,
)
from gateway.mirror.documents import DocumentStore
from gateway.mirror.fact_reader import FactReader
from gateway.mirror.facts import Address, Grant, Group
from gateway.mirror.mirror import Snapshot, Writing
from gateway.mirror.user_records import UserRecord
from gateway.scim.schema import Registry

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
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
        grants = writing.facts.grants()
        users = self.users(writing, _Keys.everybody(writing), grants)
        self._of_users(writing).save_all(users, now=now)
        groups = self.groups(writing, grants, ids=None)
        writing.documents(self.registry.group).save_all(groups, now=now)

    def render(
        self,
        writing: Writing,
        *,
        users: Collection[str],
        groups: Collection[str],
        now: datetime,
    ) -> None:
        """
        Make some resources what the facts are.

        Args:
            writing: The transaction.
            users: The ids of users, or the UUIDs of members; who is none any more is gone.
            groups: The ids of groups; so too one that is no group any more.
            now: The time.
        """
        facts = writing.facts
        if users:
            keys = _Keys.of(writing, users)
            grants = facts.grants(subject_ids=keys.uuids or ())
            rendered = self.users(writing, keys, grants)
            self._of_users(writing).save_some(keys.ids | set(users), rendered, now=now)
        if groups:
            grants = facts.grants(subject_ids=groups)
            rendered = self.groups(writing, grants, ids=groups)
            writing.documents(self.registry.group).save_some(groups, rendered, now=now)

    def user(self, snapshot: Snapshot, user_id: str, *, is_plain: bool) -> dict[str, Any] | None:
        """
        Return one user, as it is now.

        Args:
            snapshot: The mirror.
            user_id: The id of the user, or the UUID of a member.
            is_plain: Whether to leave out what clients said.
        """
        keys = _Keys.of(snapshot, [user_id])
        grants = snapshot.facts.grants(subject_ids=keys.uuids or ())
        return next(self.users(snapshot, keys, grants, is_plain=is_plain), None)

    def group(self, snapshot: Snapshot, group_id: str, *, is_plain: bool) -> dict[str, Any] | None:
        """Return one group, as it is now; see :meth:`user`."""
        grants = snapshot.facts.grants(subject_ids=[group_id])
        found = self.groups(snapshot, grants, ids=[group_id], is_plain=is_plain)
        return next(found, None)

    def users(
        self,
        snapshot: Snapshot,
        keys: "_Keys",
        grants: Sequence[Grant],
        *,
        is_plain: bool = False,
    ) -> Iterator[dict[str, Any]]:
        """Yield the users with *keys*; what they were granted is among *grants*."""
        facts, uuids = snapshot.facts, keys.uuids
        groups = {group.id: group for group in facts.groups()}
        coming = _coming(snapshot, groups)
        overlays = {} if is_plain else snapshot.overlays.of("User", ids=keys.ids_or_all)
        memberships = _by(facts.memberships(member_uuids=uuids), lambda found: found.member_uuid)
        addresses = _by(facts.addresses(member_uuids=uuids), lambda found: found.member_uuid or "")
        held = _entitlements(facts, grants)
        for member in facts.members(uuids=uuids):
            record = keys.records.get(member.uuid)
            in_groups = {m.group_id for m in memberships.get(member.uuid, ())} & groups.keys()
            entitlements = held.get(member.uuid, ())
            has_access = bool(in_groups or entitlements) or member.permission == "owner"
            if is_hidden(record, has_access=has_access):
                continue
            resource_id = member.uuid if record is None else record.id
            in_groups |= coming.get(resource_id, set())
            resource = user_resource(
                member,
                addresses=_latest_first(addresses.get(member.uuid, ())),
                groups=[groups[group_id] for group_id in in_groups],
                entitlements=entitlements,
                user_name=self.user_name,
                record=record,
            )
            yield overlaid(resource, overlays.get(resource_id))
        for record in keys.invited:
            in_groups = coming.get(record.id, set())
            resource = invited_resource(record, groups=[groups[each] for each in in_groups])
            yield overlaid(resource, overlays.get(record.id))

    def groups(
        self,
        snapshot: Snapshot,
        grants: Sequence[Grant],
        *,
        ids: Collection[str] | None,
        is_plain: bool = False,
    ) -> Iterator[dict[str, Any]]:
        """Yield the groups with *ids*, or all; what they were granted is among *grants*."""
        facts = snapshot.facts
        records = snapshot.users.of_members()
        memberships = _by(facts.memberships(group_ids=ids), lambda found: found.group_id)
        groups = {group.id: group for group in facts.groups(ids=ids)}
        coming = _by_group(_coming(snapshot, groups))
        overlays = {} if is_plain else snapshot.overlays.of("Group", ids=ids)
        held = _entitlements(facts, grants)
        for group in groups.values():
            members = {
                _id_of(m.member_uuid, records): m.display_name
                for m in memberships.get(group.id, ())
            }
            resource = group_resource(
                group,
                members=[
                    InGroup(name, user_id)
                    for user_id, name in (
                        dict.fromkeys(coming.get(group.id, ()), "") | members
                    ).items()
                ],
                entitlements=held.get(group.id, ()),
            )
            yield overlaid(resource, overlays.get(group.id), extension=GROUP_EXTENSION)

    def _of_users(self, writing: Writing) -> DocumentStore:
        return writing.documents(self.registry.user, last_word=last_word)


@dataclass(frozen=True, slots=True)
class _Keys:
    """
    Whom to render.

    Attributes:
        uuids: The UUIDs of members; None for all.
        records: What the gateway itself knows of them, by UUID.
        invited: Those of whom no account is known.
        ids: The ids of the users, as far as they are known.
    """

    uuids: frozenset[str] | None
    records: Mapping[str, UserRecord]
    invited: Sequence[UserRecord]
    ids: frozenset[str]

    @property
    def ids_or_all(self) -> frozenset[str] | None:
        """The ids, or None for all."""
        return None if self.uuids is None else self.ids

    @classmethod
    def everybody(cls, snapshot: Snapshot) -> "_Keys":
        users = snapshot.users
        return cls(None, users.of_members(), users.without_member(), frozenset())

    @classmethod
    def of(cls, snapshot: Snapshot, keys: Collection[str]) -> "_Keys":
        by_id = snapshot.users.with_ids(keys)
        uuids = {record.member_uuid for record in by_id.values() if record.member_uuid}
        uuids |= {key for key in keys if key not in by_id}
        records = snapshot.users.of_members(uuids)
        invited = [
            record
            for record in by_id.values()
            if record.member_uuid is None and record.deleted_at is None
        ]
        ids = {_id_of(uuid, records) for uuid in uuids} | {record.id for record in invited}
        return cls(frozenset(uuids), records, invited, frozenset(ids))


def _id_of(member_uuid: str, records: Mapping[str, UserRecord]) -> str:
    record = records.get(member_uuid)
    return member_uuid if record is None else record.id


def _coming(snapshot: Snapshot, groups: Mapping[str, Group]) -> dict[str, set[str]]:
    """Return the groups that users will be in as soon as they accept, by the id of the user."""
    held = [h for h in snapshot.users.held_back() if h.object_type == "group" and not h.is_taken]
    records = snapshot.users.with_ids({each.user_id for each in held})
    coming: dict[str, set[str]] = {}
    for each in held:
        record = records.get(each.user_id)
        is_coming = record is not None and record.is_active is not False and not record.deleted_at
        if is_coming and each.object_id in groups:
            coming.setdefault(each.user_id, set()).add(each.object_id)
    return coming


def _by_group(coming: Mapping[str, set[str]]) -> dict[str, set[str]]:
    by_group: dict[str, set[str]] = {}
    for user_id, group_ids in coming.items():
        for group_id in group_ids:
            by_group.setdefault(group_id, set()).add(user_id)
    return by_group


def _latest_first(addresses: Iterable[Address]) -> list[str]:
    return [a.text for a in sorted(addresses, key=lambda a: (a.asked_at, a.text), reverse=True)]


def _entitlements(
    facts: FactReader, grants: Sequence[Grant]
) -> Mapping[str, Sequence[Entitlement]]:
    places = {grant.object_uuid for grant in grants}
    return by_subject(
        grants,
        projects=facts.projects(uuids=places),
        repositories=facts.repositories(uuids=places),
    )


def _by(values: Iterable[T], key: Callable[[T], str]) -> Mapping[str, Sequence[T]]:
    found: dict[str, list[T]] = {}
    for value in values:
        found.setdefault(key(value), []).append(value)
    return found
