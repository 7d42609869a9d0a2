"""Bulk requests: how they are read, ordered and answered (RFC 7644 §3.7)."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from gateway.scim.errors import (
    BadUpstream,
    NotFound,
    NotStored,
    ScimError,
    Unavailable,
    Uniqueness,
    VersionChanged,
)
from gateway.scim.freshness import AS_IT_COMES, FreshnessWanted, Provenance
from gateway.scim.handler import Document, Retrieval, Write, Written
from gateway.scim.patch.apply import apply_patch
from gateway.scim.patch.operation import Patch
from gateway.scim.projection import Projection
from gateway.scim.schema import Registry, ResourceType
from gateway.web import bulk_job
from gateway.web.wellformed import LARGEST_BODY_BYTES
from tests.web.conftest import Memory

BULK_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
BULK_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
BASE = "http://localhost/scim/v2"


@dataclass
class Shelf:
    """A writer that keeps resources, whose names are unique; some names make it fail."""

    resource_type: ResourceType
    failures: dict[str, Exception]
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[str, str, Write]] = field(default_factory=list)
    _numbers: Any = field(default_factory=lambda: count(1))

    def create(self, attributes: Mapping[str, Any], write: Write) -> Written:
        """Keep a resource."""
        resource_id = f"{self.resource_type.name.lower()}-{next(self._numbers)}"
        return self._put("create", resource_id, dict(attributes), write)

    def replace(self, resource_id: str, attributes: Mapping[str, Any], write: Write) -> Written:
        """Replace a resource."""
        self._current(resource_id, write)
        return self._put("replace", resource_id, dict(attributes), write)

    def patch(self, resource_id: str, patch: Patch, write: Write) -> Written:
        """Patch a resource."""
        current = self._current(resource_id, write)
        patched = apply_patch(current, patch, self.resource_type)
        return self._put("patch", resource_id, patched, write)

    def delete(self, resource_id: str, write: Write) -> Written:
        """Forget a resource."""
        self._current(resource_id, write)
        self.asked.append(("delete", resource_id, write))
        del self.kept[resource_id]
        return Written(resource_id, None, Provenance(age_seconds=0, calls=1))

    def named(self, name: str) -> str:
        """Return the id of the resource of that name."""
        return next(key for key, resource in self.kept.items() if _name(resource) == name)

    def _current(self, resource_id: str, write: Write) -> dict[str, Any]:
        if resource_id not in self.kept:
            raise NotFound(f"There is no {self.resource_type.name} with that id.")
        if not write.is_expected([_version(self.kept[resource_id])]):
            raise VersionChanged("Another version.")
        return self.kept[resource_id]

    def _put(
        self, action: str, resource_id: str, resource: dict[str, Any], write: Write
    ) -> Written:
        name = _name(resource)
        if name in self.failures:
            raise self.failures[name]
        if any(_name(other) == name for key, other in self.kept.items() if key != resource_id):
            raise Uniqueness("Taken.")
        self.asked.append((action, resource_id, write))
        self.kept[resource_id] = resource
        document = Document(_version(resource), orjson.dumps(resource))
        provenance = Provenance(age_seconds=len(self.asked), calls=2, forwarded="request")
        return Written(resource_id, document, provenance, notes=(f"noted {name}",))


@dataclass
class Shown(Memory):
    """A handler that tells the versions of what a writer keeps."""

    shelf: Shelf = field(kw_only=True)

    def retrieve(
        self,
        resource_id: str,
        *,
        projection: Projection,
        base_url: str,
        freshness: FreshnessWanted = AS_IT_COMES,
    ) -> Retrieval:
        """Return the version of a resource, for which nothing must be read."""
        assert freshness.only_if_cached
        kept = self.shelf.kept.get(resource_id)
        self.resources = [] if kept is None else [_shown(resource_id, kept)]
        return super().retrieve(resource_id, projection=projection, base_url=base_url)


def _shown(resource_id: str, kept: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": resource_id, "meta": {"version": _version(kept)}}


def _name(resource: Mapping[str, Any]) -> str:
    return str(resource.get("userName") or resource.get("displayName"))


def _version(resource: Mapping[str, Any]) -> str:
    return f'W/"{len(orjson.dumps(resource))}"'


@pytest.fixture
def failures() -> dict[str, Exception]:
    """By what a resource fails, by its name."""
    return {}


@pytest.fixture
def people(registry: Registry, failures: dict[str, Exception]) -> Shelf:
    """The users."""
    return Shelf(registry.user, failures)


@pytest.fixture
def teams(registry: Registry, failures: dict[str, Exception]) -> Shelf:
    """The groups."""
    return Shelf(registry.group, failures)


@pytest.fixture
def shown(people: Shelf, teams: Shelf) -> dict[str, Shown]:
    """What is told of both, by the name of the type."""
    return {"User": Shown(shelf=people), "Group": Shown(shelf=teams)}


@pytest.fixture
def client(
    serve: Callable[..., FlaskClient],
    people: Shelf,
    teams: Shelf,
    shown: dict[str, Shown],
    bearer: dict[str, str],
) -> FlaskClient:
    """A client of a service that keeps what it is sent."""
    made = serve(handlers=shown, writers={"User": people, "Group": teams})
    made.environ_base["HTTP_AUTHORIZATION"] = bearer["Authorization"]
    return made


def post(name: str, manager: str | None = None, *, bulk_id: str | None = None) -> dict[str, Any]:
    """Return the operation that makes a user."""
    data: dict[str, Any] = {"userName": name}
    if manager is not None:
        data[ENTERPRISE] = {"manager": {"value": manager}}
    return {
        "method": "POST",
        "path": "/Users",
        "bulkId": bulk_id or name or "unnamed",
        "data": data,
    }


def team(name: str, *members: str) -> dict[str, Any]:
    """Return the operation that makes a group."""
    data = {"displayName": name, "members": [{"value": member} for member in members]}
    return {"method": "POST", "path": "/Groups", "bulkId": name, "data": data}


def patch(path: str, **value: Any) -> dict[str, Any]:
    """Return the operation that adds to a resource."""
    operations = [{"op": "add", "value": value}]
    return {"method": "PATCH", "path": path, "data": {"Operations": operations}}


def send(client: FlaskClient, *operations: Any, **more: Any) -> list[dict[str, Any]]:
    """Return what came of *operations*."""
    body = {"schemas": [BULK_REQUEST], "Operations": operations, **more}
    answer = client.post("/scim/v2/Bulk", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "application/scim+json"
    read = json.loads(answer.data)
    assert read["schemas"] == [BULK_RESPONSE]
    results: list[dict[str, Any]] = read["Operations"]
    return results


def statuses(results: list[dict[str, Any]]) -> list[str]:
    """Return the status of each operation."""
    return [result["status"] for result in results]


def refused(client: FlaskClient, body: Any, status: int, **headers: str) -> dict[str, Any]:
    """Return the error that a bulk request is refused with as a whole."""
    answer = client.post("/scim/v2/Bulk", json=body, headers=headers)
    assert answer.status_code == status, answer.text
    error: dict[str, Any] = json.loads(answer.data)
    assert error["schemas"] == [ERROR]
    return error


@pytest.mark.rule("7644-3.7-operations", "7644-3.7.3-answers")
def test_each_operation_is_answered_as_it_would_be_alone(
    client: FlaskClient, people: Shelf
) -> None:
    """With its status as text, its address and its version, in the order of the request."""
    people.kept["u"] = {"userName": "ann"}
    version = _version({"userName": "ann"})
    results = send(
        client,
        post("bob"),
        {"method": "put", "path": "/Users/u", "version": version, "data": {"userName": "anna"}},
        patch("/Users/u", externalId="7"),
        {"method": "DELETE", "path": "/Users/u", "bulkId": "mine", "data": "of no account"},
    )

    bob = people.kept["user-1"]
    assert results[0] == {
        "method": "POST",
        "bulkId": "bob",
        "version": _version(bob),
        "location": f"{BASE}/Users/user-1",
        "status": "201",
    }
    assert [(r["method"], r["location"]) for r in results[1:]] == [
        (method, f"{BASE}/Users/u") for method in ("PUT", "PATCH", "DELETE")
    ]
    assert statuses(results) == ["201", "200", "200", "204"]
    assert "version" not in results[3]
    assert results[3]["bulkId"] == "mine"
    assert people.kept == {"user-1": bob}


def test_one_answer_tells_what_all_of_them_took(client: FlaskClient) -> None:
    """Calls add up, the oldest fact counts, and each note says whose it is."""
    answer = client.post("/scim/v2/Bulk", json={"Operations": [post("ann"), post("bob")]})

    assert answer.headers["X-Bitbucket-Calls"] == "4"
    assert answer.headers["Age"] == "2"
    assert (
        answer.headers["X-Bitbucket-Notes"] == "Operations[0]: noted ann; Operations[1]: noted bob"
    )


def test_every_operation_is_asked_for_by_who_sent_the_request(
    client: FlaskClient, people: Shelf
) -> None:
    """The journal knows each by the same request."""
    answer = client.post("/scim/v2/Bulk", json={"Operations": [post("ann"), post("bob")]})

    authors = {write.author for _, _, write in people.asked}
    assert [(a.token, a.request_id) for a in authors] == [("first", answer.headers["X-Request-Id"])]


@pytest.mark.parametrize(
    "path",
    [
        "/Users",
        "Users",
        "/Users/",
        "/scim/v2/Users",
        "scim/v2/Users",
        f"{BASE}/Users",
        "/scim/Users",
        "http://localhost/scim/Users",
    ],
)
def test_a_path_may_be_written_as_clients_do(client: FlaskClient, people: Shelf, path: str) -> None:
    """With a slash before it, with the address of the service and its version, or without."""
    assert statuses(send(client, post("ann") | {"path": path})) == ["201"]

    operation = patch(f"{path.rstrip('/')}/user%2D1", externalId="7")
    assert statuses(send(client, operation)) == ["200"]
    assert people.kept["user-1"]["externalId"] == "7"


@pytest.mark.rule("7644-3.7.3-answers")
@pytest.mark.parametrize(
    ("operation", "status"),
    [
        (patch("/Nope/1"), "404"),
        (patch("/Users/1/2"), "404"),
        (patch("/scim/v3/Users/1"), "404"),
        (patch("https://elsewhere.example/scim/v2/Users/1"), "404"),
        (patch("http://[/Users/1"), "404"),
        (patch("/Users/nobody", externalId="7"), "404"),
        (patch("/Users"), "405"),
        (post("ann") | {"path": "/Users/1"}, "405"),
        ({"method": "GET", "path": "/Users/1"}, "405"),
        ({"method": "PUT", "path": "/Users/1"}, "400"),
        (post("") | {"data": None}, "400"),
        (post("ann") | {"data": {"userName": "ann", "shoeSize": 43}}, "400"),
        (patch("/Users/1", externalId="7") | {"version": "seven"}, "400"),
    ],
)
def test_what_is_wrong_with_an_operation_is_its_own_matter(
    client: FlaskClient, people: Shelf, operation: Any, status: str
) -> None:
    """It fails by the status it would have alone, and the next one is carried out."""
    failed, done = send(client, {"bulkId": "odd", **operation}, post("bob"))

    assert (failed["status"], failed["response"]["status"]) == (status, status)
    assert failed["response"]["schemas"] == [ERROR]
    assert failed["response"]["detail"].endswith(".")
    assert ("location" in failed) is (operation["method"] != "POST")
    assert done["status"] == "201"
    assert len(people.kept) == 1


@pytest.mark.parametrize(
    "operation",
    [
        {"method": "POST", "path": "/Users", "bulkId": "ann"},
        {"method": "PUT", "path": "/Users/1"},
        {"method": "PATCH", "path": "/Groups/1"},
    ],
)
def test_an_operation_without_its_body_is_told_so(
    client: FlaskClient, operation: dict[str, str]
) -> None:
    """Not of what the body would have to hold."""
    (failed,) = send(client, operation)
    told = f"data is missing, or empty: it is the body of the {operation['method']}."
    assert failed["response"]["detail"] == told


@pytest.mark.parametrize(
    ("body", "scim_type", "named"),
    [
        ([], "invalidSyntax", "The body"),
        ({}, "invalidValue", "Operations is required"),
        ({"Operations": []}, "invalidValue", "Operations has to hold at least one operation."),
        ({"Operations": None}, "invalidValue", "Operations is required"),
        ({"Operations": {}}, "invalidValue", "Operations must be a list of what to do."),
        ({"Operations": [1]}, "invalidValue", "Operations[0]"),
        ({"Operations": [{"path": "/Users"}]}, "invalidValue", "Operations[0].method"),
        ({"Operations": [{"method": "DELETE"}]}, "invalidValue", "Operations[0].path"),
        ({"Operations": [post("x") | {"path": 1}]}, "invalidValue", "Operations[0].path"),
        ({"Operations": [post("x"), post("y") | {"bulkId": None}]}, "invalidValue", "[1].bulkId"),
        ({"Operations": [post("x"), post("y") | {"bulkId": ""}]}, "invalidValue", "[1].bulkId"),
        ({"Operations": [post("x"), post("y", bulk_id="x")]}, "invalidValue", "bulkId x"),
        ({"Operations": [post("x")], "operations": []}, "invalidSyntax", "twice"),
        ({"Operations": [post("x")], "failOnErrors": 0}, "invalidValue", "failOnErrors"),
        ({"Operations": [post("x")], "failOnErrors": True}, "invalidValue", "failOnErrors"),
        ({"Operations": [post("x")], "schemas": ["urn:x"]}, "invalidSyntax", BULK_REQUEST),
    ],
)
def test_what_is_no_bulk_request_changes_nothing(
    client: FlaskClient, people: Shelf, body: Any, scim_type: str, named: str
) -> None:
    """It is refused as a whole, and the sentence names what is wrong."""
    error = refused(client, body, 400)

    assert error["scimType"] == scim_type
    assert named in error["detail"]
    assert not people.kept


def test_names_are_read_in_any_letter_case(client: FlaskClient, people: Shelf) -> None:
    """As all names of SCIM are (RFC 7643 §2.1)."""
    operation = {"METHOD": "Post", "Path": "/Users", "BULKID": "a", "Data": {"username": "ann"}}
    answer = client.post("/scim/v2/Bulk", json={"operations": [operation], "FailOnErrors": 1})

    assert statuses(json.loads(answer.data)["Operations"]) == ["201"]
    assert people.named("ann")


@pytest.mark.rule("7644-3.7.4-limits")
def test_more_operations_than_announced_are_refused(
    client: FlaskClient, registry: Registry, people: Shelf
) -> None:
    """413 says how many may be sent (RFC 7644 §3.7.4); exactly as many are carried out."""
    config: Any = registry.service_provider_config["bulk"]
    most = config["maxOperations"]

    error = refused(client, {"Operations": [post(str(n)) for n in range(most + 1)]}, 413)
    assert f"at most {most}" in error["detail"]
    assert not people.kept
    assert set(statuses(send(client, *(post(str(n)) for n in range(most))))) == {"201"}


@pytest.mark.rule("7644-3.7.4-limits")
def test_a_larger_body_than_announced_is_refused(
    serve: Callable[..., FlaskClient], registry: Registry, bearer: dict[str, str]
) -> None:
    """413 says how many bytes may be sent, as the configuration does; never more than any body."""
    announced: Any = registry.service_provider_config["bulk"]
    assert announced["maxPayloadSize"] <= LARGEST_BODY_BYTES
    bulk = {"supported": True, "maxOperations": 10, "maxPayloadSize": 200}
    config = {**registry.service_provider_config, "bulk": bulk}
    client = serve(registry=replace(registry, service_provider_config=config))
    client.environ_base["HTTP_AUTHORIZATION"] = bearer["Authorization"]

    assert "200" in refused(client, {"Operations": [post("x" * 100)]}, 413)["detail"]
    assert statuses(send(client, {"method": "GET", "path": "/"})) == ["404"]


def test_it_takes_a_token(anonymous: FlaskClient) -> None:
    """401, whatever is sent; 405 for what is no POST."""
    answer = anonymous.post("/scim/v2/Bulk", data="{")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"]
    assert anonymous.get("/scim/v2/Bulk").status_code == 405


def test_what_is_no_json_is_refused(client: FlaskClient) -> None:
    """400 invalidSyntax, or 415 where it is said to be something else."""
    answer = client.post("/scim/v2/Bulk", data=b"{")
    assert (answer.status_code, json.loads(answer.data)["scimType"]) == (400, "invalidSyntax")
    assert client.post("/scim/v2/Bulk", data="a", content_type="text/csv").status_code == 415


def test_it_has_no_dry_run(client: FlaskClient, people: Shelf) -> None:
    """That would have to foretell what no operation has done yet; it must not become a real one."""
    error = refused(client, {"Operations": [post("ann")]}, 400, **{"X-Dry-Run": "true"})

    assert "one by one" in error["detail"]
    assert not people.kept


@pytest.mark.rule("7644-3.7.2-references")
@pytest.mark.parametrize("is_forward", [False, True])
def test_what_is_made_can_be_referred_to(
    client: FlaskClient,
    people: Shelf,
    teams: Shelf,
    is_forward: bool,  # noqa: FBT001 - what is parametrised comes by name
) -> None:
    """By a later operation and by an earlier one, which waits; in values and in $ref."""
    group = team("devs", "bulkId:ann")
    group["data"]["members"].append({"value": "bulkId:bob", "$ref": "../Users/bulkId:bob"})
    makers = [post("ann"), post("bob")]
    results = send(client, *([group, *makers] if is_forward else [*makers, group]))

    assert statuses(results) == ["201"] * 3
    assert results[0 if is_forward else 2]["bulkId"] == "devs"
    ann, bob = people.named("ann"), people.named("bob")
    assert teams.kept["group-1"]["members"] == [
        {"value": ann},
        {"value": bob, "$ref": f"../Users/{bob}"},
    ]


@pytest.mark.rule("7644-3.7.2-references")
def test_a_path_can_refer_to_what_is_made(client: FlaskClient, people: Shelf, teams: Shelf) -> None:
    """In the path of an operation, and in the filter of a PATCH."""
    removal = {"op": "remove", "path": 'members[value eq "bulkId:ann"]'}
    results = send(
        client,
        patch("/Users/bulkId:ann", externalId="7"),
        {"method": "PATCH", "path": "/Groups/bulkId:devs", "data": {"Operations": [removal]}},
        team("devs", "bulkId:ann", "bulkId:bob"),
        post("ann"),
        post("bob"),
    )

    assert statuses(results) == ["200", "200", "201", "201", "201"]
    assert results[0]["location"] == f"{BASE}/Users/{people.named('ann')}"
    assert people.kept[people.named("ann")]["externalId"] == "7"
    assert teams.kept["group-1"]["members"] == [{"value": people.named("bob")}]


def test_a_reference_to_nothing_is_refused(client: FlaskClient, people: Shelf) -> None:
    """Only that operation, by 400 invalidValue; a change's bulkId makes nothing."""
    people.kept["u"] = {"userName": "ann"}
    change = patch("/Users/u", externalId="7") | {"bulkId": "ann"}
    wrong, other, done = send(
        client, post("bob", "bulkId:nobody"), patch("/Users/bulkId:ann"), change
    )

    assert (wrong["status"], wrong["response"]["scimType"]) == ("400", "invalidValue")
    assert "bulkId nobody" in wrong["response"]["detail"]
    assert (other["status"], done["status"]) == ("400", "200")


