"""A workspace that changes: what tests, and people elsewhere, do to it."""

from dataclasses import dataclass, replace
from datetime import timedelta

from gateway.sandbox.model import (
    Account,
    Grant,
    Permission,
    Project,
    Repository,
)
from gateway.sandbox.people import People
from gateway.sandbox.workspace import Subject, Target, slug_of


@dataclass(slots=True)
class World(People):
    """
    A workspace with every way to change it.

    Values handed out are frozen and stand for what they were at that moment; methods that take one
    go by its ``uuid``, so a value read before a renaming is as good as one read after it.
    ``revision`` grows with every change. Hold ``lock`` to see or make several changes as one.
    What does not exist raises KeyError; what Bitbucket would not hold, ValueError.
    """

    # --- projects and repositories ----------------------------------------------------------

    def add_project(
        self, key: str, *, name: str | None = None, is_private: bool = True, description: str = ""
    ) -> Project:
        """Make a project; its name is its key unless given."""
        with self.lock:
            moment = self._moment()
            project = Project(
                uuid=self._new_uuid("project"),
                key=key,
                name=key if name is None else name,
                is_private=is_private,
                created_on=moment,
                updated_on=moment,
                description=description,
            )
            self.projects[project.uuid] = project
            self._changed()
            return project

    def add_repository(
        self,
        name: str,
        *,
        project: Project,
        slug: str | None = None,
        is_private: bool = True,
        description: str = "",
        language: str = "",
        size_bytes: int = 0,
    ) -> Repository:
        """Make a repository; its slug is made of its name unless given."""
        with self.lock:
            moment = self._moment()
            repository = Repository(
                uuid=self._new_uuid("repository"),
                slug=slug or slug_of(name),
                name=name,
                project_uuid=self.projects[project.uuid].uuid,
                is_private=is_private,
                created_on=moment,
                updated_on=moment + timedelta(days=self._made % 400),
                description=description,
                language=language,
                size_bytes=size_bytes,
            )
            self.repositories[repository.uuid] = repository
            self._changed()
            return repository

    def change_repository(
        self,
        repository: Repository,
        *,
        name: str | None = None,
        slug: str | None = None,
        is_private: bool | None = None,
        project: Project | None = None,
    ) -> Repository:
        """Rename, open, close or move a repository; what is not given stays."""
        with self.lock:
            known = self.repositories[repository.uuid]
            changed = replace(
                known,
                name=known.name if name is None else name,
                slug=known.slug if slug is None else slug,
                is_private=known.is_private if is_private is None else is_private,
                project_uuid=known.project_uuid if project is None else project.uuid,
                updated_on=self._moment(),
            )
            self.repositories[repository.uuid] = changed
            self._changed()
            return changed

    def rename_project(self, project: Project, name: str) -> Project:
        """Give a project another name; its key stays."""
        with self.lock:
            self.projects[project.uuid] = replace(self.projects[project.uuid], name=name)
            self._changed()
            return self.projects[project.uuid]

    def remove_repository(self, repository: Repository) -> None:
        """Delete a repository with the grants on it."""
        with self.lock:
            del self.repositories[repository.uuid]
            self._forget_grants_on(repository.uuid)
            self._changed()

    # --- grants -----------------------------------------------------------------------------

    def accept_invitation(self, email: str, *, display_name: str) -> Account:
        """Make the invited person a member, in its groups, and granted what it is invited to."""
        with self.lock:
            granted = self.invitations[email.casefold()].grants
            # Without arguments super() does not find the class of a dataclass with slots.
            account = People.accept_invitation(self, email, display_name=display_name)
            for repository_uuid, permission in granted.items():
                if repository_uuid in self.repositories:
                    self.grant(account, self.repositories[repository_uuid], permission)
            return account

    def grant(self, subject: Subject, target: Target, permission: Permission | str) -> Grant:
        """Give *subject* an explicit permission, in the place of the one it has."""
        with self.lock:
            given = Permission(permission)
            if isinstance(subject, Account):
                self._require_member(subject.uuid)
            if given is Permission.CREATE_REPO and isinstance(target, Repository):
                raise ValueError("create-repo is a permission on projects")
            self._on.setdefault(target.uuid, {})[subject.uuid] = given
            self._held_by.setdefault(subject.uuid, {})[target.uuid] = given
            self._changed()
            return Grant(self.subject(subject.uuid), self.target(target.uuid), given)

    def revoke(self, subject: Subject, target: Target) -> None:
        """Take an explicit permission away; KeyError when there is none."""
        with self.lock:
            del self._on[target.uuid][subject.uuid]
            del self._held_by[subject.uuid][target.uuid]
            self._changed()

    # --- the workspace ----------------------------------------------------------------------

    def rename(self, *, slug: str | None = None, name: str | None = None) -> None:
        """Rename the workspace; its UUID stays."""
        with self.lock:
            self.slug = self.slug if slug is None else slug
            self.name = self.name if name is None else name
            self._changed()

    def move_administration(self) -> None:
        """Move people and groups to admin.atlassian.com, for good."""
        with self.lock:
            self.administration_moved = True
            self._changed()

    def _forget_grants_on(self, target_uuid: str) -> None:
        for subject_uuid in self._on.pop(target_uuid, {}):
            del self._held_by[subject_uuid][target_uuid]
