"""openapi.yaml says what is served, no more and no less."""

import re
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from werkzeug.routing import Rule

from gateway.scim.bulk.message import Limits
from gateway.scim.errors import BadUpstream, Unavailable
from gateway.scim.messages import QUERY_PARAMETERS
from gateway.scim.schema import Registry
from gateway.web.health import PATHS
from gateway.web.rates import RequestCounter
from tests.web.derived import derived
from tests.web.test_events import AUTHORIZED, Feed

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture(scope="module")
def document() -> Any:
    """The document."""
    path = Path(__file__).parents[2] / "openapi.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_the_document_is_valid(document: Any) -> None:
    """It is OpenAPI 3.1."""
    validate(document)


@pytest.mark.rule("7644-3.2-endpoints")
def test_the_document_and_the_url_map_are_one(document: Any, client: FlaskClient) -> None:
    """Every path and method that is served is described, and the other way round."""

    def offered(rule: Rule) -> set[str]:
        view = client.application.view_functions[rule.endpoint]
        # Some views have methods of their own for what they refuse.
        known = getattr(getattr(view, "view_class", None), "offered", rule.methods)
        return set(known or ()) & METHODS

    served = {
        (re.sub(r"<[^>]+>", "{}", rule.rule), method)
        for rule in client.application.url_map.iter_rules()
        for method in offered(rule)
    }
    described = {
        (re.sub(r"\{[^}]+\}", "{}", path), method.upper())
        for path, operations in document["paths"].items()
        for method in operations
        if method.upper() in METHODS
    }

    assert described == served


def test_the_document_is_of_this_version(document: Any) -> None:
    """The version of the API is that of the package."""
    assert document["info"]["version"] == version("bitbucket-scim")


def test_resources_are_described_as_the_schemas_have_them(document: Any) -> None:
    """In answers and in requests; ``python -m tests.web.derived`` prints what they come to."""
    schemas = derived()

    assert {"User", "GroupInput", "Role", "OktaEntitlement"} < schemas.keys()
    for name, schema in schemas.items():
        assert document["components"]["schemas"][name] == schema


def test_every_parameter_of_a_query_is_described(document: Any) -> None:
    """In the address and in the body: those that are read, and no other."""
    for path in ("/scim/v2/Users", "/scim/v2/Groups"):
        parameters = [
            resolved(document, parameter)
            for parameter in document["paths"][path]["get"]["parameters"]
        ]
        assert {each["name"] for each in parameters if each["in"] == "query"} == QUERY_PARAMETERS
    search = document["components"]["schemas"]["Search"]["properties"]
    assert search.keys() == {"schemas", *QUERY_PARAMETERS}


def test_every_operation_can_be_found_and_read(document: Any) -> None:
    """It has a summary, a tag that is explained, and a name that no other has."""
    tags = {tag["name"] for tag in document["tags"] if tag["description"]}
    names = [operation.get("operationId") for _, operation in operations(document)]

    assert {tag for _, operation in operations(document) for tag in operation["tags"]} == tags
    assert all(operation["summary"] for _, operation in operations(document))
    given = [name for name in names if name is not None]
    assert len(given) == len(set(given))


def test_every_example_is_as_described(document: Any) -> None:
    """What a reader sees beside a description conforms to it."""
    examples = [
        (content["schema"], content["example"])
        for response in document["components"]["responses"].values()
        for content in response.get("content", {}).values()
        if "example" in content
    ]
    schemas = document["components"]["schemas"].values()
    examples += [(schema, each) for schema in schemas for each in schema.get("examples", ())]

    assert len(examples) > 10
    for schema, example in examples:
        check(document, schema, example)


def test_the_parameters_of_a_path_are_written_out(document: Any) -> None:
    """Swagger UI follows no references from there, and would show an empty row."""
    for path, members in document["paths"].items():
        assert all("name" in parameter for parameter in members["parameters"]), path


def test_every_answer_is_described_by_its_status(document: Any) -> None:
    """None is described by default, which would let any pass; each says what the log calls it."""
    for path, operation in operations(document):
        for status, response in operation["responses"].items():
            known = resolved(document, response)
            assert status.isdigit(), path
            assert known["description"]
            assert "X-Request-Id" in known["headers"], (path, status)


