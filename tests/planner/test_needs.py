"""What a question needs is what it shows, filters by and sorts by, and nothing else."""

import pytest

from gateway.planner.collections import GRANTS_TO, Collection
from gateway.planner.needs import EVERYTHING, Needs, OneAddress, OneMember, OnePlace, OneRole, needs
from gateway.planner.pins import Place
from gateway.scim.filter.bind import bind_filter
from gateway.scim.projection import bind_projection
from gateway.scim.schema import Registry, load_registry
from gateway.scim.sort import bind_sort

MEMBERS, GROUPS, ADDRESSES = Collection.MEMBERS, Collection.GROUPS, Collection.ADDRESSES
PLACES = {Collection.PROJECTS, Collection.REPOSITORIES}
OF_USERS = PLACES | GRANTS_TO["user"]
OF_GROUPS = PLACES | GRANTS_TO["group"]
EXTENSION = "urn:bitbucket-scim:params:scim:schemas:extension:1.0"
ACCESS = f"{EXTENSION}:User:access"
ANN = "3c489c1e-8851-537f-acfe-8b110dc7670a"
API = "7d3f0c1e-8851-537f-acfe-8b110dc7670b"


@pytest.fixture(scope="module")
def registry() -> Registry:
    """The project's own schemas."""
    return load_registry()


def asked(
    registry: Registry,
    type_name: str,
    text: str | None = None,
    *,
    attributes: str | None = None,
    excluded: str | None = None,
) -> Needs:
    """Return what a query needs."""
    resource_type = registry.user if type_name == "User" else registry.group
    return needs(
        None if text is None else bind_filter(text, resource_type),
        sort=None,
        projection=bind_projection(attributes, excluded, resource_type=resource_type),
    )


@pytest.mark.parametrize(
    ("type_name", "attributes", "excluded", "expected"),
    [
        ("User", None, None, OF_USERS | {MEMBERS, GROUPS, ADDRESSES}),
        ("User", "userName", None, {MEMBERS}),
        ("User", "userName,emails", None, {MEMBERS, ADDRESSES}),
        ("User", "groups.display", None, {MEMBERS, GROUPS}),
        ("User", None, "entitlements,emails", {MEMBERS, GROUPS}),
        ("User", None, "groups.value", OF_USERS | {MEMBERS, GROUPS, ADDRESSES}),
        ("Group", None, None, OF_GROUPS | {GROUPS}),
        ("Group", "displayName", None, {GROUPS}),
        ("Group", None, "members", OF_GROUPS | {GROUPS}),
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
    found = asked(registry, type_name, attributes=attributes, excluded=excluded)

    assert found == Needs.whole(*expected)


def test_access_needs_everything(registry: Registry) -> None:
    """A right may come by any way."""
    found = asked(registry, "User", attributes=ACCESS)

    assert found == EVERYTHING.without(ADDRESSES)


def test_a_sort_needs_what_it_sorts_by(registry: Registry) -> None:
    """Sorting by an attribute that is not shown reads it all the same."""
    projection = bind_projection("userName", None, resource_type=registry.user)
    sort = bind_sort("groups.display", descending=False, resource_type=registry.user)

    assert needs(None, sort=sort, projection=projection) == Needs.whole(MEMBERS, GROUPS)


def test_a_time_of_change_needs_the_whole_resource(registry: Registry) -> None:
    """Whatever is shown, a delta query rests on everything that could have changed."""
    changed = 'meta.lastModified gt "2026-01-01T00:00:00Z"'

    found = asked(registry, "User", changed, attributes="id")

    assert found == Needs.whole(MEMBERS, GROUPS, ADDRESSES, *OF_USERS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f'id eq "{ANN}"', {OneMember(ANN)}),
        (f'id eq "{ANN}" and active eq true', {OneMember(ANN)}),
        (f'active eq true and (id eq "{ANN}" or id eq "{API}")', {OneMember(ANN), OneMember(API)}),
        ('id eq "nobody"', set()),
        ('userName eq "Ann@Acme.com"', {OneAddress("ann@acme.com")}),
        ('emails eq "ann@acme.com"', {OneAddress("ann@acme.com")}),
        (
            'emails[type eq "work" and value eq "ann@acme.com"]',
            {OneAddress("ann@acme.com")},
        ),
        (
            f'userName eq "ann@acme.com" or id eq "{ANN}"',
            {OneAddress("ann@acme.com"), OneMember(ANN)},
        ),
        ('roles.value eq "owner"', {OneRole("owner")}),
    ],
)
def test_a_filter_that_few_can_match_needs_those_few(
    registry: Registry, text: str, expected: set[object]
) -> None:
    """The others are not read: they can't be selected."""
    assert asked(registry, "User", text, attributes="displayName").fresh == expected


