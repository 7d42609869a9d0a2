"""What an answer shows (RFC 7644 §3.9)."""

import pytest

from tests.rules.letters import DEPARTMENT, OF_LETTERS
from tests.rules.service import ENTERPRISE, Service, new_address, refused, succeeded


@pytest.mark.rule(
    "7644-3.9-attributes", "7644-3.9-always", "7644-3.9-unknown-names", "7643-7-returned"
)
@pytest.mark.parametrize(
    ("parameters", "shown"),
    [
        ({"attributes": "userName"}, {"userName"}),
        ({"attributes": "USERNAME,nope"}, {"userName"}),
        ({"attributes": "urn:ietf:params:scim:schemas:core:2.0:User:userName"}, {"userName"}),
        ({"attributes": "name.givenName"}, {"name"}),
        ({"attributes": DEPARTMENT}, {ENTERPRISE}),
        ({"attributes": "nope"}, set()),
        ({"excludedAttributes": "id,schemas,NAME,photos,meta,nope"}, None),
    ],
    ids=str,
)
@pytest.mark.usefixtures("letters")
def test_an_answer_shows_what_is_asked_for(
    service: Service, parameters: dict[str, str], shown: set[str] | None
) -> None:
    """With what is always shown, in lists and of one."""
    (listed, *_) = service.get("/Users", filter=OF_LETTERS, **parameters)["Resources"]
    single = service.get(f"/Users/{listed['id']}", **parameters)
    assert listed == single
    if shown is not None:
        assert set(single) == shown | {"schemas", "id"}
    else:
        assert not {"name", "photos", "meta"} & set(single)
        assert {"schemas", "id", "userName", "emails", "active"} <= set(single)


@pytest.mark.rule("7644-3.9-not-both")
@pytest.mark.parametrize("path", ["/Users", "/Groups"])
def test_both_lists_at_once_are_refused(service: Service, path: str) -> None:
    """In queries, of one, and of a change."""
    both = {"attributes": "id", "excludedAttributes": "meta"}
    refused(service.client.get(path, **both), 400, "invalidSyntax")
    refused(service.client.get(f"{path}/x", **both), 400, "invalidSyntax")
    query = "?attributes=id&excludedAttributes=meta"
    body = {"userName": new_address()} if path == "/Users" else {"displayName": new_address()}
    refused(service.send("POST", path + query, body), 400, "invalidSyntax")


@pytest.mark.rule("7644-3.9-writes")
@pytest.mark.parametrize("path", ["/Users", "/Groups"])
def test_what_is_written_is_answered_as_asked(service: Service, path: str) -> None:
    """By POST and by PUT."""
    name = "userName" if path == "/Users" else "displayName"
    body = {name: new_address(), "externalId": "e"}
    made = succeeded(service.send("POST", f"{path}?attributes={name}", body), 201)
    assert set(made) == {"schemas", "id", name}
    where = f"{path}/{made['id']}"
    put = succeeded(service.send("PUT", f"{where}?excludedAttributes=externalId,meta", body))
    assert not {"externalId", "meta"} & set(put)
