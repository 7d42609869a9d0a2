"""A group of the workspace as a SCIM Group (RFC 7643 §4.2)."""

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.directory.entitlements import Entitlement
from gateway.directory.users import assigned
from gateway.mirror.facts import Group
from gateway.scim.reference import relative

GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
GROUP_EXTENSION = "urn:bitbucket-scim:params:scim:schemas:extension:1.0:Group"


@dataclass(frozen=True, slots=True, order=True)
class InGroup:
    """Who is in a group: the name to put it in order by, and the id of the user."""

    display_name: str
    user_id: str


def group_resource(
    group: Group, *, members: Iterable[InGroup], entitlements: Iterable[Entitlement]
) -> dict[str, object]:
    """
    Return the resource, without what the mirror adds to ``meta``.

    Args:
        group: The group.
        members: Those who are in it.
        entitlements: What it was granted, in the order to show.
    """
    return assigned(
        {
            "schemas": [GROUP, GROUP_EXTENSION],
            "id": group.id,
            "displayName": group.name,
            "members": [_member(member) for member in sorted(members)],
            GROUP_EXTENSION: assigned(
                {
                    "slug": group.slug,
                    "workspacePermission": group.permission,
                    "autoAdd": group.auto_add,
                    "entitlements": [entitlement.to_json() for entitlement in entitlements],
                }
            ),
            "meta": {"resourceType": "Group", "location": relative(f"/Groups/{group.id}")},
        }
    )


def _member(member: InGroup) -> dict[str, object]:
    return {
        "value": member.user_id,
        "$ref": relative(f"/Users/{member.user_id}"),
        "type": "User",
    }
