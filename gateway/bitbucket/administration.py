"""Where the people and groups of a workspace are administered."""

from enum import StrEnum

from gateway.bitbucket.errors import BitbucketError, Forbidden, Gone, NotFound, Rejected
from gateway.bitbucket.workspace import BitbucketWorkspace


class Administration(StrEnum):
    """A place of administration."""

    BITBUCKET = "bitbucket.org"
    ATLASSIAN = "admin.atlassian.com"
    UNKNOWN = "unknown"


def administration(workspace: BitbucketWorkspace) -> Administration:
    """
    Tell where *workspace* is administered, by at most two calls that change nothing.

    After a move to admin.atlassian.com, members no longer say since when they are members, and
    invitations are no longer listed. Unless both signs agree, the answer is ``UNKNOWN``.

    Raises:
        BitbucketError: The members could not be read.
    """
    member = next(workspace.permissions(), None)
    if member is None:
        return Administration.UNKNOWN
    if member.added_on is not None:
        return Administration.BITBUCKET
    return Administration.ATLASSIAN if _refuses_invitations(workspace) else Administration.UNKNOWN


def _refuses_invitations(workspace: BitbucketWorkspace) -> bool:
    """Tell whether the list is refused, for another reason than the credential."""
    try:
        workspace.invitations()
    except Forbidden as error:
        return not error.required
    except (NotFound, Gone, Rejected):
        return True
    except BitbucketError:
        return False
    return False
