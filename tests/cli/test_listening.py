"""Where commands listen, and what they say where they can't."""

from collections.abc import Iterator
from pathlib import Path
from socket import AF_INET, AF_INET6, create_server, has_ipv6

import pytest
import requests
from click.testing import CliRunner

from gateway.cli import main
from gateway.cli.listening import listen
from gateway.sandbox import create_app, generate, serving


def _has_loopback_of_ipv6() -> bool:
    try:
        create_server(("::1", 0), family=AF_INET6).close()
    except OSError:
        return False
    return has_ipv6


_OF_IPV6 = pytest.mark.skipif(not _has_loopback_of_ipv6(), reason="there is no IPv6 here")
HOSTS = ["127.0.0.1", pytest.param("::1", marks=_OF_IPV6)]


@pytest.fixture(params=HOSTS)
def taken(request: pytest.FixtureRequest) -> Iterator[str]:
    """An address that another listens on."""
    host = request.param
    with create_server((host, 0), family=AF_INET6 if ":" in host else AF_INET) as other:
        port = other.getsockname()[1]
        yield f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def test_serve_says_where_it_can_not_listen(taken: str, tmp_path: Path) -> None:
    """At once, by the name of the setting, and nothing is made before."""
    database = tmp_path / "mirror.sqlite3"
    settings = {
        "BITBUCKET_WORKSPACE": "acme",
        "BITBUCKET_ACCESS_TOKEN": "0123456789abcdef",
        "SCIM_TOKEN": "0123456789abcdef",
        "GATEWAY_DATABASE_URL": f"sqlite:///{database}",
        "GATEWAY_BIND": taken,
    }
    result = CliRunner().invoke(main, ["serve"], env=settings)

    assert result.exit_code == 1
    assert result.output == (
        f"Error: {taken} can't be listened on: Address already in use."
        " GATEWAY_BIND takes another.\n"
    )
    assert not database.exists()


def test_sandbox_says_where_it_can_not_listen(taken: str) -> None:
    """In a sentence of ours, with the options that take another address."""
    host, _, port = taken.rpartition(":")
    arguments = ["sandbox", f"--host={host.strip('[]')}", f"--port={port}", "--users=1"]
    result = CliRunner().invoke(main, arguments)

    assert result.exit_code == 1
    assert result.output == (
        f"Error: {taken} can't be listened on: Address already in use."
        " --host or --port takes another.\n"
    )


def test_an_address_of_others_is_told_apart() -> None:
    """From one that is taken (RFC 5737 §3: nobody has this one)."""
    result = CliRunner().invoke(main, ["sandbox", "--host=192.0.2.1", "--users=1"])

    assert result.exit_code == 1
    assert "192.0.2.1:8090 can't be listened on: Cannot assign requested" in result.output


@pytest.mark.parametrize("host", HOSTS)
def test_a_sandbox_is_served_where_it_listens(host: str) -> None:
    """Of IPv6 too, under the address that it says."""
    world = generate(users=1, groups=0, projects=0, repositories=0)
    with (
        listen(host, 0, otherwise="") as listening,
        serving(create_app(world), listening=listening) as served,
    ):
        assert requests.get(f"{served.url}/sandbox/calls", timeout=10).status_code == 200
