"""Bodies in pieces (RFC 9112 §7.1), and bodies that nobody reads, through the server itself."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from socket import create_connection
from typing import Any
from urllib.parse import urlsplit

import pytest

from gateway.sandbox import generate
from gateway.web.wellformed import LARGEST_BODY_BYTES
from tests.end_to_end.gateways import TOKEN, environment
from tests.end_to_end.processes import serve

#: Refused for what it says, if it is read at all.
_BODY = b'{"count": "many"}'
_HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/scim+json"}


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HTTPConnection]:
    """A connection to a gateway; Bitbucket is not there."""
    world = generate(users=1, groups=1, projects=1, repositories=1)
    folder: Path = tmp_path_factory.mktemp("gateway")
    with serve(environment(world, "http://127.0.0.1:9", folder)) as server:
        address = urlsplit(server.root)
        made = HTTPConnection(address.hostname or "", address.port, timeout=30)
        yield made
        made.close()


def search(connection: HTTPConnection, path: str, body: bytes) -> tuple[int, Any]:
    """Return the answer to *body*, which is sent in pieces."""
    pieces = (body[at : at + 50_000] for at in range(0, len(body), 50_000))
    connection.request("POST", path, pieces, _HEADERS, encode_chunked=True)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


@pytest.mark.parametrize("path", ["/scim/v2/Users/.search", "/admin/explain", "/scim/v2/Bulk"])
@pytest.mark.parametrize("more", [1, 1_000_000])
def test_a_body_in_pieces_has_the_limit_of_all(
    connection: HTTPConnection, path: str, more: int
) -> None:
    """413, though what is past the limit is blank; the connection is of use all the same."""
    status, error = search(connection, path, _BODY.ljust(LARGEST_BODY_BYTES + more))

    assert (status, error["status"]) == (413, "413")
    assert "1 MiB" in error["detail"]
    socket = connection.sock
    connection.request("GET", "/scim/v2/ServiceProviderConfig")
    following = connection.getresponse()
    assert (following.status, following.read()[:1]) == (200, b"{")
    assert connection.sock is socket


def test_a_body_in_pieces_may_be_as_large_as_any(connection: HTTPConnection) -> None:
    """It is read to its end, and refused for what it says alone."""
    status, error = search(connection, "/scim/v2/Users/.search", _BODY.ljust(LARGEST_BODY_BYTES))

    assert (status, "count" in error["detail"]) == (400, True)


@pytest.mark.parametrize("size", [LARGEST_BODY_BYTES + 1, 7_000_000])
def test_a_body_that_is_not_read_leaves_the_connection_of_use(
    connection: HTTPConnection, size: int
) -> None:
    """The answer to what is too large arrives, and so does that to the next request."""
    connection.request("POST", "/scim/v2/Bulk", _BODY.ljust(size), _HEADERS)
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["status"]) == (413, "413")

    socket = connection.sock
    connection.request("GET", "/scim/v2/ServiceProviderConfig")
    following = connection.getresponse()
    assert (following.status, following.read()[:1]) == (200, b"{")
    assert connection.sock is socket


def test_a_request_without_a_token_leaves_the_connection_of_use(
    connection: HTTPConnection,
) -> None:
    """401 comes before the body is read, and the request can follow with a token."""
    body = _BODY.ljust(200_000)
    connection.request("POST", "/scim/v2/Users", body, {"Content-Type": "application/scim+json"})
    refused = connection.getresponse()
    assert (refused.status, json.loads(refused.read())["status"]) == (401, "401")

    socket = connection.sock
    connection.request("POST", "/scim/v2/Users/.search", body, _HEADERS)
    assert json.loads(connection.getresponse().read())["status"] == "400"
    assert connection.sock is socket


def test_a_body_without_an_end_closes_the_connection(connection: HTTPConnection) -> None:
    """What is promised and not sent is waited for for a while, and the answer says that it ends."""
    address = (connection.host, connection.port)
    with create_connection(address, timeout=30) as client:
        client.sendall(
            b"POST /scim/v2/Users HTTP/1.1\r\nHost: gateway\r\nContent-Length: 9999\r\n\r\n{"
        )
        answer = b"".join(iter(lambda: client.recv(65_536), b""))

    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"\r\nConnection: close\r\n" in answer
