"""A filter over users and groups, and what it comes to for each (RFC 7644 §3.4.2.1)."""

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.scim.errors import InvalidFilter
from gateway.scim.filter.bind import bind_filter
from gateway.scim.filter.bound import Filter
from gateway.scim.filter.match import matches
from gateway.scim.filter.several_types import bind_filter_for_each
from gateway.scim.schema import Registry, ResourceType, Schema
from tests.scim.strategies import filters, resources, unhurried


@pytest.fixture(scope="session")
def both(registry: Registry) -> ResourceType:
    """A type that has all attributes of users and groups, so that every filter binds to it."""
    user, group = registry.user, registry.group
    own = {
        attribute.name: attribute
        for attribute in (*group.schema.attributes, *user.schema.attributes)
    }
    return ResourceType(
        name="Both",
        endpoint="/Both",
        schema=Schema("urn:example:2.0:Both", "Both", tuple(own.values()), document={}),
        extensions=(*user.extensions, *group.extensions),
        common=user.common,
        document={},
    )


@pytest.mark.rule("7644-3.4.2.1-lacking")
@unhurried
@given(st.data())
def test_a_type_lacks_the_values_of_the_attributes_it_lacks(
    registry: Registry, both: ResourceType, data: st.DataObject
) -> None:
    """Each resource is selected as if its type had them, and it none."""
    text = data.draw(filters(both))
    resource_type = data.draw(st.sampled_from(registry.resource_types))
    resource = data.draw(resources(resource_type))

    bound = bind_filter_for_each(text, registry.resource_types)[resource_type.name]

    is_selected = bound if isinstance(bound, bool) else matches(bound, resource)
    assert is_selected == matches(bind_filter(text, both), resource)


@pytest.mark.parametrize(
    ("text", "user", "group"),
    [
        ('meta.resourceType eq "User"', True, False),
        ('META.RESOURCETYPE EQ "User" or meta.resourceType eq "Group"', True, True),
        ('meta.resourceType ne "User"', False, True),
        ('meta.resourceType eq "Role"', False, False),
        ("meta.resourceType pr", True, True),
        ("meta.resourceType eq null", False, False),
        ('userName eq "a"', 'userName eq "a"', False),
        ('userName ne "a"', 'userName ne "a"', True),
        ("userName eq null", "userName eq null", True),
        ("not (members pr)", True, "not (members pr)"),
        ("userName pr or members pr", "userName pr", "members pr"),
        ("userName pr and members pr", False, False),
        ('emails[type eq "work"]', 'emails[type eq "work"]', False),
        (
            'meta.resourceType eq "User" and displayName sw "a" and id pr',
            'displayName sw "a" and id pr',
            False,
        ),
        ('meta.resourceType eq "User" or displayName eq "a"', True, 'displayName eq "a"'),
        (
            'displayName eq "a" and (userName ne "b" and id pr)',
            'displayName eq "a" and (userName ne "b" and id pr)',
            'displayName eq "a" and id pr',
        ),
        ("urn:ietf:params:scim:schemas:core:2.0:Group:displayName pr", False, "displayName pr"),
    ],
)
def test_what_a_type_decides_is_decided_once(
    registry: Registry,
    text: str,
    user: str | Literal[True, False],
    group: str | Literal[True, False],
) -> None:
    """The rest is the filter that would be sent to the type's own address."""

    def meant(told: str | Literal[True, False], resource_type: ResourceType) -> Filter | bool:
        return told if isinstance(told, bool) else bind_filter(told, resource_type)

    bound = bind_filter_for_each(text, registry.resource_types)

    assert bound == {"User": meant(user, registry.user), "Group": meant(group, registry.group)}


@pytest.mark.parametrize(
    "text",
    [
        "nope pr",
        'emails.nope eq "x"',
        'emails[nope eq "x"]',
        'meta.resourceType eq "User" or nope pr',
        'meta.resourceType eq "Role" and nope pr',
        "not (nope pr)",
        "active gt true",
        'active eq "true"',
        "userName",
    ],
)
def test_what_no_type_can_answer_is_refused(registry: Registry, text: str) -> None:
    """Also where the rest of the filter decides."""
    with pytest.raises(InvalidFilter):
        bind_filter_for_each(text, registry.resource_types)
