"""Finishing changes that stopped half-way."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog

from gateway.directory.groups import GROUP_EXTENSION
from gateway.mirror.journal import Change, Event
from gateway.planner.collections import Collection
from gateway.planner.needs import Needs
from gateway.provisioning.entitlements import Places, asked
from gateway.provisioning.groups import GroupWriter
from gateway.provisioning.provisioner import Provisioner
from gateway.provisioning.said import NOTHING
from gateway.provisioning.session import Session
from gateway.provisioning.users import UserWriter
from gateway.scim.errors import InvalidValue, NotFound, ScimError
from gateway.scim.handler import Author, Write
from gateway.scim.projection import Projection

_LOG = structlog.get_logger(__name__)

Writers = Mapping[str, GroupWriter | UserWriter]

_PLACES = Needs.whole(Collection.PROJECTS, Collection.REPOSITORIES)
_BASE_URL = "https://scim.invalid/scim/v2"


@dataclass(frozen=True, slots=True)
class Resumed:
    """
    What came of a change.

    Attributes:
        change: The change.
        reason: Why something is left of it; empty if nothing is.
        note: What of it is done no more, as it never can be; empty if all was done.
    """

    change: Change
    reason: str = ""
    note: str = ""


def resume(
    provisioner: Provisioner, writers: Writers, *, author: Author, change_id: str | None = None
) -> Iterator[Resumed]:
    """
    Do what is left of the changes that stopped, the oldest first; yield what came of each.

    What was changed since by others stays so.

    Args:
        provisioner: The parts that change a workspace.
        writers: What changes resources, by the name of their type.
        author: Who asks.
        change_id: The only one to finish; None finishes all.
    """
    with provisioner.mirror.reading() as snapshot:
        changes = [c for c in snapshot.journal.open() if change_id in (None, c.id)]
    for change in changes:
        if not _is_open(provisioner, change):
            # Somebody had the last word on it meanwhile, or going on with another one finished it.
            continue
        writer = writers[change.began.data["resourceType"]]
        write = Write(author, _BASE_URL, Projection(writer.resource_type))
        note = ""
        try:
            note = _finish(provisioner, writer, change, write)
        except NotFound:
            # There is nothing any more that it could be done to.
            pass
        except ScimError as error:
            yield Resumed(change, error.detail)
            continue
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            # A fault of ours in one of them must not keep the later ones from being finished.
            _LOG.exception("provisioning.resume", change=change.id)
            yield Resumed(change, f"it failed by a fault of the gateway: {type(error).__name__}")
            continue
        _close(provisioner, change, note)
        yield Resumed(change, note=note)


def _finish(
    provisioner: Provisioner, writer: GroupWriter | UserWriter, change: Change, write: Write
) -> str:
    """
    Do what is left of a change, and return what of that never can be done.

    Raises:
        ScimError: It stopped again.
    """
    try:
        writer.resume(change, write)
    except InvalidValue:
        # Perhaps a place is gone, which Bitbucket or the mirror says: only the list tells.
        Session(provisioner, write, NOTHING).know(_PLACES)
        possible, gone = _possible(provisioner, change)
        if not gone:
            raise
        writer.resume(possible, write)
        return f"not granted, as there is no such place any more: {', '.join(gone)}"
    return ""


def _possible(provisioner: Provisioner, change: Change) -> tuple[Change, list[str]]:
    """Return *change* without the entitlements on places that are not listed, and those."""
    began = change.began
    wanted: dict[str, Any] = dict(began.data["wanted"] or {})
    extension = dict(wanted.get(GROUP_EXTENSION, {}))
    gone: list[str] = []
    with provisioner.mirror.reading() as snapshot:
        places = Places(snapshot.facts)
        for holder in (wanted, extension):
            if "entitlements" not in holder:
                continue
            values = holder["entitlements"]
            missing = [each for each in values if not _is_listed(places, each["value"])]
            gone.extend(each["value"] for each in missing)
            holder["entitlements"] = [each for each in values if each not in missing]
    if extension:
        wanted[GROUP_EXTENSION] = extension
    data = {**began.data, "wanted": wanted}
    return replace(change, entries=(replace(began, data=data), *change.entries[1:])), gone


def _is_listed(places: Places, value: str) -> bool:
    (wanted,) = asked([{"value": value}])
    try:
        places.place(wanted.place)
    except InvalidValue:
        return False
    return True


def _is_open(provisioner: Provisioner, change: Change) -> bool:
    with provisioner.mirror.reading() as snapshot:
        found = snapshot.journal.change(change.id)
    return found is not None and found.is_open


def _close(provisioner: Provisioner, change: Change, note: str) -> None:
    with provisioner.mirror.writing() as writing:
        found = writing.journal.change(change.id)
        if found is not None and found.is_open:
            now = provisioner.refresher.now()
            data = {"by": "resume"} | ({"error": note} if note else {})
            writing.journal.add(change.id, Event.CLOSED, at=now, data=data)
