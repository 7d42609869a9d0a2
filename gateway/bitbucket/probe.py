"""What each configured credential can really do, found out by doing it: nothing is changed."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from gateway.bitbucket import resources, scopes
from gateway.bitbucket.credentials import ABLE, Credential, Kind
from gateway.bitbucket.errors import (
    BadRequest,
    BitbucketError,
    Forbidden,
    NotFound,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from gateway.bitbucket.grants import Grants, Holder, Object
from gateway.bitbucket.people import People
from gateway.bitbucket.resources import Resource
from gateway.bitbucket.workspace import BitbucketWorkspace

#: An address that nobody can have (RFC 2606 §2): that it may be asked for is all that counts.
_NOBODY: Final = "nobody@bitbucket-scim.invalid"
#: An account and a group that nobody can have: what changes them changes nothing.
_NO_ACCOUNT: Final = "{00000000-0000-4000-8000-000000000000}"
_NO_GROUP: Final = "no-group-of-bitbucket-scim-00000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """
    Whether a credential can do one thing that the gateway needs.

    Attributes:
        kind: The credential, by its kind.
        what: The thing.
        is_change: Whether it changes something, rather than read it.
        is_offered: Whether Bitbucket offers it to credentials of the kind; what it does not offer
            never works, and nobody can mend that.
        works: Whether it can; None if that could not be tried.
        missing_scopes: The scopes to grant, by the names they have where that is done.
        where: The way to that page, and what to choose there; empty if there is nothing to do.
        note: What else there is to say.
    """

    kind: Kind
    what: str
    is_change: bool = False
    is_offered: bool = True
    works: bool | None
    missing_scopes: tuple[str, ...] = ()
    where: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Samples:
    """A project and a repository to ask for the permissions of; None where there is none."""

    project: str | None
    repository: str | None


@dataclass(frozen=True, slots=True)
class _Check:
    what: str
    resource: Resource
    #: Makes the cheapest call that shows it; without the sample that takes, returns what lacks.
    attempt: Callable[[BitbucketWorkspace, _Samples], str | None]

    @property
    def is_change(self) -> bool:
        return self.resource.method != "GET"


def probe(workspace: BitbucketWorkspace, credentials: Iterable[Credential]) -> Iterator[Finding]:
    """
    Yield what each of *credentials* can do in *workspace*, in the order they are given.

    Whether something can be changed is tried on a group and an account that don't exist. Takes
    two calls, and at most fifteen for each credential; they are made as the findings are taken.
    """
    samples = _Samples(
        project=_first(project.key for project in workspace.projects()),
        repository=_first(repository.slug for repository in workspace.repositories()),
    )
    for credential in credentials:
        if credential.kind is Kind.ORGANIZATION_API_KEY:
            note = "is for admin.atlassian.com alone, which is not asked here"
            yield Finding(kind=credential.kind, what="organization", works=None, note=note)
            continue
        alone = workspace.with_only(credential)
        for check in _CHECKS:
            yield _finding(alone, credential.kind, check, samples)


def _first(names: Iterator[str]) -> str | None:
    """Return a sample; what keeps it from being read is found again by the checks, and told."""
    try:
        return next(names, None)
    except BitbucketError:
        return None


def _finding(
    workspace: BitbucketWorkspace, kind: Kind, check: _Check, samples: _Samples
) -> Finding:
    finding = Finding(kind=kind, what=check.what, is_change=check.is_change, works=False)
    able = ABLE[check.resource.ability]
    if kind not in able:
        note = f"not offered to this kind of credential, but to: {', '.join(able)}"
        return replace(finding, is_offered=False, note=note)
    try:
        lacking = check.attempt(workspace, samples)
    except (Unauthorized, Forbidden) as error:
        return _refusal(finding, check, error)
    except (RateLimited, Unavailable) as error:
        return replace(finding, works=None, note=str(error))
    except BitbucketError as error:
        return replace(finding, note=str(error))
    return replace(finding, works=True if lacking is None else None, note=lacking or "")


def _refusal(finding: Finding, check: _Check, error: Unauthorized | Forbidden) -> Finding:
    kind = finding.kind
    if isinstance(error, Unauthorized):
        return replace(finding, where=scopes.PLACES[kind], note=str(error))
    wanted = [scopes.by_classic_name(name) for name in error.required] or [check.resource.scope]
    missing = tuple(name for scope in wanted for name in scopes.names(scope, kind))
    return replace(
        finding,
        missing_scopes=missing,
        where=scopes.where_to_grant(missing, kind),
        note=str(error),
    )


def _project_permissions(workspace: BitbucketWorkspace, samples: _Samples) -> str | None:
    if samples.project is None:
        return "no project is known to try it on"
    next(workspace.project_user_grants(samples.project), None)
    return None


def _repository_permissions(workspace: BitbucketWorkspace, samples: _Samples) -> str | None:
    if samples.repository is None:
        return "no repository is known to try it on"
    next(workspace.repository_user_grants(samples.repository), None)
    return None


def _changes_on_projects(workspace: BitbucketWorkspace, samples: _Samples) -> str | None:
    if samples.project is None:
        return "no project is known to try it on"
    _changes(workspace, Object("project", samples.project))
    return None


def _changes_on_repositories(workspace: BitbucketWorkspace, samples: _Samples) -> str | None:
    if samples.repository is None:
        return "no repository is known to try it on"
    _changes(workspace, Object("repository", samples.repository))
    return None


def _changes(workspace: BitbucketWorkspace, on: Object) -> None:
    grants, nobody = Grants(workspace.client, workspace.name), Holder("user", _NO_ACCOUNT)
    # That there is no such member is told only to who may change what members may do.
    with suppress(BadRequest, NotFound):
        grants.grant(nobody, on, "read")
    with suppress(BadRequest):
        grants.revoke(nobody, on)


def _changes_of_groups(workspace: BitbucketWorkspace, _: _Samples) -> None:
    People(workspace.client, workspace).delete_group(_NO_GROUP)


def _reads(read: Callable[[BitbucketWorkspace], object]) -> Callable[..., None]:
    """Return an attempt that takes no sample."""

    def attempt(workspace: BitbucketWorkspace, _: _Samples) -> None:
        read(workspace)

    return attempt


_CHECKS: Final = (
    _Check("workspace", resources.WORKSPACE, _reads(lambda w: w.workspace())),
    _Check(
        "members and their roles",
        resources.PERMISSIONS,
        _reads(lambda w: next(w.permissions(), None)),
    ),
    _Check(
        "e-mail addresses",
        resources.MEMBERS,
        _reads(lambda w: next(w.members_by_email([_NOBODY]), None)),
    ),
    _Check("projects", resources.PROJECTS, _reads(lambda w: next(w.projects(), None))),
    _Check("repositories", resources.REPOSITORIES, _reads(lambda w: next(w.repositories(), None))),
    _Check("permissions on projects", resources.PROJECT_USERS, _project_permissions),
    _Check("permissions on repositories", resources.REPOSITORY_USERS, _repository_permissions),
    _Check("groups", resources.GROUPS, _reads(lambda w: w.groups())),
    _Check(
        "group permissions on repositories",
        resources.GROUP_PRIVILEGES,
        _reads(lambda w: w.group_privileges()),
    ),
    _Check("invitations", resources.INVITATIONS, _reads(lambda w: w.invitations())),
    _Check("to change permissions on projects", resources.SET_PROJECT_USER, _changes_on_projects),
    _Check(
        "to change permissions on repositories",
        resources.SET_REPOSITORY_USER,
        _changes_on_repositories,
    ),
    _Check("to change groups and invite", resources.DELETE_GROUP, _changes_of_groups),
)
