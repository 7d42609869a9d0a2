"""Whose resources may look otherwise, because of what was written."""

from collections.abc import Collection
from dataclasses import dataclass, field

from gateway.mirror.rows import Row

#: What resources show of a place is its name.
_NAMES = {"projects": "key", "repositories": "full_name"}


@dataclass(slots=True)
class Touched:
    """
    Users and groups that a transaction has changed something of and not rendered yet.

    Attributes:
        users: The ids of users, or the UUIDs of members.
        groups: The ids of groups.
    """

    users: set[str] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.users or self.groups)

    def member(self, before: Row | None, after: Row | None) -> None:
        """Note that a member changed."""
        self.users |= {row["uuid"] for row in (before, after) if row is not None}

    def membership(self, before: Row | None, after: Row | None) -> None:
        """Note that who is in a group, or by what name, changed."""
        for row in (before, after):
            if row is not None:
                self.users.add(row["member_uuid"])
                self.groups.add(row["group_id"])

    def grant(self, before: Row | None, after: Row | None) -> None:
        """Note that what a subject holds changed."""
        for row in (before, after):
            if row is not None:
                self.subject(row["subject_type"], row["subject_id"])

    def subject(self, subject_type: str, subject_id: str) -> None:
        """Note that what a subject holds changed."""
        of_type = self.users if subject_type == "user" else self.groups
        of_type.add(subject_id)

    def resource(self, resource_type: str, resource_id: str) -> None:
        """Note that a resource changed itself, whatever is known of its facts."""
        of_type = self.users if resource_type == "User" else self.groups
        of_type.add(resource_id)

    def rendered(self, *, users: Collection[str], groups: Collection[str]) -> None:
        """Note that those look as they should."""
        self.users.difference_update(users)
        self.groups.difference_update(groups)

    def all_rendered(self) -> None:
        """Note that everybody looks as they should."""
        self.users.clear()
        self.groups.clear()


@dataclass(slots=True)
class GroupChanges:
    """
    The groups that changed, as one collection of them is replaced.

    Attributes:
        shown: Those that are another to who is in them, or will be: of another name, new, or gone.
        renamed: Those of another name.
    """

    touched: Touched
    shown: set[str] = field(default_factory=set)
    renamed: set[str] = field(default_factory=set)

    def __call__(self, before: Row | None, after: Row | None) -> None:
        """Note that a group changed."""
        group_id = (before or after or {})["id"]
        self.touched.groups.add(group_id)
        shown_before, shown_after = _shown_group(before), _shown_group(after)
        if shown_before != shown_after:
            self.shown.add(group_id)
            if shown_before is not None and shown_after is not None:
                self.renamed.add(group_id)


@dataclass(slots=True)
class PlaceChanges:
    """
    The places that changed, as one collection of them is replaced.

    Attributes:
        table: The name of their table.
        added: The UUIDs of those that are new.
        gone: Those that are gone.
        renamed: Those of another name.
    """

    table: str
    added: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    renamed: set[str] = field(default_factory=set)

    def all(self) -> set[str]:
        """Return those that are shown otherwise."""
        return self.added | self.gone | self.renamed

    def __call__(self, before: Row | None, after: Row | None) -> None:
        """Note that a place changed."""
        name = _NAMES[self.table]
        if before is None:
            self.added.add((after or {})["uuid"])
        elif after is None:
            self.gone.add(before["uuid"])
        elif before[name] != after[name]:
            self.renamed.add(after["uuid"])


def _shown_group(row: Row | None) -> str | None:
    """Return what users show of a group; None of one that is not there."""
    return None if row is None or row["gone_at"] is not None else str(row["name"])
