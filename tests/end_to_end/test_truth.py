"""What the gateway answers is what is true in the workspace, through HTTP on both sides."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.sandbox import World, create_app, serving
from tests.end_to_end.gateways import Client, environment, gateway
from tests.end_to_end.questions import Question, questions
from tests.end_to_end.worlds import bare, entitlements_of, users_of, worlds

EXTENSION = "urn:bitbucket-scim:params:scim:schemas:extension:1.0"
CORE = "urn:ietf:params:scim:schemas:core:2.0"


@settings(max_examples=25, deadline=None)
@given(world=worlds(), asked=st.lists(questions(), min_size=5, max_size=15))
def test_answers_equal_the_truth(world: World, asked: list[Question]) -> None:
    """Members, roles, groups, memberships and explicit grants are told as they are."""
    with (
        TemporaryDirectory() as folder,
        serving(create_app(world)) as bitbucket,
        gateway(environment(world, bitbucket.url, Path(folder))) as client,
    ):
        assert_users(client, world)
        assert_groups(client, world)
        for question in asked:
            expected = {uuid for uuid, user in users_of(world).items() if question.holds(user)}
            found = client.all("/Users", filter=question.text, attributes="id")
            assert {user["id"] for user in found} == expected, question
            assert len(found) == len(expected)


def assert_users(client: Client, world: World) -> None:
    """Compare every user with the truth."""
    truth = users_of(world)
    found = client.all("/Users")
    assert len(found) == len(truth)
    for user in found:
        expected = truth[user["id"]]
        assert user["displayName"] == expected.display_name
        assert user["active"] is expected.active
        assert [role["value"] for role in user["roles"]] == [expected.role]
        assert texts(user.get("groups"), "display") == expected.groups
        assert texts(user.get("entitlements"), "value") == expected.entitlements


def assert_groups(client: Client, world: World) -> None:
    """Compare every group with the truth."""
    truth = {group.name: group for group in world.groups.values()}
    found = client.all("/Groups", attributes=f"{CORE}:Group,{EXTENSION}:Group")
    assert len(found) == len(truth)
    for group in found:
        expected = truth[group["displayName"]]
        extension: dict[str, Any] = group[f"{EXTENSION}:Group"]
        members = {bare(account.uuid) for account in world.group_members(expected)}
        assert texts(group.get("members"), "value") == members
        assert extension["slug"] == expected.slug
        assert extension["autoAdd"] is expected.auto_add
        assert extension.get("workspacePermission") == (
            expected.permission and expected.permission.value
        )
        assert texts(extension.get("entitlements"), "value") == entitlements_of(world, expected)
        for user in client.all("/Users", filter=f'groups.value eq "{group["id"]}"'):
            assert user["id"] in members


def texts(values: list[dict[str, Any]] | None, name: str) -> frozenset[str]:
    """Return a sub-attribute of all values, none of which comes twice."""
    found = list(_texts(values, name))
    assert len(found) == len(set(found))
    return frozenset(found)


def _texts(values: list[dict[str, Any]] | None, name: str) -> Iterator[str]:
    for value in values or ():
        yield value[name]
