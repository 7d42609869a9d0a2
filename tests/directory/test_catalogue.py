"""What can be held, told of a simulated workspace."""

from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from gateway.directory.catalogue import Catalogue
from gateway.directory.catalogue_items import Entitlements, Roles
from gateway.directory.walks import LIFETIME
from gateway.sandbox import World
from gateway.scim.catalogue import CatalogueForm
from gateway.scim.errors import BadUpstream, ExpiredCursor, InvalidCursor, InvalidValue, Unavailable
from gateway.scim.filter.bind import bind_filter
from gateway.scim.freshness import AS_IT_COMES, FreshnessWanted
from gateway.scim.handler import Listing, Query
from gateway.scim.page import CursorPage, IndexPage, Page
from gateway.scim.projection import Projection
from gateway.scim.schema import ResourceType, load_registry
from gateway.scim.sort import bind_sort
from tests.directory.conftest import BASE_URL
from tests.end_to_end.worlds import bare
from tests.web.derived import held

PROJECTS = "/2.0/workspaces/acme/projects"
REPOSITORIES = "/2.0/repositories/acme"
PERMISSIONS = {
    "project": ["read", "write", "create-repo", "admin"],
    "repository": ["read", "write", "admin"],
}


def made(stage: Any, name: str, form: CatalogueForm = CatalogueForm.UNLISTED) -> Catalogue:
    """Return a part of the catalogue in front of a simulated Bitbucket."""
    resource_type = load_registry(form).resource_type(name)
    assert resource_type is not None
    items = Entitlements if name == "Entitlement" else Roles
    return Catalogue(resource_type, items(resource_type), stage.mirror, stage.refresher)


def ask(
    catalogue: Catalogue,
    text: str | None = None,
    *,
    page: Page | None = None,
    sort_by: str = "",
    descending: bool = False,
    freshness: FreshnessWanted = AS_IT_COMES,
) -> Listing:
    """Return the answer to a query."""
    shown: ResourceType = catalogue.resource_type
    sort = bind_sort(sort_by, descending=descending, resource_type=shown) if sort_by else None
    node = None if text is None else bind_filter(text, shown)
    page = page or IndexPage()
    return catalogue.query(Query(node, sort, page, Projection(shown), BASE_URL, freshness))


def resources(listing: Listing) -> list[dict[str, Any]]:
    """Return the resources of an answer."""
    found: list[dict[str, Any]] = orjson.loads(listing.json)
    return found


def ids(listing: Listing) -> list[str]:
    """Return their ids."""
    return [each["id"] for each in resources(listing)]


def places(world: World) -> list[tuple[str, str, str]]:
    """Return the places of *world* by type, UUID and name, in the order of the list."""
    found = [("project", bare(each.uuid), each.key) for each in world.projects.values()]
    found += [
        ("repository", bare(each.uuid), f"{world.slug}/{each.slug}")
        for each in world.repositories.values()
    ]
    return sorted(found)


@pytest.mark.rule("roles-catalogue")
def test_every_permission_on_every_place_is_listed(stage: Any) -> None:
    """As the draft has it, with what else each permission comes with."""
    told = resources(ask(made(stage, "Entitlement")))

    expected = []
    for kind, uuid, name in places(stage.world):
        words = PERMISSIONS[kind]
        for at, word in enumerate(words):
            value = f"{kind}:{uuid}:{word}"
            weaker = [f"{kind}:{uuid}:{each}" for each in words[:at]]
            stronger = [f"{kind}:{uuid}:{each}" for each in words[at + 1 :]]
            expected.append(
                {
                    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Entitlement"],
                    "id": value,
                    "value": value,
                    "display": f"{name}: {word}",
                    "type": kind,
                    "supported": True,
                    "limitedAssignmentsPermitted": False,
                    **({"containedBy": stronger} if stronger else {}),
                    **({"contains": weaker} if weaker else {}),
                    "meta": {
                        "resourceType": "Entitlement",
                        "location": f"{BASE_URL}/Entitlements/{value}",
                    },
                }
            )
    assert all(each["meta"].pop("version") for each in told)
    assert told == expected
    assert len(told) == 2 * 4 + 5 * 3


@pytest.mark.rule("roles-values")
@pytest.mark.parametrize("form", [CatalogueForm.UNLISTED, CatalogueForm.OKTA])
@pytest.mark.parametrize("name", ["Entitlement", "Role"])
def test_what_somebody_holds_is_listed_by_the_same_name(
    stage: Any, name: str, form: CatalogueForm
) -> None:
    """Its id is the value, whoever reads it, and it is called the same and of the same type."""
    attribute = {"Entitlement": "entitlements", "Role": "roles"}[name]
    listed = {each["id"]: each for each in resources(ask(made(stage, name, form)))}
    held = [value for user in stage.resources(stage.users) for value in user.get(attribute, ())]
    shown = "displayName" if form is CatalogueForm.OKTA else "display"

    assert held
    for value in held:
        item = listed[value["value"]]
        assert (item[shown], item["type"]) == (value["display"], value["type"])


