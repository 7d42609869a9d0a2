"""scim2-tester, against the demonstration, whatever its discovery tells."""

from collections.abc import Iterator

import pytest
from httpx2 import Client as HttpClient
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import check_server
from scim2_tester.utils import CheckResult, Status

from tests.demonstration import Demo


@pytest.fixture(scope="module", params=["demo", "standard_demo"])
def results(request: pytest.FixtureRequest) -> Iterator[list[CheckResult]]:
    """What every check found."""
    demo: Demo = request.getfixturevalue(request.param)
    headers = {"Authorization": f"Bearer {demo.token}"}
    with HttpClient(base_url=demo.base_url, headers=headers, timeout=60) as http:
        client = SyncSCIMClient(http)
        client.discover()
        yield check_server(client)


def test_every_check_of_users_and_groups_is_made(results: list[CheckResult]) -> None:
    """All tags, none left out."""
    assert not [each.title for each in results if each.status is Status.SKIPPED]
    assert len(results) > 90


@pytest.mark.rule("7643-7-obeyed")
def test_nothing_is_found(results: list[CheckResult]) -> None:
    """No error, and nothing that is but tolerated."""
    found = [e for e in results if e.status not in (Status.SUCCESS, Status.SKIPPED)]
    assert not found, [(e.title, e.reason) for e in found]