@pytest.mark.rule("7644-3.7.2-references")
def test_what_refers_to_what_was_not_made_is_a_conflict(
    client: FlaskClient, people: Shelf, failures: dict[str, Exception]
) -> None:
    """409 (RFC 7644 §3.7.1), and so on down the line."""
    failures["ann"] = Uniqueness("Taken.")
    results = send(client, post("cat", "bulkId:bob"), post("bob", "bulkId:ann"), post("ann"))

    assert statuses(results) == ["409"] * 3
    assert results[1]["response"]["detail"] == (
        "bulkId:ann was not finished, so this was not tried; see its own answer."
    )
    assert not people.kept


@pytest.mark.parametrize(
    ("failure", "seconds"),
    [
        (Unavailable("Done, 1 of 2: create it.", retry_after_seconds=7), 7),
        (BadUpstream("A scope is missing."), 30),
    ],
)
def test_what_refers_to_what_failed_for_the_moment_passes_too(
    client: FlaskClient, failures: dict[str, Exception], failure: Exception, seconds: int
) -> None:
    """503 with the same time to wait, and so on down the line; nothing is said of what is there."""
    failures["devs"] = failure
    _, deletion, other = send(
        client,
        team("devs"),
        {"method": "DELETE", "path": "/Groups/bulkId:devs"},
        post("ann", "bulkId:devs"),
    )

    for result in (deletion, other):
        assert result["status"] == "503"
        assert "not made" not in result["response"]["detail"]
        assert "not finished" in result["response"]["detail"]
        assert result["response"]["detail"].endswith(f"Retry after {seconds} seconds.")


