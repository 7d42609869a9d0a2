"""The resources that 1.0 still has: bare arrays, and workspaces by their slug only."""

from gateway.sandbox.call import Call
from gateway.sandbox.errors import Refusal, bad_request, gone, not_found
from gateway.sandbox.model import Group, Permission, Repository
from gateway.sandbox.partial import Json
from gateway.sandbox.wire_1_0 import OldWire


def groups(call: Call, workspace: str) -> Json:
    """``GET /1.0/groups/{workspace_slug}``: every group with every member."""
    wire = enter(call, workspace)
    return [wire.group(group) for group in call.world.groups.values()]


def group(call: Call, workspace: str, group_slug: str) -> Json:
    """``GET /1.0/groups/{workspace_slug}/{group_slug}``."""
    return enter(call, workspace).group(group_of(call, group_slug))


def group_members(call: Call, workspace: str, group_slug: str) -> Json:
    """``GET /1.0/groups/{workspace_slug}/{group_slug}/members``."""
    return enter(call, workspace).members(group_of(call, group_slug))


def group_privileges(call: Call, workspace: str) -> Json:
    """``GET /1.0/group-privileges/{workspace_slug}``: every grant of a group on a repository."""
    wire = enter(call, workspace)
    return [
        wire.privilege(grant.subject, grant.target, grant.permission)
        for grant in call.world.grants()
        if isinstance(grant.subject, Group)
        and isinstance(grant.target, Repository)
        and _passes(call, grant.permission)
    ]


def invitations(call: Call, workspace: str) -> Json:
    """``GET /1.0/users/{workspace_slug}/invitations``: gone once administration has moved."""
    wire = enter(call, workspace)
    if call.world.administration_moved:
        raise gone()
    return [wire.invitation(invitation) for invitation in call.world.invitations.values()]


def enter(call: Call, workspace: str) -> OldWire:
    """Return what renders; administrators alone may, and by the slug alone."""
    if workspace.startswith("{"):
        raise Refusal(call.behaviour.workspace_uuid_on_1_0_status, "Method not allowed")
    call.enter(workspace)
    call.require_administrator()
    return OldWire(call.world, call.base)


def group_of(call: Call, slug: str) -> Group:
    """Return the group with this slug, else 404."""
    group = call.world.group(slug)
    if group is None:
        raise not_found("Group not found")
    return group


def _passes(call: Call, permission: Permission) -> bool:
    wanted = call.arguments.get("filter")
    if wanted not in (None, "read", "write", "admin"):
        raise bad_request(f"Invalid filter '{wanted}'")
    return wanted is None or permission.value == wanted
