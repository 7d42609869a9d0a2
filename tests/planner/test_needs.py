"""What a question needs is what it shows, filters by and sorts by, and nothing else."""

import pytest

from gateway.planner.needs import Collection, needs
from gateway.scim.filter.bind import bind_filter
from gateway.scim.projection import bind_projection
from gateway.scim.schema import Registry, load_registry
from gateway.scim.sort import bind_sort

NAMES = {Collection.PROJECTS, Collection.REPOSITORIES}
ACCESS = "urn:bitbucket-scim:params:scim:schemas:extension:1.0:User:access"


@pytest.fixture(scope="module")
def registry() -> Registry:
    """The project's own schemas."""
    return load_registry()


@pytest.mark.parametrize(
    ("type_name", "attributes", "excluded", "expected"),
    [
        (
            "User",
            None,
            None,
            NAMES | {Collection.MEMBERS, Collection.GROUPS, Collection.USER_GRANTS},
        ),
        ("User", "userName", None, {Collection.MEMBERS}),
        ("User", "groups.display", None, {Collection.MEMBERS, Collection.GROUPS}),
        ("User", None, "entitlements", {Collection.MEMBERS, Collection.GROUPS}),
        (
            "User",
            None,
            "groups.value",
            NAMES | {Collection.MEMBERS, Collection.GROUPS, Collection.USER_GRANTS},
        ),
        ("User", ACCESS, None, set(Collection)),
        ("Group", None, None, NAMES | {Collection.GROUPS, Collection.GROUP_GRANTS}),
        ("Group", "displayName", None, {Collection.GROUPS}),
    ],
)
def test_a_projection_needs_what_it_shows(
    registry: Registry,
    type_name: str,
    attributes: str | None,
    excluded: str | None,
    expected: set[Collection],
) -> None:
    """Nothing is read for an attribute that the answer does not have."""
    resource_type = registry.user if type_name == "User" else registry.group
    projection = bind_projection(attributes, excluded, resource_type=resource_type)

    assert needs(None, sort=None, projection=projection) == expected


def test_a_sort_needs_what_it_sorts_by(registry: Registry) -> None:
    """Sorting by an attribute that is not shown reads it all the same."""
    projection = bind_projection("userName", None, resource_type=registry.user)
    sort = bind_sort("groups.display", descending=False, resource_type=registry.user)

    assert needs(None, sort=sort, projection=projection) == {Collection.MEMBERS, Collection.GROUPS}


def test_a_time_of_change_needs_the_whole_resource(registry: Registry) -> None:
    """Whatever is shown, a delta query rests on everything that could have changed."""
    projection = bind_projection("id", None, resource_type=registry.user)
    changed = bind_filter('meta.lastModified gt "2026-01-01T00:00:00Z"', registry.user)

    assert needs(changed, sort=None, projection=projection) == NAMES | {
        Collection.MEMBERS,
        Collection.GROUPS,
        Collection.USER_GRANTS,
    }
