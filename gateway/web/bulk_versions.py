"""The versions of resources at the end of a bulk request."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from gateway.scim.errors import ScimError
from gateway.scim.freshness import FreshnessWanted
from gateway.scim.handler import ResourceHandler
from gateway.scim.projection import bind_projection
from gateway.scim.schema import ResourceType

_LOG = structlog.get_logger(__name__)

#: What is known by now: nothing is read for it.
_STORED: Final = FreshnessWanted(only_if_cached=True, max_stale_seconds=math.inf)


@dataclass(frozen=True, slots=True)
class Versions:
    """
    Tells versions from what is known of resources.

    Attributes:
        handlers: Who knows resources, by the name of their type.
        base_url: The address of the service.
    """

    handlers: Mapping[str, ResourceHandler]
    base_url: str

    def now(
        self, resource_type: ResourceType, resource_id: str, *, before: str | None
    ) -> str | None:
        """
        Return the version of a resource.

        Args:
            resource_type: Its type.
            resource_id: Its id.
            before: What it was; returned where nothing else can be told.

        Returns:
            None if the resource is gone.
        """
        try:
            found = self.handlers[resource_type.name].retrieve(
                resource_id,
                projection=bind_projection("id", None, resource_type=resource_type),
                base_url=self.base_url,
                freshness=_STORED,
            )
        except ScimError:
            # The change was done all the same.
            return before
        except Exception as error:  # noqa: BLE001 - what was done is told of, as the log tells of this
            _LOG.warning("bulk.version_unknown", exc_info=error)
            return before
        return None if found.document is None else found.document.version
