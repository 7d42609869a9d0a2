"""One call on the simulated Bitbucket: who makes it, of what, and what they may."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import orjson

from gateway.sandbox.bbql import Node, parse
from gateway.sandbox.behaviour import Behaviour, Paging
from gateway.sandbox.credentials import Caller, CallerKind
from gateway.sandbox.errors import bad_request, forbidden, not_found
from gateway.sandbox.indexes import Indexes
from gateway.sandbox.model import Account, Permission, Project, Repository
from gateway.sandbox.paging import PageRequest, Window, page_of
from gateway.sandbox.partial import JsonObject, Partial, parse_fields
from gateway.sandbox.wire import Wire
from gateway.sandbox.world import World

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """
    One authenticated call.

    Attributes:
        account: Whose rights the call has; None for the workspace's own.
        is_administrator: Whether the caller administers the workspace.
        base: The URL under which the simulated Bitbucket is reached, without a slash at its end.
        path: The path, percent-encoded.
        arguments: The query.
        body: The body, as it was sent.
        form: The body, as a form.
        content_type: What the body was said to be, without parameters.
    """

    world: World
    behaviour: Behaviour
    indexes: Indexes
    caller: Caller
    account: Account | None
    is_administrator: bool
    base: str
    path: str
    arguments: Mapping[str, str]
    body: bytes = b""
    form: Mapping[str, str] = field(default_factory=dict)
    content_type: str = ""

    def json(self) -> Any:
        """The body as JSON, else 400."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            raise bad_request("The body is no JSON.") from None

    @property
    def text(self) -> str:
        """The body as plain text."""
        return self.body.decode("utf-8", "replace").strip()

    @property
    def wire(self) -> Wire:
        """What renders things for this call."""
        rendered = self.indexes.rendered.setdefault((self.base, self.behaviour), {})
        return Wire(self.world, self.base, self.behaviour, rendered)

    def enter(self, workspace: str) -> None:
        """Require that *workspace* is a slug or UUID in braces of one the caller sees, else 404."""
        known = workspace in (self.world.slug, self.world.uuid)
        if not known or (self.account and self.account.uuid not in self.world.memberships):
            raise not_found(f"No workspace with identifier '{workspace}'.")

    def require_administrator(self) -> None:
        """403 for everybody else."""
        if not self.is_administrator:
            raise forbidden()

    def require_kind(self, *kinds: CallerKind) -> None:
        """403 for other kinds of credentials."""
        if self.caller.kind not in kinds:
            raise forbidden("This API is not accessible by this authentication mechanism")

    def project(self, key: str) -> Project:
        """The project with this key, else 404."""
        project = self.world.project(key)
        if project is None:
            raise not_found(f"Project {key} not found.")
        return project

    def administered_project(self, key: str) -> Project:
        """The same for its administrators, else 403."""
        project = self.project(key)
        if self.is_administrator or self.account is None:
            return project
        if self.world.project_permission(self.account, project) is not Permission.ADMIN:
            raise forbidden()
        return project

    def repository(self, identifier: str) -> Repository:
        """The repository with this slug or UUID, if the caller sees it, else 404."""
        repository = self.indexes.repository(identifier)
        if repository is None or not self.sees(repository):
            raise not_found(f"Repository {self.world.slug}/{identifier} not found")
        return repository

    def administered_repository(self, identifier: str) -> Repository:
        """The same for its administrators, else 403."""
        repository = self.repository(identifier)
        if not self.has(repository, Permission.ADMIN):
            raise forbidden()
        return repository

    def sees(self, repository: Repository) -> bool:
        """Whether the caller may know that a repository exists."""
        return not repository.is_private or self.has(repository, Permission.READ)

    def has(self, repository: Repository, least: Permission) -> bool:
        """Whether the caller's right on a repository is *least* or more."""
        if self.is_administrator or self.account is None:
            return True
        held = self.world.effective_permission(self.account, repository)
        return held is not None and held.rank >= least.rank

    def partial(self) -> Partial:
        """What ``fields`` asks for."""
        return parse_fields(self.arguments.get("fields"))

    def query(self) -> Node | None:
        """What ``q`` asks for."""
        text = self.arguments.get("q")
        return None if text is None else parse(text)

    def refuse(self, *parameters: str) -> None:
        """400 for parameters that mean something elsewhere and nothing here."""
        for name in parameters:
            if name in self.arguments:
                raise bad_request(f"'{name}' is not supported by this resource.")

    def page(
        self,
        window: Window[T],
        render: Callable[[T], JsonObject],
        *,
        of_permissions: bool = False,
    ) -> JsonObject:
        """The page of *window* that the call asks for."""
        opaque = {
            Paging.NUMBERED: False,
            Paging.MIXED: of_permissions,
            Paging.OPAQUE: True,
        }[self.behaviour.paging]
        asked = PageRequest(
            f"{self.base}{self.path}",
            self.arguments,
            opaque,
            self.behaviour.page_details,
            self.behaviour.largest_page,
        )
        return page_of(window, asked, render, self.partial())
