"""openapi.yaml says what is served, no more and no less."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture(scope="module")
def document() -> Any:
    """The document."""
    path = Path(__file__).parents[2] / "openapi.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_the_document_is_valid(document: Any) -> None:
    """It is OpenAPI 3.1."""
    validate(document)


def test_the_document_and_the_url_map_are_one(document: Any, client: FlaskClient) -> None:
    """Every path and method that is served is described, and the other way round."""
    served = {
        (re.sub(r"<[^>]+>", "{}", rule.rule), method)
        for rule in client.application.url_map.iter_rules()
        for method in (rule.methods or set()) & METHODS
    }
    described = {
        (re.sub(r"\{[^}]+\}", "{}", path), method.upper())
        for path, operations in document["paths"].items()
        for method in operations
        if method.upper() in METHODS
    }

    assert described == served


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/scim/v2/Users", "ListResponse"),
        ("/scim/v2/Users?count=0", "ListResponse"),
        ("/scim/v2/Users/u1", "Resource"),
        ("/scim/v2/Users/nope", "Error"),
        ("/scim/v2/Users?filter=x", "Error"),
        ("/scim/v2/Schemas", "ListResponse"),
        ("/scim/v2/ServiceProviderConfig", "Document"),
        ("/scim/v2/Me", "Error"),
        ("/nope", "Error"),
        ("/healthz", "Health"),
    ],
)
def test_an_answer_is_as_described(
    document: Any, client: FlaskClient, path: str, schema: str
) -> None:
    """Its body is of the schema that the document gives it."""
    body = json.loads(client.get(path).data)
    described = {"$ref": f"#/components/schemas/{schema}", "components": document["components"]}

    Draft202012Validator(described).validate(body)
