"""What many ask for at once is read once, whoever of a fleet does it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gateway.sandbox import Behaviour, Serving, create_app, generate, serving
from tests.end_to_end.gateways import environment
from tests.end_to_end.processes import serve

_AT_ONCE = 100


@pytest.fixture
def bitbucket() -> Any:
    """A simulated Bitbucket that takes a while for each answer."""
    world = generate(users=20, groups=4, projects=3, repositories=12)
    with serving(create_app(world, behaviour=Behaviour(latency_seconds=0.02))) as served:
        yield served


def calls_of_one(bitbucket: Serving, folder: Path) -> dict[str, int]:
    """Return the calls that a gateway makes that is asked once."""
    with serve(environment(bitbucket.sandbox.world, bitbucket.url, folder)) as gateway:
        gateway.json("/Users")
    calls = dict(bitbucket.sandbox.calls.by_resource)
    bitbucket.sandbox.calls.reset()
    return calls


def test_a_hundred_cold_requests_over_four_workers_are_one_refresh(
    bitbucket: Serving, tmp_path: Path
) -> None:
    """Each is answered with all users; Bitbucket is called as if one had asked."""
    (tmp_path / "alone").mkdir()
    expected = calls_of_one(bitbucket, tmp_path / "alone")
    settings = environment(bitbucket.sandbox.world, bitbucket.url, tmp_path)

    with (
        serve(settings | {"GATEWAY_MAX_WAIT": "60"}, workers=4) as gateway,
        ThreadPoolExecutor(_AT_ONCE) as executor,
    ):
        answers = list(executor.map(lambda _: gateway.get("/Users"), range(_AT_ONCE)))

    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["totalResults"] for answer in answers} == {20}
    assert sum(int(answer.headers["X-Bitbucket-Calls"]) > 0 for answer in answers) == 1
    # Each worker has to be told once of a credential that 1.0 does not take.
    refused = "GET /1.0/groups/{workspace}"
    counted = dict(bitbucket.sandbox.calls.by_resource)
    assert counted.pop(refused) <= expected.pop(refused) + 3
    assert counted == expected


def test_two_gateways_on_one_postgresql_database_share_a_refresh(
    bitbucket: Serving, tmp_path: Path, postgresql_url: str
) -> None:
    """As two machines of a fleet do."""
    (tmp_path / "alone").mkdir()
    expected = calls_of_one(bitbucket, tmp_path / "alone")
    settings = environment(bitbucket.sandbox.world, bitbucket.url, tmp_path)
    settings["GATEWAY_DATABASE_URL"] = postgresql_url

    with serve(settings) as one, serve(settings) as other, ThreadPoolExecutor(8) as executor:
        answers = list(executor.map(lambda n: (one, other)[n % 2].get("/Users"), range(8)))

    assert {answer.status_code for answer in answers} == {200}
    assert sum(int(answer.headers["X-Bitbucket-Calls"]) > 0 for answer in answers) == 1
    assert sum(bitbucket.sandbox.calls.by_resource.values()) <= sum(expected.values()) + 2