@pytest.mark.parametrize("path", ["/Users/no body", "/Users/n%C3%B6%2Fbody%3F", "/Users/a%0Ab"])
def test_a_location_is_an_address_whatever_was_asked_for(client: FlaskClient, path: str) -> None:
    """What can't stand in an address is encoded (RFC 3986 §2.1)."""
    (result,) = send(client, {"method": "DELETE", "path": path})

    assert result["status"] == "404"
    assert result["location"].endswith(path.replace(" ", "%20"))


def test_what_was_not_made_has_no_address(client: FlaskClient) -> None:
    """A reference that stands for nothing is no part of a location."""
    results = send(
        client,
        post(""),
        {"method": "DELETE", "path": "/Users/bulkId:nobody"},
        {"method": "DELETE", "path": "/Users/bulkId:x"},
        post("") | {"bulkId": "x"},
    )

    assert statuses(results) == ["400", "400", "409", "400"]
    assert not any("location" in result for result in results)


@pytest.mark.rule("7644-3.7.1-circles")
def test_those_who_refer_to_one_another_are_made(client: FlaskClient, people: Shelf) -> None:
    """One of them without its reference, which is set afterwards; to itself as well."""
    results = send(
        client,
        post("ann", "bulkId:bob"),
        post("bob", "bulkId:cat"),
        post("cat", "bulkId:ann"),
        post("own", "bulkId:own"),
    )

    assert statuses(results) == ["201"] * 4
    managers = {_name(kept): kept[ENTERPRISE]["manager"]["value"] for kept in people.kept.values()}
    for name, manager in (("ann", "bob"), ("bob", "cat"), ("cat", "ann"), ("own", "own")):
        assert managers[name] == people.named(manager)
    versions = {people.named(r["bulkId"]): r["version"] for r in results}
    assert versions == {key: _version(kept) for key, kept in people.kept.items()}
    assert [action for action, _, _ in people.asked].count("patch") == 2