@pytest.mark.parametrize(
    "text",
    [
        f'not (id eq "{ANN}")',
        f'id eq "{ANN}" or active eq true',
        'displayName eq "Ann"',
        'userName eq "ann"',
        'roles.value eq "member"',
    ],
)
def test_a_filter_that_many_can_match_needs_all(registry: Registry, text: str) -> None:
    """Nothing is narrowed by what does not exclude the others."""
    assert Needs.whole(MEMBERS).fresh <= asked(registry, "User", text, attributes="id").fresh


def test_an_address_behind_not_is_asked_for_too(registry: Registry) -> None:
    """Who has it must be known to leave the user out."""
    found = asked(registry, "User", 'userName ne "ann@acme.com"', attributes="displayName")

    assert found.fresh == Needs.whole(MEMBERS).fresh | {OneAddress("ann@acme.com")}


def test_the_role_of_one_comes_with_all(registry: Registry) -> None:
    """Bitbucket tells it in the list of all members alone."""
    found = asked(registry, "User", f'id eq "{ANN}"', attributes="roles")

    assert found == Needs.whole(MEMBERS)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f'entitlements.value eq "repository:{API}:write"', Place("repository", API)),
        (f'entitlements eq "project:{API}:read"', Place("project", API)),
        (f'entitlements.value sw "repository:{API}:"', Place("repository", API)),
        (
            f'entitlements[type eq "repository" and value eq "repository:{API}:write"]',
            Place("repository", API),
        ),
    ],
)
def test_a_filter_on_one_place_needs_that_place(
    registry: Registry, text: str, place: Place
) -> None:
    """Its grants are read for one call; it is found in a list of whatever age."""
    found = asked(registry, "User", text, attributes="displayName")

    listed = Collection.PROJECTS if place.object_type == "project" else Collection.REPOSITORIES
    assert found.fresh == Needs.whole(MEMBERS).fresh | {OnePlace("user", place)}
    assert found.known == {listed}


@pytest.mark.parametrize(
    "text",
    [
        'entitlements.value ew ":write"',
        "entitlements pr",
        'entitlements.display eq "acme/api: write"',
        'entitlements.type eq "project"',
        f'not (entitlements[type eq "repository"]) or entitlements co "{API}"',
        f'entitlements[not (value eq "repository:{API}:write")]',
    ],
)
def test_a_filter_on_any_place_needs_all(registry: Registry, text: str) -> None:
    """It could be about any of them."""
    found = asked(registry, "User", text, attributes="displayName")

    assert found == Needs.whole(MEMBERS, *OF_USERS)


def test_a_filter_on_a_type_of_place_needs_that_type(registry: Registry) -> None:
    """By the beginning of the value; what a client calls its type says nothing of where it is."""
    text = 'entitlements.value sw "project:"'
    found = asked(registry, "User", text, attributes="displayName")

    assert found == Needs.whole(MEMBERS, Collection.PROJECTS, Collection.PROJECT_USER_GRANTS)


def test_what_is_shown_is_needed_wherever_it_is(registry: Registry) -> None:
    """A filter narrows nothing where all entitlements of the selected are shown."""
    text = f'entitlements.value eq "repository:{API}:write"'

    found = asked(registry, "User", text, attributes="entitlements")

    assert found == Needs.whole(MEMBERS, *OF_USERS)


def test_one_list_tells_the_grants_of_groups_on_repositories(registry: Registry) -> None:
    """One of them alone costs as much as all."""
    text = f'{EXTENSION}:Group:entitlements.value eq "repository:{API}:write"'

    found = asked(registry, "Group", text, attributes="displayName")

    assert found.fresh == Needs.whole(GROUPS, Collection.REPOSITORY_GROUP_GRANTS).fresh
