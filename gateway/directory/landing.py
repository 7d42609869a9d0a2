"""Landing what was read in the mirror: each reading wholly, in one transaction, or not at all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from gateway.bitbucket.errors import BitbucketError
from gateway.directory import facts
from gateway.directory.entitlements import EXPLICIT
from gateway.directory.errors import failure_of
from gateway.directory.feed import begin_feed
from gateway.directory.grants import PlacesRead
from gateway.directory.inference import upheld
from gateway.directory.outcomes import Reading
from gateway.directory.reading import Lists
from gateway.directory.renames import recognize
from gateway.directory.rendering import Renderer
from gateway.mirror.facts import Address, Grant, PlaceReading
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
            landed.land()
            for need, error in lists.failures.items():
                if isinstance(need, Whole):
                    self._note_failure(writing, need.collection, error)
            if landed.is_whole:
                self.renderer.render_touched(writing, now=self.now())
                begin_feed(writing, now=self.now())
            else:
                self.renderer.render(writing, users=(), groups=(), now=self.now())

    def places(self, read: Sequence[PlacesRead], *, calls: int, workspace_uuid: str | None) -> None:
        """
        Land what was read of some places; one that was read later since stays.

        Args:
            read: The readings, each of places of one type.
            calls: The calls they took.
            workspace_uuid: What ids of new groups are derived from, if there are any.
        """
        with self.mirror.writing() as writing:
            slugs = {
                granted.subject
                for places in read
                if places.subject_type == "group"
                for on_place in places.granted.values()
                for granted in on_place
            }
            store = writing.facts
            group_ids = store.ids_of_groups(sorted(slugs), workspace_uuid=workspace_uuid)
            for kinds, collection in BY_PLACE.items():
                of_kind = [r for r in read if (r.subject_type, r.object_type) == kinds]
                if of_kind:
                    _land_places(writing, of_kind, group_ids, now=self.now())
                    _note_places(writing, collection, calls=calls)
            self.renderer.render(writing, users=(), groups=(), now=self.now())
            begin_feed(writing, now=self.now())

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
        is_whole: Whether a whole collection is among them.
    """

    writing: Writing
    lists: Lists
    now: datetime
    workspace_uuid: str | None
    is_whole: bool = False

    def land(self) -> None:
        """Land them."""
        records = self.writing.freshness.all()
        written = self.writing.changes.written(list(Collection))
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
        self._singles()
        if self.lists.pending is not None:
            self.lists.pending.land(self.writing)

    def _members(self, reading: Reading[Any], _record: Freshness) -> None:
        self.writing.facts.replace_members(map(facts.member, reading.values), now=self.now)

    def _groups(self, reading: Reading[Any], _record: Freshness) -> None:
        recognize(self.writing, reading.values)
        self.writing.facts.replace_groups(
            map(facts.group, reading.values), workspace_uuid=self.workspace_uuid, now=self.now
        )
        # In which groups those are who accepted their invitations is told by this list.
        users = self.writing.users
        held = [each for each in users.held_back() if each.object_type == "group"]
        named = users.with_ids({each.user_id for each in held}).values()
        members = users.of_members({r.member_uuid for r in named if r.member_uuid is not None})
        accepted = {r.id for r in members.values() if r.is_active}
        users.release(each for each in held if each.user_id in accepted)

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

    def _singles(self) -> None:
        for need, reading in self.lists.readings.items():
            match need:
                case OneMember(key=key):
                    self._member(key, reading)
                case OneRole(role=role):
                    members = map(facts.member, reading.values)
                    self.writing.facts.keep_members(members, read_at=reading.read_at)
                    self.writing.freshness.record_read(
                        role_record(role), read_at=reading.read_at, calls=reading.calls
                    )
                case OneAddress() | AddressesOf() | Whole(collection=Collection.ADDRESSES):
                    self._addresses(reading)
                    # How old they are is told by each; this settles an earlier failure.
                    self.writing.freshness.record_read(
                        Collection.ADDRESSES, read_at=reading.read_at, calls=reading.calls
                    )

    def _member(self, key: str, reading: Reading[Any]) -> None:
        if reading.values:
            members = map(facts.account, reading.values)
            self.writing.facts.keep_members(members, read_at=reading.read_at)
        else:
            self.writing.facts.keep_absence(key, asked_at=reading.read_at)

    def _addresses(self, reading: Reading[Any]) -> None:
        store = self.writing.facts
        found = {fold(account.email or ""): account for account in reading.values}
        store.record_addresses(
            Address(text, found[text].uuid if text in found else None, reading.read_at)
            for text in self.lists.asked
        )
        store.keep_members(map(facts.account, found.values()), read_at=reading.read_at)
        self._link({text: account.uuid for text, account in found.items()})

    def _link(self, uuids: Mapping[str, str]) -> None:
        """Let those who accepted an invitation be who was invited: the id stays."""
        users = self.writing.users
        # Of two with one address the one that was made later counts.
        for record in sorted(users.invited_at(uuids), key=_invited):
            uuid = uuids[record.email or ""]
            self._retire(uuid)
            users.put(replace(record, member_uuid=uuid, invited_at=None))
            _LOG.info("invitation.accepted", user=record.id)

    def _retire(self, uuid: str) -> None:
        """
        Let whoever was the user of an account be so no longer.

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
        if ids:
            users.release(users.held_back(ids))
        for user_id in {*ids, uuid}:
            self.writing.overlays.put("User", user_id, {})


def _invited(record: UserRecord) -> tuple[str, str]:
    return "" if record.invited_at is None else instant(record.invited_at), record.id


def role_record(role: str) -> str:
    """Return the name by which the age of the list of members with *role* is kept."""
    return f"{Collection.MEMBERS}:{role}"


def _land_places(
    writing: Writing, read: Sequence[PlacesRead], group_ids: Mapping[str, str], *, now: datetime
) -> None:
    """Land readings of places of one type."""
    store = writing.facts
    subject_type, object_type = read[0].subject_type, read[0].object_type
    uuids = {uuid for places in read for uuid in places.granted}
    names = {uuid: place_name(subject_type, object_type, uuid) for uuid in uuids}
    written = writing.changes.written(names.values())
    readings = store.place_readings(subject_type, object_type, object_uuids=uuids)
    read_at = {reading.object_uuid: reading.read_at for reading in readings}
    told_at = {reading.object_uuid: reading.last_told_at for reading in readings}
    upholding = {uuid for places in read if places.upholds_told for uuid in places.granted}
    told = {g for g in store.grants(object_uuids=upholding) if g.origin == EXPLICIT}
    listed = store.listed(object_type, uuids)
    landed: dict[str, tuple[PlaceReading, Sequence[Grant]]] = {}
    for places in read:
        for uuid, on_place in facts.grants(places, group_ids).items():
            # What was deleted meanwhile, or read by another process since, is left as it is.
            if (
                uuid in listed
                and not places.read_at < read_at.get(uuid, places.read_at) <= now
                and not _is_before_write(places.read_at, written.get(names[uuid]), now)
            ):
                reading = PlaceReading(uuid, places.read_at, places.is_inferred, told_at.get(uuid))
                landed[uuid] = reading, upheld(on_place, told) if places.upholds_told else on_place
    store.replace_grants_on(subject_type, object_type, dict(landed.values()))


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