def test_a_circle_is_broken_where_it_can_be_mended(
    client: FlaskClient, people: Shelf, teams: Shelf
) -> None:
    """A user's groups can't be set afterwards, a group's members can."""
    user = post("ann")
    user["data"]["groups"] = [{"value": "bulkId:devs"}]
    results = send(client, user, team("devs", "bulkId:ann", "bulkId:bob"), post("bob"))

    assert statuses(results) == ["201"] * 3
    assert people.kept[people.named("ann")]["groups"] == [{"value": "group-1"}]
    members = teams.kept["group-1"]["members"]
    assert [m["value"] for m in members] == [people.named("ann"), people.named("bob")]


@pytest.mark.rule("7644-3.7.1-circles")
def test_a_circle_that_can_not_be_mended_is_a_conflict(client: FlaskClient, teams: Shelf) -> None:
    """409 for all of it; what has no part in it is done."""
    circle = [team("a"), team("b")]
    circle[0]["data"]["displayName"] = "bulkId:b"
    circle[1]["data"]["displayName"] = "bulkId:a"

    first, second, third = send(client, *circle, team("c"))

    assert statuses([first, second, third]) == ["409", "409", "201"]
    assert "leave the reference out" in first["response"]["detail"]
    assert "see its own answer" in second["response"]["detail"]
    assert list(teams.kept) == ["group-1"]


