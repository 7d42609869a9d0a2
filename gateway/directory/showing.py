"""One resource as it is shown: the same to who reads it and to who has changed it."""

from collections.abc import Iterator

from gateway.directory.access import with_access
from gateway.directory.users import USER_EXTENSION
from gateway.mirror.mirror import Snapshot
from gateway.scim.handler import Document
from gateway.scim.projection import Projection, bind_projection
from gateway.scim.schema import ResourceType


def shown(
    snapshot: Snapshot,
    resource_type: ResourceType,
    resource_id: str,
    *,
    projection: Projection,
    base_url: str,
) -> Document | None:
    """
    Return the resource of that id, if there is one.

    Args:
        snapshot: What is known.
        resource_type: The type of the resource.
        resource_id: Its id.
        projection: What will be shown.
        base_url: What references begin with.
    """
    selection = snapshot.resources(resource_type)
    found = selection.get(resource_id, projection=projection, base_url=base_url)
    return found and with_access([found], projection, snapshot.facts)[0]


def versions(snapshot: Snapshot, resource_type: ResourceType, resource_id: str) -> Iterator[str]:
    """
    Yield every version by which the resource is shown now; none if there is none.

    The version of a user shown with ``access`` tells of that too. It takes all that is granted to
    work it out, so it comes last, to be left where another one will do.
    """
    version = snapshot.resources(resource_type).version(resource_id)
    if version is None:
        return
    yield version
    on_request = bind_projection(f"{USER_EXTENSION}:access", None, resource_type=resource_type)
    document = shown(snapshot, resource_type, resource_id, projection=on_request, base_url="")
    if document is not None and document.version != version:
        yield document.version
