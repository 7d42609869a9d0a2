"""What an answer shows (RFC 7644 §3.9, RFC 7643 §7 "returned")."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.scim.errors import InvalidSyntax
from gateway.scim.projection import Projection, bind_projection
from gateway.scim.schema import Registry, ResourceType, load_registry
from tests.scim.strategies import resources, unhurried

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
EXTENSION = "urn:bitbucket-scim:params:scim:schemas:extension:1.0:User"
ANN: dict[str, Any] = {
    "schemas": [CORE, EXTENSION],
    "id": "1",
    "userName": "ann",
    "name": {"givenName": "Ann", "familyName": "Lee"},
    "emails": [{"value": "a@x", "type": "work"}, {"type": "home"}],
    "photos": [],
    EXTENSION: {"justification": "j", "uuid": "1"},
    "meta": {"resourceType": "User", "version": "v"},
}
ALWAYS = {"schemas": [CORE], "id": "1"}
OF_THE_CORE = {name: value for name, value in ANN.items() if name != EXTENSION}


@pytest.mark.rule("7644-3.9-attributes", "7643-3-schemas-listed")
@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("userName", {"userName": "ann"}),
        ("USERNAME", {"userName": "ann"}),
        (f"{CORE}:userName", {"userName": "ann"}),
        ("name", {"name": ANN["name"]}),
        ("name.givenName", {"name": {"givenName": "Ann"}}),
        ("name.givenName , name.familyName", {"name": ANN["name"]}),
        ("emails.value", {"emails": [{"value": "a@x"}]}),
        ("meta.version", {"meta": {"version": "v"}}),
        (CORE, OF_THE_CORE | ALWAYS),
        (f"{CORE.lower()},{EXTENSION}", ANN),
        (EXTENSION, {EXTENSION: ANN[EXTENSION], "schemas": [CORE, EXTENSION]}),
        (f"{EXTENSION}:uuid", {EXTENSION: {"uuid": "1"}, "schemas": [CORE, EXTENSION]}),
        (f"{EXTENSION.upper()}:UUID", {EXTENSION: {"uuid": "1"}, "schemas": [CORE, EXTENSION]}),
        ("photos", {"photos": []}),
        ("nope,also nope,", {}),
        ("id", {}),
    ],
)
def test_only_what_is_asked_is_shown(
    registry: Registry, attributes: str, expected: dict[str, Any]
) -> None:
    """With what is always returned; ``schemas`` names the schemas of what is shown."""
    projection = bind_projection(attributes, None, resource_type=registry.user)

    assert projection.apply(ANN) == ALWAYS | expected


@pytest.mark.rule("7644-3.9-attributes", "7644-3.9-always")
@pytest.mark.parametrize(
    ("excluded", "gone"),
    [
        ("userName", {"userName"}),
        ("id,schemas", set()),
        ("name.givenName,name.familyName", {"name"}),
        (EXTENSION, {EXTENSION}),
        (f"{EXTENSION}:justification", {EXTENSION}),
        ("meta", {"meta"}),
        ("nope", set()),
    ],
)
def test_what_is_excluded_is_not_shown(registry: Registry, excluded: str, gone: set[str]) -> None:
    """Except what is always returned; what is emptied goes as a whole."""
    projection = bind_projection(None, excluded, resource_type=registry.user)

    assert set(ANN) - set(projection.apply(ANN)) == gone


def test_parts_are_excluded_by_their_path(registry: Registry) -> None:
    """The values that are left empty by it go, the others stay."""
    projection = bind_projection(None, "EMAILS.value", resource_type=registry.user)

    assert projection.apply(ANN)["emails"] == [{"type": "work"}, {"type": "home"}]


HELD: dict[str, Any] = {"type": "t", "always": "a", "never": "n", "request": "r"}
SPECIMEN: dict[str, Any] = {
    "id": "1",
    "exact": "e",
    "secret": "s",
    "computed": ["c"],
    "undeclared": "u",
    "whole": HELD,
    "parts": [HELD],
}


@pytest.mark.rule("7643-7-returned", "7643-4.1.1-password")
@pytest.mark.parametrize(
    ("attributes", "excluded", "expected"),
    [
        pytest.param(
            None,
            None,
            {
                "id": "1",
                "exact": "e",
                "whole": {"type": "t", "always": "a"},
                "parts": [{"type": "t", "always": "a"}],
            },
            id="by default: what is returned always or by default",
        ),
        pytest.param("computed", None, {"id": "1", "computed": ["c"]}, id="on request"),
        pytest.param("secret", None, {"id": "1"}, id="never, even if it is named"),
        pytest.param(
            "whole.request",
            None,
            {"id": "1", "whole": {"always": "a", "request": "r"}},
            id="a part on request, with the part that is always there",
        ),
        pytest.param(
            "parts.never", None, {"id": "1", "parts": [{"always": "a"}]}, id="a part never"
        ),
        pytest.param(
            None,
            "id,exact,whole,parts.always,parts.type",
            {"id": "1", "parts": [{"always": "a"}]},
            id="what is always returned can't be excluded",
        ),
    ],
)
def test_returned_is_obeyed(
    specimen: ResourceType, attributes: str | None, excluded: str | None, expected: dict[str, Any]
) -> None:
    """RFC 7643 §7: always, default, request and never, of attributes and of their parts."""
    projection = bind_projection(attributes, excluded, resource_type=specimen)

    assert projection.apply(SPECIMEN) == expected


@pytest.mark.rule("7644-3.9-not-both")
def test_both_lists_are_too_many(registry: Registry) -> None:
    """They exclude one another."""
    with pytest.raises(InvalidSyntax):
        bind_projection("id", "name", resource_type=registry.user)


@pytest.mark.parametrize("empty", [None, ""])
def test_without_a_list_all_but_the_requested_is_shown(
    registry: Registry, empty: str | None
) -> None:
    """An empty list is as good as none."""
    projection = bind_projection(empty, empty, resource_type=registry.user)

    assert projection.is_default
    assert projection.apply(ANN) == ANN | {EXTENSION: {"justification": "j"}}


@unhurried
@given(
    resource=resources(load_registry().user),
    names=st.sets(
        st.sampled_from(["userName", "emails", "name.givenName", "groups.value", EXTENSION])
    ),
)
def test_a_projection_shows_no_more_than_is_asked(
    resource: dict[str, Any], names: set[str]
) -> None:
    """What is shown and what is excluded by the same list are the default, part by part."""
    user = load_registry().user
    shown = bind_projection(",".join(names) or "nope", None, resource_type=user).apply(resource)
    hidden = bind_projection(None, ",".join(names), resource_type=user).apply(resource)
    default = bind_projection(None, None, resource_type=user).apply(resource)

    tops = {name if name == EXTENSION else name.split(".")[0] for name in names}
    assert set(shown) <= tops | {"id", "schemas"}
    assert set(shown) | set(hidden) >= set(default)


def test_a_list_that_nobody_sends_twice_is_not_kept(registry: Registry) -> None:
    """Hundreds of them, of a megabyte each, would be kept otherwise."""
    usual, vast = "userName,emails", "userName," + "x," * 10_000

    def bound(attributes: str) -> Projection:
        return bind_projection(attributes, None, resource_type=registry.user)

    assert bound(usual) is bound(usual)
    assert bound(vast) is not bound(vast)
    assert bound(vast) == bind_projection("userName", None, resource_type=registry.user)
