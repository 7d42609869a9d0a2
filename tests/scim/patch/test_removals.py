"""What a removal that sends a list takes away."""

import copy
from typing import Any

import pytest

from gateway.scim.errors import InvalidValue, Mutability
from gateway.scim.patch.apply import apply_patch
from gateway.scim.patch.message import read_patch
from gateway.scim.schema import Registry
from tests.scim.patch.conftest import GROUP_EXTENSION

OF_USERS = ["emails", "entitlements"]
OF_GROUPS = ["members", f"{GROUP_EXTENSION}:entitlements"]


def removing(path: str, value: object) -> dict[str, Any]:
    """Return the message that removes a list of values."""
    return {"Operations": [{"op": "remove", "path": path, "value": value}]}


@pytest.mark.rule("7644-3.5.2.2-value-is-no-selector")
@pytest.mark.parametrize("path", [*OF_USERS, *OF_GROUPS])
def test_an_empty_list_removes_nothing(
    registry: Registry, user: dict[str, Any], group: dict[str, Any], path: str
) -> None:
    """A client may have found nobody who leaves; all is removed without a value."""
    resource, of_type = (user, registry.user) if path in OF_USERS else (group, registry.group)
    before = copy.deepcopy(resource)
    assert apply_patch(resource, read_patch(removing(path, []), of_type), of_type) == before


@pytest.mark.rule("7644-3.5.2-mutability")
def test_an_empty_list_of_what_is_read_only_is_refused(
    registry: Registry, user: dict[str, Any]
) -> None:
    """ConductorOne means all roles by it, and is not told that they are gone."""
    patch = read_patch(removing("roles", []), registry.user)
    with pytest.raises(Mutability):
        apply_patch(user, patch, registry.user)


@pytest.mark.rule("7644-3.5.2.2-value-is-no-selector")
@pytest.mark.parametrize("value", [[{}], {}, [{"type": "home"}], {"primary": True}])
@pytest.mark.parametrize("path", [*OF_USERS, *OF_GROUPS])
def test_what_is_removed_is_told_by_its_value(registry: Registry, path: str, value: object) -> None:
    """Anything else selects nothing here: a filter in the path does."""
    of_type = registry.user if path in OF_USERS else registry.group
    with pytest.raises(InvalidValue, match="told by its value"):
        read_patch(removing(path, value), of_type)


def test_the_parts_that_are_sent_with_a_value_tell_it_from_others(
    registry: Registry, user: dict[str, Any]
) -> None:
    """Of two with one address only that of the type goes."""
    user["emails"].append({"value": "ann@home.example", "type": "other"})
    value = [{"value": "ann@home.example", "type": "other"}]
    changed = apply_patch(user, read_patch(removing("emails", value), registry.user), registry.user)
    assert [each["type"] for each in changed["emails"]] == ["work", "home"]
