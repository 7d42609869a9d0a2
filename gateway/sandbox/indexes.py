"""What is worth working out once for a world that does not change."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from functools import cached_property
from typing import TypeVar, cast

from gateway.sandbox.effective import EffectiveRights
from gateway.sandbox.model import Account, Repository
from gateway.sandbox.partial import JsonObject
from gateway.sandbox.rights_list import Repositories, right_fields
from gateway.sandbox.world import World

KEPT_LISTS = 16

T = TypeVar("T")


class Indexes:
    """
    Look-ups that hold for one revision of a world.

    Attributes:
        rendered: Shared pieces of answers: by what shapes all of them, then by UUID.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.revision = world.revision
        self.rendered: dict[Hashable, dict[str, JsonObject]] = {}
        self._made: OrderedDict[Hashable, object] = OrderedDict()

    @cached_property
    def rights(self) -> EffectiveRights:
        """The effective right of everybody."""
        return EffectiveRights(self.world)

    @cached_property
    def repositories(self) -> Repositories:
        """Every repository, to look for rights on."""
        return Repositories(list(self.world.repositories.values()), right_fields(self.world))

    @cached_property
    def account_by_email(self) -> Mapping[str, Account]:
        """The accounts by their address in lower case."""
        accounts = self.world.accounts.values()
        return {account.email.casefold(): account for account in accounts if account.email}

    @cached_property
    def public_projects(self) -> frozenset[str]:
        """The UUIDs of the projects with a repository that everybody can read."""
        repositories = self.world.repositories.values()
        return frozenset(r.project_uuid for r in repositories if not r.is_private)

    @cached_property
    def repository_by_slug(self) -> Mapping[str, Repository]:
        """The repositories; the first of those with the same slug."""
        return {r.slug: r for r in reversed(self.world.repositories.values())}

    def repository(self, identifier: str) -> Repository | None:
        """The repository with this slug or UUID (in braces)."""
        if identifier.startswith("{"):
            return self.world.repositories.get(identifier)
        return self.repository_by_slug.get(identifier)

    def remembered(self, key: Hashable, make: Callable[[], T]) -> T:
        """What *make* made for *key* before, as long as not too much else was asked since."""
        if key not in self._made:
            self._made[key] = make()
            if len(self._made) > KEPT_LISTS:
                self._made.popitem(last=False)
        self._made.move_to_end(key)
        return cast("T", self._made[key])