def test_a_reference_that_can_not_be_set_is_told(
    client: FlaskClient, people: Shelf, failures: dict[str, Exception]
) -> None:
    """The resource is there, and its address is told with the error; the others know it."""
    failures["bob"] = Uniqueness("Taken.")
    ann, bob = send(client, post("ann", "bulkId:bob"), post("bob", "bulkId:ann"))

    assert (ann["status"], bob["status"]) == ("409", "409")
    assert ann["location"] == f"{BASE}/Users/{people.named('ann')}"
    assert ann["response"]["detail"] == (
        "It was made, but without what refers to other operations. bulkId:bob was not finished; "
        f"see its own answer. Add that by a PATCH of {ann['location']}; do not POST it again."
    )
    assert "location" not in bob


def test_a_reference_that_could_not_be_set_for_the_moment_is_not_made_again(
    client: FlaskClient, failures: dict[str, Exception]
) -> None:
    """409 even so: what was made would be there twice, or never be made again."""
    failures["bob"] = Unavailable("Down.", retry_after_seconds=7)
    ann, bob = send(client, post("ann", "bulkId:bob"), post("bob", "bulkId:ann"))

    assert (ann["status"], bob["status"]) == ("409", "503")
    assert "again" not in ann["response"]["detail"].replace("do not POST it again", "")


