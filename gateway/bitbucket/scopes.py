"""The scopes that the gateway's reads need, under every name that Bitbucket has for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.bitbucket.credentials import Kind


@dataclass(frozen=True, slots=True)
class Scope:
    """
    A scope.

    Attributes:
        classic: Its name in Bitbucket's errors and in OAuth.
        api_token: Its names where an API token is created; all of them are needed.
        label: What is ticked on the page of an access token or an OAuth consumer.
    """

    classic: str
    api_token: tuple[str, ...]
    label: str


ACCOUNT = Scope("account", ("read:user:bitbucket", "read:workspace:bitbucket"), "Account: Read")
ACCOUNT_WRITE = Scope("account:write", ("admin:workspace:bitbucket",), "Account: Write")
REPOSITORY = Scope("repository", ("read:repository:bitbucket",), "Repositories: Read")
REPOSITORY_ADMIN = Scope("repository:admin", ("admin:repository:bitbucket",), "Repositories: Admin")
PROJECT = Scope("project", ("read:project:bitbucket",), "Projects: Read")
PROJECT_ADMIN = Scope("project:admin", ("admin:project:bitbucket",), "Projects: Admin")

_ALL = (ACCOUNT, ACCOUNT_WRITE, REPOSITORY, REPOSITORY_ADMIN, PROJECT, PROJECT_ADMIN)

#: Where a scope is granted to a credential of each kind.
PLACES: Mapping[Kind, str] = {
    Kind.WORKSPACE_ACCESS_TOKEN: "bitbucket.org > workspace settings > Access tokens",
    Kind.API_TOKEN: (
        "id.atlassian.com > Security > API tokens > Create API token with scopes > Bitbucket"
    ),
    Kind.OAUTH_CONSUMER: "bitbucket.org > workspace settings > OAuth consumers > Permissions",
    Kind.APP_PASSWORD: (
        "app passwords ended on 2026-07-28: create an API token instead at "
        "id.atlassian.com > Security > API tokens"
    ),
    Kind.ORGANIZATION_API_KEY: "admin.atlassian.com > Organization settings > API keys",
}


def by_classic_name(name: str) -> Scope:
    """Return the scope that Bitbucket's errors call *name*, under that name if it is a new one."""
    known = {scope.classic: scope for scope in _ALL}
    return known.get(name, Scope(name, (name,), name))


def names(scope: Scope, kind: Kind) -> tuple[str, ...]:
    """Return what *scope* is called where a credential of *kind* is given it."""
    return scope.api_token if kind is Kind.API_TOKEN else (scope.label,)


def where_to_grant(wanted: Sequence[str], kind: Kind) -> str:
    """Return the way to where a credential of *kind* is given scopes, and the *wanted* names."""
    place = PLACES[kind]
    return place if kind is Kind.APP_PASSWORD else f"{place}: {', '.join(wanted)}"
