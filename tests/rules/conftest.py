"""One gateway for all of these tests that a process runs."""

from collections.abc import Iterator

import pytest

from gateway.sandbox import Behaviour, create_app, serving
from tests.end_to_end.gateways import environment, gateway
from tests.provisioning.conftest import small_world
from tests.provisioning.office import bare
from tests.rules.letters import new_letters
from tests.rules.service import Service


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Everything was read once, and by everybody's address."""
    world = small_world()
    folder = tmp_path_factory.mktemp("gateway")
    with (
        serving(create_app(world, behaviour=Behaviour(hourly_limit=None))) as bitbucket,
        gateway(environment(world, bitbucket.url, folder)) as client,
    ):
        people = {a.display_name: bare(a.uuid) for a, _ in world.members()}
        for account, _ in world.members():
            client.json("/Users", filter=f'userName eq "{account.email}"')
        client.json("/Groups")
        yield Service(client, bitbucket, people)


@pytest.fixture(scope="session")
def letters(service: Service) -> list[str]:
    """The ids of five users: beta, Alpha, delta, Gamma, and one without a name."""
    return new_letters(service)