def test_it_is_told_as_okta_reads_it(stage: Any) -> None:
    """Each item has the schema that Okta knows, a name, a type and a description."""
    okta = "urn:okta:scim:schemas:core:1.0"
    kind, uuid, name = places(stage.world)[-1]

    entitlement = resources(ask(made(stage, "Entitlement", CatalogueForm.OKTA)))[-1]
    role = resources(ask(made(stage, "Role", CatalogueForm.OKTA)))[0]

    del entitlement["meta"], role["meta"]
    assert entitlement == {
        "schemas": [f"{okta}:Entitlement"],
        "id": f"{kind}:{uuid}:admin",
        "displayName": f"{name}: admin",
        "type": "repository",
        "description": f"Administer the repository {name}",
    }
    assert role == {
        "schemas": [f"{okta}:Role"],
        "id": "owner",
        "displayName": "Owner",
        "type": "workspace",
        "description": "Administers the workspace",
    }


@pytest.mark.parametrize("form", [CatalogueForm.UNLISTED, CatalogueForm.OKTA])
@pytest.mark.parametrize("name", ["Entitlement", "Role"])
def test_it_is_described_for_programs_as_it_is_told(
    stage: Any, name: str, form: CatalogueForm
) -> None:
    """Every item conforms to what openapi.yaml says of it, and nothing there is never told."""
    catalogue = made(stage, name, form)
    schema = held(catalogue.resource_type)

    items = resources(ask(catalogue))
    for item in items:
        Draft202012Validator(schema).validate(item)
    assert set().union(*items) == schema["properties"].keys()
    told = [item["meta"].keys() for item in items]
    assert set().union(*told) == schema["properties"]["meta"]["properties"].keys()


def test_a_version_is_found_and_is_another_where_the_item_is(stage: Any) -> None:
    """A filter by the version finds it; a new name, or another form, is another version."""
    catalogue = made(stage, "Entitlement")
    repository = next(iter(stage.world.repositories.values()))
    wanted = f"repository:{bare(repository.uuid)}:write"

    def version(of: Catalogue) -> str:
        document = of.retrieve(wanted, projection=Projection(of.resource_type), base_url=BASE_URL)
        assert document.document is not None
        told = orjson.loads(document.document.json)
        assert told["meta"]["version"] == document.document.version
        return str(told["meta"]["version"])

    before = version(catalogue)
    escaped = before.replace('"', '\\"')
    assert wanted in ids(ask(catalogue, f'meta.version eq "{escaped}"'))
    assert version(made(stage, "Entitlement", CatalogueForm.OKTA)) != before

    stage.world.change_repository(repository, slug="renamed")
    stage.clock.pass_time(minutes=6)

    assert version(catalogue) != before


def test_it_rests_on_the_lists_of_places_alone(stage: Any) -> None:
    """They are read once, when they are too old, and no more of them than is asked about."""
    catalogue = made(stage, "Entitlement")

    assert ask(catalogue, 'type eq "project"').provenance.calls == 2
    assert set(stage.bitbucket.calls.by_resource) == {
        "GET /2.0/workspaces/{workspace}",
        "GET /2.0/workspaces/{workspace}/projects",
    }
    stage.clock.pass_time(seconds=100)
    whole = ask(catalogue)
    assert (whole.provenance.calls, whole.provenance.age_seconds) == (2, 100)
    again = ask(catalogue)
    assert (again.provenance.calls, again.resources) == (0, whole.resources)
    stage.clock.pass_time(minutes=6)
    assert ask(catalogue).provenance.calls == 3
    stage.clock.pass_time(seconds=1)
    assert ask(catalogue, freshness=FreshnessWanted(no_cache=True)).provenance.calls == 3


def test_what_is_no_id_takes_no_call(stage: Any) -> None:
    """Nor does a role."""
    for name, wanted in (("Entitlement", "nobody"), ("Role", "owner"), ("Role", "king")):
        catalogue = made(stage, name)
        shown = Projection(catalogue.resource_type)
        found = catalogue.retrieve(wanted, projection=shown, base_url=BASE_URL)
        assert (found.document is not None) is (wanted == "owner")
        assert (found.provenance.calls, found.provenance.age_seconds) == (0, 0)


def test_a_failure_is_no_shorter_list(stage: Any) -> None:
    """Never read, it is an error; else the last complete list, with its age and why."""
    catalogue = made(stage, "Entitlement")
    stage.bitbucket.faults.plan("500", REPOSITORIES, times=20)
    with pytest.raises((BadUpstream, Unavailable)):
        ask(catalogue)
    stage.bitbucket.faults.clear()
    stage.clock.pass_time(minutes=1)
    whole = ask(catalogue)
    stage.bitbucket.faults.plan("500", REPOSITORIES, times=20)
    stage.clock.pass_time(minutes=6)

    later = ask(catalogue)

    assert later.resources == whole.resources
    assert later.provenance.age_seconds == 360
    assert later.provenance.detail


