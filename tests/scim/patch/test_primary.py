"""One value at most is primary, whatever makes it so (RFC 7644 §3.5.2, RFC 7643 §2.4)."""

from typing import Any

import pytest

from gateway.scim.errors import InvalidValue
from gateway.scim.patch.apply import apply_patch
from gateway.scim.patch.message import read_patch
from gateway.scim.schema import Registry

WORK = {"value": "a@acme.example", "type": "work", "primary": True}
HOME = {"value": "h@acme.example", "type": "home"}
OTHER = {"value": "o@acme.example", "type": "other"}
NO_LONGER = WORK | {"primary": False}


def emails_after(registry: Registry, user: dict[str, Any], **operation: Any) -> list[Any]:
    """Return the addresses after one operation on a work, a home and another address."""
    user["emails"] = [WORK, HOME, OTHER]
    patch = read_patch({"Operations": [operation]}, registry.user)
    emails: list[Any] = apply_patch(user, patch, registry.user)["emails"]
    return emails


@pytest.mark.rule("7644-3.5.2-primary", "7644-3.5.2.3-without-a-value")
@pytest.mark.parametrize("op", ["add", "replace"])
@pytest.mark.parametrize(
    ("path", "value"),
    [
        ('emails[type eq "home"]', {"primary": True}),
        ('emails[value eq "h@acme.example"]', {"primary": True}),
        ('emails[type eq "home"].primary', True),
        ('emails[type eq "home"]', HOME | {"primary": True}),
    ],
)
def test_the_selected_value_becomes_the_only_primary_one(
    registry: Registry, user: dict[str, Any], op: str, path: str, value: object
) -> None:
    """And keeps its address, where the operation names no other."""
    after = emails_after(registry, user, op=op, path=path, value=value)
    assert after == [NO_LONGER, HOME | {"primary": True}, OTHER]


@pytest.mark.rule("7644-3.5.2-primary")
def test_a_value_that_is_primary_already_stays_so(registry: Registry, user: dict[str, Any]) -> None:
    """Sent again with others, it is the one."""
    after = emails_after(registry, user, op="add", path="emails", value=[HOME, WORK])
    assert after == [WORK, HOME, OTHER]


@pytest.mark.rule("7644-3.5.2-two-primaries")
@pytest.mark.parametrize("op", ["add", "replace"])
@pytest.mark.parametrize(
    ("path", "value"),
    [
        ('emails[type ne "work"]', {"primary": True}),
        ('emails[type ne "work"].primary', True),
        ("emails[value pr]", {"primary": True}),
        ("emails.primary", True),
    ],
)
def test_many_values_are_not_made_primary_at_once(
    registry: Registry, user: dict[str, Any], op: str, path: str, value: object
) -> None:
    """Whether or not one of them was so before."""
    with pytest.raises(InvalidValue, match="Only one"):
        emails_after(registry, user, op=op, path=path, value=value)


@pytest.mark.rule("7644-3.5.2.3-values")
def test_one_value_takes_the_place_of_all_that_are_selected(
    registry: Registry, user: dict[str, Any]
) -> None:
    """It is there once, and what it leaves out is gone; it may be the primary one."""
    value = {"value": "q@acme.example"}
    path = 'emails[type ne "work"]'
    assert emails_after(registry, user, op="replace", path=path, value=value) == [WORK, value]
    primary = value | {"primary": True}
    changed = emails_after(registry, user, op="replace", path=path, value=primary)
    assert changed == [NO_LONGER, primary]


@pytest.mark.rule("7644-3.5.2.3-without-a-value")
def test_a_replacement_without_an_address_keeps_each(
    registry: Registry, user: dict[str, Any]
) -> None:
    """It is said of the values that are there."""
    path, value = 'emails[type ne "work"]', {"display": "Private"}
    after = emails_after(registry, user, op="replace", path=path, value=value)
    assert after == [WORK, HOME | value, OTHER | value]
