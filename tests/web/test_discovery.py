"""What the service is and has (RFC 7644 §4)."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from gateway.directory.walks import LIFETIME
from gateway.scim.schema import Registry


def get(client: FlaskClient, path: str) -> Any:
    """Return the JSON of an answer that succeeded."""
    answer = client.get(f"/scim/v2{path}")
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "application/scim+json"
    return json.loads(answer.data)


@pytest.mark.rule("7644-4-open")
def test_discovery_takes_no_token(anonymous: FlaskClient) -> None:
    """Identity providers look before they have one."""
    for path in ("/ServiceProviderConfig", "/ResourceTypes", "/Schemas"):
        assert get(anonymous, path)["schemas"]


@pytest.mark.rule("7643-5-required")
@pytest.mark.parametrize("feature", ["patch", "bulk", "filter", "changePassword", "sort", "etag"])
def test_the_configuration_says_every_required_feature(
    anonymous: FlaskClient, feature: str
) -> None:
    """RFC 7643 §5 has each of them, also where the answer is no."""
    config = get(anonymous, "/ServiceProviderConfig")

    assert isinstance(config[feature]["supported"], bool)


@pytest.mark.rule("7643-5-true", "9865-4-pagination")
def test_the_configuration_says_what_is_done(anonymous: FlaskClient) -> None:
    """Filters, sorting, ETags, PATCH and bulk requests are there, and pages are by index."""
    config = get(anonymous, "/ServiceProviderConfig")

    supported = {name for name in config if isinstance(config[name], dict)}
    supported = {name for name in supported if config[name].get("supported")}
    assert supported == {"filter", "sort", "etag", "patch", "bulk"}
    assert config["filter"]["maxResults"] == config["pagination"]["maxPageSize"] == 1000
    assert config["pagination"]["defaultPageSize"] == 1000
    assert config["pagination"]["cursorTimeout"] == LIFETIME.total_seconds()
    assert config["authenticationSchemes"][0]["type"] == "oauthbearertoken"


@pytest.mark.rule("7643-6-resource-types", "7643-7-schemas")
@pytest.mark.parametrize("path", ["/ResourceTypes", "/Schemas"])
def test_every_document_is_found_where_it_says(anonymous: FlaskClient, path: str) -> None:
    """meta.location is absolute, and leads to the same document."""
    for listed in get(anonymous, path)["Resources"]:
        location = listed["meta"]["location"]
        assert location.startswith("http://localhost/scim/v2/")
        assert get(anonymous, location.removeprefix("http://localhost/scim/v2")) == listed


def test_a_schema_is_found_in_any_letter_case(anonymous: FlaskClient) -> None:
    """URNs ignore letter case."""
    found = get(anonymous, "/Schemas/URN:IETF:params:scim:schemas:core:2.0:USER")

    assert found["name"] == "User"


@pytest.mark.rule("7643-7-schemas")
def test_every_schema_that_a_resource_type_names_is_served(
    anonymous: FlaskClient, registry: Registry
) -> None:
    """Nothing is returned that discovery does not declare."""
    served = {schema["id"] for schema in get(anonymous, "/Schemas")["Resources"]}

    for resource_type in registry.resource_types:
        assert {schema.id for schema in resource_type.schemas} <= served


@pytest.mark.rule("7643-7-obeyed")
@pytest.mark.parametrize("path", ["/ServiceProviderConfig", "/ResourceTypes/User", "/Schemas/{}"])
def test_discovery_says_nothing_that_no_schema_declares(anonymous: FlaskClient, path: str) -> None:
    """What describes the service is itself described."""
    document = get(anonymous, path.format("urn:ietf:params:scim:schemas:core:2.0:User"))
    schema = get(anonymous, f"/Schemas/{document['schemas'][0]}")

    assert undeclared(document, schema["attributes"]) == set()


def undeclared(document: dict[str, Any], declared: list[dict[str, Any]]) -> set[str]:
    """Return the names in *document* that are not declared, besides those all resources have."""
    attributes = {each["name"]: each for each in declared}
    found: set[str] = set()
    for name, value in document.items():
        if name in {"schemas", "id", "meta"}:
            continue
        if name not in attributes:
            found.add(name)
            continue
        parts = attributes[name].get("subAttributes", [])
        for each in value if isinstance(value, list) else [value]:
            # The schema of schemas ends where parts of parts begin (RFC 7643 §7).
            if isinstance(each, dict):
                found |= {f"{name}.{part}" for part in undeclared(each, parts or declared)}
    return found


@pytest.mark.rule("7644-4-no-pages")
def test_paging_and_sorting_are_ignored(anonymous: FlaskClient) -> None:
    """RFC 7644 §4: the whole list always comes."""
    assert get(anonymous, "/Schemas?count=1&startIndex=3&sortBy=x")["totalResults"] == len(
        get(anonymous, "/Schemas")["Resources"]
    )


@pytest.mark.rule("7644-4-no-pages")
@pytest.mark.parametrize("path", ["/Schemas", "/ResourceTypes", "/ServiceProviderConfig"])
def test_a_filter_is_forbidden(anonymous: FlaskClient, path: str) -> None:
    """RFC 7644 §4: 403, so that nobody takes the whole list for a selection."""
    assert anonymous.get(f"/scim/v2{path}?filter=id%20pr").status_code == 403


@pytest.mark.parametrize("path", ["/Schemas/", "/ResourceTypes/", "/ServiceProviderConfig/?x"])
def test_a_slash_at_the_end_and_a_stray_flag_are_tolerated(
    anonymous: FlaskClient, path: str
) -> None:
    """Addresses are often put together of parts."""
    assert get(anonymous, path)


def test_resource_types_are_found_by_their_name(anonymous: FlaskClient) -> None:
    """Some platforms ask for both before anything else."""
    for name in ("User", "Group"):
        assert get(anonymous, f"/ResourceTypes/{name}")["id"] == name


@pytest.mark.rule("7644-7.2-tls", "7643-2.3.7-references")
def test_locations_begin_with_the_public_address(serve: Callable[..., FlaskClient]) -> None:
    """Where one is configured, the Host of a request says nothing, not even an invalid one."""
    client = serve(public_url="https://scim.acme.com/bitbucket/")
    answer = client.get("/scim/v2/Schemas", headers={"Host": "not a host"})

    for schema in json.loads(answer.data)["Resources"]:
        assert schema["meta"]["location"].startswith(
            "https://scim.acme.com/bitbucket/scim/v2/Schemas/urn:"
        )


def test_locations_begin_where_the_application_is_mounted(anonymous: FlaskClient) -> None:
    """A server may serve it below a path of its own."""
    answer = anonymous.get("/scim/v2/ServiceProviderConfig", base_url="https://acme.com/bitbucket")

    location = json.loads(answer.data)["meta"]["location"]
    assert location == "https://acme.com/bitbucket/scim/v2/ServiceProviderConfig"


@pytest.mark.rule("7644-4-unknown")
@pytest.mark.parametrize("path", ["/Schemas/urn:x", "/ResourceTypes/Nope"])
def test_an_unknown_document_is_not_found(anonymous: FlaskClient, path: str) -> None:
    """404, with SCIM's error."""
    assert anonymous.get(f"/scim/v2{path}").status_code == 404


