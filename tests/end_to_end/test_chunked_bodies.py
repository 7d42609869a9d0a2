"""Bodies that come in pieces, without a length, through the server itself (RFC 9112 §7.1)."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
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
