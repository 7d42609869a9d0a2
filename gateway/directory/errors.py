"""
The bridge between the two trees of errors: what Bitbucket refuses, as a SCIM client is told.

That Bitbucket refuses the gateway's credential is never the client's 401 or 403: the client is
told that the gateway, or what is behind it, is at fault, and an administrator what to mend.
"""

from collections.abc import Callable, Mapping

from gateway.bitbucket.errors import BitbucketError, RateLimited
from gateway.bitbucket.errors import Unavailable as BitbucketUnavailable
from gateway.mirror.freshness import Failure
from gateway.scim.errors import BadUpstream, ScimError, Unavailable

_KINDS: Mapping[str, Callable[[str, int], ScimError]] = {
    "unavailable": lambda detail, seconds: Unavailable(detail, retry_after_seconds=seconds),
    "refused": lambda detail, _: BadUpstream(detail),
}


def failure_of(error: BitbucketError) -> Failure:
    """Return *error* as it is kept beside the collection that could not be read."""
    passing = isinstance(error, RateLimited | BitbucketUnavailable)
    return Failure(kind="unavailable" if passing else "refused", sentence=str(error))


def to_scim(failure: Failure, *, retry_after_seconds: int) -> ScimError:
    """Return what a client is told as long as the failure lasts: 503 if it may pass, else 502."""
    return _KINDS[failure.kind](failure.sentence, max(1, retry_after_seconds))