@pytest.mark.rule("7644-3.7.3-fail-on-errors")
def test_it_ends_after_so_many_errors(client: FlaskClient, people: Shelf) -> None:
    """What was not tried has no result (RFC 7644 §3.7.3); without a number all is tried."""
    operations = [post("ann"), patch("/Users/x"), patch("/Users/y"), post("bob")]

    assert statuses(send(client, *operations, failOnErrors=1)) == ["201", "404"]
    assert list(people.kept) == ["user-1"]
    assert len(send(client, *operations, failOnErrors=3)) == 3
    assert statuses(send(client, *operations)) == ["409", "404", "404", "201"]


def test_an_end_leaves_no_half_unsaid(client: FlaskClient, people: Shelf) -> None:
    """Who was made, and waits for a reference when it ends, is told not to have it."""
    ann, *others = send(
        client,
        post("ann", "bulkId:cat"),
        patch("/Users/x"),
        post("cat", "bulkId:ann"),
        failOnErrors=1,
    )

    assert statuses(others) == ["404"]
    assert ann["status"] == "409"
    assert ann["location"] == f"{BASE}/Users/{people.named('ann')}"
    assert "ended before" in ann["response"]["detail"]


@pytest.mark.rule("7644-3.7-operations")
def test_a_name_is_free_again_within_a_request(client: FlaskClient, people: Shelf) -> None:
    """Operations that refer to nothing later are carried out in the order of the request."""
    people.kept["u"] = {"userName": "ann"}
    deletion = {"method": "DELETE", "path": "/Users/u"}

    assert statuses(send(client, deletion, post("ann"))) == ["204", "201"]
    assert statuses(send(client, post("ann"), {**deletion, "path": "/Users/user-1"})) == [
        "409",
        "204",
    ]


@pytest.mark.rule("7644-3.7-operations")
def test_changes_of_one_resource_keep_their_order(client: FlaskClient, teams: Shelf) -> None:
    """Also where the first of them waits for what it refers to."""
    teams.kept["g"] = {"displayName": "devs"}
    emptying = {"op": "replace", "path": "members", "value": []}
    results = send(
        client,
        patch("/Groups/g", members=[{"value": "bulkId:ann"}]),
        {"method": "PATCH", "path": "Groups/g", "data": {"Operations": [emptying]}},
        post("ann"),
    )

    assert statuses(results) == ["200", "200", "201"]
    assert "members" not in teams.kept["g"]


def rename(path: str, name: str, manager: str) -> dict[str, Any]:
    """Return the operation that gives a user another name, and a manager."""
    value = {"userName": name, ENTERPRISE: {"manager": {"value": manager}}}
    operations = [{"op": "replace", "value": value}]
    return {"method": "PATCH", "path": path, "data": {"Operations": operations}}


