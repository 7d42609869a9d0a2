"""Every resource of the simulated Bitbucket: its path, its scopes, its budget."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from gateway.sandbox import people_writes, permission_views, views, views_1_0
from gateway.sandbox import permission_writes as grants
from gateway.sandbox.credentials import Caller, CallerKind
from gateway.sandbox.partial import Json

View: TypeAlias = Callable[..., Json]

WORKSPACE = "/2.0/workspaces/<workspace>"
PROJECT = f"{WORKSPACE}/projects/<project_key>"
REPOSITORIES = "/2.0/repositories/<workspace>"
REPOSITORY = f"{REPOSITORIES}/<repo_slug>"
USER, GROUP = "users/<selected_user_id>", "groups/<group_slug>"
OLD_GROUPS = "/1.0/groups/<workspace>"
OLD_MEMBER = f"{OLD_GROUPS}/<group_slug>/members/<member>"
OLD_PRIVILEGE = "/1.0/group-privileges/<workspace>/<repo>/<owner>/<group_slug>"
INVITATIONS = "/1.0/users/<workspace>/invitations"
SCALED_GROUP = "/2.0/repositories"
PLAIN_GROUP = "/2.0"
OLD_GROUP = "/1.0"

REMOVED = (
    "/2.0/workspaces",
    "/2.0/user/permissions/workspaces",
    "/2.0/user/permissions/repositories",
)


@dataclass(frozen=True, slots=True)
class Scopes:
    """
    What a credential needs; scopes do not imply one another.

    Attributes:
        classic: For access tokens and OAuth consumers.
        granular: For API tokens, without the ``:bitbucket`` at their end.
    """

    classic: frozenset[str] = field(default_factory=frozenset)
    granular: frozenset[str] = field(default_factory=frozenset)

    def required_of(self, caller: Caller) -> frozenset[str]:
        """The scopes this caller needs, as its kind of credential calls them."""
        if caller.kind is CallerKind.API_TOKEN:
            return frozenset(f"{scope}:bitbucket" for scope in self.granular)
        return self.classic


def scopes(classic: str, granular: str) -> Scopes:
    """Scopes from names between blanks."""
    return Scopes(frozenset(classic.split()), frozenset(granular.split()))


ACCOUNT = scopes("account", "read:user")
WORKSPACES = scopes("account", "read:user read:workspace")
EFFECTIVE = scopes("account", "read:user read:workspace read:repository")
PROJECTS = scopes("project", "read:project")
PROJECT_GRANTS = scopes("project:admin", "admin:project")
READ_REPOSITORIES = scopes("repository", "read:repository")
REPOSITORY_GRANTS = scopes("repository:admin", "admin:repository")
OLD = scopes("account:write", "admin:workspace")
# API tokens don't offer the scope, so that none of them has it.
OLD_WRITES = scopes("account:write", "account:write")
SET_ON_PROJECTS = scopes("project:admin", "admin:project write:permission")
DELETE_ON_PROJECTS = scopes("project:admin", "admin:project delete:permission")
SET_ON_REPOSITORIES = scopes("repository:admin", "admin:repository write:permission")
DELETE_ON_REPOSITORIES = scopes("repository:admin", "admin:repository delete:permission")


@dataclass(frozen=True, slots=True)
class Resource:
    """One method of one resource."""

    rule: str
    scopes: Scopes
    view: View
    method: str = "GET"

    @property
    def budget(self) -> str:
        """The resources it shares its hourly budget with."""
        if self.rule.startswith(SCALED_GROUP):
            return SCALED_GROUP
        return OLD_GROUP if self.rule.startswith(OLD_GROUP) else PLAIN_GROUP


RESOURCES = (
    Resource("/2.0/user", ACCOUNT, views.current_user),
    Resource("/2.0/user/workspaces", WORKSPACES, views.current_user_workspaces),
    Resource("/2.0/users/<selected_user>", ACCOUNT, views.user),
    Resource(WORKSPACE, WORKSPACES, views.workspace),
    Resource(f"{WORKSPACE}/members", WORKSPACES, views.members),
    Resource(f"{WORKSPACE}/members/<member>", WORKSPACES, views.member),
    Resource(f"{WORKSPACE}/permissions", WORKSPACES, views.permissions),
    Resource(
        f"{WORKSPACE}/permissions/repositories",
        EFFECTIVE,
        permission_views.effective_permissions,
    ),
    Resource(
        f"{WORKSPACE}/permissions/repositories/<repo_slug>",
        EFFECTIVE,
        permission_views.effective_permissions_on,
    ),
    Resource(f"{WORKSPACE}/projects", PROJECTS, views.projects),
    Resource(PROJECT, PROJECTS, views.project),
    Resource(
        f"{PROJECT}/permissions-config/groups", PROJECT_GRANTS, permission_views.project_groups
    ),
    Resource(
        f"{PROJECT}/permissions-config/groups/<group_slug>",
        PROJECT_GRANTS,
        permission_views.project_group,
    ),
    Resource(f"{PROJECT}/permissions-config/users", PROJECT_GRANTS, permission_views.project_users),
    Resource(
        f"{PROJECT}/permissions-config/users/<selected_user_id>",
        PROJECT_GRANTS,
        permission_views.project_user,
    ),
    Resource(REPOSITORIES, READ_REPOSITORIES, views.repositories),
    Resource(REPOSITORY, READ_REPOSITORIES, views.repository),
    Resource(
        f"{REPOSITORY}/permissions-config/groups",
        REPOSITORY_GRANTS,
        permission_views.repository_groups,
    ),
    Resource(
        f"{REPOSITORY}/permissions-config/groups/<group_slug>",
        REPOSITORY_GRANTS,
        permission_views.repository_group,
    ),
    Resource(
        f"{REPOSITORY}/permissions-config/users",
        REPOSITORY_GRANTS,
        permission_views.repository_users,
    ),
    Resource(
        f"{REPOSITORY}/permissions-config/users/<selected_user_id>",
        REPOSITORY_GRANTS,
        permission_views.repository_user,
    ),
    Resource("/1.0/groups/<workspace>", OLD, views_1_0.groups),
    Resource("/1.0/groups/<workspace>/<group_slug>", OLD, views_1_0.group),
    Resource("/1.0/groups/<workspace>/<group_slug>/members", OLD, views_1_0.group_members),
    Resource("/1.0/group-privileges/<workspace>", OLD, views_1_0.group_privileges),
    Resource("/1.0/users/<workspace>/invitations", OLD, views_1_0.invitations),
    *(
        Resource(f"{of}/permissions-config/{who}", needed, view, method)
        for of, who, method, needed, view in (
            (PROJECT, GROUP, "PUT", SET_ON_PROJECTS, grants.set_project_group),
            (PROJECT, USER, "PUT", SET_ON_PROJECTS, grants.set_project_user),
            (PROJECT, GROUP, "DELETE", DELETE_ON_PROJECTS, grants.delete_project_group),
            (PROJECT, USER, "DELETE", DELETE_ON_PROJECTS, grants.delete_project_user),
            (REPOSITORY, GROUP, "PUT", SET_ON_REPOSITORIES, grants.set_repository_group),
            (REPOSITORY, USER, "PUT", SET_ON_REPOSITORIES, grants.set_repository_user),
            (
                REPOSITORY,
                GROUP,
                "DELETE",
                DELETE_ON_REPOSITORIES,
                grants.delete_repository_group,
            ),
            (
                REPOSITORY,
                USER,
                "DELETE",
                DELETE_ON_REPOSITORIES,
                grants.delete_repository_user,
            ),
        )
    ),
    Resource(OLD_GROUPS, OLD_WRITES, people_writes.create_group, "POST"),
    Resource(f"{OLD_GROUPS}/<group_slug>", OLD_WRITES, people_writes.change_group, "PUT"),
    Resource(f"{OLD_GROUPS}/<group_slug>", OLD_WRITES, people_writes.delete_group, "DELETE"),
    Resource(OLD_MEMBER, OLD_WRITES, people_writes.add_member, "PUT"),
    Resource(OLD_MEMBER, OLD_WRITES, people_writes.remove_member, "DELETE"),
    Resource(OLD_PRIVILEGE, OLD_WRITES, people_writes.set_privilege, "PUT"),
    Resource(OLD_PRIVILEGE, OLD_WRITES, people_writes.delete_privilege, "DELETE"),
    Resource(INVITATIONS, OLD_WRITES, people_writes.invite, "PUT"),
    Resource(
        "/1.0/invitations/<workspace>/<repo>",
        OLD_WRITES,
        people_writes.invite_to_repository,
        "POST",
    ),
    Resource(INVITATIONS, OLD_WRITES, people_writes.withdraw, "DELETE"),
)
