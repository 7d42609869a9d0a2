"""The resources of all types as one list, with the calls that takes (RFC 7644 §3.4.2.1)."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from gateway.directory.answering import Answering
from gateway.directory.asked import Addresses
from gateway.directory.directory import Directory
from gateway.directory.root import Root
from gateway.scim.errors import InvalidFilter, Unavailable
from gateway.scim.handler import Listing
from gateway.scim.messages import read_root_query
from gateway.scim.schema import load_registry
from tests.directory.conftest import BASE_URL

Ask = Callable[..., Listing]

GROUPS = "/1.0/groups/acme"
MEMBERS = "GET /2.0/workspaces/{workspace}/permissions"


@pytest.fixture
def root(stage: Any) -> Root:
    """All types, of which nothing was read yet."""
    directories = {"User": stage.users, "Group": stage.groups}
    return Root(directories, Answering(stage.mirror, stage.refresher))


@pytest.fixture
def ask(root: Root) -> Ask:
    """Ask what a client asks by these parameters."""
    return lambda **parameters: _ask(root, **parameters)


def _ask(root: Root, **parameters: Any) -> Listing:
    types = load_registry().resource_types
    sent = {name: [str(value)] for name, value in parameters.items()}
    return root.query(read_root_query(sent, types, base_url=BASE_URL))


def ids(listing: Listing) -> list[str]:
    """Return the ids of the resources on a page."""
    return [resource["id"] for resource in orjson.loads(listing.json)]


def test_everything_is_all_users_then_all_groups(stage: Any, ask: Ask) -> None:
    """Each as its own list has it, to the byte."""
    users, groups = stage.ask(stage.users), stage.ask(stage.groups)
    everything = ask()

    assert everything.total_results == everything.count == 12 + 4
    assert everything.resources == users.resources + b"," + groups.resources


@pytest.mark.parametrize("count", [1, 3, 12, 13])
@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"attributes": "displayName"},
        {"filter": 'displayName ne "nobody"'},
        {"sortBy": "displayName"},
        {"sortBy": "displayName", "sortOrder": "descending", "excludedAttributes": "members"},
        {"sortBy": "userName", "filter": 'displayName gt "b" or members pr'},
    ],
)
def test_pages_make_up_the_whole(ask: Ask, asked: dict[str, str], count: int) -> None:
    """Each resource is on one of them, and each page tells the whole number."""
    whole = ask(**asked)
    pages = [
        ask(**asked, startIndex=start, count=count)
        for start in range(1, whole.total_results + 2, count)
    ]

    assert [each for page in pages for each in ids(page)] == ids(whole)
    assert {page.total_results for page in pages} == {whole.total_results}
    assert whole.total_results == len(set(ids(whole))) > 4


def test_a_sorted_list_has_both_in_one_order(ask: Ask) -> None:
    """By what both have."""
    names = [each["displayName"].lower() for each in orjson.loads(ask(sortBy="displayName").json)]
    kinds = [each["meta"]["resourceType"] for each in orjson.loads(ask(sortBy="displayName").json)]

    assert names == sorted(names)
    assert kinds != sorted(kinds)
    assert kinds != sorted(kinds, reverse=True)


@pytest.mark.parametrize("sort_by", ["", "displayName"])
@pytest.mark.parametrize("text", [None, "active eq true or members pr"])
def test_a_walk_meets_everything_once(ask: Ask, text: str | None, sort_by: str) -> None:
    """In the order of the list, in whole pages but for the last, there and back."""
    asked = {"sortBy": sort_by} | ({} if text is None else {"filter": text})
    pages = [ask(**asked, cursor="", count=3)]
    while pages[-1].next_cursor is not None:
        pages.append(ask(**asked, cursor=pages[-1].next_cursor, count=3))

    met = [each for page in pages for each in ids(page)]
    assert met == ids(ask(**asked))
    assert [page.count for page in pages[:-1]] == [3] * (len(pages) - 1)
    assert {page.total_results for page in pages} == {len(met)}
    back = pages[-1].previous_cursor
    assert ids(ask(**asked, cursor=back, count=3)) == ids(pages[-2])


def test_who_went_since_a_walk_began_is_left_out(stage: Any, ask: Ask) -> None:
    """The others are met."""
    page = ask(cursor="", count=10)
    met = ids(page)
    account = next(a for a, _ in stage.world.members() if a.uuid.strip("{}") not in met)
    stage.world.remove_member(account)
    stage.clock.pass_time(minutes=6)

    rest = ask(cursor=page.next_cursor, count=10)

    assert account.uuid.strip("{}") not in ids(rest)
    assert not set(met) & set(ids(rest))
    assert rest.count == 5
    assert rest.total_results == 16


def test_a_query_for_users_alone_costs_what_theirs_does(stage: Any, ask: Ask) -> None:
    """Of groups nothing is read, and so of users where only groups are asked for."""
    only = 'meta.resourceType eq "Group"'
    assert ask(filter=only, attributes="displayName").total_results == 4
    assert MEMBERS not in stage.bitbucket.calls.by_resource

    stage.bitbucket.calls.reset()
    only = 'meta.resourceType eq "User"'
    assert ask(filter=only, attributes="displayName").total_results == 12
    assert set(stage.bitbucket.calls.by_resource) == {MEMBERS}


def test_calls_add_up_and_the_age_is_that_of_the_older(stage: Any, ask: Ask) -> None:
    """What is young enough of the one is not read for the other."""
    stage.ask(stage.groups, attributes="displayName")
    stage.clock.pass_time(seconds=100)
    stage.bitbucket.calls.reset()

    first = ask(attributes="displayName")
    again = ask(attributes="displayName")

    assert first.provenance.calls == again.provenance.calls + 1 == 1
    assert set(stage.bitbucket.calls.by_resource) == {MEMBERS}
    assert again.provenance.age_seconds == 100

    stage.clock.pass_time(minutes=6)
    anew = ask(attributes="displayName")
    assert (anew.provenance.calls, anew.provenance.age_seconds) == (2, 0)


def test_what_is_not_known_of_one_type_is_no_shorter_list(stage: Any, ask: Ask) -> None:
    """While the groups can't be read, nobody is told that there are none."""
    stage.ask(stage.users, attributes="displayName")
    stage.bitbucket.faults.plan("503", GROUPS, times=20)

    with pytest.raises(Unavailable):
        ask(attributes="displayName", filter="displayName pr")
    only = 'meta.resourceType eq "User"'
    assert ask(attributes="displayName", filter=only).total_results == 12