def test_the_process_says_that_it_lives(anonymous: FlaskClient) -> None:
    """Liveness asks nothing of Bitbucket."""
    answer = anonymous.get("/healthz", headers={"Host": "not a host"})

    assert answer.json == {"status": "alive"}
    assert answer.content_type == "application/json"


def test_the_gateway_says_why_it_is_not_ready(anonymous: FlaskClient, reasons: list[str]) -> None:
    """Readiness is 200, or 503 with the reasons."""
    assert anonymous.get("/readyz").json == {"status": "ready"}

    reasons.append("Bitbucket does not accept the API token.")
    answer = anonymous.get("/readyz")

    assert answer.status_code == 503
    assert answer.json == {"status": "unready", "reasons": reasons}


def test_users_are_suggested_every_value_and_groups_one(
    serve: Callable[..., FlaskClient], bearer: dict[str, str]
) -> None:
    """With the type that they have, as RFC 7643 does not say which type goes with which value."""
    values = ["repository:r:read", "repository:r:write"]
    client = serve(entitlements=lambda: values)

    def suggested(urn: str) -> dict[str, list[str]]:
        schema = json.loads(client.get(f"/scim/v2/Schemas/{urn}", headers=bearer).data)
        (entitlements,) = (a for a in schema["attributes"] if a["name"] == "entitlements")
        parts = entitlements["subAttributes"]
        return {p["name"]: p["canonicalValues"] for p in parts if "canonicalValues" in p}

    user = "urn:ietf:params:scim:schemas:core:2.0:User"
    group = "urn:bitbucket-scim:params:scim:schemas:extension:1.0:Group"
    assert suggested(user) == {"value": values, "type": ["repository"]}
    assert suggested(group) == {"value": values[:1], "type": ["repository"]}
