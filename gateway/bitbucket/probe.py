"""What each configured credential can really read, found out by reading: nothing is changed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from gateway.bitbucket import resources, scopes
from gateway.bitbucket.credentials import ABLE, Credential, Kind
from gateway.bitbucket.errors import (
    BitbucketError,
    Forbidden,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from gateway.bitbucket.resources import Resource
from gateway.bitbucket.workspace import BitbucketWorkspace

#: An address that nobody can have (RFC 2606 §2): that it may be asked for is all that counts.
_NOBODY: Final = "nobody@bitbucket-scim.invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """
    Whether a credential can do one thing that the gateway needs.

    Attributes:
        kind: The credential, by its kind.
        what: The thing.
        works: Whether it can; None if that could not be tried.
        missing_scopes: The scopes to grant, by the names they have where that is done.
        where: The way to that page, and what to choose there; empty if there is nothing to do.
        note: What else there is to say.
    """

    kind: Kind
    what: str
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


def probe(workspace: BitbucketWorkspace, credentials: Iterable[Credential]) -> Iterator[Finding]:
    """
    Yield what each of *credentials* can read of *workspace*, in the order they are given.

    Takes two calls, and at most ten for each credential; they are made as the findings are taken.
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
    able = ABLE[check.resource.ability]
    if kind not in able:
        note = f"not offered to this kind of credential, but to: {', '.join(able)}"
        return Finding(kind=kind, what=check.what, works=False, note=note)
    try:
        lacking = check.attempt(workspace, samples)
    except (Unauthorized, Forbidden) as error:
        return _refusal(kind, check, error)
    except (RateLimited, Unavailable) as error:
        return Finding(kind=kind, what=check.what, works=None, note=str(error))
    except BitbucketError as error:
        return Finding(kind=kind, what=check.what, works=False, note=str(error))
    works = True if lacking is None else None
    return Finding(kind=kind, what=check.what, works=works, note=lacking or "")


def _refusal(kind: Kind, check: _Check, error: Unauthorized | Forbidden) -> Finding:
    if isinstance(error, Unauthorized):
        place = scopes.PLACES[kind]
        return Finding(kind=kind, what=check.what, works=False, where=place, note=str(error))
    wanted = [scopes.by_classic_name(name) for name in error.required] or [check.resource.scope]
    missing = tuple(name for scope in wanted for name in scopes.names(scope, kind))
    return Finding(
        kind=kind,
        what=check.what,
        works=False,
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
)
