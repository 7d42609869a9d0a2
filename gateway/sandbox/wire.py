"""The JSON of 2.0: what each thing looks like, whole and inside others."""

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from gateway.sandbox.behaviour import Behaviour
from gateway.sandbox.model import (
    Account,
    AccountType,
    Group,
    Membership,
    Permission,
    Project,
    Repository,
)
from gateway.sandbox.partial import JsonObject
from gateway.sandbox.world import World


def timestamp(moment: datetime) -> str:
    """A moment as Bitbucket writes it."""
    return moment.isoformat(timespec="microseconds")


def encoded(segment: str) -> str:
    """A path segment; braces and colons of identifiers are percent-encoded."""
    return quote(segment, safe="")


def links(**hrefs: str) -> JsonObject:
    """The ``links`` of an object."""
    return {name: {"href": href} for name, href in hrefs.items()}


@dataclass(frozen=True, slots=True)
class Wire:
    """
    Renders things of one world under one base URL, without a slash at its end.

    What stands inside many things is rendered once and shared: nobody changes it afterwards.

    Attributes:
        rendered: What was rendered for this base URL at this revision of the world, by UUID.
    """

    world: World
    base: str
    behaviour: Behaviour
    rendered: MutableMapping[str, JsonObject]

    @property
    def workspace_url(self) -> str:
        """The workspace's resource."""
        return f"{self.base}/2.0/workspaces/{self.world.slug}"

    @property
    def repositories_url(self) -> str:
        """The list of the workspace's repositories."""
        return f"{self.base}/2.0/repositories/{self.world.slug}"

    def workspace(self) -> JsonObject:
        """``workspace``, whole."""
        world, url = self.world, self.workspace_url
        return {
            **self.workspace_inside(),
            "is_private": world.is_private,
            "is_privacy_enforced": False,
            "forking_mode": "allow_forks",
            "created_on": timestamp(world.created_on),
            "updated_on": timestamp(world.created_on),
            "links": links(
                self=url,
                html=f"{self.base}/{world.slug}/",
                avatar=f"{self.base}/workspaces/{world.slug}/avatar/",
                members=f"{url}/members",
                owners=f"{url}/permissions?q=permission%3D%22owner%22",
                projects=f"{url}/projects",
                repositories=self.repositories_url,
                snippets=f"{self.base}/2.0/snippets/{world.slug}",
            ),
        }

    def workspace_inside(self) -> JsonObject:
        """``workspace`` inside something else."""
        return self._once(self.world.uuid, self._workspace_inside)

    def _workspace_inside(self) -> JsonObject:
        world = self.world
        return {
            "type": "workspace",
            "uuid": world.uuid,
            "name": world.name,
            "slug": world.slug,
            "links": links(
                self=self.workspace_url,
                html=f"{self.base}/{world.slug}/",
                avatar=f"{self.base}/workspaces/{world.slug}/avatar/",
            ),
        }

    def team(self) -> JsonObject:
        """The workspace as the owner of things."""
        return self._once("team", self._team)

    def _team(self) -> JsonObject:
        world = self.world
        return {
            "type": AccountType.TEAM.value,
            "uuid": world.uuid,
            "username": world.slug,
            "display_name": world.name,
            "links": links(
                self=f"{self.base}/2.0/workspaces/{encoded(world.uuid)}",
                html=f"{self.base}/{encoded(world.uuid)}/",
                avatar=f"{self.base}/account/{world.slug}/avatar/",
            ),
        }

    def account(self, account: Account) -> JsonObject:
        """``user`` or ``app_user``, whole."""
        return {**self.account_inside(account), **self.account_rest(account)}

    def account_inside(self, account: Account) -> JsonObject:
        """``user`` or ``app_user`` inside something else."""
        return self._once(account.uuid, lambda: self._account_inside(account))

    def _account_inside(self, account: Account) -> JsonObject:
        base, identifier = self.base, encoded(account.uuid)
        made: JsonObject = {
            "type": account.type.value,
            "uuid": account.uuid,
            "display_name": account.display_name,
            "links": {
                "self": {"href": f"{base}/2.0/users/{identifier}"},
                "html": {"href": f"{base}/{identifier}/"},
                "avatar": {"href": f"{base}/account/{identifier}/avatar/128"},
                "repositories": {"href": f"{base}/2.0/repositories/{identifier}"},
            },
        }
        if account.account_id is not None:
            made["account_id"] = account.account_id
        if account.type is AccountType.USER:
            made["nickname"] = account.nickname
        if account.kind is not None:
            made["kind"] = account.kind
        if self.behaviour.embedded_account_status:
            made["account_status"] = account.status.value
        return made

    def account_rest(self, account: Account) -> JsonObject:
        """What is left out of an account inside something else."""
        rest: JsonObject = {
            "created_on": timestamp(account.created_on),
            "account_status": account.status.value,
        }
        if account.type is AccountType.USER:
            rest["is_staff"] = account.is_staff
            if account.has_2fa_enabled is not None:
                rest["has_2fa_enabled"] = account.has_2fa_enabled
        return rest

    def membership(self, membership: Membership) -> JsonObject:
        """``workspace_membership`` of the list of members."""
        account = self.world.accounts[membership.account_uuid]
        return {
            "type": "workspace_membership",
            "user": self.account_inside(account),
            "workspace": self.workspace_inside(),
            "links": links(self=f"{self.workspace_url}/members/{encoded(account.uuid)}"),
        }

    def membership_with_permission(self, membership: Membership) -> JsonObject:
        """``workspace_membership`` of the list of permissions."""
        made = {**self.membership(membership), "permission": membership.role.value}
        if not self.world.administration_moved:
            accessed = membership.last_accessed
            made["added_on"] = timestamp(membership.added_on)
            made["last_accessed"] = None if accessed is None else timestamp(accessed)
        return made

    def project(self, project: Project, *, has_public_repositories: bool) -> JsonObject:
        """``project``, whole."""
        inside = self.project_inside(project)
        query = quote(f'project.key="{project.key}"', safe="")
        return {
            **inside,
            "description": project.description,
            "is_private": project.is_private,
            "has_publicly_visible_repos": has_public_repositories,
            "created_on": timestamp(project.created_on),
            "updated_on": timestamp(project.updated_on),
            "owner": self.team(),
            "workspace": self.workspace_inside(),
            "links": {
                **self._project_links(project),
                "repositories": {"href": f"{self.repositories_url}?q={query}"},
            },
        }

    def project_inside(self, project: Project) -> JsonObject:
        """``project`` inside something else."""
        return self._once(project.uuid, lambda: self._project_inside(project))

    def _project_inside(self, project: Project) -> JsonObject:
        return {
            "type": "project",
            "uuid": project.uuid,
            "key": project.key,
            "name": project.name,
            "links": self._project_links(project),
        }

    def repository(self, repository: Repository) -> JsonObject:
        """``repository``, whole."""
        url = f"{self.repositories_url}/{repository.slug}"
        inside = self.repository_inside(repository)
        project = self.world.projects[repository.project_uuid]
        return {
            **inside,
            "slug": repository.slug,
            "description": repository.description,
            "is_private": repository.is_private,
            "scm": "git",
            "fork_policy": "no_public_forks" if repository.is_private else "allow_forks",
            "language": repository.language,
            "size": repository.size_bytes,
            "has_issues": False,
            "has_wiki": False,
            "mainbranch": {"type": "branch", "name": "main"},
            "parent": None,
            "created_on": timestamp(repository.created_on),
            "updated_on": timestamp(repository.updated_on),
            "owner": self.team(),
            "project": self.project_inside(project),
            "workspace": self.workspace_inside(),
            "links": {
                **links(
                    **self._repository_hrefs(repository),
                    pullrequests=f"{url}/pullrequests",
                    commits=f"{url}/commits",
                    forks=f"{url}/forks",
                    watchers=f"{url}/watchers",
                    branches=f"{url}/refs/branches",
                    tags=f"{url}/refs/tags",
                    downloads=f"{url}/downloads",
                    source=f"{url}/src",
                    hooks=f"{url}/hooks",
                ),
                "clone": [
                    {"name": "https", "href": f"{self.base}/{self._full_name(repository)}.git"}
                ],
            },
        }

    def repository_inside(self, repository: Repository) -> JsonObject:
        """``repository`` inside something else: without its slug, as Bitbucket sends it."""
        return self._once(repository.uuid, lambda: self._repository_inside(repository))

    def _repository_inside(self, repository: Repository) -> JsonObject:
        return {
            "type": "repository",
            "uuid": repository.uuid,
            "name": repository.name,
            "full_name": self._full_name(repository),
            "links": links(**self._repository_hrefs(repository)),
        }

    def group(self, group: Group) -> JsonObject:
        """``group`` of 2.0."""
        return self._once(group.uuid, lambda: self._group(group))

    def _group(self, group: Group) -> JsonObject:
        return {
            "type": "group",
            "name": group.name,
            "slug": group.slug,
            "full_slug": f"{self.world.slug}:{group.slug}",
            "owner": self.team(),
            "workspace": self.workspace_inside(),
            "links": links(
                self=f"{self.workspace_url}/groups/{encoded(group.slug)}",
                html=f"{self.base}/{self.world.slug}/workspace/settings/groups/{group.slug}",
            ),
        }

    def repository_permission(
        self, account: Account, repository: Repository, permission: Permission
    ) -> JsonObject:
        """``repository_permission``: the effective right of one account."""
        return {
            "type": "repository_permission",
            "permission": permission.value,
            "user": self.account_inside(account),
            "repository": self.repository_inside(repository),
        }

    def explicit(
        self,
        subject: Account | Group,
        target: Project | Repository,
        permission: Permission | None,
    ) -> JsonObject:
        """One of the four ``…_permission`` objects of ``permissions-config``."""
        sort = "group" if isinstance(subject, Group) else "user"
        name = subject.slug if isinstance(subject, Group) else subject.uuid
        if isinstance(target, Project):
            kind, inside = "project", self.project_inside(target)
            url = f"{self.workspace_url}/projects/{target.key}"
        else:
            kind, inside = "repository", self.repository_inside(target)
            url = f"{self.repositories_url}/{target.slug}"
        return {
            "type": f"{kind}_{sort}_permission",
            "permission": "none" if permission is None else permission.value,
            sort: self.group(subject)
            if isinstance(subject, Group)
            else self.account_inside(subject),
            kind: inside,
            "links": links(self=f"{url}/permissions-config/{sort}s/{encoded(name)}"),
        }

    def workspace_access(self, *, administrator: bool) -> JsonObject:
        """``workspace_access``: one of the caller's own workspaces."""
        world = self.world
        return {
            "type": "workspace_access",
            "administrator": administrator,
            "workspace": {
                "type": "workspace_base",
                "uuid": world.uuid,
                "slug": world.slug,
                "links": links(self=self.workspace_url),
            },
        }

    def _once(self, key: str, render: Callable[[], JsonObject]) -> JsonObject:
        known = self.rendered.get(key)
        if known is None:
            known = self.rendered[key] = render()
        return known

    def _full_name(self, repository: Repository) -> str:
        return f"{self.world.slug}/{repository.slug}"

    def _project_links(self, project: Project) -> JsonObject:
        html = f"{self.base}/{self.world.slug}/workspace/projects/{project.key}"
        return links(
            self=f"{self.workspace_url}/projects/{project.key}",
            html=html,
            avatar=f"{html}/avatar/32",
        )

    def _repository_hrefs(self, repository: Repository) -> dict[str, str]:
        html = f"{self.base}/{self._full_name(repository)}"
        return {
            "self": f"{self.repositories_url}/{repository.slug}",
            "html": html,
            "avatar": f"{self.base}/repositories/{encoded(repository.uuid)}/avatar/",
        }
