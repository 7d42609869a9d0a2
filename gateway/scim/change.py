"""One change of a resource: what is read of it, what a writer is asked, how it is answered."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from http import HTTPStatus
from typing import Any, TypeAlias

from gateway.scim.handler import ResourceWriter, Write, Written
from gateway.scim.input import groups_asked_for, read_replacement, read_resource
from gateway.scim.patch.message import read_patch
from gateway.scim.schema import ResourceType

#: Asks a writer for a change that was read and is well-formed; its errors are the writer's.
Change: TypeAlias = Callable[[ResourceWriter, Write], Written]


class Method(StrEnum):
    """The methods that change resources (RFC 7644 §3.2)."""

    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"


def read_change(
    method: Method, body: object, resource_type: ResourceType, resource_id: str | None
) -> Change:
    """
    Return the change that a request asks for; nothing is asked of a writer yet.

    Args:
        method: The method.
        body: The JSON of the request; of no account to DELETE.
        resource_type: The type of the resource.
        resource_id: Its id; None exactly of POST.

    Raises:
        ScimError: The body is not what the method takes; see
            :func:`~gateway.scim.input.read_resource`,
            :func:`~gateway.scim.input.read_replacement` and
            :func:`~gateway.scim.patch.message.read_patch`.
    """
    if method is Method.POST or resource_id is None:
        made = read_resource(body, resource_type)
        if groups := groups_asked_for(body):
            made["groups"] = groups
        return lambda writer, write: writer.create(made, write)
    if method is Method.PUT:
        attributes, version = read_replacement(body, resource_type), _version_in(body)
        return lambda writer, write: writer.replace(
            resource_id, attributes, replace(write, version_sent=version)
        )
    if method is Method.PATCH:
        patch = read_patch(body, resource_type)
        return lambda writer, write: writer.patch(resource_id, patch, write)
    return lambda writer, write: writer.delete(resource_id, write)


def _version_in(body: object) -> str | None:
    """Return the version that a resource says it is of."""
    version = _member(_member(body, "meta"), "version")
    return version if isinstance(version, str) else None


def _member(members: object, name: str) -> Any:
    given = members if isinstance(members, Mapping) else {}
    return next((value for key, value in given.items() if str(key).lower() == name), None)


def status_of(method: Method, written: Written) -> int:
    """Return the status of a change that was done (RFC 7644 §3.3, §3.5, §3.6)."""
    if written.document is None:
        # Deleted, or gone by the time it is answered: what was asked for was done all the same.
        return HTTPStatus.NO_CONTENT.value
    return HTTPStatus.CREATED.value if method is Method.POST else HTTPStatus.OK.value
