"""What can be granted rests on the lists of places, as far as a filter is about them."""

import pytest

from gateway.planner.catalogue import needs_of_offer, needs_of_offers
from gateway.planner.collections import Collection
from gateway.planner.needs import Needs
from gateway.scim.filter.bind import bind_filter
from gateway.scim.schema import load_registry

PROJECTS, REPOSITORIES = Collection.PROJECTS, Collection.REPOSITORIES
UUID = "3c489c1e-8851-537f-acfe-8b110dc7670a"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, {PROJECTS, REPOSITORIES}),
        ('display co "api"', {PROJECTS, REPOSITORIES}),
        ('type eq "project"', {PROJECTS}),
        ('type eq "Repository" and display co "api"', {REPOSITORIES}),
        ('type eq "project" or type eq "repository"', {PROJECTS, REPOSITORIES}),
        ('not (type eq "project")', {PROJECTS, REPOSITORIES}),
        ('type sw "p"', {PROJECTS, REPOSITORIES}),
        (f'value eq "repository:{UUID}:read"', {REPOSITORIES}),
        (f'id eq "project:{UUID}:read" and supported eq true', {PROJECTS}),
        ('value sw "repo"', {REPOSITORIES}),
        ('value sw "repository:3"', {REPOSITORIES}),
        ('value eq "x"', set()),
        ('type eq "workspace"', set()),
    ],
)
def test_a_list_that_nothing_is_selected_of_is_not_read(
    text: str | None, expected: set[Collection]
) -> None:
    """Repositories may be thousands: who asks for projects alone does not pay for them."""
    entitlement = load_registry().resource_type("Entitlement")
    assert entitlement is not None
    node = None if text is None else bind_filter(text, entitlement)

    assert needs_of_offers(node) == Needs.whole(*expected)


@pytest.mark.parametrize(
    ("resource_id", "expected"),
    [
        (f"repository:{UUID}:read", {REPOSITORIES}),
        (f"project:{UUID}:read", {PROJECTS}),
        ("workspace:x", set()),
        ("", set()),
    ],
)
def test_one_needs_the_list_it_is_in(resource_id: str, expected: set[Collection]) -> None:
    """What can be none of any list needs nothing."""
    assert needs_of_offer(resource_id) == Needs.whole(*expected)
