"""Where each attribute of a resource is kept, to be filtered and sorted by."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Table

from gateway.mirror.resource_tables import GROUP_RESOURCES, GROUP_VALUES, USER_VALUES, USERS
from gateway.scim.path import AttributePath, Target, resolve
from gateway.scim.reference import relative_path
from gateway.scim.schema import AttributeType, ResourceType
from gateway.scim.text import fold, instant

_EXTENSION = "urn:bitbucket-scim:params:scim:schemas:extension:1.0"
_ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

#: How attributes are written to the columns. A resource that was written otherwise is written
#: again even if it is the same: the next release may have a new column, and letters that are new
#: to Unicode gain a lower case.
FORM = f"5, Unicode {unicodedata.unidata_version}"

#: The columns of the values of multi-valued attributes, by sub-attribute.
VALUE_COLUMNS: Mapping[str, str] = {
    "value": "value",
    "display": "display",
    "type": "type",
    "$ref": "ref",
    "primary": "is_primary",
}


@dataclass(frozen=True)
class Home:
    """
    Where the resources of a type are kept.

    Attributes:
        resources: Their table.
        values: The table of the values of their multi-valued attributes.
        columns: The columns of *resources*, by the path of their single-valued attributes. What
            is not among them is told by the others, or assigned to none.
        lists: The paths of the multi-valued attributes.
        texts: The name of the table of their texts.
        in_texts: The paths whose values are in those.
        long_list: The attribute that documents end with, so that it can be left unread.
        departed: The column, and its value, that tell the last word on a resource that is gone;
            None where there is none.
    """

    resources: Table
    values: Table
    columns: Mapping[str, str]
    lists: frozenset[str]
    texts: str
    in_texts: frozenset[str]
    long_list: str | None = None
    departed: tuple[str, str] | None = None


_COMMON = {
    "id": "id",
    "externalId": "external_id",
    "meta.created": "created",
    "meta.lastModified": "last_modified",
    "meta.version": "version",
}

HOMES: Mapping[str, Home] = {
    "User": Home(
        USERS,
        USER_VALUES,
        _COMMON
        | {
            "userName": "user_name",
            "name.formatted": "formatted_name",
            "name.familyName": "family_name",
            "name.givenName": "given_name",
            "displayName": "display_name",
            "nickName": "nick_name",
            "profileUrl": "profile_url",
            "userType": "user_type",
            "active": "active",
            f"{_EXTENSION}:User:justification": "justification",
            f"{_EXTENSION}:User:uuid": "uuid",
            f"{_EXTENSION}:User:accountId": "account_id",
            f"{_EXTENSION}:User:displayName": "bitbucket_display_name",
            f"{_EXTENSION}:User:nickname": "bitbucket_nickname",
            f"{_EXTENSION}:User:membership": "membership",
            f"{_EXTENSION}:User:addedOn": "added_on",
            f"{_EXTENSION}:User:lastAccessed": "last_accessed",
            f"{_ENTERPRISE}:employeeNumber": "employee_number",
            f"{_ENTERPRISE}:costCenter": "cost_center",
            f"{_ENTERPRISE}:organization": "organization",
            f"{_ENTERPRISE}:division": "division",
            f"{_ENTERPRISE}:department": "department",
            f"{_ENTERPRISE}:manager.value": "manager_value",
            f"{_ENTERPRISE}:manager.$ref": "manager_ref",
        },
        frozenset({"schemas", "emails", "photos", "groups", "entitlements", "roles"}),
        "user_texts",
        frozenset(
            {
                "userName",
                "name.formatted",
                "name.familyName",
                "name.givenName",
                "displayName",
                "nickName",
                "emails.value",
            }
        ),
        departed=("membership", "removed"),
    ),
    "Group": Home(
        GROUP_RESOURCES,
        GROUP_VALUES,
        _COMMON
        | {
            "displayName": "display_name",
            f"{_EXTENSION}:Group:slug": "slug",
            f"{_EXTENSION}:Group:workspacePermission": "workspace_permission",
            f"{_EXTENSION}:Group:autoAdd": "auto_add",
        },
        frozenset({"schemas", "members", f"{_EXTENSION}:Group:entitlements"}),
        "group_texts",
        frozenset({"displayName"}),
        long_list="members",
    ),
}

#: What the mirror itself knows, or derives from the id.
_WRITTEN_APART = frozenset({"id", "meta.created", "meta.lastModified", "meta.version"})


class ValueRow(NamedTuple):
    """
    A value of a multi-valued attribute as it is kept, without the key of its resource.

    Attributes:
        attribute: The path of the attribute.
        position: Which of its values it is; the rest are its parts, see :data:`VALUE_COLUMNS`.
    """

    attribute: str
    position: int
    value: Any = None
    display: Any = None
    type: Any = None
    ref: Any = None
    is_primary: Any = None


class Indexer:
    """Takes resources of one type apart into the columns they are found by."""

    def __init__(self, resource_type: ResourceType) -> None:
        home = HOMES[resource_type.name]
        self._columns = [
            (column, _reader(target), _comparer(target))
            for path, column in home.columns.items()
            if path not in _WRITTEN_APART
            for target in (_target(path, resource_type),)
        ]
        self._lists = [
            (path, _reader(target), _parts(target))
            for path in sorted(home.lists)
            for target in (_target(path, resource_type),)
        ]
        self._in_texts = frozenset(
            column for path, column in home.columns.items() if path in home.in_texts
        )
        self._lists_in_texts = frozenset(p for p in home.lists if f"{p}.value" in home.in_texts)

    def columns(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        """Return the columns of the single-valued attributes, as they are compared."""
        return {column: compared(read(resource)) for column, read, compared in self._columns}

    def values(self, resource: Mapping[str, Any]) -> Iterator[ValueRow]:
        """Yield a row for each value of the multi-valued attributes."""
        for path, read, parts in self._lists:
            for position, value in enumerate(read(resource) or ()):
                yield ValueRow(path, position, *parts(value))

    def text(self, columns: Mapping[str, Any], values: Iterable[ValueRow]) -> str:
        """Return what is searched of a resource with those columns and values, a line each."""
        held = [columns[name] for name in self._in_texts]
        held += [row.value for row in values if row.attribute in self._lists_in_texts]
        return "\n".join(filter(None, held))


def list_path(target: Target) -> str:
    """Return the path of the multi-valued attribute that *target* is, or is a part of."""
    return Target(target.extension, target.attribute).name


def _target(path: str, resource_type: ResourceType) -> Target:
    target = resolve(AttributePath.parse(path), resource_type)
    if target is None:
        raise LookupError(f"{resource_type.name} declares no attribute {path}.")
    return target


# What is done for each value of each resource is looked up in the schema but once.


def _reader(target: Target) -> Callable[[Mapping[str, Any]], Any]:
    """Return what reads *target* of a resource; None where it has none."""
    urn, name = target.extension, target.attribute.name
    part = None if target.sub_attribute is None else target.sub_attribute.name

    def read(resource: Mapping[str, Any]) -> Any:
        holder = resource if urn is None else resource.get(urn)
        value = None if holder is None else holder.get(name)
        return value if part is None or value is None else value.get(part)

    return read


def _comparer(target: Target) -> Callable[[Any], Any]:
    """Return what makes a value of *target* what filters compare."""
    is_moment = target.leaf.type is AttributeType.DATE_TIME
    is_reference = target.leaf.type is AttributeType.REFERENCE
    is_exact = target.leaf.case_exact

    def compared(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if not value:
            # RFC 7644 §3.4.2.2: an empty text is no value that a filter could find.
            return None
        if is_moment:
            return instant(datetime.fromisoformat(value))
        text = (relative_path(value) or value) if is_reference else value
        return text if is_exact else fold(text)

    return compared


def _parts(target: Target) -> Callable[[Any], tuple[Any, ...]]:
    """Return what makes the parts of a value of *target*, in the order of a row's columns."""
    if not target.attribute.sub_attributes:
        compared = _comparer(target)
        return lambda value: (compared(value),)
    by_name = {part.name: part for part in target.attribute.sub_attributes}
    readers = [
        (name, _comparer(Target(target.extension, target.attribute, by_name[name])))
        if name in by_name
        else (name, _nothing)
        for name in VALUE_COLUMNS
    ]
    return lambda value: tuple([compared(value.get(name)) for name, compared in readers])


def _nothing(_value: Any) -> None:
    """Return the part of a value that its attribute does not have."""
