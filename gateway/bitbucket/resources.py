"""The resources of Bitbucket Cloud that are called: their addresses, and what they ask for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from gateway.bitbucket import scopes
from gateway.bitbucket.credentials import Ability
from gateway.bitbucket.quota import ResourceGroup
from gateway.bitbucket.scopes import Scope

#: The resources that share a budget of calls, by how their paths begin.
_GROUPS: Final = (
    ("/1.0/", ResourceGroup.V1),
    ("/2.0/repositories/", ResourceGroup.REPOSITORIES),
    ("/2.0/", ResourceGroup.V2),
)


@dataclass(frozen=True, slots=True)
class Resource:
    """
    A resource, and the method it is called with.

    Attributes:
        template: Its path, with placeholders.
        ability: What a credential must be able to do.
        scope: The scope that the credential needs.
        method: The HTTP method.
        is_repeatable: Whether calling it twice does the same as once; that the second call may be
            told that it is so already does not count.
    """

    template: str
    ability: Ability
    scope: Scope
    method: str = "GET"
    is_repeatable: bool = True

    @property
    def group(self) -> ResourceGroup:
        """The resources it shares its hourly budget of calls with."""
        return next(group for prefix, group in _GROUPS if self.template.startswith(prefix))

    def path(self, parts: Mapping[str, str]) -> str:
        """Return the path for *parts*, each percent-encoded as one segment."""
        encoded = {name: quote(part, safe="") for name, part in parts.items()}
        return self.template.format_map(encoded)


_V1, _V2 = Ability.READ_V1, Ability.READ_V2
_WORKSPACE = "/2.0/workspaces/{workspace}"
_PROJECT = f"{_WORKSPACE}/projects/{{project}}"
_REPOSITORY = "/2.0/repositories/{workspace}/{repository}"

CURRENT_USER = Resource("/2.0/user", _V2, scopes.ACCOUNT)
USER = Resource("/2.0/users/{user}", _V2, scopes.ACCOUNT)
WORKSPACE = Resource(_WORKSPACE, _V2, scopes.ACCOUNT)
MEMBERS = Resource(f"{_WORKSPACE}/members", _V2, scopes.ACCOUNT)
MEMBER = Resource(f"{_WORKSPACE}/members/{{member}}", _V2, scopes.ACCOUNT)
PERMISSIONS = Resource(f"{_WORKSPACE}/permissions", _V2, scopes.ACCOUNT)
EFFECTIVE = Resource(f"{_WORKSPACE}/permissions/repositories", _V2, scopes.REPOSITORY_ADMIN)
EFFECTIVE_ON_ONE = Resource(f"{EFFECTIVE.template}/{{repository}}", _V2, scopes.REPOSITORY_ADMIN)
PROJECTS = Resource(f"{_WORKSPACE}/projects", _V2, scopes.PROJECT)
PROJECT_GROUPS = Resource(f"{_PROJECT}/permissions-config/groups", _V2, scopes.PROJECT_ADMIN)
PROJECT_USERS = Resource(f"{_PROJECT}/permissions-config/users", _V2, scopes.PROJECT_ADMIN)
REPOSITORIES = Resource("/2.0/repositories/{workspace}", _V2, scopes.REPOSITORY)
REPOSITORY = Resource(_REPOSITORY, _V2, scopes.REPOSITORY)
REPOSITORY_GROUPS = Resource(
    f"{_REPOSITORY}/permissions-config/groups", _V2, scopes.REPOSITORY_ADMIN
)
REPOSITORY_USERS = Resource(f"{_REPOSITORY}/permissions-config/users", _V2, scopes.REPOSITORY_ADMIN)
GROUPS = Resource("/1.0/groups/{workspace}", _V1, scopes.ACCOUNT_WRITE)
GROUP_MEMBERS = Resource("/1.0/groups/{workspace}/{group}/members", _V1, scopes.ACCOUNT_WRITE)
GROUP_PRIVILEGES = Resource("/1.0/group-privileges/{workspace}", _V1, scopes.ACCOUNT_WRITE)
INVITATIONS = Resource("/1.0/users/{workspace}/invitations", _V1, scopes.ACCOUNT_WRITE)


def _written(of: Resource, name: str, ability: Ability, scope: Scope) -> tuple[Resource, Resource]:
    """Return how an entry of a list is set, and how it is taken away."""
    template = f"{of.template}/{{{name}}}"
    return Resource(template, ability, scope, "PUT"), Resource(template, ability, scope, "DELETE")


_W1, _W2 = Ability.WRITE_V1, Ability.WRITE_PERMISSIONS_V2

SET_PROJECT_GROUP, DELETE_PROJECT_GROUP = _written(
    PROJECT_GROUPS, "group", _W2, scopes.PROJECT_ADMIN
)
SET_PROJECT_USER, DELETE_PROJECT_USER = _written(PROJECT_USERS, "user", _W2, scopes.PROJECT_ADMIN)
SET_REPOSITORY_GROUP, DELETE_REPOSITORY_GROUP = _written(
    REPOSITORY_GROUPS, "group", _W2, scopes.REPOSITORY_ADMIN
)
SET_REPOSITORY_USER, DELETE_REPOSITORY_USER = _written(
    REPOSITORY_USERS, "user", _W2, scopes.REPOSITORY_ADMIN
)
SET_GROUP_MEMBER, DELETE_GROUP_MEMBER = _written(GROUP_MEMBERS, "member", _W1, scopes.ACCOUNT_WRITE)
SET_GROUP, DELETE_GROUP = _written(GROUPS, "group", _W1, scopes.ACCOUNT_WRITE)
# A second group of the same name is refused, or is another one.
CREATE_GROUP = Resource(GROUPS.template, _W1, scopes.ACCOUNT_WRITE, "POST", is_repeatable=False)
# Each invitation is a mail to somebody.
INVITE = Resource(INVITATIONS.template, _W1, scopes.ACCOUNT_WRITE, "PUT", is_repeatable=False)
WITHDRAW = Resource(INVITATIONS.template, _W1, scopes.ACCOUNT_WRITE, "DELETE")
