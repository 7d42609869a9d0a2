"""The methods of a workspace: what each asks for."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.bitbucket.addresses import MOST_ADDRESSES, batches
from gateway.bitbucket.calls import CallCounter
from gateway.bitbucket.client import Client
from gateway.bitbucket.identifier import bare_uuid, in_path
from gateway.bitbucket.query import equals, exceeds
from gateway.bitbucket.workspace import BitbucketWorkspace
from tests.bitbucket.raw_server import RawServer, Received, Reply, as_json

UUID = "c423e13e-0b1c-4d6c-8f0a-1c2d3e4f5a6b"
BRACED = f"%7B{UUID}%7D"
ACCOUNT = {"type": "user", "uuid": f"{{{UUID}}}", "display_name": "Ann Lee"}
WORKSPACE = {"uuid": f"{{{UUID}}}", "slug": "acme", "name": "Acme"}

Connect = Callable[..., Client]


@pytest.fixture
def acme(connected: Connect) -> BitbucketWorkspace:
    """The workspace by its slug."""
    return BitbucketWorkspace(connected(), "acme")


@pytest.mark.parametrize(
    ("ask", "path"),
    [
        (lambda w: w.permissions(), "/2.0/workspaces/acme/permissions"),
        (lambda w: w.members(), "/2.0/workspaces/acme/members"),
        (lambda w: w.members_by_email(["a@x.example"]), "/2.0/workspaces/acme/members"),
        (lambda w: w.effective_permissions(), "/2.0/workspaces/acme/permissions/repositories"),
        (
            lambda w: w.effective_permissions_on("api"),
            "/2.0/workspaces/acme/permissions/repositories/api",
        ),
        (lambda w: w.projects(), "/2.0/workspaces/acme/projects"),
        (
            lambda w: w.project_group_grants("API"),
            "/2.0/workspaces/acme/projects/API/permissions-config/groups",
        ),
        (
            lambda w: w.project_user_grants("A/B"),
            "/2.0/workspaces/acme/projects/A%2FB/permissions-config/users",
        ),
        (lambda w: w.repositories(), "/2.0/repositories/acme"),
        (
            lambda w: w.repository_group_grants("api"),
            "/2.0/repositories/acme/api/permissions-config/groups",
        ),
        (
            lambda w: w.repository_user_grants(UUID.upper()),
            f"/2.0/repositories/acme/{BRACED}/permissions-config/users",
        ),
    ],
)
def test_a_list_is_asked_for_in_pages_of_a_hundred(
    ask: Callable[[BitbucketWorkspace], Any], path: str, server: RawServer, acme: BitbucketWorkspace
) -> None:
    """Each list has its path, the longest pages, and no fields that nobody reads."""
    server.reply(as_json({"values": []}))

    assert list(ask(acme)) == []
    (request,) = server.received
    assert request.path == path
    assert request.query["pagelen"] == "100"
    assert "links.self" not in request.query["fields"]


@pytest.mark.parametrize(
    ("ask", "path"),
    [
        (lambda w: w.groups(), "/1.0/groups/acme"),
        (lambda w: w.group_members("developers"), "/1.0/groups/acme/developers/members"),
        (lambda w: w.group_privileges(), "/1.0/group-privileges/acme"),
        (lambda w: w.invitations(), "/1.0/users/acme/invitations"),
    ],
)
def test_a_list_of_1_0_is_one_call(
    ask: Callable[[BitbucketWorkspace], Any], path: str, server: RawServer, acme: BitbucketWorkspace
) -> None:
    """A bare array comes whole, and without any parameter."""
    server.reply(as_json([]))

    assert list(ask(acme)) == []
    assert [request.target for request in server.received] == [path]


@pytest.mark.parametrize(
    ("ask", "path", "body"),
    [
        (lambda w: w.current_user(), "/2.0/user", ACCOUNT),
        (lambda w: w.user(UUID), f"/2.0/users/{BRACED}", ACCOUNT),
        (lambda w: w.user("557058:ann"), "/2.0/users/557058%3Aann", ACCOUNT),
        (lambda w: w.workspace(), "/2.0/workspaces/acme", WORKSPACE),
        (
            lambda w: w.member(f"{{{UUID}}}"),
            f"/2.0/workspaces/acme/members/{BRACED}",
            {"user": ACCOUNT},
        ),
        (
            lambda w: w.repository("api"),
            "/2.0/repositories/acme/api",
            {"uuid": UUID, "slug": "api", "full_name": "acme/api", "name": "API"},
        ),
    ],
)
def test_a_single_thing_is_one_call(
    ask: Callable[[BitbucketWorkspace], Any],
    path: str,
    body: object,
    server: RawServer,
    acme: BitbucketWorkspace,
) -> None:
    """UUIDs go out in braces and account ids with their colon, both encoded."""
    server.reply(as_json(body))

    assert ask(acme).uuid == UUID
    assert [request.target for request in server.received] == [path]


def test_questions_reach_bitbucket(server: RawServer, acme: BitbucketWorkspace) -> None:
    """Conditions and order are passed as ``q`` and ``sort``."""
    server.reply(as_json({"values": []}))

    list(acme.permissions(equals("permission", "owner")))
    list(acme.effective_permissions(exceeds("permission", "read"), sort="user.uuid"))
    assert server.received[0].query["q"] == 'permission = "owner"'
    assert server.received[1].query["q"] == 'permission > "read"'
    assert server.received[1].query["sort"] == "user.uuid"


def test_a_thousand_addresses_are_asked_in_batches(
    server: RawServer, acme: BitbucketWorkspace
) -> None:
    """No question holds more addresses than Bitbucket takes; each asks for the e-mail."""
    server.reply(as_json({"values": []}))

    assert list(acme.members_by_email(f"user{n}@acme.example" for n in range(1000))) == []
    assert len(server.received) == 12
    assert all("values.user.email" in r.query["fields"].split(",") for r in server.received)
    assert {r.query["q"].count("@") for r in server.received} == {90, 10}


def test_no_addresses_are_no_call(server: RawServer, acme: BitbucketWorkspace) -> None:
    """Nobody is asked about nobody."""
    assert list(acme.members_by_email([])) == []
    assert server.received == []


@given(st.lists(st.text(min_size=1, max_size=60)))
def test_batches_are_small_and_lose_nothing(addresses: list[str]) -> None:
    """Every address is in one batch, in lower case; no batch is too long for a request line."""
    found = list(batches(addresses))

    assert [a for batch in found for a in batch] == list(dict.fromkeys(map(str.lower, addresses)))
    assert all(0 < len(batch) <= MOST_ADDRESSES for batch in found)


def test_long_addresses_make_smaller_batches(server: RawServer, acme: BitbucketWorkspace) -> None:
    """A request line stays below what servers read."""
    server.reply(as_json({"values": []}))

    list(acme.members_by_email(f"{'x' * 240}{n}@acme.example" for n in range(100)))
    assert max(len(request.target) for request in server.received) < 8000


def test_the_slug_of_a_uuid_is_asked_once(server: RawServer, connected: Connect) -> None:
    """1.0 knows workspaces by their slugs: a UUID is looked up for the first call alone."""

    def handle(request: Received) -> Reply:
        return as_json([] if request.path.startswith("/1.0") else WORKSPACE)

    server.handler = handle
    workspace = BitbucketWorkspace(connected(), f"{{{UUID}}}")
    calls = CallCounter()
    workspace.counting(calls).groups()
    workspace.group_privileges()

    assert [request.target for request in server.received] == [
        f"/2.0/workspaces/{BRACED}",
        "/1.0/groups/acme",
        "/1.0/group-privileges/acme",
    ]
    assert calls.count == 2


def test_two_counters_count_each_their_own(server: RawServer, acme: BitbucketWorkspace) -> None:
    """What one operation asks is not counted for another."""
    server.reply(as_json([]))
    one, other = CallCounter(), CallCounter()
    acme.counting(one).groups()
    acme.counting(other).counting(one).groups()

    assert (one.count, other.count) == (2, 1)


@pytest.mark.parametrize("text", [UUID, f"{{{UUID}}}", UUID.upper()])
def test_uuids_are_known_in_any_spelling(text: str) -> None:
    """Braces and case don't matter."""
    assert bare_uuid(text) == UUID
    assert in_path(text) == f"{{{UUID}}}"


@pytest.mark.parametrize("text", ["acme", "557058:" + UUID, UUID + "0", ""])
def test_what_is_no_uuid_stays_as_it_is(text: str) -> None:
    """Slugs and account ids are not touched."""
    assert bare_uuid(text) is None
    assert in_path(text) == text
