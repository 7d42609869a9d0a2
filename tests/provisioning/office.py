"""Writers in front of a simulated Bitbucket, over real HTTP."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from gateway.bitbucket.client import connect
from gateway.bitbucket.credentials import (
    ApiToken,
    Credential,
    OAuthConsumer,
    WorkspaceAccessToken,
)
from gateway.bitbucket.patience import RetryPolicy
from gateway.bitbucket.transport import Limits, Transport
from gateway.bitbucket.workspace import BitbucketWorkspace
from gateway.directory.refresh import Patience, Refresher
from gateway.directory.rendering import Renderer
from gateway.directory.users import UserNameSource
from gateway.mirror.engine import migrate, open_database
from gateway.mirror.journal import Change
from gateway.mirror.mirror import Mirror
from gateway.planner.collections import Collection
from gateway.planner.needs import Needs
from gateway.provisioning.administration import Administrations
from gateway.provisioning.groups import GroupWriter
from gateway.provisioning.protection import Protection
from gateway.provisioning.provisioner import Provisioner
from gateway.provisioning.users import UserWriter
from gateway.sandbox import Sandbox, Serving, World, demo_credentials
from gateway.scim.filter.bind import bind_filter
from gateway.scim.freshness import FreshnessWanted
from gateway.scim.handler import Author, Query, Write, Written
from gateway.scim.page import IndexPage
from gateway.scim.patch.message import read_patch
from gateway.scim.projection import Projection
from gateway.scim.schema import Registry, ResourceType, load_registry
from tests.rendered import assert_rendered

BASE_URL = "https://scim.example.com/scim/v2"
GROUP_EXTENSION = "urn:bitbucket-scim:params:scim:schemas:extension:1.0:Group"

_GROUPS = Needs.whole(Collection.GROUPS)
_ANEW = FreshnessWanted(no_cache=True)


@dataclass
class Office:
    """Everything that a test looks at or changes."""

    world: World
    bitbucket: Sandbox
    mirror: Mirror
    registry: Registry
    provisioner: Provisioner
    users: UserWriter
    groups: GroupWriter

    def write(self, resource_type: ResourceType, **how: Any) -> Write:
        """Return how a change is asked for."""
        author = Author(token="test", request_id="request-1")
        return Write(author, BASE_URL, Projection(resource_type), **how)

    def patch_group(self, group_id: str, *operations: dict[str, Any], **how: Any) -> Written:
        """Patch a group."""
        patch = read_patch({"Operations": list(operations)}, self.registry.group)
        return self.groups.patch(group_id, patch, self.write(self.registry.group, **how))

    def patch_user(self, user_id: str, *operations: dict[str, Any], **how: Any) -> Written:
        """Patch a user."""
        patch = read_patch({"Operations": list(operations)}, self.registry.user)
        return self.users.patch(user_id, patch, self.write(self.registry.user, **how))

    def activate(self, user_id: str, *, active: bool) -> Written:
        """Make a user active, or inactive."""
        return self.patch_user(user_id, {"op": "replace", "path": "active", "value": active})

    def create_group(self, **attributes: Any) -> Written:
        """Make a group."""
        return self.groups.create(attributes, self.write(self.registry.group))

    def create_user(self, **attributes: Any) -> Written:
        """Make a user."""
        return self.users.create(attributes, self.write(self.registry.user))

    def group_id(self, name: str) -> str:
        """Return the id of the group of that name, as it is read for it."""
        self.provisioner.refresher.ensure(_GROUPS, _ANEW)
        with self.mirror.reading() as snapshot:
            return next(g.id for g in snapshot.facts.groups() if g.name == name)

    def find_user(self, text: str) -> list[str]:
        """Return the ids of the users that a filter finds."""
        user = self.registry.user
        query = Query(bind_filter(text, user), None, IndexPage(1, 100), Projection(user), BASE_URL)
        with self.mirror.reading() as snapshot:
            _, found = snapshot.resources(user).find(query)
        return [orjson.loads(document.json)["id"] for document in found]

    def changes(self) -> list[Change]:
        """Return the journal."""
        with self.mirror.reading() as snapshot:
            return snapshot.journal.changes()

    @property
    def writes(self) -> list[str]:
        """The calls of Bitbucket that change something, since the last reset."""
        return [str(made) for made in self.bitbucket.calls.writes if "oauth2" not in made.path]


def resource(written: Written) -> dict[str, Any]:
    """Return the resource in an answer."""
    assert written.document is not None
    read: dict[str, Any] = orjson.loads(written.document.json)
    return read


def bare(uuid: str) -> str:
    """Return a UUID as SCIM has it."""
    return uuid.strip("{}")


def state_of(world: World) -> Mapping[str, Any]:
    """Return all of a world that writes can change, to be compared."""
    return {
        "groups": {
            group.name: sorted(member.uuid for member in world.group_members(group))
            for group in world.groups.values()
        },
        "settings": {
            group.name: (group.permission, group.auto_add) for group in world.groups.values()
        },
        "grants": sorted(
            (grant.subject.uuid, grant.target.uuid, grant.permission.value)
            for grant in world.grants()
        ),
        "members": sorted(world.memberships),
        "invitations": sorted(world.invitations),
    }


@contextmanager
def opened(
    bitbucket: Serving,
    database_url: str,
    *,
    without: tuple[type[Credential], ...] = (),
    protection: bool = True,
    lease: timedelta = timedelta(seconds=15),
    retries: int = 0,
    longest_wait_seconds: float = 10,
    invitation_group: str | None = None,
) -> Iterator[Office]:
    """Set up writers, which know nothing yet, in front of a simulated Bitbucket."""
    world = bitbucket.sandbox.world
    known = demo_credentials(world.slug)
    registry = load_registry()
    engine = open_database(database_url)
    migrate(engine)
    transport = Transport(bitbucket.url, limits=Limits(retry=RetryPolicy(retries=retries)))
    credentials: list[Credential] = [
        WorkspaceAccessToken(known.access_token.token),
        ApiToken(known.api_token.email, known.api_token.token),
        OAuthConsumer(known.oauth.key, known.oauth.secret),
    ]
    client = connect(transport, [c for c in credentials if not isinstance(c, without)])
    mirror = Mirror(engine, "test")
    refresher = Refresher(
        BitbucketWorkspace(client, world.slug),
        mirror,
        Renderer(registry, UserNameSource.EMAIL),
        lambda: datetime.now(UTC),
        Patience(longest_wait_seconds=longest_wait_seconds, lease=lease),
    )
    provisioner = Provisioner(
        refresher, Administrations(mirror), Protection(is_on=protection), invitation_group
    )
    try:
        yield Office(
            world=world,
            bitbucket=bitbucket.sandbox,
            mirror=mirror,
            registry=registry,
            provisioner=provisioner,
            users=UserWriter(provisioner),
            groups=GroupWriter(provisioner),
        )
        assert_rendered(mirror, refresher.renderer, may_be_unknown=True)
    finally:
        transport.close()
        engine.dispose()
