"""A group of the workspace as a SCIM Group (RFC 7643 §4.2)."""

from collections.abc import Iterable

from gateway.directory.entitlements import Entitlement
from gateway.directory.users import assigned
from gateway.mirror.facts import Group, Membership
from gateway.scim.reference import relative

GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
GROUP_EXTENSION = "urn:bitbucket-scim:params:scim:schemas:extension:1.0:Group"


def group_resource(
    group: Group, *, members: Iterable[Membership], entitlements: Iterable[Entitlement]
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
            "members": [_member(membership) for membership in _in_order(members)],
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


def _in_order(members: Iterable[Membership]) -> list[Membership]:
    return sorted(members, key=lambda member: (member.display_name, member.member_uuid))


def _member(membership: Membership) -> dict[str, object]:
    return assigned(
        {
            "value": membership.member_uuid,
            "$ref": relative(f"/Users/{membership.member_uuid}"),
            "display": membership.display_name,
            "type": "User",
        }
    )