@pytest.mark.parametrize("text", [None, 'type eq "repository"'])
def test_a_walk_meets_once_what_was_there_throughout(stage: Any, text: str | None) -> None:
    """While places come, go and are renamed, and are read anew between the pages."""
    catalogue = made(stage, "Entitlement")
    world = stage.world
    project = next(iter(world.projects.values()))
    page = ask(catalogue, text, page=CursorPage("", b"question", 4))
    met = ids(page)
    before = ids(ask(catalogue, text))
    gone: set[str] = set()
    number = 0
    while page.next_cursor is not None:
        number += 1
        world.add_repository(f"New {number}", project=project)
        if number == 2:
            leaving = list(world.repositories.values())[2]
            gone = {each for each in before if bare(leaving.uuid) in each}
            world.remove_repository(leaving)
        stage.clock.pass_time(minutes=6)
        page = ask(catalogue, text, page=CursorPage(page.next_cursor, b"question", 4))
        assert page.count == 4 or page.next_cursor is None
        met += ids(page)

    assert number > 3
    assert len(met) == len(set(met))
    assert set(before) - gone <= set(met)


@pytest.mark.rule("9865-2-sorted-walk")
def test_a_walk_has_an_order_of_its_own(stage: Any) -> None:
    """Another can't be gone on with, and is refused; so is a cursor of somebody else."""
    catalogue = made(stage, "Entitlement")

    with pytest.raises(InvalidValue, match="leave sortBy out"):
        ask(catalogue, page=CursorPage("", b"question", 4), sort_by="display")
    cursor = ask(catalogue, page=CursorPage("", b"question", 4)).next_cursor
    assert cursor is not None
    with pytest.raises(InvalidCursor):
        ask(catalogue, page=CursorPage(cursor, b"another", 4))
    nothing = ask(catalogue, page=CursorPage("", b"question", 0))
    assert (nothing.total_results, nothing.count, nothing.next_cursor) == (23, 0, None)


@pytest.mark.rule("9865-2.1-expired-cursor")
@pytest.mark.parametrize("name", ["Entitlement", "Role"])
def test_a_walk_that_took_too_long_is_given_up(stage: Any, name: str) -> None:
    """Not a second earlier, and counted from its beginning, not from its last page."""
    catalogue = made(stage, name)
    ends = stage.clock.now + LIFETIME
    first = ask(catalogue, page=CursorPage("", b"question", 1)).next_cursor
    assert first is not None
    stage.clock.pass_time(minutes=40)
    second = ask(catalogue, page=CursorPage(first, b"question", 1)).next_cursor
    assert second is not None
    stage.clock.pass_time(seconds=(ends - stage.clock.now).total_seconds())
    assert ask(catalogue, page=CursorPage(second, b"question", 1)).count == 1
    stage.clock.pass_time(seconds=1)

    for cursor in (first, second):
        with pytest.raises(ExpiredCursor):
            ask(catalogue, page=CursorPage(cursor, b"question", 1))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["owner", "collaborator", "member"]),
        ({"text": 'display eq "OWNER"'}, ["owner"]),
        ({"text": 'not (value co "b")'}, ["owner", "collaborator", "member"][:1]),
        ({"text": 'supported eq true and type eq "workspace"', "sort_by": "value"}, "cmo"),
        ({"sort_by": "display", "descending": True}, "omc"),
        ({"sort_by": "meta.location"}, "cmo"),
        ({"sort_by": "externalId"}, ["owner", "collaborator", "member"]),
        ({"page": IndexPage(2, 1)}, ["collaborator"]),
        ({"page": IndexPage(4, 5)}, []),
        ({"page": IndexPage(1, 0)}, []),
    ],
)
def test_roles_are_filtered_sorted_and_paged(
    stage: Any, asked: Mapping[str, Any], expected: list[str] | str
) -> None:
    """As everything else is."""
    found = ids(ask(made(stage, "Role"), **asked))

    assert (found if isinstance(expected, list) else "".join(each[0] for each in found)) == expected


@pytest.mark.rule("9865-2-sorted-walk")
def test_roles_are_walked_through(stage: Any) -> None:
    """One by one, to the last of those that a filter selects."""
    catalogue = made(stage, "Role")
    text = 'value ne "collaborator"'
    page = ask(catalogue, text, page=CursorPage("", b"question", 1))
    assert (ids(page), page.total_results) == (["owner"], 2)
    assert page.next_cursor is not None

    page = ask(catalogue, text, page=CursorPage(page.next_cursor, b"question", 1))

    assert (ids(page), page.next_cursor) == (["member"], None)
    assert page.previous_cursor is None


@pytest.mark.parametrize("descending", [False, True])
def test_roles_are_walked_through_in_any_order(stage: Any, *, descending: bool) -> None:
    """They are always the same, so a sorted walk can be gone on with."""
    catalogue = made(stage, "Role")
    met: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = CursorPage(cursor, b"question", 1)
        told = ask(catalogue, page=page, sort_by="display", descending=descending)
        met += ids(told)
        cursor = told.next_cursor

    in_order = ["collaborator", "member", "owner"]
    assert met == (in_order[::-1] if descending else in_order)