def test_nothing_is_read_where_nothing_can_match(stage: Any, ask: Ask) -> None:
    """The list is empty, and that is never old."""
    nothing = ask(filter='meta.resourceType eq "Role"')
    walk = ask(filter="userName pr and members pr", cursor="")

    for listing in (nothing, walk):
        assert (listing.total_results, listing.count, listing.json) == (0, 0, b"[]")
        assert (listing.provenance.age_seconds, listing.provenance.calls) == (0, 0)
    assert stage.bitbucket.calls.total == 0


def test_addresses_that_are_not_known_are_told(stage: Any, ask: Ask) -> None:
    """As in the list of users; or the filter is refused, if that is how it is set."""
    doubtful = ask(filter='emails.value co "@" or members pr')
    assert doubtful.provenance.incomplete == ("emails",)
    assert ask(filter="members pr").provenance.incomplete == ()

    strict = Directory(
        stage.users.resource_type,
        stage.mirror,
        stage.refresher,
        Addresses(must_be_complete=True),
    )
    root = Root({"User": strict, "Group": stage.groups}, strict.answering)
    with pytest.raises(InvalidFilter):
        _ask(root, filter='emails.value co "@" or members pr')


def test_rights_in_effect_are_shown_among_others(ask: Ask) -> None:
    """What is worked out for an answer is worked out for those on the page."""
    access = "urn:bitbucket-scim:params:scim:schemas:extension:1.0:User:access"
    shown = orjson.loads(ask(attributes=f"{access},displayName", sortBy="displayName").json)

    extension = access.removesuffix(":access")
    assert any(extension in resource for resource in shown)
    assert any(extension not in resource for resource in shown)
