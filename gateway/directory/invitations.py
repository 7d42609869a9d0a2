"""Invitations that have ended: Bitbucket tells of none, it only lists those that are pending."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from gateway.bitbucket.errors import BitbucketError
from gateway.bitbucket.workspace import BitbucketWorkspace
from gateway.mirror.mirror import Snapshot, Writing
from gateway.scim.text import fold

_LOG = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pending:
    """
    The invitations that were pending at some moment.

    Attributes:
        addresses: Where they were sent to, in lower case.
        read_at: The moment.
    """

    addresses: frozenset[str]
    read_at: datetime

    def land(self, writing: Writing) -> set[str]:
        """
        Let who is invited no longer, and no member either, be so; return the ids.

        Whether there is a member must have been asked after the invitations were: who accepts
        in between is listed by neither, asked the other way round.
        """
        lost: set[str] = set()
        for record in writing.users.without_member():
            is_older = record.invited_at is not None and record.invited_at < self.read_at
            if not is_older or record.email is None or record.email in self.addresses:
                continue
            asked = writing.facts.addresses(texts=[record.email])
            if any(a.asked_at >= self.read_at and a.member_uuid is None for a in asked):
                writing.users.put(replace(record, invited_at=None))
                _LOG.info("invitation.ended", user=record.id)
                lost.add(record.id)
        return lost


def is_any_pending(snapshot: Snapshot) -> bool:
    """Return whether somebody is taken for invited."""
    return any(record.invited_at is not None for record in snapshot.users.without_member())


def pending(workspace: BitbucketWorkspace, *, now: Callable[[], datetime]) -> Pending | None:
    """
    Return the invitations that are pending, by one call.

    None where Bitbucket does not tell, as once administration moved: nothing follows from that.
    """
    read_at = now()
    try:
        listed = workspace.invitations()
    except BitbucketError:
        return None
    return Pending(frozenset(fold(invitation.email) for invitation in listed), read_at)
