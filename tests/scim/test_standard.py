"""What RFC 7643 has and is not served is passed over, whatever clients are told of it."""

from collections.abc import Iterator
from typing import Any

import pytest

from gateway.scim.errors import InvalidFilter, InvalidPath
from gateway.scim.filter.bind import bind_filter
from gateway.scim.filter.several_types import bind_filter_for_each
from gateway.scim.input import read_resource
from gateway.scim.patch.message import read_patch
from gateway.scim.schema import load_registry
from gateway.scim.sort import bind_sort
from gateway.scim.standard import DiscoveryForm, Standard

STANDARD = load_registry(discovery=DiscoveryForm.RFC7643)


def unserved() -> Iterator[tuple[str, str]]:
    """Yield the name of a resource type, and a path of which it has nothing."""
    standard = STANDARD.told_as
    assert isinstance(standard, Standard)
    for resource_type in STANDARD.resource_types:
        for name, parts in standard.passed_over(resource_type.schema.id).items():
            for part in parts:
                yield resource_type.name, f"{name}.{part}"
            if not parts:
                yield resource_type.name, name


@pytest.mark.rule("7644-3.5.2-read-only-profile")
@pytest.mark.parametrize(("type_name", "path"), tuple(unserved()))
def test_it_is_passed_over(type_name: str, path: str) -> None:
    """In a POST, a PUT and a PATCH: none is an error, though discovery says that it is readOnly."""
    resource_type = STANDARD.resource_type(type_name)
    assert resource_type is not None
    known = {"User": {"userName": "ann"}, "Group": {"displayName": "Devs"}}[type_name]
    name, _, part = path.partition(".")
    value: Any = {part: "x"} if part else "x"
    many = resource_type.core_attribute(name)
    value = [{"value": "u1"} | value] if many is not None and many.multi_valued else value

    read = read_resource(known | {name: value}, resource_type)
    assert read == known | ({"members": [{"value": "u1"}]} if name == "members" else {})

    if name == "photos":
        return  # It is readOnly as a whole, and served: a PATCH of it is refused as ever.
    operations = [{"op": op, "path": path, "value": "x"} for op in ("add", "replace", "remove")]
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations}
    assert read_patch(body, resource_type) == ()


@pytest.mark.parametrize(("type_name", "path"), tuple(unserved()))
def test_nothing_is_found_or_put_in_order_by_it(type_name: str, path: str) -> None:
    """The refusal is true whatever discovery tells: it says that it is ignored, not unknown."""
    for registry in (STANDARD, load_registry()):
        resource_type = registry.resource_type(type_name)
        assert resource_type is not None
        with pytest.raises(InvalidFilter, match=f"{path} is ignored here"):
            bind_filter(f"{path} pr", resource_type)
        with pytest.raises(InvalidFilter, match=f"{path} is ignored here"):
            bind_filter_for_each(f"{path} pr", registry.resource_types)
        with pytest.raises(InvalidPath, match=f"{path} is ignored here.* nothing to sort by"):
            bind_sort(path, descending=False, resource_type=resource_type)


def test_what_is_told_is_no_other_way_to_answer() -> None:
    """Two gateways on one database may tell different things: neither renders all anew."""
    served = load_registry()
    assert [each.document for each in STANDARD.schemas] == [
        each.document for each in served.schemas
    ]
    assert STANDARD.service_provider_config == served.service_provider_config
    assert STANDARD.told_schema(STANDARD.user.schema) != served.told_schema(served.user.schema)


def test_only_what_is_served_is_withheld() -> None:
    """A name that no schema has would be withheld in vain."""
    standard = STANDARD.told_as
    assert standard is not None
    for urn, names in standard.later.items():
        schema = STANDARD.schema(urn)
        assert schema is not None
        assert all(schema.attribute(name) for name in names)