@pytest.mark.rule("7644-3.7-operations")
def test_only_what_is_referred_to_is_made_sooner(client: FlaskClient, people: Shelf) -> None:
    """A name that an earlier operation leaves is free, though that refers to a later one."""
    people.kept["u"] = {"userName": "ann"}
    results = send(
        client,
        rename("/Users/u", "anna", "bulkId:boss"),
        post("ann"),
        patch("/Users/u", externalId="7"),
        post("boss", "bulkId:head"),
        post("head"),
    )

    assert statuses(results) == ["200", "201", "200", "201", "201"]
    assert people.kept["u"]["userName"] == "anna"
    asked = [resource_id for _, resource_id, _ in people.asked]
    names = ["head", "boss", None, "ann", None]
    assert asked == ["u" if name is None else people.named(name) for name in names]


@pytest.mark.rule("7644-3.7-operations")
@pytest.mark.parametrize("is_renamed", [False, True])
def test_what_is_referred_to_is_not_made_before_its_name_is_free(
    client: FlaskClient,
    people: Shelf,
    teams: Shelf,
    is_renamed: bool,  # noqa: FBT001 - what is parametrised comes by name
) -> None:
    """What refers to it waits instead, but no longer than it must."""
    people.kept |= {"u": {"userName": "ann"}, "v": {"userName": "bob"}}
    teams.kept["g"] = {"displayName": "devs"}
    leaving = {"op": "replace", "path": "userName", "value": "anna"}
    results = send(
        client,
        rename("/Users/v", "bobby", "bulkId:ann"),
        patch("/Groups/g", members=[{"value": "bulkId:ann"}]),
        {"method": "PATCH", "path": "/Users/u", "data": {"Operations": [leaving]}}
        if is_renamed
        else {"method": "DELETE", "path": "/Users/u"},
        post("bob"),
        post("ann"),
    )

    assert statuses(results) == ["200", "200", "200" if is_renamed else "204", "201", "201"]
    ann = people.named("ann")
    assert people.kept["v"][ENTERPRISE]["manager"]["value"] == ann
    assert teams.kept["g"]["members"] == [{"value": ann}]


@pytest.mark.rule("7644-3.7-operations")
def test_what_waits_itself_does_not_hold_up_what_it_waits_for(
    client: FlaskClient, people: Shelf
) -> None:
    """Two may be renamed who get the same manager, and both their names are free at once."""
    people.kept |= {"u": {"userName": "ann"}, "v": {"userName": "bob"}}
    results = send(
        client,
        rename("/Users/u", "anna", "bulkId:boss"),
        post("ann"),
        rename("/Users/v", "bobby", "bulkId:boss"),
        post("bob"),
        post("boss"),
    )

    assert statuses(results) == ["200", "201", "200", "201", "201"]


def test_what_changes_one_of_a_circle_comes_after_it_was_made_whole(
    client: FlaskClient, people: Shelf
) -> None:
    """It has the last word, as it would have if the operations came alone."""
    change = {"op": "replace", "path": f"{ENTERPRISE}:manager", "value": {"value": "boss"}}
    results = send(
        client,
        post("ann", "bulkId:bob"),
        {"method": "PATCH", "path": "/Users/bulkId:ann", "data": {"Operations": [change]}},
        post("bob", "bulkId:ann"),
    )

    assert statuses(results) == ["201", "200", "201"]
    assert people.kept[people.named("ann")][ENTERPRISE]["manager"] == {"value": "boss"}


def test_a_version_holds_for_its_operation(client: FlaskClient, people: Shelf) -> None:
    """412 where the resource is in another by then, though an operation before has changed it."""
    people.kept["u"] = {"userName": "ann"}
    version = _version(people.kept["u"])
    change = patch("/Users/u", externalId="7") | {"version": version}

    assert statuses(send(client, change, change)) == ["200", "412"]


def test_a_version_is_that_after_all_operations(client: FlaskClient, people: Shelf) -> None:
    """Whoever asks by it next is not told of a change that came with the same request."""
    made, changed, other, gone = send(
        client,
        post("ann"),
        patch("/Users/bulkId:ann", externalId="7"),
        post("bob"),
        {"method": "DELETE", "path": "/Users/bulkId:bob"},
    )

    version = _version(people.kept[people.named("ann")])
    assert (made["version"], changed["version"]) == (version, version)
    assert (other["status"], gone["status"]) == ("201", "204")
    assert "version" not in other


@pytest.mark.parametrize("failure", [NotStored("Nothing is known."), LookupError("a bug")])
def test_a_version_that_can_not_be_told_anew_fails_nothing(
    client: FlaskClient, shown: dict[str, Shown], failure: Exception
) -> None:
    """It is that of the operation then: what was done is told of, whatever comes after it."""
    shown["User"].failure = failure
    first, second = send(client, post("ann"), post("bob"))

    assert statuses([first, second]) == ["201", "201"]
    assert first["version"] == _version({"userName": "ann"})


