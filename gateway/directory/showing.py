"""One resource as it is shown: the same to who reads it and to who has changed it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from gateway.directory.access import with_access
from gateway.directory.lacking import lacking
from gateway.directory.refresh import Refresher
from gateway.directory.users import USER_EXTENSION
from gateway.mirror.mirror import Snapshot
from gateway.planner.collections import Collection
from gateway.planner.needs import lists_behind, needs_of_one
from gateway.scim.freshness import Provenance
from gateway.scim.handler import Document, Retrieval
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


def stored(
    snapshot: Snapshot,
    resource_type: ResourceType,
    resource_id: str,
    *,
    projection: Projection,
    base_url: str,
    refresher: Refresher,
) -> Retrieval:
    """
    Return the resource of that id as it is known, however old that is; see :func:`shown`.

    The attributes of which something was never read are named as incomplete, and ``emails`` if
    no address is known.

    Args:
        snapshot: What is known.
        resource_type: The type of the resource.
        resource_id: Its id.
        projection: What will be shown.
        base_url: What references begin with.
        refresher: Tells how old that is.
    """
    addresses = refresher.renderer.user_name.address_attributes
    needed = needs_of_one(resource_id, projection=projection, address_attributes=addresses)
    provenance = refresher.stored(needed, snapshot)
    lacking = unread(snapshot, resource_id, projection)
    if lacking:
        provenance = replace(
            provenance,
            # It has to be read for who asks next.
            ttl_seconds=min(0, provenance.ttl_seconds),
            incomplete=tuple(sorted({*provenance.incomplete, *lacking})),
        )
    document = shown(snapshot, resource_type, resource_id, projection=projection, base_url=base_url)
    return retrieval(document, provenance, projection)


def retrieval(
    document: Document | None, provenance: Provenance, projection: Projection
) -> Retrieval:
    """Return what is answered with *document*, with what is not known of it."""
    documents = () if document is None else (document.json,)
    return Retrieval(document, lacking(provenance, projection, documents))


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


def unread(
    snapshot: Snapshot, resource_id: str, projection: Projection
) -> Mapping[str, frozenset[Collection]]:
    """
    Return, by path, the attributes shown of which something was never read, and the lists of it.

    Of who was invited and has no account yet, Bitbucket knows nothing that could be read.
    """
    record = snapshot.users.with_ids([resource_id]).get(resource_id)
    if record is not None and record.member_uuid is None:
        return {}
    records = snapshot.freshness.all()
    read = {name for name, reading in records.items() if reading.read_at is not None}
    behind = {path: lists - read for path, lists in lists_behind(projection).items()}
    return {path: lists for path, lists in behind.items() if lists}
