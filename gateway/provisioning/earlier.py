"""Earlier changes that stopped: which a later one finished, or had the last word on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from gateway.mirror.facts import Group
from gateway.mirror.journal import Change, Event
from gateway.mirror.mirror import Snapshot, Writing
from gateway.provisioning.rebase import is_left
from gateway.provisioning.said import Said
from gateway.scim.text import fold

Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Later:
    """
    A change that was carried out, or found to be so already.

    Attributes:
        change_id: What it is called in the journal; empty if it is not in it.
        ids: The ids of its resource.
        names: The names, folded, that a group has had and has.
        said: What its request says of the resource.
        after: The resource as it is now.
        at: The time.
    """

    change_id: str
    ids: frozenset[str]
    names: frozenset[str]
    said: Said
    after: Resource | None
    at: datetime

    def close_earlier(self, writing: Writing) -> None:
        """Close the open changes of the resource that are finished, or that it says otherwise."""
        for change in writing.journal.open():
            data = change.began.data
            if change.id == self.change_id or not self._is_of_same(change):
                continue
            is_outdated = self.said.is_about(Said.between(data["before"], data["wanted"]))
            if is_outdated or not self._is_unfinished(data):
                by = {"by": self.change_id or None}
                writing.journal.add(change.id, Event.CLOSED, at=self.at, data=by)
                if is_outdated:
                    self._keep_open(writing, change)

    def _keep_open(self, writing: Writing, change: Change) -> None:
        """Keep open what is left of a change that was closed, and that nobody spoke of since."""
        data = change.began.data
        before, wanted = data["before"], data["wanted"]
        if before is None or wanted is None:
            # There is a resource, or none: that is all or nothing.
            return
        left = {**data, "wanted": self.said.rest_of(before, wanted), "plan": []}
        if self._is_unfinished(left):
            change_id = str(uuid4())
            writing.journal.add(change_id, Event.BEGAN, at=self.at, data=left)
            error = f"What is left of {change.id}: the rest was said otherwise since."
            ended = {"resourceId": data["resourceId"], "after": self.after, "error": error}
            writing.journal.add(change_id, Event.FAILED, at=self.at, data=ended)

    def _is_of_same(self, change: Change) -> bool:
        data = change.began.data
        if self.ids & {data["resourceId"], _made_by(change)}:
            return True
        return _is_creation_of_group(change) and fold(data["wanted"]["displayName"]) in self.names

    def _is_unfinished(self, data: Mapping[str, Any]) -> bool:
        if self.after is None or data["wanted"] is None:
            return self.after is not None
        return is_left(data["before"] or {}, data["wanted"], self.after)


def is_begun(snapshot: Snapshot, group: Group) -> bool:
    """
    Return whether an earlier request that stopped has made *group*, or perhaps did.

    Bitbucket confirmed that it made one of that name, or was asked to and nobody knows what came
    of it.
    """
    return any(
        _is_creation_of_group(change)
        and fold(change.began.data["wanted"]["displayName"]) == fold(group.name)
        and _made_by(change) in ("", group.id)
        and _may_have_made(change)
        for change in snapshot.journal.open()
    )


def requests_to_make(
    snapshot: Snapshot, group: Group
) -> Iterator[tuple[Resource | None, Resource]]:
    """
    Yield the requests to make *group* that stopped, by what was before and what was wanted.

    The one that made it is among them only if Bitbucket confirmed that it did: there was none
    before. Those that went on with it found what was there.
    """
    for change in snapshot.journal.open():
        data = change.began.data
        if _is_creation_of_group(change):
            is_same = fold(data["wanted"]["displayName"]) == fold(group.name)
            is_its = _made_by(change) in ("", group.id)
            if is_same and is_its and any("error" not in each for each in _answers(change)):
                yield None, data["wanted"]
        elif data["action"] == "create" and data["resourceId"] == group.id:
            yield data["before"], data["wanted"]


def _is_creation_of_group(change: Change) -> bool:
    """Return whether *change* is to make a group that there was not."""
    data = change.began.data
    return data["resourceType"] == "Group" and data["before"] is None and data["wanted"] is not None


def _made_by(change: Change) -> str:
    """Return the id of the resource that a change has made, as far as it came and that is known."""
    return next((e.data["resourceId"] for e in change.entries[1:] if "resourceId" in e.data), "")


def _may_have_made(change: Change) -> bool:
    answered = _answers(change)
    if not answered:
        return any(True for _ in _events(change, Event.CALLED))
    return "error" not in answered[0] or bool(answered[0].get("perhapsDone"))


def _answers(change: Change) -> list[Mapping[str, Any]]:
    return list(_events(change, Event.ANSWERED))


def _events(change: Change, event: Event) -> Iterator[Mapping[str, Any]]:
    """Yield what is noted of the making itself."""
    step = next(iter(change.began.data["plan"]), None)
    return (e.data for e in change.entries if e.event is event and e.data["step"] == step)
