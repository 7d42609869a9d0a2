"""Filters mean the same to us as to scim2-models, which evaluates them independently."""

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
from tests.scim.strategies import filters, resources

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


@pytest.mark.parametrize("type_name", ["User", "Group"])
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_the_same_resources_match(type_name: str, data: st.DataObject) -> None:
    """For random resources and filters with every operator, both evaluations agree."""
    resource_type = type_named(type_name)
    resource = data.draw(resources(resource_type))
    # To us ``emails.value eq null`` says that no value is assigned, as RFC 7643 §2.5 defines null;
    # to scim2-models, that one of the values lacks one.
    text = data.draw(filters(resource_type, lists_with_null=False))
    model = model_of(type_name)
    oracle: Any = ScimFilter

    ours = matches(bind_filter(text, resource_type), resource)

    theirs = oracle[model](text).match(model.model_validate(resource), strict=True)
    assert ours == theirs
