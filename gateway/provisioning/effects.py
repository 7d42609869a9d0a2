"""Landing what Bitbucket confirmed in the mirror, so that who reads next sees it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import uuid4

from gateway.directory.landing import place_name
from gateway.directory.rendering import Renderer
from gateway.mirror import facts
from gateway.mirror.mirror import Writing
from gateway.mirror.user_records import HeldBack
from gateway.planner.collections import Collection
from gateway.planner.needs import Need, OnePlace, Whole
from gateway.planner.pins import Place as PlaceNamed
from gateway.provisioning.calls import Done
from gateway.provisioning.steps import (
    NEW_GROUP,
    AddMember,
    ChangeGroup,
    CreateGroup,
    DeleteGroup,
    Grant,
    Invite,
    RemoveMember,
    Revoke,
    Step,
    Subject,
    Withdraw,
)


@dataclass(slots=True)
class Effects:
    """
    What some confirmed steps changed, in one transaction.

    Attributes:
        writing: The transaction.
        workspace_uuid: What the ids of new groups are derived from, if there is one.
        now: The time.
        new_group_id: The id that a group was given that was made.
        users: The users that look otherwise now, by id or UUID; so too groups.
        notes: What a client is to be told besides, a sentence each.
    """

    writing: Writing
    workspace_uuid: str | None
    now: datetime
    new_group_id: str | None = None
    users: set[str] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    _names: set[str] = field(default_factory=set)

    def land(self, done: Sequence[Done]) -> None:
        """Land *done*, in their order."""
        for each in done:
            self._land(each)
            if each.note and each.note not in self.notes:
                self.notes.append(each.note)
        self.writing.changes.note_written(self._names, now=self.now)

    def render(self, renderer: Renderer) -> None:
        """Render whatever looks otherwise now."""
        renderer.render(self.writing, users=self.users, groups=self.groups, now=self.now)

    def _land(self, done: Done) -> None:
        changes = self.writing.changes
        match done.step:
            case CreateGroup():
                self._create(done)
            case ChangeGroup(group_id=group_id):
                self._change(done, self._id(group_id))
            case DeleteGroup(group_id=group_id):
                self._touch_group(group_id)
                changes.drop_group(group_id, now=self.now)
                # A group that is made by that name later is another, whoever makes it.
                self.writing.facts.link_group(group_id, slug=f"deleted:{group_id}")
            case AddMember(member_uuid=uuid):
                group_id = self._id(done.step.group_id)
                names = {m.uuid: m.display_name for m in self.writing.facts.members(uuids=[uuid])}
                changes.put_membership(facts.Membership(group_id, uuid, names.get(uuid, "")))
                self._touch(group_id, uuid)
            case RemoveMember(group_id=group_id, member_uuid=uuid):
                changes.drop_membership(group_id, uuid)
                self._break_promise(group_id, uuid)
                self._touch(group_id, uuid)
            case Grant() | Revoke():
                self._permission(done.step)
            case Invite():
                self._invited(done.step)
            case Withdraw():
                self._withdrawn(done.step)

    def _create(self, done: Done) -> None:
        group, store = done.group, self.writing.facts
        if group is None:
            raise LookupError("a group was made, and not told")
        known = store.group_ids([group.slug]).get(group.slug)
        if known is not None and not store.groups(ids=[known]):
            # It had been the slug of another group, whose id is never given again.
            group_id = str(uuid4())
            store.link_group(group_id, slug=group.slug)
        else:
            # Who has read the list since the group was made has given it its id.
            ids = store.ids_of_groups([group.slug], workspace_uuid=self.workspace_uuid)
            group_id = ids[group.slug]
        self.new_group_id = group_id
        self._put_group(done, group_id)

    def _change(self, done: Done, group_id: str) -> None:
        if done.group is None:
            raise LookupError("a group was changed, and not told")
        store = self.writing.facts
        is_renamed = any(g.name != done.group.name for g in store.groups(ids=[group_id]))
        store.link_group(group_id, slug=done.group.slug)
        self._put_group(done, group_id)
        if is_renamed:
            self._touch_group(group_id)

    def _put_group(self, done: Done, group_id: str) -> None:
        group = done.group
        if group is None:
            return
        permission = None if group.permission is None else group.permission.value
        self.writing.changes.put_group(
            facts.Group(group_id, group.slug, group.name, permission, group.auto_add)
        )
        self.groups.add(group_id)
        self._names.add(Collection.GROUPS)

    def _permission(self, step: Grant | Revoke) -> None:
        subject, place = step.subject, step.place
        grant = facts.Grant(
            subject.subject_type,
            self._id(subject.id),
            place.object_type,
            place.uuid,
            step.permission,
        )
        if isinstance(step, Grant):
            self.writing.changes.put_grant(grant)
        else:
            self.writing.changes.drop_grant(grant)
        self._touch_subject(subject)
        self._names.add(Collection.REPOSITORY_GROUP_GRANTS)
        self._names.add(place_name(subject.subject_type, place.object_type, place.uuid))

    def _invited(self, step: Invite) -> None:
        if step.group_id is not None:
            group_id = self._id(step.group_id)
            self.writing.users.hold_back([HeldBack(step.user_id, "group", group_id)])
            self.groups.add(group_id)
        record = self.writing.users.with_ids([step.user_id]).get(step.user_id)
        if record is not None and record.invited_at is None:
            self.writing.users.put(replace(record, invited_at=self.now))
        if step.leaves is not None:
            self._left(step.user_id, step.leaves)
        self.users.add(step.user_id)

    def _withdrawn(self, step: Withdraw) -> None:
        if step.group_id is not None and not step.stays:
            self._left(step.user_id, step.group_id)
        self.users.add(step.user_id)

    def _left(self, user_id: str, group_id: str) -> None:
        self.writing.users.release([HeldBack(user_id, "group", group_id)])
        self.groups.add(group_id)

    def _break_promise(self, group_id: str, member_uuid: str) -> None:
        """Who has just accepted is still promised what the invitation was into."""
        users = self.writing.users
        held = users.held_back({record.id for record in users.of_account(member_uuid)})
        users.release(h for h in held if h.object_id == group_id and not h.is_taken)

    def _touch(self, group_id: str, member_uuid: str) -> None:
        self.groups.add(group_id)
        self.users.add(member_uuid)
        self._names.add(Collection.GROUPS)

    def _touch_group(self, group_id: str) -> None:
        """Everybody in a group shows its name."""
        in_it = self.writing.facts.memberships(group_ids=[group_id])
        self.users |= {membership.member_uuid for membership in in_it}
        held = self.writing.users.held_back()
        self.users |= {each.user_id for each in held if each.object_id == group_id}
        self.groups.add(group_id)
        self._names.add(Collection.GROUPS)

    def _touch_subject(self, subject: Subject) -> None:
        if subject.subject_type == "user":
            self.users.add(subject.id)
        else:
            self.groups.add(self._id(subject.id))

    def _id(self, group_id: str) -> str:
        if group_id != NEW_GROUP:
            return group_id
        if self.new_group_id is None:
            raise LookupError("a group that was not made")
        return self.new_group_id


def touched(step: Step) -> Iterator[Need]:
    """Yield what has to be read to know whether *step* was carried out."""
    match step:
        case Invite() | Withdraw():
            return
        case Grant(subject=subject, place=place) | Revoke(subject=subject, place=place):
            if (subject.subject_type, place.object_type) == ("group", "repository"):
                yield Whole(Collection.REPOSITORY_GROUP_GRANTS)
            else:
                yield OnePlace(subject.subject_type, PlaceNamed(place.object_type, place.uuid))
        case _:
            yield Whole(Collection.GROUPS)
