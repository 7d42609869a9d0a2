"""A gateway over HTTP, in front of a simulated Bitbucket, with people and groups to change."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import requests

from gateway.sandbox import Serving
from tests.end_to_end.gateways import Client

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"

#: A resource, an operation, or any other JSON object.
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Service:
    """
    What a test asks and changes.

    Tests share it: each changes users and groups of its own, and looks at nobody else.

    Attributes:
        client: Asks the gateway.
        bitbucket: What is behind it.
        people: The ids of the members that there are, by their names.
    """

    client: Client
    bitbucket: Serving
    people: dict[str, str]

    @property
    def root(self) -> str:
        """The address of the gateway."""
        return self.client.base_url.removesuffix("/scim/v2")

    def send(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> requests.Response:
        """Return the answer to any request."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.send(method, path, body, **named)

    def get(self, path: str, **parameters: str | int) -> Any:
        """Return the JSON of an answer that succeeded."""
        return self.client.json(path, **parameters)

    def new_user(self, **attributes: Any) -> Json:
        """Return a user that was made for one test."""
        return self._made("/Users", {"userName": new_address()} | attributes)

    def new_member(self, *operations: Json) -> Json:
        """Return a member of the workspace who came for one test, after these operations."""
        name = new_address()
        self.bitbucket.sandbox.world.add_member("Zoe", email=name)
        (found,) = self.get("/Users", filter=f'userName eq "{name}"')["Resources"]
        member: Json = found
        return self.patched(f"/Users/{member['id']}", *operations) if operations else member

    def new_group(self, *members: str, **attributes: Any) -> Json:
        """Return a group that was made for one test, with the members of these ids."""
        body = {"displayName": f"Group {uuid4()}", "members": [{"value": m} for m in members]}
        return self._made("/Groups", body | attributes)

    def patch(self, path: str, *operations: Json, **headers: str) -> requests.Response:
        """Return the answer to operations on a resource."""
        body = {"schemas": [PATCH], "Operations": list(operations)}
        return self.send("PATCH", path, body, **headers)

    def patched(self, path: str, *operations: Json) -> Json:
        """Return a resource as it is after operations that succeeded."""
        return succeeded(self.patch(path, *operations))

    def _made(self, path: str, body: Json) -> Json:
        return succeeded(self.send("POST", path, body), 201)


def new_address() -> str:
    """Return an e-mail address that nobody has."""
    return f"u{uuid4().hex}@acme.example"


def succeeded(answer: requests.Response, status: int = 200) -> Json:
    """Return the resource in an answer."""
    assert answer.status_code == status, answer.text
    read: Json = answer.json()
    return read


def refused(answer: requests.Response, status: int, scim_type: str | None = None) -> Json:
    """Return the error message in an answer."""
    body: Json = answer.json()
    assert (answer.status_code, body.get("scimType")) == (status, scim_type), answer.text
    assert answer.headers["Content-Type"] == "application/scim+json"
    assert (body["schemas"], body["status"]) == ([ERROR], str(status))
    return body


def values(resource: Json, attribute: str) -> list[Any]:
    """Return the ``value`` of each value of an attribute."""
    return [each["value"] for each in resource.get(attribute, [])]
