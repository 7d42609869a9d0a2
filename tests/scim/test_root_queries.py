"""Queries over all types, as their parameters say them (RFC 7644 §3.4.2.1)."""

from typing import Any

import pytest

from gateway.scim.errors import InvalidPath, InvalidSyntax, ScimError
from gateway.scim.handler import RootQuery
from gateway.scim.messages import read_query, read_root_query
from gateway.scim.page import CursorPage, IndexPage
from gateway.scim.schema import Registry


@pytest.fixture
def read(registry: Registry) -> Any:
    """Read a query."""

    def do(**parameters: str) -> RootQuery:
        return read_root_query(
            {name: [value] for name, value in parameters.items()},
            registry.resource_types,
            base_url="https://scim.example.com",
        )

    return do


def test_users_are_asked_before_groups(read: Any) -> None:
    """Everything of both, if nothing is said; and each is asked for the page of the whole."""
    query = read(startIndex="3", count="7")

    assert list(query.parts) == ["User", "Group"]
    for part in query.parts.values():
        assert (part.filter, part.sort) == (None, None)
        assert part.page == query.page == IndexPage(3, 7)


def test_a_type_of_which_nothing_is_selected_is_not_asked(read: Any) -> None:
    """So its facts need not be known."""
    assert list(read(filter='meta.resourceType eq "User"').parts) == ["User"]
    assert list(read(filter='meta.resourceType eq "Role"').parts) == []


@pytest.mark.parametrize(
    ("sort_by", "sorted_types"),
    [("displayName", {"User", "Group"}), ("userName", {"User"}), ("MEMBERS.value", {"Group"})],
)
def test_a_list_is_sorted_by_what_one_type_has(
    read: Any, sort_by: str, sorted_types: set[str]
) -> None:
    """The others have no value there."""
    query = read(sortBy=sort_by, sortOrder="descending")

    sorts = {name: part.sort for name, part in query.parts.items() if part.sort is not None}
    assert sorts.keys() == sorted_types
    assert all(sort.descending for sort in sorts.values())


def test_each_type_shows_what_it_has_of_what_is_asked_for(read: Any) -> None:
    """A name that a type lacks is passed over there."""
    query = read(attributes="userName,displayName,members")

    shown = {name: part.projection.attributes for name, part in query.parts.items()}
    assert shown == {
        "User": {"userName", "displayName"},
        "Group": {"displayName", "members"},
    }


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"sortBy": "nope"}, InvalidPath),
        ({"sortBy": "name"}, InvalidPath),
        ({"attributes": "id", "excludedAttributes": "id"}, InvalidSyntax),
        (
            {
                "attributes": "id",
                "excludedAttributes": "id",
                "filter": 'meta.resourceType eq "Role"',
            },
            InvalidSyntax,
        ),
    ],
)
def test_what_no_type_can_answer_is_refused(
    read: Any, parameters: dict[str, str], error: type[ScimError]
) -> None:
    """Even if nothing would be selected."""
    with pytest.raises(error):
        read(**parameters)


def test_a_walk_through_everything_is_no_walk_through_one_type(
    read: Any, registry: Registry
) -> None:
    """The cursors of the one do not open the other."""
    whole = read(cursor="").page
    users = read_query({"cursor": [""]}, registry.user, base_url="https://scim.example.com").page

    assert isinstance(whole, CursorPage)
    assert isinstance(users, CursorPage)
    assert whole.bound_to != users.bound_to
