"""Whether the workspace can be read."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from gateway.directory.refresh import Refresher
from gateway.mirror.mirror import Mirror
from gateway.planner.needs import Collection
from gateway.scim.errors import ScimError

#: What no answer can do without.
_NEEDED = frozenset({Collection.MEMBERS})


class Readiness:
    """
    Tells why the gateway can't serve.

    What was read once can be served, however old it is, so that Bitbucket is asked only as long
    as nothing ever was.

    Args:
        mirror: Where answers come from.
        refresher: Reads the members for the first time.
    """

    def __init__(self, mirror: Mirror, refresher: Refresher) -> None:
        self._mirror = mirror
        self._refresher = refresher

    def __call__(self) -> Sequence[str]:
        """Return the reasons, a sentence each; nothing if there are none."""
        try:
            self._refresher.ensure(_NEEDED, max_age=timedelta.max)
        except SQLAlchemyError:
            return ["The database can't be used; check GATEWAY_DATABASE_URL."]
        except ScimError as error:
            return [error.detail]
        return []
