"""Members, their roles, and finding them by address."""

from collections.abc import Callable

import pytest

from gateway.sandbox import DEMO, ApiToken, World
from tests.sandbox.reader import Reader

MEMBERS = "/2.0/workspaces/acme/members"
PERMISSIONS = "/2.0/workspaces/acme/permissions"


def asking(*addresses: str) -> str:
    """The one filter that the list of members knows."""
    quoted = ",".join(f'"{address}"' for address in addresses)
    return f"user.email IN ({quoted})"


def test_members_and_roles_are_the_true_ones(reader: Reader, generated: World) -> None:
    """One list gives every member and what they are."""
    truth = {account.uuid: role.value for account, role in generated.members()}
    read = reader.all(PERMISSIONS, pagelen=100)
    assert {value["user"]["uuid"]: value["permission"] for value in read} == truth
    assert set(truth.values()) == {"owner", "collaborator", "member"}


@pytest.mark.parametrize("role", ["owner", "collaborator", "member"])
def test_members_by_role(reader: Reader, generated: World, role: str) -> None:
    """``q=permission="owner"`` and its like."""
    read = reader.all(PERMISSIONS, pagelen=100, q=f'permission="{role}"')
    truth = [account.uuid for account, held in generated.members() if held.value == role]
    assert [value["user"]["uuid"] for value in read] == truth


@pytest.mark.parametrize("q", ['user.uuid="x"', "permission=1", "permission", 'nope="x"'])
def test_roles_are_all_that_permissions_filter(reader: Reader, q: str) -> None:
    """Another field, another kind of value, or no query at all is 400."""
    assert reader.error(PERMISSIONS, q=q)[0] == 400


@pytest.mark.parametrize(
    "q",
    [
        'user.email="bob@acme.example"',
        'user.nickname IN ("Bob")',
        'user.email IN ("a@x") AND user.email IN ("b@x")',
        'permission="owner"',
        "user.email IN (1)",
        "user.email IN",
    ],
)
def test_addresses_are_all_that_members_filter(reader: Reader, q: str) -> None:
    """Anything but ``user.email IN (…)`` is 400."""
    assert reader.error(MEMBERS, q=q)[0] == 400


def test_members_are_not_sorted(reader: Reader) -> None:
    """``sort`` is not for this list."""
    assert reader.error(MEMBERS, sort="user.display_name")[0] == 400
    assert reader.error(PERMISSIONS, sort="permission")[0] == 400


def test_people_are_found_by_address(serve: Callable[..., Reader], world: World) -> None:
    """Whatever the case; who is not a member is not found; the rest is left out."""
    world.add_account("Stranger", email="stranger@acme.example")
    reader = serve(world)
    q = asking("ANN@acme.EXAMPLE", "stranger@acme.example", "nobody@acme.example")
    found = reader.all(MEMBERS, q=q)
    assert [value["user"]["display_name"] for value in found] == ["Ann"]


def test_an_address_comes_when_asked_for_and_added(
    serve: Callable[..., Reader], world: World
) -> None:
    """Both the question and the field are needed; it comes as its owner wrote it."""
    reader = serve(world)
    q, fields = asking("ann@acme.example"), "+values.user.email"
    assert reader.all(MEMBERS, q=q, fields=fields)[0]["user"]["email"] == "Ann@Acme.example"
    assert "email" not in reader.all(MEMBERS, q=q)[0]["user"]
    everybody = reader.all(MEMBERS, fields=fields)
    assert len(everybody) == 4
    assert all("email" not in value["user"] for value in everybody)
    selected = reader.all(MEMBERS, q=q, fields="values.user.email,values.user.uuid")
    assert [set(value["user"]) for value in selected] == [{"email", "uuid"}]


def test_no_other_list_shows_addresses(serve: Callable[..., Reader], world: World) -> None:
    """Not even when asked."""
    reader = serve(world)
    for path in (PERMISSIONS, "/2.0/workspaces/acme/permissions/repositories"):
        assert all(
            "email" not in value["user"]
            for value in reader.all(path, fields="+values.user.email,+values.user.*")
        )


def test_ninety_addresses_at_most(serve: Callable[..., Reader], world: World) -> None:
    """90 are answered, 91 refused."""
    reader = serve(world)
    addresses = [f"person{number}@acme.example" for number in range(90)]
    assert reader.read(MEMBERS, q=asking(*addresses))["values"] == []
    assert reader.error(MEMBERS, q=asking(*addresses, "one@more.example"))[0] == 400


@pytest.mark.parametrize("credential", [DEMO.access_token, DEMO.oauth, DEMO.api_token])
def test_who_may_ask_for_addresses(
    serve: Callable[..., Reader], world: World, credential: ApiToken
) -> None:
    """A workspace access token, an integration and an administrator."""
    reader = serve(world, credential=credential)
    assert len(reader.all(MEMBERS, q=asking("bob@acme.example"))) == 1


def test_changes_are_seen_at_once(serve: Callable[..., Reader], world: World) -> None:
    """A world may change while it is served."""
    reader = serve(world)
    ann = world.account_by_email("ann@acme.example")
    assert ann
    world.change_account(ann, display_name="Anna", email="anna@acme.example")
    assert reader.all(MEMBERS, q=asking("ann@acme.example")) == []
    found = reader.all(MEMBERS, q=asking("anna@acme.example"))
    assert [value["user"]["display_name"] for value in found] == ["Anna"]
    world.remove_member(ann)
    assert reader.error(f"{MEMBERS}/{ann.uuid}")[0] == 404
    assert len(reader.all(MEMBERS)) == 3
