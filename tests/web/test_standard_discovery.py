"""What discovery tells where it is to tell what RFC 7643 has."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from scim2_models import Context, Resource, Schema
from scim2_models import Group as StandardGroup
from scim2_models import User as StandardUser

from gateway.scim.catalogue import CatalogueForm
from gateway.scim.schema import load_registry
from gateway.scim.standard import DiscoveryForm
from tests.web.test_discovery import get, undeclared

Json = dict[str, Any]
USER, GROUP = (f"urn:ietf:params:scim:schemas:core:2.0:{name}" for name in ("User", "Group"))
IGNORED = "Ignored, and never returned"
#: RFC 7643 §5, with what every resource has.
CONFIGURATION = {
    *("schemas", "meta", "documentationUri", "patch", "bulk", "filter", "changePassword"),
    *("sort", "etag", "authenticationSchemes"),
}


@pytest.fixture
def standard(serve: Callable[..., FlaskClient]) -> FlaskClient:
    """A client, without a token, of a gateway that offers all it can, and tells that little."""
    registry = load_registry(CatalogueForm.LISTED, DiscoveryForm.RFC7643)
    return serve(registry=registry, events=object())


def test_the_configuration_has_nothing_of_later_standards(
    standard: FlaskClient, serve: Callable[..., FlaskClient]
) -> None:
    """No cursors, no events, no list of roles; all else is as it is told by default."""
    told = get(standard, "/ServiceProviderConfig")
    whole = get(serve(CatalogueForm.LISTED, events=object()), "/ServiceProviderConfig")

    assert whole.keys() - told.keys() == {"pagination", "securityEvents", "RolesAndEntitlements"}
    assert told.keys() <= CONFIGURATION
    assert told == {name: value for name, value in whole.items() if name in told}


@pytest.mark.parametrize("path", ["/ServiceProviderConfig", "/ResourceTypes/User", "/Schemas/{}"])
def test_what_is_told_is_declared_there_too(standard: FlaskClient, path: str) -> None:
    """The schema of the configuration ends where the configuration does."""
    document = get(standard, path.format(USER))
    schema = get(standard, f"/Schemas/{document['schemas'][0]}")

    assert undeclared(document, schema["attributes"]) == set()
    names = {each["name"] for each in schema["attributes"]}
    assert path != "/ServiceProviderConfig" or names <= CONFIGURATION


def test_every_schema_is_found_where_it_says(standard: FlaskClient) -> None:
    """One by one they are what they are in the list."""
    for listed in get(standard, "/Schemas")["Resources"]:
        assert get(standard, f"/Schemas/{listed['id']}") == listed


@pytest.mark.parametrize("model", [StandardUser, StandardGroup])
def test_every_attribute_of_the_standard_is_declared(
    standard: FlaskClient, model: type[Resource[Any]]
) -> None:
    """With its type; what no answer has is readOnly, and its description says so."""
    wanted = json.loads(model.to_schema().model_dump_json())
    told = paths(get(standard, f"/Schemas/{wanted['id']}")["attributes"])
    served = paths(load_registry().schema(wanted["id"]).document["attributes"])  # type: ignore[union-attr, arg-type]  # it is there, and has some

    for path, attribute in paths(wanted["attributes"]).items():
        for name in ("type", "multiValued"):
            assert told[path][name] == attribute[name], path
        if path not in served:
            assert told[path]["mutability"] == "readOnly", path
            assert told[path]["returned"] == attribute["returned"], path
            whole = told[path.partition(".")[0]]
            assert IGNORED in f"{whole['description']} {told[path]['description']}", path
    assert {path: told[path] for path in served} == served
    assert told.keys() - served.keys() <= paths(wanted["attributes"]).keys()


def test_a_client_that_follows_the_schema_sends_nothing_to_be_ignored(
    standard: FlaskClient,
) -> None:
    """It has a place for a password, a title and an address, and keeps them to itself."""
    model: Any = Resource.from_schema(Schema.model_validate(get(standard, f"/Schemas/{USER}")))
    known = {"userName": "ann@acme.com", "displayName": "Ann"}
    ann = model.model_validate(
        known
        | {"title": "Engineer", "password": "of no use", "preferredLanguage": "fr"}
        | {"addresses": [{"type": "work"}], "name": {"middleName": "B."}}
    )

    assert ann.title == "Engineer"
    for context in (Context.RESOURCE_CREATION_REQUEST, Context.RESOURCE_REPLACEMENT_REQUEST):
        sent = ann.model_dump(scim_ctx=context)
        assert {name: value for name, value in sent.items() if name != "schemas"} == known


def test_another_form_has_another_tag(standard: FlaskClient, anonymous: FlaskClient) -> None:
    """Who kept the one is sent the other, and is spared what it has."""
    for path in ("/scim/v2/ServiceProviderConfig", "/scim/v2/Schemas"):
        tag = standard.get(path).headers["ETag"]
        assert anonymous.get(path, headers={"If-None-Match": tag}).status_code == 200
        assert standard.get(path, headers={"If-None-Match": tag}).status_code == 304


def paths(attributes: list[Json], where: str = "") -> dict[str, Json]:
    """Return every attribute and part, without its parts, by its path."""
    found: dict[str, Json] = {}
    for each in attributes:
        parts = each.get("subAttributes") or []
        path = f"{where}{each['name']}"
        found[path] = {name: value for name, value in each.items() if name != "subAttributes"}
        found |= paths(parts, f"{path}.")
    return found
