"""That e-mail addresses are not known is told with every answer that shows none of somebody."""

from typing import Any

import orjson
import pytest

from gateway.directory.answering import Answering
from gateway.directory.lacking import lacking
from gateway.directory.root import Root
from gateway.scim.filter.bind import bind_filter
from gateway.scim.freshness import Provenance
from gateway.scim.handler import Listing, Query, RootQuery
from gateway.scim.page import CursorPage, IndexPage, Page
from gateway.scim.projection import bind_projection
from gateway.scim.sort import bind_sort
from tests.directory.conftest import BASE_URL, Stage

ADMIN = "admin@acme.example"
ALL = 1000


def query(directory: Any, page: Page, /, **asked: str) -> Query:
    """Return what is asked of users or groups."""
    of = directory.resource_type
    node = bind_filter(asked["filter"], of) if "filter" in asked else None
    sort = bind_sort(asked["sort"], descending=False, resource_type=of) if "sort" in asked else None
    shown = bind_projection(asked.get("attributes"), asked.get("excluded"), resource_type=of)
    return Query(node, sort, page, shown, BASE_URL)


def listed(stage: Stage, page: Page | None = None, /, **asked: str) -> Listing:
    """Return a page of users."""
    return stage.users.query(query(stage.users, page or IndexPage(1, ALL), **asked))


def incomplete(listing: Listing) -> tuple[str, ...]:
    """Return what is said not to be known, once it is certain that something is shown."""
    assert listing.count
    return listing.provenance.incomplete


def learn(stage: Stage, *accounts: Any) -> None:
    """Have it asked who has the addresses of accounts."""
    clauses = [f'userName eq "{account.email}"' for account in accounts]
    stage.ask(stage.users, " or ".join(clauses))


def learn_all(stage: Stage) -> None:
    """Have it asked who has each address that there is."""
    learn(stage, *(account for account, _ in stage.world.members() if account.type == "user"))


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"sort": "displayName"},
        {"filter": "displayName pr"},
        {"filter": 'displayName co "a"', "sort": "userName"},
        {"excluded": "groups"},
        {"attributes": "emails"},
        {"attributes": "emails.value,displayName"},
        {"attributes": "urn:ietf:params:scim:schemas:core:2.0:User"},
        {"attributes": "urn:bitbucket-scim:params:scim:schemas:extension:1.0:User,emails"},
    ],
)
def test_a_list_that_shows_somebody_without_address_says_so(
    stage: Stage, asked: dict[str, str]
) -> None:
    """However its users are selected, put in order and shown; until all addresses are known."""
    assert "emails" in incomplete(listed(stage, **asked))
    learn_all(stage)
    assert "emails" not in incomplete(listed(stage, **asked))


@pytest.mark.parametrize(
    "asked",
    [
        {"attributes": "displayName"},
        {"attributes": "userName,userType,active"},
        {"excluded": "emails"},
        {"filter": 'displayName eq "Admin"', "attributes": "id"},
    ],
)
def test_it_is_not_said_where_no_address_is_shown(stage: Stage, asked: dict[str, str]) -> None:
    """Nothing lacks there."""
    assert incomplete(listed(stage, **asked)) == ()


def test_nothing_is_said_of_an_empty_page(stage: Stage) -> None:
    """It shows nobody."""
    listed(stage)
    assert listed(stage, IndexPage(1, 0)).provenance.incomplete == ()
    assert listed(stage, filter='displayName eq "nobody"').provenance.incomplete == ()


def test_it_is_said_of_the_page_and_not_of_the_workspace(stage: Stage) -> None:
    """Whose address is known is shown whole, by whatever it is asked for."""
    known = listed(stage, filter=f'userName eq "{ADMIN}"')
    assert incomplete(known) == ()
    (admin,) = orjson.loads(known.json)
    ids = [user["id"] for user in orjson.loads(listed(stage).json)]
    place = ids.index(admin["id"])

    for number, user_id in enumerate(ids):
        expected = () if number == place else ("emails",)
        assert incomplete(listed(stage, IndexPage(number + 1, 1))) == expected
        shown = bind_projection(None, None, resource_type=stage.users.resource_type)
        found = stage.users.retrieve(user_id, projection=shown, base_url=BASE_URL)
        assert found.provenance.incomplete == expected


def test_each_page_of_a_walk_says_it_of_itself(stage: Stage) -> None:
    """The first, and those that go on."""
    (admin,) = orjson.loads(listed(stage, filter=f'userName eq "{ADMIN}"').json)
    cursor: str | None = ""
    while cursor is not None:
        page = listed(stage, CursorPage(cursor, b"question", 1))
        (user,) = orjson.loads(page.json)
        assert incomplete(page) == (() if user["id"] == admin["id"] else ("emails",))
        cursor = page.next_cursor


