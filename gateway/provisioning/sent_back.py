"""
A PUT of what is shown of an account that Atlassian has closed.

Its ``active: false`` is Atlassian's word, sent back with the rest, and the rest may assert access:
to take that away for it would be to change what was not asked to be changed (RFC 7644 §3.5.1).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from gateway.directory.overlay import overlay_of
from gateway.provisioning.people import Person

Resource = Mapping[str, Any]

#: What who sends it back is told.
STAYS: Final = (
    "active false was sent back as Atlassian has it: all access stays until a PATCH of active to "
    "false, or a DELETE, takes it away"
)


def is_sent_back(
    body: Resource, person: Person, wanted: Resource, *, is_same_version: Callable[[], bool]
) -> bool:
    """
    Return whether a PUT says ``active: false`` only as that is shown, of a closed account.

    So it is where nothing that clients write would be another, and the body asserts what is held:
    by the entitlements, or by the version, which is one of all that is shown. A client that tells
    of neither, as Okta, deactivates by such a PUT.

    Args:
        body: What it sends.
        person: The user as it is.
        wanted: The user as it would be.
        is_same_version: Tells whether the body says that it is of the version that is shown now.
    """
    member = person.member
    is_closed = member is not None and not member.is_active and "active" in person.resource
    was_deactivated = not person.record.is_active or person.was_taken_from
    if body.get("active") is not False or not is_closed or was_deactivated:
        return False
    held = _values(person.resource)
    if held != _values(wanted) or overlay_of(person.resource, wanted, "User"):
        return False
    return bool(held and body.get("entitlements")) or is_same_version()


def _values(resource: Resource) -> frozenset[str]:
    return frozenset(each["value"] for each in resource.get("entitlements", ()))
