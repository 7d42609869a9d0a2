"""
Filters mean the same to us as to scim2-models, which evaluates them independently.

Four readings of ours are meant to differ, and are kept out of what is drawn: null, as below; an
empty string, which we take for no value in comparisons too; the last sigma of a word; and
``manager eq "…"``, which compares the value of the manager.
"""

import functools
import operator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scim2_models import Extension, Resource, Schema, ScimFilter

from gateway.scim.filter.bind import bind_filter
from gateway.scim.filter.match import matches
from gateway.scim.schema import ResourceType, load_registry
from tests.scim.strategies import filters, resources, unhurried

REGISTRY = load_registry()


@functools.cache
def model_of(type_name: str) -> Any:
    """Return scim2-models' own class for a resource type, made from the documents we serve."""
    resource_type = type_named(type_name)
    core: Any = Resource.from_schema(Schema.model_validate(dict(resource_type.schema.document)))
    extensions = [
        Extension.from_schema(Schema.model_validate(dict(extension.schema.document)))
        for extension in resource_type.extensions
    ]
    union: Any = functools.reduce(operator.or_, extensions)
    return core[union]


def type_named(type_name: str) -> ResourceType:
    """Return one of our resource types."""
    return REGISTRY.user if type_name == "User" else REGISTRY.group


@pytest.mark.rule("7644-3.4.2.2-operators", "7644-3.4.2.2-not-equal")
@pytest.mark.parametrize("type_name", ["User", "Group"])
@settings(unhurried, max_examples=200)
@given(data=st.data())
def test_the_same_resources_match(type_name: str, data: st.DataObject) -> None:
    """For random resources and filters with every operator, both evaluations agree."""
    resource_type = type_named(type_name)
    drawn = data.draw(st.lists(resources(resource_type), min_size=1, max_size=3))
    # To us ``emails.value eq null`` says that no value is assigned, as RFC 7643 §2.5 defines null;
    # to scim2-models, that one of the values lacks one.
    text = data.draw(filters(resource_type, lists_with_null=False, wholes=False))
    model = model_of(type_name)
    oracle: Any = ScimFilter

    bound = bind_filter(text, resource_type)
    ours = [matches(bound, resource) for resource in drawn]

    read: Any = oracle[model](text)
    assert ours == [read.match(model.model_validate(one), strict=True) for one in drawn]
