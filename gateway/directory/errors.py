"""
The bridge between the two trees of errors: what Bitbucket refuses, as a SCIM client is told.

That Bitbucket refuses the gateway's credential is never the client's 401 or 403: the client is
told that the gateway, or what is behind it, is at fault, and an administrator what to mend.
"""

from gateway.bitbucket.errors import BitbucketError, NoCredential, RateLimited, Unavailable
from gateway.mirror.freshness import Failure
from gateway.scim import errors as scim

#: Failures that pass by themselves, and those that an administrator has to mend.
PASSING = "passing"
LASTING = "lasting"


def failure_of(error: BitbucketError) -> Failure:
    """Return *error* as it is kept beside the collection that could not be read."""
    kind = PASSING if isinstance(error, RateLimited | Unavailable) else LASTING
    return Failure(kind, _sentence(error))


def _sentence(error: BitbucketError) -> str:
    if isinstance(error, NoCredential):
        # Every call that is made here can be made with an API token.
        return (
            f"{error} Set BITBUCKET_EMAIL and BITBUCKET_API_TOKEN of an administrator of the "
            "workspace, or leave out the attributes that take it."
        )
    return str(error)


def to_scim(failure: Failure, *, retry_after_seconds: int) -> scim.ScimError:
    """Return what a client is told while the failure lasts: 503 where it may pass, else 502."""
    if failure.kind == PASSING:
        return scim.Unavailable(failure.sentence, retry_after_seconds=max(1, retry_after_seconds))
    return scim.BadUpstream(failure.sentence)
