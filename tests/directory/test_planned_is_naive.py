"""The planned answer is that of a naive scan, whatever is asked, changed and known already."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.planner.needs import EVERYTHING, Needs, OneAddress
from gateway.sandbox import Serving, World, create_app, serving
from gateway.scim.filter.bind import bind_filter
from gateway.scim.filter.match import matches
from gateway.scim.freshness import AS_IT_COMES, FreshnessWanted
from gateway.scim.handler import Query
from gateway.scim.page import IndexPage
from gateway.scim.projection import Projection, bind_projection
from gateway.scim.schema import ResourceType
from tests.directory.conftest import BASE_URL, Stage, staged
from tests.end_to_end.worlds import bare, worlds

_EXTENSION = "urn:bitbucket-scim:params:scim:schemas:extension:1.0"
_NO_CACHE = FreshnessWanted(no_cache=True)
#: What depends on who has asked before, or when: addresses that were learned, and moments.
_VARYING = frozenset({"userName", "emails", "meta"})
_SHOWN = (
    None,
    "displayName",
    "displayName,active",
    "roles",
    "groups",
    "entitlements",
    f"{_EXTENSION}:User",
    f"{_EXTENSION}:User:access",
)


@dataclass(frozen=True)
class Sides:
    """The gateway that plans, and one that reads everything anew for each question."""

    planned: Stage
    naive: Stage

    def pass_time(self, seconds: float) -> None:
        """Let time pass for both."""
        for stage in (self.planned, self.naive):
            stage.clock.pass_time(seconds=seconds)


@contextmanager
def sides(bitbucket: Serving, planned_url: str, naive_url: str) -> Iterator[Sides]:
    """Set both up in front of one simulated Bitbucket."""
    with staged(bitbucket, planned_url) as planned, staged(bitbucket, naive_url) as naive:
        yield Sides(planned, naive)


def scanned(stage: Stage, resource_type: ResourceType) -> list[dict[str, Any]]:
    """Return all resources of a type as they are now, with every address known."""
    addresses = frozenset(
        OneAddress(account.email.lower())
        for account, _ in stage.world.members()
        if account.email is not None
    )
    stage.refresher.ensure(Needs(addresses) | EVERYTHING, _NO_CACHE)
    directory = stage.users if resource_type.name == "User" else stage.groups
    asks_for_all = bind_projection(
        ",".join(schema.id for schema in resource_type.schemas), None, resource_type=resource_type
    )
    query = Query(None, None, IndexPage(1, 1000), asks_for_all, BASE_URL)
    found: list[dict[str, Any]] = orjson.loads(directory.query(query).json)
    return found


def selected(
    resources: list[dict[str, Any]], text: str | None, projection: Projection
) -> dict[str, Any]:
    """Return what a filter and a projection leave of *resources*, by id."""
    resource_type = projection.resource_type
    node = None if text is None else bind_filter(text, resource_type)
    return {
        resource["id"]: _lasting(projection.apply(resource))
        for resource in resources
        if node is None or matches(node, resource)
    }


def _lasting(resource: dict[str, Any]) -> dict[str, Any]:
    extension = f"{_EXTENSION}:User"
    kept = {name: value for name, value in resource.items() if name not in _VARYING}
    if extension in kept:
        # Rights in effect are worked out on request, never kept.
        kept[extension] = {n: v for n, v in kept[extension].items() if n != "access"}
    return kept


def filters(world: World) -> st.SearchStrategy[str]:
    """Return filters of users, by what there is in *world* and by what there is not."""
    ids = [bare(account.uuid) for account, _ in world.members()]
    ids.append("00000000-0000-4000-8000-000000000000")
    addresses = [a.email.upper() for a, _ in world.members() if a.email] + ["nobody@acme.example"]
    places = [("repository", r) for r in world.repositories.values()]
    kinds = ["read", "write", "admin", "create-repo"]
    values = [f"repository:{ids[-1]}:write"]
    values += [f"repository:{bare(r.uuid)}:{kind}" for _, r in places for kind in kinds]
    values += [f"project:{bare(p.uuid)}:{kind}" for p in world.projects.values() for kind in kinds]
    displays = [f"{world.slug}/{r.slug}: write" for _, r in places]
    displays += [f"{p.key}: read" for p in world.projects.values()] + ["NOPE: read"]
    clauses = st.one_of(
        st.sampled_from(ids).map('id eq "{}"'.format),
        st.sampled_from(addresses).map('userName eq "{}"'.format),
        st.sampled_from(addresses).map('emails[type eq "work" and value eq "{}"]'.format),
        st.sampled_from(addresses).map('emails ne "{}"'.format),
        st.sampled_from(["owner", "collaborator", "member"]).map('roles.value eq "{}"'.format),
        st.sampled_from([g.name for g in world.groups.values()] or ["x"])
        .map(orjson.dumps)
        .map(bytes.decode)
        .map("groups.display eq {}".format),
        st.sampled_from(values).map('entitlements.value eq "{}"'.format),
        st.sampled_from(values).map('entitlements[value eq "{}" and type pr]'.format),
        st.sampled_from(displays).map('entitlements.display eq "{}"'.format),
        st.sampled_from(["repository", "project"]).map('entitlements.type eq "{}"'.format),
        st.sampled_from(["active eq true", "entitlements pr", 'displayName sw "a"', "groups pr"]),
    )
    return st.recursive(
        clauses,
        lambda inner: st.one_of(
            st.tuples(inner, inner).map(lambda pair: f"({pair[0]}) and ({pair[1]})"),
            st.tuples(inner, inner).map(lambda pair: f"({pair[0]}) or ({pair[1]})"),
            inner.map("not ({})".format),
        ),
        max_leaves=3,
    )


def change(world: World, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
    """Change something of the workspace."""
    members = [account for account, _ in world.members()]
    account = draw(st.sampled_from(members))
    targets = [*world.repositories.values(), *world.projects.values()]
    groups = list(world.groups.values())
    kind = draw(st.sampled_from(["leave", "come", "rename", "grant", "revoke", "join", "new"]))
    if kind == "leave" and account != members[0]:
        world.remove_member(account)
    elif kind == "come":
        world.add_member("Newcomer", email=f"new{world.revision}@acme.example")
    elif kind == "rename":
        world.change_account(account, display_name="Another name")
    elif kind == "grant" and targets:
        subject = draw(st.sampled_from([account, *groups]))
        world.grant(subject, draw(st.sampled_from(targets)), "write")
    elif kind == "revoke" and list(world.grants()):
        grant = draw(st.sampled_from(list(world.grants())))
        world.revoke(grant.subject, grant.target)
    elif kind == "join" and groups:
        group = draw(st.sampled_from(groups))
        if account in world.group_members(group):
            world.leave(group, account)
        else:
            world.join(group, account)
    elif kind == "new" and world.projects:
        project = next(iter(world.projects.values()))
        repository = world.add_repository(f"Made {world.revision}", project=project)
        world.grant(account, repository, "read")


def compare(world: World, both: Sides, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
    """Ask one thing after another while the workspace changes, and hold both answers together."""
    #: How long ago the workspace has changed last.
    quiet_seconds = 0.0
    resource_type = both.planned.users.resource_type
    for _ in range(draw(st.integers(3, 7))):
        for _ in range(draw(st.integers(0, 2))):
            change(world, draw)
            quiet_seconds = 0.0
        passed = draw(st.sampled_from([1.0, 60.0, 301.0]))
        both.pass_time(passed)
        quiet_seconds += passed
        text = draw(st.one_of(st.none(), filters(world)))
        shown = draw(st.sampled_from(_SHOWN))
        freshness = draw(
            st.sampled_from([_NO_CACHE, AS_IT_COMES, FreshnessWanted(max_age_seconds=60)])
        )
        projection = bind_projection(shown, None, resource_type=resource_type)
        node = None if text is None else bind_filter(text, resource_type)

        answer = both.planned.users.query(
            Query(node, None, IndexPage(1, 1000), projection, BASE_URL, freshness)
        )

        assert answer.provenance.age_seconds <= freshness.greatest_age_seconds(300)
        assert answer.total_results == answer.count
        if answer.provenance.age_seconds < quiet_seconds:
            found = orjson.loads(answer.json)
            told = {user["id"]: _lasting(projection.apply(user)) for user in found}
            everyone = scanned(both.naive, resource_type)
            expected = selected(everyone, text, projection)
            assert told.keys() == expected.keys(), (text, shown)
            if shown != _SHOWN[-1]:
                assert told == expected, (text, shown)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(world=worlds(), data=st.data())
def test_planned_is_naive(world: World, data: st.DataObject) -> None:
    """Through point look-ups, lists of roles, single places and whole collections."""
    with_addresses(world)
    with (
        TemporaryDirectory() as folder,
        serving(create_app(world)) as bitbucket,
        sides(
            bitbucket,
            f"sqlite:///{Path(folder) / 'planned.sqlite3'}",
            f"sqlite:///{Path(folder) / 'naive.sqlite3'}",
        ) as both,
    ):
        compare(world, both, data.draw)


@pytest.mark.usefixtures("cluster")
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(world=worlds(), data=st.data())
def test_planned_is_naive_on_postgresql(cluster: Any, world: World, data: st.DataObject) -> None:
    """The same where a database has other types, orders and locks."""
    with_addresses(world)
    with (
        cluster.database() as planned,
        cluster.database() as naive,
        serving(create_app(world)) as bitbucket,
        sides(bitbucket, planned, naive) as both,
    ):
        compare(world, both, data.draw)


def with_addresses(world: World) -> None:
    """Give most members an address."""
    for number, (account, _) in enumerate(world.members()):
        if number % 4 and account.email is None and account.type.value == "user":
            world.change_account(account, email=f"Member{number}@acme.example")
