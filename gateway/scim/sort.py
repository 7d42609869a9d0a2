"""The order of a list (RFC 7644 §3.4.2.3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.scim.errors import InvalidPath
from gateway.scim.no_attribute import no_attribute
from gateway.scim.path import AttributePath, Target, resolve
from gateway.scim.schema import ResourceType
from gateway.scim.together import none_of


@dataclass(frozen=True, slots=True)
class Sort:
    """
    An order by one attribute; of a multi-valued one, by its primary value, else its first.

    Resources without a value come last ascending, first descending.

    Attributes:
        target: What is compared: never a complex attribute.
        descending: Whether the largest comes first.
    """

    target: Target
    descending: bool = False


def bind_sort(path: str, *, descending: bool, resource_type: ResourceType) -> Sort:
    """
    Return the order by the attribute that *path* names.

    Raises:
        InvalidPath: *path* is malformed, names no attribute of the type, a complex one without
            a ``value``, or one that is computed only when it is asked for.
    """
    parsed = AttributePath.parse(path)
    found = resolve(parsed, resource_type)
    if found is None:
        raise InvalidPath(no_attribute(parsed, resource_type, purpose="sort by"))
    if not found.is_searchable:
        raise InvalidPath(f"{path!r} can't be sorted by.")
    target = found.compared()
    if target is None:
        part = found.attribute.sub_attributes[0].name
        raise InvalidPath(f"{path!r} has parts; sort by one of them, such as {path}.{part}.")
    return Sort(target, descending=descending)


def bind_sort_for_each(
    path: str, *, descending: bool, resource_types: Sequence[ResourceType]
) -> Mapping[str, Sort]:
    """
    Return the order of a list of several types, by the name of each type that has the attribute.

    Raises:
        InvalidPath: No type has it; or as :func:`bind_sort` does.
    """
    parsed = AttributePath.parse(path)
    having = [each for each in resource_types if resolve(parsed, each) is not None]
    if not having:
        raise InvalidPath(f"{none_of(resource_types)} have an attribute {path!r} to sort by.")
    return {
        each.name: bind_sort(path, descending=descending, resource_type=each) for each in having
    }
