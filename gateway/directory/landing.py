"""Landing what was read in the mirror: each reading wholly, in one transaction, or not at all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from gateway.bitbucket.errors import BitbucketError
from gateway.directory import facts
from gateway.directory.errors import failure_of
from gateway.directory.grants import PlacesRead
from gateway.directory.outcomes import Reading
from gateway.directory.reading import Lists
from gateway.directory.renames import recognize
from gateway.directory.rendering import Renderer
from gateway.mirror.facts import Address
from gateway.mirror.freshness import Freshness
from gateway.mirror.mirror import Mirror, Writing
from gateway.mirror.user_records import UserRecord
from gateway.planner.collections import BY_PLACE, LIST_OF_TYPE, Collection
from gateway.planner.needs import AddressesOf, OneAddress, OneMember, OneRole, Whole
from gateway.scim.text import fold, instant

_LOG = structlog.get_logger(__name__)

_NEVER = Freshness()


@dataclass(frozen=True, slots=True)
class Landing:
    """
    Lands what was read, and renders what it changed.

    Attributes:
        mirror: Where.
        renderer: Renders.
        now: The time, with its zone.
    """

    mirror: Mirror
    renderer: Renderer
    now: Callable[[], datetime]

    def lists(self, lists: Lists, *, workspace_uuid: str | None) -> None:
        """
        Land every list that was read to its end, and note why the others were not.

        Args:
            lists: What became of them.
            workspace_uuid: What ids of new groups are derived from, if there are any.
        """
        with self.mirror.writing() as writing:
            landed = _ListLanding(writing, lists, self.now(), workspace_uuid)
            users = landed.land()
            groups = landed.groups
            for need, error in lists.failures.items():
                if isinstance(need, Whole):
                    self._note_failure(writing, need.collection, error)
            if landed.is_whole:
                self.renderer.render_all(writing, now=self.now())
            elif users:
                self.renderer.render(writing, users=users, groups=groups, now=self.now())

    def places(self, read: Sequence[PlacesRead], *, calls: int, workspace_uuid: str | None) -> None:
        """
        Land what was read of some places; one that was read later since stays.

        Args:
            read: The readings, each of places of one type.
            calls: The calls they took.
            workspace_uuid: What ids of new groups are derived from, if there are any.
        """
        changed: dict[str, set[str]] = {"user": set(), "group": set()}
        with self.mirror.writing() as writing:
            slugs = {
                granted.subject
                for places in read
                if places.subject_type == "group"
                for on_place in places.granted.values()
                for granted in on_place
            }
            ids = writing.facts.ids_of_groups(sorted(slugs), workspace_uuid=workspace_uuid)
            for kinds, collection in BY_PLACE.items():
                of_kind = [r for r in read if (r.subject_type, r.object_type) == kinds]
                if of_kind:
                    changed[kinds[0]] |= _land_places(writing, of_kind, ids, now=self.now())
                    _note_places(writing, collection, calls=calls)
            self.renderer.render(
                writing, users=changed["user"], groups=changed["group"], now=self.now()
            )

    def failure(self, collection: Collection, error: BitbucketError) -> None:
        """Note why a collection could not be read to its end."""
        with self.mirror.writing() as writing:
            self._note_failure(writing, collection, error)

    def _note_failure(
        self, writing: Writing, collection: Collection, error: BitbucketError
    ) -> None:
        now, failure = self.now(), failure_of(error)
        wait = error.retry_after_seconds
        writing.freshness.record_failure(
            collection,
            failure,
            failed_at=now,
            retry_at=None if wait is None else now + timedelta(seconds=wait),
        )
        _LOG.warning("refresh.failed", collection=collection.value, reason=failure.sentence)


@dataclass(slots=True)
class _ListLanding:
    """
    The landing of some lists in one transaction.

    Attributes:
        is_whole: Whether a whole collection is among them, so that any resource may have changed.
        groups: The ids of the groups that list somebody by another id now.
    """

    writing: Writing
    lists: Lists
    now: datetime
    workspace_uuid: str | None
    is_whole: bool = False
    groups: set[str] = field(default_factory=set)

    def land(self) -> set[str]:
        """Land them, and return the UUIDs of the users that were read singly."""
        records = self.writing.freshness.all()
        written = self.writing.changes.written()
        landers: Mapping[Collection, Callable[[Reading[Any], Freshness], None]] = {
            Collection.MEMBERS: self._members,
            Collection.GROUPS: self._groups,
            Collection.PROJECTS: self._projects,
            Collection.REPOSITORIES: self._repositories,
            Collection.REPOSITORY_GROUP_GRANTS: self._privileges,
        }
        # Privileges come last: they speak of groups and repositories.
        for collection, land in landers.items():
            reading, record = self.lists.whole(collection), records.get(collection, _NEVER)
            if reading is None or _is_outdated(reading, record, self.now):
                continue
            if _is_before_write(reading.read_at, written.get(collection), self.now):
                continue
            land(reading, record)
            self.is_whole = True
            self.writing.freshness.record_read(
                collection, read_at=reading.read_at, calls=reading.calls
            )
            _LOG.info("refresh.read", collection=collection.value, calls=reading.calls)
        for (_, object_type), collection in BY_PLACE.items():
            if self.lists.whole(LIST_OF_TYPE[object_type]) is not None:
                _note_places(self.writing, collection, calls=0)
        users = self._singles()
        if self.lists.pending is not None:
            users |= self.lists.pending.land(self.writing)
        return users

    def _members(self, reading: Reading[Any], _record: Freshness) -> None:
        self.writing.facts.replace_members(map(facts.member, reading.values), now=self.now)

    def _groups(self, reading: Reading[Any], _record: Freshness) -> None:
        recognize(self.writing, reading.values)
        self.writing.facts.replace_groups(
            map(facts.group, reading.values), workspace_uuid=self.workspace_uuid, now=self.now
        )
        # In which groups those are who accepted their invitations is told by this list.
        users = self.writing.users
        accepted = {r.id for r in users.of_members().values() if r.is_active is not False}
        users.release(h for h in users.held_back(accepted) if h.object_type == "group")

    def _projects(self, reading: Reading[Any], record: Freshness) -> None:
        self.writing.facts.replace_projects(
            map(facts.project, reading.values), listed_at=record.read_at
        )

    def _repositories(self, reading: Reading[Any], record: Freshness) -> None:
        self.writing.facts.replace_repositories(
            map(facts.repository, reading.values), listed_at=record.read_at
        )

    def _privileges(self, reading: Reading[Any], _record: Freshness) -> None:
        store = self.writing.facts
        ids = store.ids_of_groups(
            sorted({privilege.group_slug for privilege in reading.values}),
            workspace_uuid=self.workspace_uuid,
        )
        uuids = {repository.full_name: repository.uuid for repository in store.repositories()}
        store.replace_repository_group_grants(
            facts.privilege(
                privilege,
                group_id=ids[privilege.group_slug],
                repository_uuid=uuids[privilege.repository_full_name],
            )
            for privilege in reading.values
            # What is not listed was deleted since: the list was read later.
            if privilege.repository_full_name in uuids
        )

    def _singles(self) -> set[str]:
        users: set[str] = set()
        for need, reading in self.lists.readings.items():
            match need:
                case OneMember(key=key):
                    users |= self._member(key, reading)
                case OneRole(role=role):
                    for membership in reading.values:
                        member = facts.member(membership)
                        self.writing.facts.keep_member(member, read_at=reading.read_at)
                        users.add(member.uuid)
                    self.writing.freshness.record_read(
                        role_record(role), read_at=reading.read_at, calls=reading.calls
                    )
                case OneAddress() | AddressesOf() | Whole(collection=Collection.ADDRESSES):
                    users |= self._addresses(reading)
                    # How old they are is told by each; this settles an earlier failure.
                    self.writing.freshness.record_read(
                        Collection.ADDRESSES, read_at=reading.read_at, calls=reading.calls
                    )
        return users

    def _member(self, key: str, reading: Reading[Any]) -> set[str]:
        if not reading.values:
            known = self.writing.facts.looked_up([key]).get(key)
            self.writing.facts.keep_absence(key, asked_at=reading.read_at)
            return {known.uuid} if known is not None and known.uuid is not None else set()
        (account,) = reading.values
        member = facts.account(account)
        self.writing.facts.keep_member(member, read_at=reading.read_at)
        return {member.uuid}

    def _addresses(self, reading: Reading[Any]) -> set[str]:
        store = self.writing.facts
        found = {fold(account.email or ""): account for account in reading.values}
        before = store.addresses(texts=self.lists.asked)
        answers = [
            Address(text, found[text].uuid if text in found else None, reading.read_at)
            for text in self.lists.asked
        ]
        store.record_addresses(answers)
        for account in found.values():
            store.keep_member(facts.account(account), read_at=reading.read_at)
        other = self._link({text: account.uuid for text, account in found.items()})
        holders = {address.member_uuid for address in (*before, *answers)}
        return other | {uuid for uuid in holders if uuid is not None}

    def _link(self, uuids: Mapping[str, str]) -> set[str]:
        """
        Let those who accepted an invitation be who was invited: the id stays.

        Returns:
            The ids of the users that are none any more, as the accounts have had them before.
        """
        users = self.writing.users
        retired: set[str] = set()
        # Of two with one address the one that was made later counts.
        for record in sorted(users.without_member(), key=_invited):
            uuid = uuids.get(record.email or "")
            if uuid is None:
                continue
            retired |= self._retire(uuid)
            users.put(replace(record, member_uuid=uuid, invited_at=None))
            in_groups = self.writing.facts.memberships(member_uuids=[uuid])
            self.groups |= {membership.group_id for membership in in_groups}
            _LOG.info("invitation.accepted", user=record.id)
        return retired

    def _retire(self, uuid: str) -> set[str]:
        """
        Let whoever was the user of an account be so no longer, and return the ids.

        Who has left and comes back by another invitation is the user that was invited: a client
        could reach the account by neither of two.
        """
        users = self.writing.users
        old = [record for record in users.of_account(uuid) if record.deleted_at is None]
        ids = {record.id for record in old}
        for record in old:
            users.put(
                replace(record, is_active=False, invited_at=None, deleted_at=self.now),
            )
            _LOG.info("user.retired", user=record.id)
        held = users.held_back(ids) if ids else []
        users.release(held)
        self.groups |= {each.object_id for each in held if each.object_type == "group"}
        for user_id in {*ids, uuid}:
            self.writing.overlays.put("User", user_id, {})
        return ids


def _invited(record: UserRecord) -> tuple[str, str]:
    return "" if record.invited_at is None else instant(record.invited_at), record.id


def role_record(role: str) -> str:
    """Return the name by which the age of the list of members with *role* is kept."""
    return f"{Collection.MEMBERS}:{role}"


def _land_places(
    writing: Writing, read: Sequence[PlacesRead], group_ids: Mapping[str, str], *, now: datetime
) -> set[str]:
    """Land readings of places of one type, and return the subjects whose grants changed."""
    store = writing.facts
    written = writing.changes.written()
    subject_type, object_type = read[0].subject_type, read[0].object_type
    uuids = {uuid for places in read for uuid in places.granted}
    known = store.place_readings(subject_type, object_type, object_uuids=uuids)
    read_at = {reading.object_uuid: reading.read_at for reading in known}
    listed = store.listed(object_type, uuids)
    changed: set[str] = set()
    for places in read:
        # What was deleted meanwhile, or read by another process since, is left as it is.
        grants = {
            uuid: on_place
            for uuid, on_place in facts.grants(places, group_ids).items()
            if uuid in listed
            and not places.read_at < read_at.get(uuid, places.read_at) <= now
            and not _is_before_write(
                places.read_at, written.get(place_name(subject_type, object_type, uuid)), now
            )
        }
        changed |= store.replace_grants_on(
            subject_type,
            object_type,
            grants,
            read_at=places.read_at,
            is_inferred=places.is_inferred,
        )
    return changed


def place_name(subject_type: str, object_type: str, uuid: str) -> str:
    """Return the name by which it is kept when grants on a place were written."""
    return f"{subject_type}:{object_type}:{uuid}"


def _note_places(writing: Writing, collection: Collection, *, calls: int) -> None:
    subject_type, object_type = next(k for k, c in BY_PLACE.items() if c is collection)
    readings = writing.facts.all_place_readings(subject_type, object_type)
    read_at = readings.oldest
    if not readings.listed:
        # Nothing can be granted where there is no place, as of when the places were listed.
        listed = writing.freshness.all().get(LIST_OF_TYPE[object_type], _NEVER)
        read_at = listed.read_at
    writing.freshness.record_read(
        collection, read_at=read_at, calls=calls, inferred=readings.inferred
    )


def _is_before_write(read_at: datetime, written_at: datetime | None, now: datetime) -> bool:
    """Tell whether a reading may not know of what we wrote while it was under way."""
    return written_at is not None and read_at < written_at <= now


def _is_outdated(reading: Reading[Any], record: Freshness, now: datetime) -> bool:
    """
    Tell whether another process has read the collection anew while this one was reading it.

    What is of the future was read before the clock was put back.
    """
    return record.read_at is not None and reading.read_at < record.read_at <= now
