"""The documentation of the API, and the description that it shows."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask.testing import FlaskClient
from openapi_spec_validator import validate

FILE = Path(__file__).parents[2] / "openapi.yaml"


def parts_of(page: str) -> list[str]:
    """Return what a page links to, or loads."""
    return re.findall(r'(?:href|src)="([^"]+)"', page)


def test_the_page_has_all_it_needs_from_here(anonymous: FlaskClient) -> None:
    """Without a token, and by addresses that hold below any path."""
    page = anonymous.get("/docs")

    assert (page.status_code, page.content_type) == (200, "text/html; charset=utf-8")
    parts = parts_of(page.text)
    assert len(parts) == 6
    for part in parts:
        assert not part.startswith("/")
        assert ":" not in part
        answer = anonymous.get(f"/{part}")
        assert (answer.status_code, len(answer.data) > 100) == (200, True), part
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_page_may_load_nothing_from_elsewhere(anonymous: FlaskClient) -> None:
    """Nor may anything in it run that is not a file of ours, or another page hold it."""
    page = anonymous.get("/docs")
    policy = dict(
        directive.split(" ", 1) for directive in page.headers["Content-Security-Policy"].split("; ")
    )

    assert policy.pop("img-src") == "'self' data:"
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    assert page.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(("address", "location"), [("/", "docs"), ("/docs/", "../docs")])
def test_other_addresses_lead_to_the_page(
    anonymous: FlaskClient, address: str, location: str
) -> None:
    """By a relative address, whatever the host is said to be."""
    answer = anonymous.get(address, headers={"Host": "evil.example"})

    assert (answer.status_code, answer.headers["Location"], answer.data) == (302, location, b"")


def test_a_part_that_is_none_is_not_found(anonymous: FlaskClient) -> None:
    """Only what the page is made of is served, no other file beside it."""
    for name in ("index.html", "docs.html", "..%2fdescription.py", "oauth2-redirect.html"):
        answer = anonymous.get(f"/docs/{name}")
        assert (answer.status_code, answer.content_type) == (404, "application/scim+json")


def test_what_the_client_has_is_not_sent_again(anonymous: FlaskClient) -> None:
    """It is asked for anew each time, and told that nothing has changed."""
    for path in ("/docs", "/docs/swagger-ui.css", "/openapi.yaml", "/openapi.json"):
        first = anonymous.get(path)
        again = anonymous.get(path, headers={"If-None-Match": first.headers["ETag"]})

        assert first.headers["Cache-Control"] == "no-cache"
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]


def test_the_description_is_the_file(serve: Callable[..., FlaskClient]) -> None:
    """As YAML and as JSON, with the address that clients use in the place of its server."""
    client = serve(public_url="https://scim.example.com/bitbucket/")
    described = {
        **yaml.safe_load(FILE.read_text(encoding="utf-8")),
        "servers": [{"url": "https://scim.example.com/bitbucket"}],
    }

    as_yaml, as_json = client.get("/openapi.yaml"), client.get("/openapi.json")

    assert (as_yaml.content_type, as_json.content_type) == ("application/yaml", "application/json")
    assert yaml.safe_load(as_yaml.data) == described
    assert as_json.json == described
    validate(as_json.json)


def test_the_server_is_the_host_that_is_asked(anonymous: FlaskClient) -> None:
    """Where no public address is configured; a host that is none is told so."""
    described: Any = anonymous.get("/openapi.json", headers={"Host": "scim.local:8080"}).json

    assert described["servers"] == [{"url": "http://scim.local:8080"}]
    assert anonymous.get("/openapi.yaml", headers={"Host": "a b"}).status_code == 400
