"""What the service says of itself (RFC 7643 §5 to §7, RFC 7644 §4)."""

from collections.abc import Iterator

import pytest
import requests

from tests.rules.service import ENTERPRISE, Json, Service, refused

#: The words of each characteristic (RFC 7643 §7).
WORDS = {
    "type": {
        *("string", "boolean", "decimal", "integer"),
        *("dateTime", "reference", "binary", "complex"),
    },
    "mutability": {"readOnly", "readWrite", "immutable", "writeOnly"},
    "returned": {"always", "never", "default", "request"},
    "uniqueness": {"none", "server", "global"},
}
DISCOVERY = ("/ServiceProviderConfig", "/ResourceTypes", "/Schemas")


@pytest.mark.rule("7643-5-required", "7643-5-no-id")
def test_the_configuration_is_complete(service: Service) -> None:
    """Every feature with its limits, and the schemes, each with what it is called."""
    config = service.get("/ServiceProviderConfig")
    for feature in ("patch", "bulk", "filter", "changePassword", "sort", "etag"):
        assert type(config[feature]["supported"]) is bool
    for feature, limit in (
        *(("bulk", "maxOperations"), ("bulk", "maxPayloadSize")),
        ("filter", "maxResults"),
    ):
        assert type(config[feature][limit]) is int
    assert config["authenticationSchemes"]
    for scheme in config["authenticationSchemes"]:
        assert {"type", "name", "description"} <= set(scheme)
    assert "id" not in config


@pytest.mark.rule("7643-6-resource-types", "7643-6-endpoints", "interop-ids-of-types")
def test_every_type_is_served_where_it_says(service: Service) -> None:
    """By its name, with schemas that there are."""
    urns = {schema["id"] for schema in service.get("/Schemas")["Resources"]}
    types = service.get("/ResourceTypes")["Resources"]
    assert {"User", "Group"} <= {each["id"] for each in types}
    for each in types:
        assert each["id"] == each["name"]
        assert service.get(f"/ResourceTypes/{each['id']}") == each
        assert {each["schema"], *(e["schema"] for e in each["schemaExtensions"])} <= urns
        assert all(type(extension["required"]) is bool for extension in each["schemaExtensions"])
        assert service.get(each["endpoint"])["schemas"]


def attributes(of: list[Json], where: str = "") -> Iterator[tuple[str, Json]]:
    """Yield every attribute and part with its path."""
    for each in of:
        path = f"{where}{each['name']}"
        yield path, each
        yield from attributes(each.get("subAttributes", []), f"{path}.")


@pytest.mark.rule("7643-7-schemas", "7643-7-characteristics", "7643-7-canonical-values")
def test_every_attribute_is_described(service: Service) -> None:
    """In the words of the standard, without nulls; a type suggests what it may be."""
    for schema in service.get("/Schemas")["Resources"]:
        assert service.get(f"/Schemas/{schema['id']}") == schema
        for path, each in attributes(schema["attributes"]):
            where = f"{schema['id']}:{path}"
            assert None not in each.values(), where
            assert {"name", "type", "multiValued", "description"} <= set(each), where
            for name, words in WORDS.items():
                if name in each:
                    assert each[name] in words, where
            assert ("subAttributes" in each) == (each["type"] == "complex"), where
            assert ("referenceTypes" in each) == (each["type"] == "reference"), where
            if path.endswith(".type"):
                assert each["canonicalValues"], where


@pytest.mark.rule("7643-7-schemas")
def test_the_schemas_of_users_and_groups_are_there(service: Service) -> None:
    """With the extensions, and those of discovery itself."""
    urns = {schema["id"] for schema in service.get("/Schemas")["Resources"]}
    core = "urn:ietf:params:scim:schemas:core:2.0:"
    named = ("User", "Group", "ServiceProviderConfig", "ResourceType", "Schema")
    assert {ENTERPRISE, *(core + name for name in named)} <= urns


@pytest.mark.rule("7644-4-open")
@pytest.mark.parametrize("path", DISCOVERY)
@pytest.mark.parametrize("authorization", [None, "Bearer wrong"])
def test_discovery_is_open(service: Service, path: str, authorization: str | None) -> None:
    """Without a token, and with any."""
    headers = {"Authorization": authorization} if authorization else {}
    url = f"{service.client.base_url}{path}"
    assert requests.get(url, headers=headers, timeout=30).status_code == 200


@pytest.mark.rule("7644-4-read-only", "9110-15.5.6-allow")
@pytest.mark.parametrize("path", [*DISCOVERY, "/ResourceTypes/User"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_discovery_is_only_read(service: Service, method: str, path: str) -> None:
    """Every other method is 405, with those that there are."""
    answer = service.send(method, path, {})
    refused(answer, 405)
    assert "GET" in answer.headers["Allow"]


@pytest.mark.rule("7644-4-no-pages")
@pytest.mark.parametrize("path", ["/ResourceTypes", "/Schemas"])
def test_discovery_has_no_pages(service: Service, path: str) -> None:
    """It comes whole, in its order; a filter is 403."""
    whole = service.get(path)
    assert service.get(path, startIndex=2, count=1, sortBy="id", sortOrder="descending") == whole
    refused(service.client.get(path, filter='id eq "User"'), 403)


@pytest.mark.rule("7644-4-unknown")
@pytest.mark.parametrize("path", ["/ResourceTypes/Car", "/Schemas/urn:x", "/Schemas/Car"])
def test_what_is_not_described_is_not_found(service: Service, path: str) -> None:
    """The status is 404."""
    refused(service.client.get(path), 404)
