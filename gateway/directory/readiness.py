"""Whether the workspace can be read."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.exc import SQLAlchemyError

from gateway.directory.refresh import Refresher
from gateway.planner.collections import Collection
from gateway.planner.needs import Needs
from gateway.scim.errors import ScimError
from gateway.scim.freshness import FreshnessWanted

#: What no answer can do without; what was read once can be served, however old it is.
_NEEDED = Needs.whole(Collection.MEMBERS)
#: Orchestrators do not wait for long.
_LONGEST_WAIT_SECONDS = 5
_ANY_AGE = FreshnessWanted(max_stale_seconds=float("inf"))


class Readiness:
    """
    Tells why the gateway can't serve.

    Bitbucket is asked only as long as the members were never read.

    Args:
        refresher: Reads the members for the first time.
    """

    def __init__(self, refresher: Refresher) -> None:
        patience = replace(refresher.patience, longest_wait_seconds=_LONGEST_WAIT_SECONDS)
        self._refresher = replace(refresher, patience=patience)

    def __call__(self) -> Sequence[str]:
        """Return the reasons, a sentence each; nothing if there are none."""
        try:
            self._refresher.ensure(_NEEDED, _ANY_AGE)
        except SQLAlchemyError:
            return ["The database can't be used; check GATEWAY_DATABASE_URL."]
        except ScimError as error:
            return [error.detail]
        return []