@pytest.mark.parametrize("asked", [{}, {"sort": "meta.created"}])
def test_the_list_of_all_says_it_of_its_users(stage: Stage, asked: dict[str, str]) -> None:
    """By index and on a walk, and not of its groups."""
    directories = {"User": stage.users, "Group": stage.groups}
    root = Root(directories, Answering(stage.mirror, stage.refresher))

    def together(page: Page) -> Listing:
        parts = {name: query(each, page, **asked) for name, each in directories.items()}
        return root.query(RootQuery(parts, page))

    for page in (IndexPage(1, ALL), CursorPage("", b"question", 2)):
        assert "emails" in incomplete(together(page))
    users = listed(stage).total_results
    groups = [together(IndexPage(number, 1)) for number in range(users + 1, users + 3)]
    if not asked:
        assert [incomplete(page) for page in groups] == [(), ()]
    learn_all(stage)
    for page in (IndexPage(1, ALL), CursorPage("", b"question", 2)):
        assert "emails" not in incomplete(together(page))


def test_it_is_not_said_of_groups(stage: Stage) -> None:
    """They have no addresses."""
    assert incomplete(stage.ask(stage.groups)) == ()


def test_an_app_has_no_address_and_a_closed_account_has(stage: Stage) -> None:
    """Of the one all is known; of the other, that it shows none is no word on whether it has."""
    learn_all(stage)
    stage.world.add_member("Robot", type="app_user")
    stage.clock.pass_time(minutes=6)
    assert incomplete(listed(stage)) == ()
    assert any(user["userType"] == "app_user" for user in orjson.loads(listed(stage).json))

    stage.world.add_member("Gone", status="closed", email="gone@acme.example")
    stage.clock.pass_time(minutes=6)
    assert incomplete(listed(stage)) == ("emails",)
    assert incomplete(listed(stage, filter='displayName eq "Gone"')) == ("emails",)


def test_it_is_told_once(stage: Stage) -> None:
    """Where a filter rests on unknown addresses, and the answer shows some, too."""
    assert incomplete(listed(stage, filter='not (emails.value co "nobody")')) == ("emails",)


@pytest.mark.parametrize(
    ("overlay", "expected"),
    [
        ({}, True),
        ({"active": None}, True),
        ({"displayName": 'A "userType":"user","emails":[]," B', "name": None}, True),
        ({"emails": [{"value": "own@acme.example"}]}, False),
        ({"emails": None}, False),
        (
            {
                "emails": [{"value": "own@acme.example"}],
                "displayName": 'A "userType":"user","active":true,"emails":[]," B',
            },
            False,
        ),
    ],
)
def test_what_clients_say_is_heeded(
    stage: Stage, overlay: dict[str, Any], *, expected: bool
) -> None:
    """An address that they gave is known, and no other word of theirs is taken for a lack."""
    listed(stage)
    (user,) = orjson.loads(listed(stage, filter='displayName eq "Admin"').json)
    with stage.mirror.writing() as writing:
        writing.overlays.put("User", user["id"], overlay)
        renderer, now = stage.refresher.renderer, stage.clock()
        renderer.render(writing, users=[user["id"]], groups=(), now=now)
    found = listed(stage, filter=f'id eq "{user["id"]}"')
    assert ("emails" in incomplete(found)) is expected


def test_each_of_several_documents_is_looked_at(stage: Stage) -> None:
    """One person among apps is enough, wherever it stands."""
    projection = bind_projection(None, None, resource_type=stage.users.resource_type)
    known, app, person = (
        orjson.dumps({"userType": kind, "active": True, "emails": emails, "meta": {}})
        for kind, emails in (("user", [{"value": "a@b.example"}]), ("app_user", []), ("user", []))
    )
    before = Provenance(age_seconds=1, calls=2, incomplete=("entitlements",))
    for documents in ([known, app, app], [app], []):
        assert lacking(before, projection, [b",".join(documents)]) == before
    for place in range(3):
        documents = [app, known]
        documents.insert(place, person)
        told = lacking(before, projection, [b",".join(documents)])
        assert told.incomplete == ("emails", "entitlements")


def test_an_explanation_says_it_too(stage: Stage) -> None:
    """As the answer would."""
    listed(stage)
    for asked in ({}, {"filter": 'displayName eq "Admin"'}):
        explained = stage.users.explain(query(stage.users, IndexPage(1, 5), **asked))
        assert explained.incomplete == ("emails",)
    for asked in ({"excluded": "emails"}, {"filter": f'userName eq "{ADMIN}"'}):
        listed(stage, **asked)
        explained = stage.users.explain(query(stage.users, IndexPage(1, 5), **asked))
        assert explained.incomplete == ()
