"""The path of an operation of a bulk request: which resource it is about (RFC 7644 §3.7)."""

from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from gateway.scim.schema import Registry, ResourceType
from gateway.scim.version import with_version


@dataclass(frozen=True, slots=True)
class Address:
    """
    What an operation is about.

    Attributes:
        resource_type: The type of the resource.
        resource_id: Its id, which may be a reference, ``bulkId:x``; None of the whole endpoint.
    """

    resource_type: ResourceType
    resource_id: str | None


def read_address(path: str, registry: Registry, *, base_url: str) -> Address | None:
    """
    Return what *path* leads to; None if that is no endpoint or resource of this service.

    Args:
        path: A path below the address of the service, as ``/Users/…``, with the slash before it
            or without; below the host of the service, as ``/scim/v2/Users/…``; or in full. The
            latter two may leave the version out.
        registry: The resource types.
        base_url: The address of the service, without a slash at its end.
    """
    try:
        base, given = urlsplit(base_url), urlsplit(path)
    except ValueError:
        return None
    if _has_host(given) and _origin(given) != _origin(base):
        return None
    below = with_version(f"/{given.path.strip('/')}", base.path)
    if below.startswith(f"{base.path}/"):
        below = below.removeprefix(base.path)
    elif _has_host(given):
        return None
    endpoint, *ids = map(unquote, below[1:].split("/"))
    found = next((t for t in registry.resource_types if t.endpoint == f"/{endpoint}"), None)
    if found is None or len(ids) > 1:
        return None
    return Address(found, ids[0] if ids else None)


def _has_host(address: SplitResult) -> bool:
    return bool(address.scheme or address.netloc)


def _origin(address: SplitResult) -> tuple[str, str]:
    return address.scheme.lower(), address.netloc.lower()