@pytest.mark.parametrize(
    ("method", "path", "template", "status"),
    [
        ("GET", "/scim/v2/Users", "/scim/v2/Users", 200),
        ("GET", "/scim/v2/Users?count=0", "/scim/v2/Users", 200),
        ("GET", "/scim/v2/Users?attributes=nope", "/scim/v2/Users", 200),
        ("GET", "/scim/v2/Users?filter=x", "/scim/v2/Users", 400),
        ("GET", "/scim/v2/Groups", "/scim/v2/Groups", 200),
        ("POST", "/scim/v2/Groups", "/scim/v2/Groups", 400),
        ("GET", "/scim/v2/Users/u1", "/scim/v2/Users/{id}", 200),
        ("GET", "/scim/v2/Users/u1?attributes=nope", "/scim/v2/Users/{id}", 200),
        ("GET", "/scim/v2/Users/nope", "/scim/v2/Users/{id}", 404),
        ("DELETE", "/scim/v2/Users/u1", "/scim/v2/Users/{id}", 204),
        ("DELETE", "/scim/v2/Groups/g1", "/scim/v2/Groups/{id}", 204),
        ("PUT", "/scim/v2/Users/u1", "/scim/v2/Users/{id}", 400),
        ("GET", "/scim/v2/", "/scim/v2/", 200),
        ("GET", "/scim/v2/?filter=nope%20pr", "/scim/v2/", 400),
        ("GET", "/scim/v2/Roles", "/scim/v2/Roles", 200),
        ("GET", "/scim/v2/Entitlements", "/scim/v2/Entitlements", 200),
        ("GET", "/scim/v2/Entitlements/project:p1:read", "/scim/v2/Entitlements/{id}", 200),
        ("GET", "/scim/v2/Entitlements/nope", "/scim/v2/Entitlements/{id}", 404),
        ("GET", "/scim/v2/Me", "/scim/v2/Me", 501),
        ("POST", "/scim/v2/Bulk", "/scim/v2/Bulk", 400),
        ("GET", "/scim/v2/Schemas", "/scim/v2/Schemas", 200),
        ("GET", "/scim/v2/Schemas?filter=x", "/scim/v2/Schemas", 403),
        ("GET", "/scim/v2/Schemas/urn:x", "/scim/v2/Schemas/{urn}", 404),
        ("GET", "/scim/v2/ResourceTypes", "/scim/v2/ResourceTypes", 200),
        ("GET", "/scim/v2/ResourceTypes/User", "/scim/v2/ResourceTypes/{name}", 200),
        ("GET", "/scim/v2/ServiceProviderConfig", "/scim/v2/ServiceProviderConfig", 200),
        ("POST", "/scim/v2/events", "/scim/v2/events", 501),
        ("GET", "/scim/v2/jwks", "/scim/v2/jwks", 501),
        ("GET", "/", "/", 302),
        ("GET", "/docs", "/docs", 200),
        ("GET", "/docs/", "/docs", 302),
        ("GET", "/docs/docs.js", "/docs/{part}", 200),
        ("GET", "/docs/swagger-ui.css", "/docs/{part}", 200),
        ("GET", "/docs/favicon-32x32.png", "/docs/{part}", 200),
        ("GET", "/docs/nope", "/docs/{part}", 404),
        ("GET", "/openapi.json", "/openapi.json", 200),
        ("GET", "/healthz", "/healthz", 200),
        ("GET", "/readyz", "/readyz", 200),
        ("POST", "/admin/explain", "/admin/explain", 200),
    ],
)
def test_an_answer_is_as_described(  # noqa: PLR0917 - what is parametrised comes by name
    document: Any, client: FlaskClient, method: str, path: str, template: str, status: int
) -> None:
    """Its status, media type, body and headers are those of the document."""
    answer = client.open(path, method=method)

    assert answer.status_code == status
    conforms(document, template, method, answer)


def test_answers_to_special_requests_are_as_described(
    document: Any, client: FlaskClient, users: Any, reasons: list[str]
) -> None:
    """Those that take a header, or a failure behind the gateway."""
    path, template = "/scim/v2/Users/u1", "/scim/v2/Users/{id}"
    statuses = []

    def ask(asked: str, described: str, **environ: str) -> None:
        answer = client.get(asked, environ_overrides=environ)
        conforms(document, described, "GET", answer)
        statuses.append(answer.status_code)

    ask(path, template, HTTP_IF_NONE_MATCH="*")
    for listed in ("/scim/v2/Users", "/scim/v2/", "/scim/v2/Schemas"):
        ask(listed, listed, HTTP_IF_NONE_MATCH="*")
    ask(path, template, HTTP_AUTHORIZATION="Bearer wrong")
    ask(path, template, CONTENT_LENGTH="9999999")
    users.failure = BadUpstream("Set BITBUCKET_API_TOKEN.")
    ask(path, template)
    users.failure = Unavailable("Bitbucket is down.", retry_after_seconds=30)
    ask(path, template)
    users.failure = RuntimeError("A fault.")
    ask(path, template)
    reasons.append("Bitbucket does not accept the API token.")
    ask("/readyz", "/readyz")
    assert statuses == [304, 304, 304, 304, 401, 413, 502, 503, 500, 503]


@pytest.mark.parametrize(
    ("method", "template", "body", "status"),
    [
        ("POST", "/scim/v2/Users", {"userName": "ann@acme.example"}, 201),
        ("PUT", "/scim/v2/Users/{id}", {"userName": "ann@acme.example"}, 200),
        ("POST", "/scim/v2/Users/.search", {}, 200),
        ("POST", "/scim/v2/.search", {}, 200),
    ],
)
def test_an_answer_to_a_body_is_as_described(  # noqa: PLR0917 - what is parametrised comes by name
    document: Any,
    client: FlaskClient,
    method: str,
    template: str,
    body: Any,
    status: int,
) -> None:
    """Its status, media type, body and headers are those of the document."""
    answer = client.open(template.replace("{id}", "u1"), method=method, json=body)

    assert answer.status_code == status
    conforms(document, template, method, answer)


