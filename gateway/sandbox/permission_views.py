"""The resources of 2.0 about who may do what."""

from gateway.sandbox.call import Call
from gateway.sandbox.effective import Right
from gateway.sandbox.errors import bad_request, not_found
from gateway.sandbox.model import Account, Grant, Group, Project, Repository
from gateway.sandbox.paging import Listed, Window
from gateway.sandbox.partial import Json, JsonObject
from gateway.sandbox.predicate import ordered
from gateway.sandbox.rights_list import Repositories, rights_window
from gateway.sandbox.workspace import Subject, Target


def effective_permissions(call: Call, workspace: str) -> Json:
    """``GET …/permissions/repositories``."""
    call.enter(workspace)
    call.require_administrator()
    if not call.behaviour.rights_by_names and " IN " in call.arguments.get("q", ""):
        raise bad_request("Invalid query", "IN is not supported by this resource.")
    return _effective(call, None)


def effective_permissions_on(call: Call, workspace: str, repo_slug: str) -> Json:
    """``GET …/permissions/repositories/{repo_slug}``."""
    call.enter(workspace)
    return _effective(call, call.administered_repository(repo_slug))


def project_groups(call: Call, workspace: str, project_key: str) -> Json:
    """``GET …/projects/{project_key}/permissions-config/groups``."""
    call.enter(workspace)
    return _explicit(call, call.administered_project(project_key), Group)


def project_group(call: Call, workspace: str, project_key: str, group_slug: str) -> Json:
    """``GET …/projects/{project_key}/permissions-config/groups/{group_slug}``."""
    call.enter(workspace)
    target = call.administered_project(project_key)
    return _one(call, _group(call, group_slug), target)


def project_users(call: Call, workspace: str, project_key: str) -> Json:
    """``GET …/projects/{project_key}/permissions-config/users``."""
    call.enter(workspace)
    return _explicit(call, call.administered_project(project_key), Account)


def project_user(call: Call, workspace: str, project_key: str, selected_user_id: str) -> Json:
    """``GET …/projects/{project_key}/permissions-config/users/{selected_user_id}``."""
    call.enter(workspace)
    target = call.administered_project(project_key)
    return _one(call, _member(call, selected_user_id), target)


def repository_groups(call: Call, workspace: str, repo_slug: str) -> Json:
    """``GET …/{repo_slug}/permissions-config/groups``."""
    call.enter(workspace)
    return _explicit(call, call.administered_repository(repo_slug), Group)


def repository_group(call: Call, workspace: str, repo_slug: str, group_slug: str) -> Json:
    """``GET …/{repo_slug}/permissions-config/groups/{group_slug}``."""
    call.enter(workspace)
    target = call.administered_repository(repo_slug)
    return _one(call, _group(call, group_slug), target)


def repository_users(call: Call, workspace: str, repo_slug: str) -> Json:
    """``GET …/{repo_slug}/permissions-config/users``."""
    call.enter(workspace)
    return _explicit(call, call.administered_repository(repo_slug), Account)


def repository_user(call: Call, workspace: str, repo_slug: str, selected_user_id: str) -> Json:
    """``GET …/{repo_slug}/permissions-config/users/{selected_user_id}``."""
    call.enter(workspace)
    target = call.administered_repository(repo_slug)
    return _one(call, _member(call, selected_user_id), target)


def _effective(call: Call, only: Repository | None) -> Json:
    """The rights on one repository, or on all."""
    wire, wishes = call.wire, call.partial().within("values")
    of_user, of_repository = wishes.within("user"), wishes.within("repository")
    asked = (only and only.uuid, call.arguments.get("q"), call.arguments.get("sort"))
    window = call.indexes.remembered(("rights", *asked), lambda: _rights(call, only))

    def render(right: Right) -> JsonObject:
        made = wire.repository_permission(right.account, right.repository, right.permission)
        made["user"] = of_user.grow(
            wire.account_inside(right.account), lambda: wire.account_rest(right.account)
        )
        made["repository"] = of_repository.grow(
            wire.repository_inside(right.repository), lambda: wire.repository(right.repository)
        )
        return made

    return call.page(window, render, of_permissions=True)


def _rights(call: Call, only: Repository | None) -> Window[Right]:
    everywhere = call.indexes.repositories
    repositories = everywhere if only is None else Repositories([only], everywhere.fields)
    window = rights_window(call.indexes.rights, repositories, call.query())
    sort = call.arguments.get("sort")
    if sort is None:
        return window
    everything = window.window(0, len(window.repositories) * len(call.world.memberships))
    return Listed(ordered(everything, sort, everywhere.fields))


def _explicit(call: Call, target: Project | Repository, sort: type[Account | Group]) -> Json:
    call.refuse("q", "sort")
    wire = call.wire
    held = call.world.grants(target=target)
    grants = [grant for grant in held if isinstance(grant.subject, sort)]

    def render(grant: Grant) -> JsonObject:
        return wire.explicit(grant.subject, grant.target, grant.permission)

    return call.page(Listed(grants), render, of_permissions=True)


def _one(call: Call, subject: Subject, target: Target) -> Json:
    held = call.world.granted(subject, target)
    return call.partial().apply(call.wire.explicit(subject, target, held))


def _group(call: Call, slug: str) -> Group:
    group = call.world.group(slug)
    if group is None:
        raise not_found(f"No group with slug '{slug}'.")
    return group


def _member(call: Call, identifier: str) -> Account:
    account = call.world.member(identifier)
    if account is None:
        raise not_found(f"{identifier} is not a member of workspace {call.world.slug}.")
    return account
