"""The resources of 2.0 about people, projects and repositories."""

from collections.abc import Mapping
from http import HTTPStatus

from gateway.sandbox.bbql import In
from gateway.sandbox.call import Call
from gateway.sandbox.credentials import CallerKind
from gateway.sandbox.errors import bad_request, forbidden, not_found
from gateway.sandbox.model import Account, Membership, Permission, Project, Repository
from gateway.sandbox.paging import Listed
from gateway.sandbox.partial import Json, JsonObject
from gateway.sandbox.predicate import Field, Fields, Kind, ordered, predicate

MAX_ADDRESSES = 90

PERMISSION_FIELDS: Fields[Membership] = {
    "permission": Field(Kind.TEXT, lambda membership: membership.role.value),
}
ROLES: Mapping[str, Permission] = {
    "member": Permission.READ,
    "contributor": Permission.WRITE,
    "admin": Permission.ADMIN,
}


def current_user(call: Call) -> Json:
    """``GET /2.0/user``."""
    account = call.account
    if account is not None:
        return call.partial().apply(call.wire.account(account))
    refused = call.behaviour.access_token_user_status
    is_token = call.caller.kind is CallerKind.WORKSPACE_ACCESS_TOKEN
    if is_token and refused == HTTPStatus.FORBIDDEN:
        raise forbidden()
    return call.partial().apply(call.wire.team())


def current_user_workspaces(call: Call) -> Json:
    """``GET /2.0/user/workspaces``: not for credentials that belong to one workspace."""
    call.require_kind(CallerKind.API_TOKEN)
    account = call.account
    found = [call.world] if account and account.uuid in call.world.memberships else []
    administrator = call.is_administrator
    wanted = call.arguments.get("administrator")
    if wanted is not None and (wanted.lower() == "true") is not administrator:
        found = []
    return call.page(
        Listed(found), lambda _: call.wire.workspace_access(administrator=administrator)
    )


def user(call: Call, selected_user: str) -> Json:
    """``GET /2.0/users/{selected_user}``."""
    account = call.world.account(selected_user)
    if account is None:
        raise not_found(f"{selected_user} is not a valid user")
    return call.partial().apply(call.wire.account(account))


def workspace(call: Call, workspace: str) -> Json:
    """``GET /2.0/workspaces/{workspace}``."""
    call.enter(workspace)
    return call.partial().apply(call.wire.workspace())


def members(call: Call, workspace: str) -> Json:
    """``GET …/members``; ``q=user.email IN (…)`` finds people by address, and nothing else does."""
    call.enter(workspace)
    call.refuse("sort")
    wire, wishes = call.wire, call.partial().within("values").within("user")
    asked = _asked_addresses(call)

    def render(membership: Membership) -> JsonObject:
        made = wire.membership(membership)
        account = call.world.accounts[membership.account_uuid]
        rest = wire.account_rest(account)
        if asked is not None:
            rest["email"] = account.email
        made["user"] = wishes.grow(wire.account_inside(account), lambda: rest)
        return made

    memberships = call.world.memberships
    found = [
        membership
        for membership in memberships.values()
        if asked is None or membership.account_uuid in asked
    ]
    return call.page(Listed(found), render)


def member(call: Call, workspace: str, member: str) -> Json:
    """``GET …/members/{member}``."""
    call.enter(workspace)
    account = call.world.member(member)
    if account is None:
        raise not_found(f"{member} is not a member of workspace {call.world.slug}.")
    made = call.wire.membership(call.world.memberships[account.uuid])
    return call.partial().apply(made)


def permissions(call: Call, workspace: str) -> Json:
    """``GET …/permissions``: members with their role, by ``q=permission="…"`` if wanted."""
    call.enter(workspace)
    call.refuse("sort")
    wire, wishes = call.wire, call.partial().within("values").within("user")
    asked = ("permissions", call.arguments.get("q"))
    found = call.indexes.remembered(asked, lambda: _memberships(call))

    def render(membership: Membership) -> JsonObject:
        made = wire.membership_with_permission(membership)
        account = call.world.accounts[membership.account_uuid]
        made["user"] = wishes.grow(wire.account_inside(account), lambda: wire.account_rest(account))
        return made

    return call.page(Listed(found), render)


def projects(call: Call, workspace: str) -> Json:
    """``GET …/projects``: public ones, and those where the caller may do anything."""
    call.enter(workspace)
    call.refuse("q", "sort")
    found = [project for project in call.world.projects.values() if _sees_project(call, project)]
    return call.page(Listed(found), lambda project: _project(call, project))


