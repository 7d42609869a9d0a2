"""The resources of 2.0 that set and take away explicit permissions."""

from gateway.sandbox.call import Call
from gateway.sandbox.credentials import CallerKind
from gateway.sandbox.errors import Refusal, bad_request, not_found, payment_required
from gateway.sandbox.model import Account, Permission, Project, Repository, WorkspaceRole
from gateway.sandbox.partial import Json
from gateway.sandbox.workspace import Subject

ONLY_BY_ACCOUNTS = (
    "This API can only be accessed via app passwords or API tokens, not by this kind of credential."
)
ON_REPOSITORIES = frozenset({Permission.READ, Permission.WRITE, Permission.ADMIN})

Target = Project | Repository


def set_project_group(call: Call, workspace: str, project_key: str, group_slug: str) -> Json:
    """``PUT …/projects/{project_key}/permissions-config/groups/{group_slug}``."""
    return _set(call, _project(call, workspace, project_key), _group(call, group_slug))


def set_project_user(call: Call, workspace: str, project_key: str, selected_user_id: str) -> Json:
    """``PUT …/projects/{project_key}/permissions-config/users/{selected_user_id}``."""
    return _set(call, _project(call, workspace, project_key), _member(call, selected_user_id))


def set_repository_group(call: Call, workspace: str, repo_slug: str, group_slug: str) -> Json:
    """``PUT …/{repo_slug}/permissions-config/groups/{group_slug}``."""
    return _set(call, _repository(call, workspace, repo_slug), _group(call, group_slug))


def set_repository_user(call: Call, workspace: str, repo_slug: str, selected_user_id: str) -> Json:
    """``PUT …/{repo_slug}/permissions-config/users/{selected_user_id}``."""
    return _set(call, _repository(call, workspace, repo_slug), _member(call, selected_user_id))


def delete_project_group(call: Call, workspace: str, project_key: str, group_slug: str) -> Json:
    """``DELETE …/projects/{project_key}/permissions-config/groups/{group_slug}``."""
    return _delete(call, _project(call, workspace, project_key), _group(call, group_slug))


def delete_project_user(
    call: Call, workspace: str, project_key: str, selected_user_id: str
) -> Json:
    """``DELETE …/projects/{project_key}/permissions-config/users/{selected_user_id}``."""
    return _delete(call, _project(call, workspace, project_key), _member(call, selected_user_id))


def delete_repository_group(call: Call, workspace: str, repo_slug: str, group_slug: str) -> Json:
    """``DELETE …/{repo_slug}/permissions-config/groups/{group_slug}``."""
    return _delete(call, _repository(call, workspace, repo_slug), _group(call, group_slug))


def delete_repository_user(
    call: Call, workspace: str, repo_slug: str, selected_user_id: str
) -> Json:
    """``DELETE …/{repo_slug}/permissions-config/users/{selected_user_id}``."""
    return _delete(call, _repository(call, workspace, repo_slug), _member(call, selected_user_id))


def _project(call: Call, workspace: str, key: str) -> Project:
    _enter(call, workspace)
    return call.administered_project(key)


def _repository(call: Call, workspace: str, slug: str) -> Repository:
    _enter(call, workspace)
    return call.administered_repository(slug)


def _enter(call: Call, workspace: str) -> None:
    if call.caller.kind is not CallerKind.API_TOKEN:
        raise Refusal(403, ONLY_BY_ACCOUNTS)
    call.enter(workspace)


def _set(call: Call, target: Target, subject: Subject) -> Json:
    world = call.world
    permission = _permission(call, target)
    if isinstance(subject, Account):
        if _owns(call, subject):
            raise bad_request("Cannot set a permission for the owner of the workspace.")
        _check_seats(call, subject)
    if world.granted(subject, target) is not permission:
        world.grant(subject, target, permission)
    return call.wire.explicit(subject, target, permission)


def _delete(call: Call, target: Target, subject: Subject) -> Json:
    if isinstance(subject, Account) and _owns(call, subject):
        raise bad_request("Cannot delete the permission of the owner of the workspace.")
    if call.world.granted(subject, target) is None:
        raise not_found("No explicit permission was found.")
    call.world.revoke(subject, target)
    return None


def _owns(call: Call, member: Account) -> bool:
    return call.world.memberships[member.uuid].role is WorkspaceRole.OWNER


def _permission(call: Call, target: Target) -> Permission:
    body = call.json()
    word = body.get("permission") if isinstance(body, dict) else None
    allowed = set(Permission) if isinstance(target, Project) else ON_REPOSITORIES
    for permission in allowed:
        if permission.value == word:
            return permission
    raise bad_request("Invalid permission", f"'{word}' is not a valid permission.")


def _check_seats(call: Call, member: Account) -> None:
    """402 where a member who has no access yet would need a seat that the plan does not have."""
    limit, world = call.behaviour.seat_limit, call.world
    if limit is None or _has_access(call, member):
        return
    taken = sum(_has_access(call, account) for account, _ in world.members())
    if taken >= limit:
        raise payment_required()


def _has_access(call: Call, member: Account) -> bool:
    world = call.world
    return bool(
        world.grants(subject=member) or world.groups_of(member) or world.is_administrator(member)
    )


def _group(call: Call, slug: str) -> Subject:
    group = call.world.group(slug)
    if group is None:
        raise not_found(f"No group with slug '{slug}'.")
    return group


def _member(call: Call, identifier: str) -> Account:
    member = call.world.member(identifier)
    if member is None:
        raise bad_request(f"{identifier} is not a member of workspace {call.world.slug}.")
    return member
