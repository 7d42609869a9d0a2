"""A workspace: one method for each of its resources."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from gateway.bitbucket import loaders, resources
from gateway.bitbucket.addresses import batches
from gateway.bitbucket.answers import Answer
from gateway.bitbucket.calls import CallCounter
from gateway.bitbucket.client import Client
from gateway.bitbucket.credentials import Ability, Credential, Kind
from gateway.bitbucket.errors import BitbucketError, Forbidden, RateLimited, Unauthorized
from gateway.bitbucket.identifier import Identity, bare_uuid, in_path
from gateway.bitbucket.keyring import most_telling
from gateway.bitbucket.loaders import Loader
from gateway.bitbucket.models import (
    Account,
    Group,
    GroupGrant,
    GroupPrivilege,
    Invitation,
    Project,
    Repository,
    RepositoryPermission,
    UserGrant,
    Workspace,
    WorkspaceMembership,
)
from gateway.bitbucket.paging import iterate
from gateway.bitbucket.patience import Pauses
from gateway.bitbucket.query import Condition, is_in
from gateway.bitbucket.resources import Resource

T = TypeVar("T")


class BitbucketWorkspace:
    """
    A workspace, read through *client*.

    Lists come as iterators that read a page of 100 when one is needed. Wherever a user or a
    repository is named, its UUID will do, with or without braces. Every method may raise any
    :class:`BitbucketError` but those of writes; what is said below is what they mean there.

    Args:
        client: What reads.
        workspace: The slug or the UUID of the workspace.
    """

    def __init__(self, client: Client, workspace: str, *, identity: Identity | None = None) -> None:
        self._client = client
        self._workspace = workspace
        known = bare_uuid(workspace)
        self._identity = identity or Identity(known, None if known else workspace)

    @property
    def client(self) -> Client:
        """What calls, for what is not read."""
        return self._client

    @property
    def name(self) -> str:
        """The slug or the UUID by which the workspace was named."""
        return self._workspace

    def counting(self, counter: CallCounter) -> "BitbucketWorkspace":
        """Return the same workspace, whose HTTP attempts *counter* counts, on any thread."""
        return self._through(self._client.counting(counter))

    def pausing(self, pauses: Pauses) -> "BitbucketWorkspace":
        """Return the same workspace, whose calls wait no longer together than *pauses* says."""
        return self._through(self._client.pausing(pauses))

    def in_background(self) -> "BitbucketWorkspace":
        """Return the same workspace, read with calls that nobody waits for."""
        return self._through(self._client.in_background())

    def with_only(self, credential: Credential) -> "BitbucketWorkspace":
        """Return the same workspace, read with *credential* alone, one of the client's."""
        return self._through(self._client.with_only(credential))

    def seen_whole(self) -> "BitbucketWorkspace":
        """
        Return the same workspace, read only with a credential that sees all of it.

        Lists of projects and repositories hold what a credential may see, and nothing tells those
        that hold less. An access token belongs to the workspace itself; of an account, a list is
        asked for that Bitbucket shows to administrators alone. One call, and one more for each
        credential that does not.

        Raises:
            Forbidden: No account behind a credential is an administrator of the workspace.
            Unauthorized: No credential is accepted.
            RateLimited: None sees all of it whose budget is not spent.
        """
        refusals: list[BitbucketError] = []
        for credential in self._client.keyring.able(Ability.READ_V2):
            alone = self.with_only(credential)
            try:
                if credential.kind is Kind.WORKSPACE_ACCESS_TOKEN:
                    alone.workspace()
                else:
                    next(alone.effective_permissions(), None)
            except (Unauthorized, Forbidden, RateLimited) as error:
                refusals.append(error)
            else:
                return alone
        if refusals:
            raise most_telling(refusals)
        return self

    def current_user(self) -> Account:
        """
        Return the account behind the preferred credential.

        One call of ``GET /2.0/user``.

        Raises:
            Forbidden: It is an access token, which may have no account that Bitbucket shows.
        """
        return loaders.ACCOUNT.one(self._client.call(resources.CURRENT_USER, {}))

    def user(self, user: str) -> Account:
        """
        Return the public profile of *user*, a UUID or Atlassian account id.

        One call of ``GET /2.0/users/{user}``.

        Raises:
            NotFound: There is no such account.
        """
        return loaders.ACCOUNT.one(self._client.call(resources.USER, {"user": in_path(user)}))

    def workspace(self) -> Workspace:
        """
        Return the workspace itself.

        One call of ``GET /2.0/workspaces/{workspace}``.

        Raises:
            NotFound: There is no such workspace, or the credential is of another one.
        """
        workspace = loaders.WORKSPACE.one(self._get(resources.WORKSPACE))
        self._identity.uuid, self._identity.slug = workspace.uuid, workspace.slug
        return workspace

    def slug(self) -> str:
        """Return the slug of the workspace: one call, once, if it is known by its UUID alone."""
        return self._identity.slug or self.workspace().slug

    def uuid(self) -> str:
        """Return the UUID of the workspace: one call, once, if it is known by its slug alone."""
        return self._identity.uuid or self.workspace().uuid

    def permissions(self, q: Condition | None = None) -> Iterator[WorkspaceMembership]:
        """
        Yield the members with their roles; *q* may ask for a ``permission``.

        A call for each 100 of ``GET /2.0/workspaces/{workspace}/permissions``.
        """
        return self._list(resources.PERMISSIONS, loaders.MEMBERSHIP, q=q)

    def members(self) -> Iterator[Account]:
        """
        Yield the members, without their roles.

        A call for each 100 of ``GET /2.0/workspaces/{workspace}/members``.
        """
        return self._list(resources.MEMBERS, loaders.USER)

    def members_by_email(self, addresses: Iterable[str]) -> Iterator[Account]:
        """
        Yield those members who have one of *addresses*, with ``email`` set to it.

        A call for each 90 addresses of ``GET /2.0/workspaces/{workspace}/members``; none for
        none. Case is ignored, by Bitbucket too.

        Raises:
            Forbidden: Only an administrator of the workspace or its access token may ask.
            ValueError: An address holds a control character.
        """
        for batch in batches(addresses):
            yield from self._list(
                resources.MEMBERS,
                loaders.USER_WITH_EMAIL,
                q=is_in("user.email", batch),
            )

    def member(self, user: str) -> Account:
        """
        Return the member *user*, a UUID or Atlassian account id.

        One call of ``GET /2.0/workspaces/{workspace}/members/{member}``.

        Raises:
            NotFound: It is no member.
        """
        return loaders.USER.one(self._get(resources.MEMBER, member=in_path(user)))

    def effective_permissions(
        self, q: Condition | None = None, *, sort: str | None = None
    ) -> Iterator[RepositoryPermission]:
        """
        Yield what each user may do on each repository, by whichever way.

        A call for each 100 of ``GET /2.0/workspaces/{workspace}/permissions/repositories``.

        Args:
            q: May ask for ``repository.name``, ``repository.full_name``, ``user.uuid`` (in
                braces) and ``permission``.
            sort: The field to order by, after ``-`` for the reverse.

        Raises:
            Forbidden: Only administrators of the workspace may ask.
        """
        return self._list(
            resources.EFFECTIVE,
            loaders.REPOSITORY_PERMISSION,
            q=q,
            sort=sort,
        )

    def effective_permissions_on(
        self, repository: str, q: Condition | None = None, *, sort: str | None = None
    ) -> Iterator[RepositoryPermission]:
        """
        Yield what each user may do on *repository*, a slug or UUID, by whichever way.

        A call for each 100 of
        ``GET /2.0/workspaces/{workspace}/permissions/repositories/{repository}``.

        Raises:
            NotFound: There is no such repository.
            Forbidden: Only its administrators may ask.
        """
        return self._list(
            resources.EFFECTIVE_ON_ONE,
            loaders.REPOSITORY_PERMISSION,
            q=q,
            sort=sort,
            repository=in_path(repository),
        )

    def projects(self) -> Iterator[Project]:
        """
        Yield the projects that the credential may see.

        A call for each 100 of ``GET /2.0/workspaces/{workspace}/projects``.
        """
        return self._list(resources.PROJECTS, loaders.PROJECT)

    def project_group_grants(self, key: str) -> Iterator[GroupGrant]:
        """
        Yield what groups were explicitly granted on the project with *key*.

        A call for each 100 of
        ``GET /2.0/workspaces/{workspace}/projects/{project}/permissions-config/groups``.

        Raises:
            NotFound: There is no such project.
            Forbidden: Only its administrators may ask.
        """
        return self._list(resources.PROJECT_GROUPS, loaders.GROUP_GRANT, project=key)

    def project_user_grants(self, key: str) -> Iterator[UserGrant]:
        """
        Yield what users were explicitly granted on the project with *key*.

        A call for each 100 of
        ``GET /2.0/workspaces/{workspace}/projects/{project}/permissions-config/users``; the
        errors of :meth:`project_group_grants`.
        """
        return self._list(resources.PROJECT_USERS, loaders.USER_GRANT, project=key)

    def repositories(
        self, q: Condition | None = None, *, sort: str | None = None
    ) -> Iterator[Repository]:
        """
        Yield the repositories that the credential may see.

        A call for each 100 of ``GET /2.0/repositories/{workspace}``.
        """
        return self._list(resources.REPOSITORIES, loaders.REPOSITORY, q=q, sort=sort)

    def repository(self, repository: str) -> Repository:
        """
        Return the repository with this slug or UUID.

        One call of ``GET /2.0/repositories/{workspace}/{repository}``.

        Raises:
            NotFound: There is none, or the credential may not see it.
        """
        return loaders.REPOSITORY.one(
            self._get(resources.REPOSITORY, repository=in_path(repository))
        )

    def repository_group_grants(self, repository: str) -> Iterator[GroupGrant]:
        """
        Yield what groups were explicitly granted on *repository*, a slug or UUID.

        A call for each 100 of
        ``GET /2.0/repositories/{workspace}/{repository}/permissions-config/groups``;
        :meth:`group_privileges` has those of all repositories in one.

        Raises:
            NotFound: There is no such repository.
            Forbidden: Only its administrators may ask.
        """
        return self._list(
            resources.REPOSITORY_GROUPS,
            loaders.GROUP_GRANT,
            repository=in_path(repository),
        )

    def repository_user_grants(self, repository: str) -> Iterator[UserGrant]:
        """
        Yield what users were explicitly granted on *repository*, a slug or UUID.

        A call for each 100 of
        ``GET /2.0/repositories/{workspace}/{repository}/permissions-config/users``; the errors
        of :meth:`repository_group_grants`.
        """
        return self._list(
            resources.REPOSITORY_USERS,
            loaders.USER_GRANT,
            repository=in_path(repository),
        )

    def groups(self) -> Iterator[Group]:
        """
        Return every group with every member, each made when it is asked for.

        One call of ``GET /1.0/groups/{workspace}``.

        Raises:
            NoCredential: A workspace access token alone does not open 1.0.
            Forbidden: Only administrators of the workspace may ask.
        """
        return self._array(resources.GROUPS, loaders.GROUP)

    def group_members(self, slug: str) -> list[Account]:
        """
        Return the members of the group with *slug*.

        One call of ``GET /1.0/groups/{workspace}/{group}/members``; the errors of
        :meth:`groups`.

        Raises:
            NotFound: There is no such group.
        """
        return list(self._array(resources.GROUP_MEMBERS, loaders.ACCOUNT_OF_GROUP, group=slug))

    def group_privileges(self) -> Iterator[GroupPrivilege]:
        """
        Return what groups were explicitly granted, on every repository, as :meth:`groups` does.

        One call of ``GET /1.0/group-privileges/{workspace}``; the errors of :meth:`groups`.
        """
        return self._array(resources.GROUP_PRIVILEGES, loaders.GROUP_PRIVILEGE)

    def invitations(self) -> list[Invitation]:
        """
        Return the invitations that were not accepted yet.

        One call of ``GET /1.0/users/{workspace}/invitations``; the errors of :meth:`groups`,
        and one of them or NotFound, Gone or Rejected if the workspace is administered at
        admin.atlassian.com.
        """
        return list(self._array(resources.INVITATIONS, loaders.INVITATION))

    def _through(self, client: Client) -> "BitbucketWorkspace":
        return BitbucketWorkspace(client, self._workspace, identity=self._identity)

    def _get(self, resource: Resource, **parts: str) -> Answer:
        return self._client.call(resource, {"workspace": in_path(self._workspace), **parts})

    def _list(
        self,
        resource: Resource,
        loader: Loader[T],
        *,
        q: Condition | None = None,
        sort: str | None = None,
        **parts: str,
    ) -> Iterator[T]:
        query = {"q": None if q is None else str(q), "sort": sort}
        return iterate(
            self._client,
            resource,
            {"workspace": in_path(self._workspace), **parts},
            loader=loader,
            query={name: value for name, value in query.items() if value is not None},
        )

    def _array(self, resource: Resource, loader: Loader[T], **parts: str) -> Iterator[T]:
        """Read a list of 1.0, which has no pages and knows workspaces by their slugs alone."""
        answer = self._client.call(resource, {"workspace": self.slug(), **parts})
        return loader.each(answer)