def test_limited_answers_are_as_described(
    document: Any, serve: Callable[..., FlaskClient], bearer: Mapping[str, str]
) -> None:
    """Each tells of the limit, and the one that is too many of when to come again."""
    asked = [
        ("GET", "/scim/v2/Users", "/scim/v2/Users"),
        ("GET", "/scim/v2/Users/u1", "/scim/v2/Users/{id}"),
        ("GET", "/scim/v2/Users/nope", "/scim/v2/Users/{id}"),
        ("GET", "/scim/v2/Me", "/scim/v2/Me"),
        ("GET", "/scim/v2/Users?filter=x", "/scim/v2/Users"),
        ("DELETE", "/scim/v2/Me", "/scim/v2/Me"),
        ("GET", "/scim/v2/Schemas", "/scim/v2/Schemas"),
        ("POST", "/admin/explain", "/admin/explain"),
        ("GET", "/scim/v2/Me", "/scim/v2/Me"),
        ("GET", "/healthz", "/healthz"),
    ]
    client = serve(users={"first": "user1@acme.com"}, counter=RequestCounter(8, ["first"]))
    answers = [client.open(path, method=method, headers=bearer) for method, path, _ in asked]

    for (method, _, template), answer in zip(asked, answers, strict=True):
        conforms(document, template, method, answer)
    statuses = [200, 200, 404, 200, 400, 204, 200, 200, 429, 200]
    assert [answer.status_code for answer in answers] == statuses
    is_told = ["x-rate-limit-remaining" in answer.headers for answer in answers]
    assert is_told == [True] * 9 + [False]


def test_whatever_is_counted_may_be_too_many(document: Any) -> None:
    """Health alone is not."""
    refusing = {
        path
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method.upper() in METHODS and "429" in operation["responses"]
    }
    assert document["paths"].keys() - refusing == PATHS


def test_a_bulk_answer_is_as_described(
    document: Any, client: FlaskClient, registry: Registry
) -> None:
    """What is done, what fails and what is too much; and as many operations as are announced."""
    path = "/scim/v2/Bulk"
    made = {"method": "POST", "path": "/Users", "bulkId": "a", "data": {"userName": "ann"}}
    operations: list[dict[str, Any]] = [made, {"method": "DELETE", "path": "/Nope/1"}]
    answers = [
        client.post(path, json={"Operations": operations}),
        client.post(path, json={"Operations": operations * 26}),
    ]

    assert [answer.status_code for answer in answers] == [200, 413]
    for answer in answers:
        conforms(document, path, "POST", answer)
    described = document["components"]["schemas"]["BulkRequest"]["properties"]["Operations"]
    assert described["maxItems"] == Limits.of(registry).max_operations


def operations(document: Any) -> Iterator[tuple[str, Any]]:
    """Yield each operation with its path."""
    for path, members in document["paths"].items():
        for method, operation in members.items():
            if method.upper() in METHODS:
                yield path, operation


def test_events_are_as_described(document: Any, serve: Callable[..., FlaskClient]) -> None:
    """Where there are some."""
    on = serve(events=Feed())
    for path, method, body in (
        ("events", "POST", {}),
        ("events", "POST", []),
        ("jwks", "GET", None),
    ):
        answer = on.open(f"/scim/v2/{path}", method=method, json=body, headers=AUTHORIZED)
        conforms(document, f"/scim/v2/{path}", method, answer)
        assert answer.status_code == (400 if body == [] else 200)
    answer = on.post("/scim/v2/events", data="a", content_type="text/csv", headers=AUTHORIZED)
    assert answer.status_code == 415
    conforms(document, "/scim/v2/events", "POST", answer)


def conforms(document: Any, template: str, method: str, answer: Any) -> None:
    """Hold an answer against the response that the document has for its status."""
    responses = document["paths"][template][method.lower()]["responses"]
    described = resolved(document, responses[str(answer.status_code)])
    check_headers(document, described.get("headers", {}), answer.headers)
    content = described.get("content")
    if content is None:
        assert answer.data == b""
        return
    media_type = answer.content_type
    assert media_type in content
    schema = content[media_type].get("schema")
    if schema is not None:
        check(document, schema, answer.json if answer.is_json else answer.text)


def check_headers(document: Any, described: Mapping[str, Any], sent: Mapping[str, str]) -> None:
    """Hold the headers that are sent against the described ones; only the usual may be others."""
    assert {name for name, _ in sent.items()} <= {*described, "Content-Type", "Content-Length"}
    for name, header in described.items():
        known = resolved(document, header)
        if name not in sent and not known.get("required"):
            continue
        schema = known["schema"]
        check(document, schema, int(sent[name]) if schema["type"] == "integer" else sent[name])


def check(document: Any, schema: Any, value: Any) -> None:
    """Hold a value against a schema of the document."""
    Draft202012Validator({**schema, "components": document["components"]}).validate(value)


def resolved(document: Any, node: Any) -> Any:
    """Return what a node stands for, if it is a reference."""
    if "$ref" not in node:
        return node
    found = document
    for name in node["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return found
