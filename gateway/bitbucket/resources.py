"""The resources of Bitbucket Cloud that are read: their addresses, and what they ask for."""

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
    A resource that is read with GET.

    Attributes:
        template: Its path, with placeholders.
        ability: What a credential must be able to do.
        scope: The scope that the credential needs.
    """

    template: str
    ability: Ability
    scope: Scope

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
