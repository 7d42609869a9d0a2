"""scim2-tester, against a gateway with a simulated Bitbucket where invitations are accepted."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx2 import Client as HttpClient
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import check_server
from scim2_tester.utils import CheckResult, Status

from gateway.sandbox import Behaviour, create_app, generate, serving
from tests.end_to_end.gateways import TOKEN, environment, gateway

_EXTENSION = "urn:bitbucket-scim:params:scim:schemas:extension:1.0:"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[CheckResult]]:
    """What every check found."""
    world = generate(users=10, groups=3, projects=1, repositories=3)
    behaviour = Behaviour(accepts_invitations=True, hourly_limit=None)
    folder: Path = tmp_path_factory.mktemp("conformance")
    with serving(create_app(world, behaviour=behaviour)) as bitbucket:
        settings = environment(world, bitbucket.url, folder) | {"GATEWAY_HOURLY_LIMIT": "0"}
        with gateway(settings) as asked:
            asked.all("/Users")
            asked.all("/Groups")
            headers = {"Authorization": f"Bearer {TOKEN}"}
            with HttpClient(base_url=asked.base_url, headers=headers, timeout=60) as http:
                client = SyncSCIMClient(http)
                client.discover()
                yield check_server(client)


def test_every_check_of_users_and_groups_is_made(results: list[CheckResult]) -> None:
    """All tags, none left out but the search over all types, which is told to be unsupported."""
    skipped = [each.title for each in results if each.status is Status.SKIPPED]
    assert set(skipped) <= {"search_with_attributes"}
    assert len(results) > 90


def test_nothing_is_found_but_what_no_server_with_such_an_extension_passes(
    results: list[CheckResult],
) -> None:
    """
    It replaces an extension as a whole and wants nothing in it but what it sent.

    What Bitbucket says of users and groups is in our extensions, and readOnly: no client can take
    it away.
    """
    found = [e for e in results if e.status not in (Status.SUCCESS, Status.SKIPPED)]
    explained = {
        (title, f"{_EXTENSION}{name}")
        for title in ("check_add_attribute", "check_remove_attribute", "check_replace_attribute")
        for name in ("User", "Group")
    }
    assert {(e.title, _urn(e)) for e in found} <= explained, [e.reason for e in found]


def _urn(result: CheckResult) -> str:
    data = result.data if isinstance(result.data, dict) else {}
    return str(data.get("urn"))