def test_what_is_made_has_no_version(client: FlaskClient, people: Shelf) -> None:
    """412, as of the same request alone with If-Match; 400 where it is none at all."""
    odd, wrong, done = send(
        client,
        post("ann") | {"version": 'W/"1"'},
        post("bob") | {"version": "one"},
        post("cat") | {"version": None},
    )

    assert statuses([odd, wrong, done]) == ["412", "400", "201"]
    assert "without its version" in odd["response"]["detail"]
    assert len(people.kept) == 1


@pytest.mark.parametrize("name", ["If-Match", "If-None-Match"])
def test_it_has_no_condition_of_its_own(client: FlaskClient, people: Shelf, name: str) -> None:
    """Nobody is to believe that one holds for any of the operations."""
    error = refused(client, {"Operations": [post("ann")]}, 400, **{name: "*"})

    assert name in error["detail"]
    assert not people.kept


@pytest.mark.parametrize(
    ("failure", "status", "said"),
    [
        (Unavailable("Bitbucket is down.", retry_after_seconds=7), "503", "Retry after 7 seconds."),
        (RuntimeError("ann@acme.example"), "500", "request id"),
    ],
)
def test_a_failure_is_that_of_one_operation(
    client: FlaskClient,
    failures: dict[str, Exception],
    failure: Exception,
    status: str,
    said: str,
) -> None:
    """Those before it stay done, and those after it are tried, whatever it was."""
    failures["bob"] = failure
    with capture_logs() as logged:
        results = send(client, post("ann"), post("bob"), post("cat"))

    assert statuses(results) == ["201", status, "201"]
    assert {"request.failed", "request.unanswered"} & {each["event"] for each in logged}
    assert said in results[1]["response"]["detail"]
    assert "acme.example" not in json.dumps(results)


def test_nothing_is_begun_that_nobody_would_wait_for(
    client: FlaskClient, people: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What there was no time for is told so, with 503, and can be sent again."""
    monkeypatch.setattr(bulk_job, "_LONGEST_SECONDS", -1)
    result, _ = send(client, post("ann"), post("bob"))

    assert result["status"] == "503"
    assert "send it in another request" in result["response"]["detail"]
    assert not people.kept


REFERENCES = st.lists(
    st.tuples(st.booleans(), st.sets(st.integers(0, 7), max_size=4)), min_size=8, max_size=8
)


@pytest.mark.rule("7644-3.7.2-references")
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(REFERENCES, st.permutations(range(8)))
def test_the_order_of_operations_does_not_matter(
    serve: Callable[..., FlaskClient],
    registry: Registry,
    bearer: dict[str, str],
    wanted: list[tuple[bool, set[int]]],
    order: list[int],
) -> None:
    """Users with managers and groups with members come to be as they are wanted, in any order."""
    people, teams = Shelf(registry.user, {}), Shelf(registry.group, {})
    shown = {"User": Shown(shelf=people), "Group": Shown(shelf=teams)}
    client = serve(handlers=shown, writers={"User": people, "Group": teams})
    client.environ_base["HTTP_AUTHORIZATION"] = bearer["Authorization"]
    operations = [
        team(str(n), *(f"bulkId:{other}" for other in others))
        if is_group
        else post(str(n), f"bulkId:{min(others)}" if others else None)
        for n, (is_group, others) in enumerate(wanted)
    ]

    results = send(client, *(operations[n] for n in order))

    assert [(r["bulkId"], r["status"]) for r in results] == [(str(n), "201") for n in order]
    kept = people.kept | teams.kept
    names = {key: _name(resource) for key, resource in kept.items()}
    assert {names[key]: _referred(resource, names) for key, resource in kept.items()} == {
        str(n): {str(other) for other in (others if is_group or not others else {min(others)})}
        for n, (is_group, others) in enumerate(wanted)
    }


def _referred(resource: Mapping[str, Any], names: Mapping[str, str]) -> set[str]:
    members = resource.get("members", [])
    manager = resource.get(ENTERPRISE, {}).get("manager")
    return {names[each["value"]] for each in (*members, *([manager] if manager else []))}


def test_every_kind_of_error_is_one_of_scim(client: FlaskClient, failures: dict[str, Any]) -> None:
    """Each has the status of the class that is raised."""
    kinds = [kind for kind in ScimError.__subclasses__() if kind.__init__ is ScimError.__init__]
    failures |= {kind.__name__: kind("So it is.") for kind in kinds}
    results = send(client, *(post(kind.__name__) for kind in kinds))

    assert statuses(results) == [str(kind.status) for kind in kinds]
