"""Why a change can't be begun that rests on what could not be read anew."""

import math
from datetime import datetime
from typing import Final

from gateway.directory.errors import LASTING, PASSING, to_scim
from gateway.directory.knowledge import Ages
from gateway.mirror.freshness import Failure
from gateway.mirror.mirror import Snapshot
from gateway.planner.needs import Needs
from gateway.scim.errors import ScimError, Unavailable

#: When to try again what Bitbucket did not answer, if it does not say.
RETRY_SECONDS: Final = 30


def unread(needs: Needs, snapshot: Snapshot, now: datetime, *, sentence: str) -> ScimError:
    """
    Return what a client is told: 502 of what an administrator has to mend, else when to try again.

    Args:
        needs: What could not be read anew; older facts are known of it.
        snapshot: The mirror as it is.
        now: The time.
        sentence: What to say where no failure is kept of it.
    """
    for known in Ages(snapshot, now).of(needs).needs.values():
        if known.failure and known.paused_until is not None and known.paused_until > now:
            kind = PASSING if known.is_passing else LASTING
            wait = math.ceil((known.paused_until - now).total_seconds())
            return to_scim(Failure(kind, known.failure), retry_after_seconds=wait)
    return Unavailable(sentence, retry_after_seconds=RETRY_SECONDS)