def project(call: Call, workspace: str, project_key: str) -> Json:
    """``GET …/projects/{project_key}``."""
    call.enter(workspace)
    found = call.project(project_key)
    if not _sees_project(call, found):
        raise not_found(f"Project {project_key} not found.")
    return call.partial().apply(_project(call, found))


def repositories(call: Call, workspace: str) -> Json:
    """``GET /2.0/repositories/{workspace}``."""
    call.enter(workspace)
    shaping = tuple(call.arguments.get(name) for name in ("role", "q", "sort"))
    asked = ("repositories", call.caller.identity, *shaping)
    found = call.indexes.remembered(asked, lambda: _repositories(call))
    return call.page(Listed(found), call.wire.repository)


def repository(call: Call, workspace: str, repo_slug: str) -> Json:
    """``GET /2.0/repositories/{workspace}/{repo_slug}``."""
    call.enter(workspace)
    return call.partial().apply(call.wire.repository(call.repository(repo_slug)))


def _memberships(call: Call) -> list[Membership]:
    everybody = list(call.world.memberships.values())
    query = call.query()
    if query is None:
        return everybody
    return list(filter(predicate(query, PERMISSION_FIELDS), everybody))


def _repositories(call: Call) -> list[Repository]:
    fields, query = _repository_fields(call), call.query()
    found = [repository for repository in _by_role(call) if call.sees(repository)]
    if query is not None:
        found = list(filter(predicate(query, fields), found))
    sort = call.arguments.get("sort")
    return found if sort is None else ordered(found, sort, fields)


def _asked_addresses(call: Call) -> set[str] | None:
    """The UUIDs of the members whose addresses were asked for; None when nobody asked."""
    query = call.query()
    if query is None:
        return None
    if not isinstance(query, In) or query.field != "user.email":
        raise bad_request("Invalid query", 'Members are found by user.email IN ("…") only.')
    if len(query.values) > MAX_ADDRESSES:
        raise bad_request(f"No more than {MAX_ADDRESSES} e-mail addresses can be queried.")
    call.require_administrator()
    found: set[str] = set()
    for address in query.values:
        if not isinstance(address, str):
            raise bad_request("Invalid query", "An address is a string.")
        account: Account | None = call.indexes.account_by_email.get(address.casefold())
        if account:
            found.add(account.uuid)
    return found


def _project(call: Call, project: Project) -> JsonObject:
    has_public = project.uuid in call.indexes.public_projects
    return call.wire.project(project, has_public_repositories=has_public)


def _sees_project(call: Call, project: Project) -> bool:
    if not project.is_private or call.is_administrator or call.account is None:
        return True
    return bool(
        call.world.project_permission(call.account, project)
        or any(
            repository.project_uuid == project.uuid and call.sees(repository)
            for repository in call.world.repositories.values()
        )
    )


def _by_role(call: Call) -> list[Repository]:
    everything = list(call.world.repositories.values())
    role = call.arguments.get("role")
    if role is None:
        return everything
    if role == "owner":
        # Repositories belong to the workspace, so nobody but the workspace owns one.
        return everything if call.account is None else []
    if role not in ROLES:
        raise bad_request(f"Invalid role '{role}'")
    return [repository for repository in everything if call.has(repository, ROLES[role])]


def _repository_fields(call: Call) -> Fields[Repository]:
    world = call.world

    def project_of(repository: Repository) -> Project:
        return world.projects[repository.project_uuid]

    return {
        "name": Field(Kind.TEXT, lambda repository: repository.name),
        "slug": Field(Kind.TEXT, lambda repository: repository.slug),
        "uuid": Field(Kind.TEXT, lambda repository: repository.uuid),
        "full_name": Field(Kind.TEXT, lambda repository: f"{world.slug}/{repository.slug}"),
        "description": Field(Kind.TEXT, lambda repository: repository.description),
        "language": Field(Kind.TEXT, lambda repository: repository.language),
        "size": Field(Kind.NUMBER, lambda repository: repository.size_bytes),
        "is_private": Field(Kind.BOOLEAN, lambda repository: repository.is_private),
        "created_on": Field(Kind.DATE, lambda repository: repository.created_on),
        "updated_on": Field(Kind.DATE, lambda repository: repository.updated_on),
        "parent": Field(Kind.TEXT, lambda _: None),
        "project.key": Field(Kind.TEXT, lambda repository: project_of(repository).key),
        "project.name": Field(Kind.TEXT, lambda repository: project_of(repository).name),
        "project.uuid": Field(Kind.TEXT, lambda repository: project_of(repository).uuid),
    }
