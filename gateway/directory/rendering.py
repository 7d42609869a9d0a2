"""Rendering the facts of the mirror as resources: when they have changed, never per request."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from gateway.directory.entitlements import Entitlement, by_subject
from gateway.directory.groups import group_resource
from gateway.directory.users import UserNameSource, last_word, user_resource
from gateway.mirror.documents import DocumentStore
from gateway.mirror.fact_reader import FactReader
from gateway.mirror.facts import Address, Grant
from gateway.mirror.mirror import Writing
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
        users = self._users(writing.facts, grants, uuids=None)
        self._of_users(writing).save_all(users, now=now)
        groups = _groups(writing.facts, grants, ids=None)
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
            users: The UUIDs of users; who is no member any more is gone.
            groups: The ids of groups; so too one that is no group any more.
            now: The time.
        """
        facts = writing.facts
        if users:
            grants = facts.grants(subject_ids=users)
            rendered = self._users(facts, grants, uuids=users)
            self._of_users(writing).save_some(users, rendered, now=now)
        if groups:
            grants = facts.grants(subject_ids=groups)
            rendered = _groups(facts, grants, ids=groups)
            writing.documents(self.registry.group).save_some(groups, rendered, now=now)

    def _of_users(self, writing: Writing) -> DocumentStore:
        return writing.documents(self.registry.user, last_word=last_word)

    def _users(
        self, facts: FactReader, grants: Sequence[Grant], *, uuids: Collection[str] | None
    ) -> Iterator[dict[str, object]]:
        groups = {group.id: group for group in facts.groups()}
        memberships = _by(facts.memberships(member_uuids=uuids), lambda found: found.member_uuid)
        addresses = _by(facts.addresses(member_uuids=uuids), lambda found: found.member_uuid or "")
        held = _entitlements(facts, grants)
        for member in facts.members(uuids=uuids):
            of_member = memberships.get(member.uuid, ())
            yield user_resource(
                member,
                addresses=_latest_first(addresses.get(member.uuid, ())),
                groups=[groups[found.group_id] for found in of_member if found.group_id in groups],
                entitlements=held.get(member.uuid, ()),
                user_name=self.user_name,
            )


def _latest_first(addresses: Iterable[Address]) -> list[str]:
    return [a.text for a in sorted(addresses, key=lambda a: (a.asked_at, a.text), reverse=True)]


def _groups(
    facts: FactReader, grants: Sequence[Grant], *, ids: Collection[str] | None
) -> Iterator[dict[str, object]]:
    memberships = _by(facts.memberships(group_ids=ids), lambda found: found.group_id)
    held = _entitlements(facts, grants)
    for group in facts.groups(ids=ids):
        yield group_resource(
            group, members=memberships.get(group.id, ()), entitlements=held.get(group.id, ())
        )


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
