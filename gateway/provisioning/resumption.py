"""Finishing changes that stopped half-way."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import structlog

from gateway.mirror.journal import Change, Event
from gateway.provisioning.groups import GroupWriter
from gateway.provisioning.provisioner import Provisioner
from gateway.provisioning.users import UserWriter
from gateway.scim.errors import NotFound, ScimError
from gateway.scim.handler import Author, Write
from gateway.scim.projection import Projection

_LOG = structlog.get_logger(__name__)

Writers = Mapping[str, GroupWriter | UserWriter]

_BASE_URL = "https://scim.invalid/scim/v2"


@dataclass(frozen=True, slots=True)
class Resumed:
    """What came of a change: nothing is left of it unless there is a reason."""

    change: Change
    reason: str = ""


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
        try:
            writer.resume(change, write)
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
        _close(provisioner, change)
        yield Resumed(change)


def _is_open(provisioner: Provisioner, change: Change) -> bool:
    with provisioner.mirror.reading() as snapshot:
        found = snapshot.journal.change(change.id)
    return found is not None and found.is_open


def _close(provisioner: Provisioner, change: Change) -> None:
    with provisioner.mirror.writing() as writing:
        found = writing.journal.change(change.id)
        if found is not None and found.is_open:
            now = provisioner.refresher.now()
            writing.journal.add(change.id, Event.CLOSED, at=now, data={"by": "resume"})
