"""A gateway that can't reach its workspace says why, and never shows an empty one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from gateway.sandbox import Serving, create_app, generate, serving
from tests.end_to_end.gateways import environment, gateway


@pytest.fixture
def bitbucket() -> Iterator[Serving]:
    """A small simulated Bitbucket."""
    with serving(create_app(generate(users=5, groups=2, projects=1, repositories=2))) as served:
        yield served


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [
        ({"BITBUCKET_WORKSPACE": "nobody"}, 502, "/2.0/workspaces/nobody"),
        (
            {
                "BITBUCKET_ACCESS_TOKEN": "wrong",
                "BITBUCKET_API_TOKEN": "wrong",
                "BITBUCKET_OAUTH_SECRET": "wrong",
            },
            502,
            "the credential is wrong, expired",
        ),
        ({"BITBUCKET_API_URL": "http://127.0.0.1:9"}, 503, "could not be reached"),
    ],
)
def test_the_reason_is_told(
    bitbucket: Serving, tmp_path: Path, changed: dict[str, str], status: int, said: str
) -> None:
    """The server starts; /readyz and every resource tell an administrator what to mend."""
    settings = environment(bitbucket.sandbox.world, bitbucket.url, tmp_path) | changed

    with gateway(settings) as client:
        root = client.base_url.removesuffix("/scim/v2")
        ready = _when_known(f"{root}/readyz")
        listed = client.get("/Users", attributes="userName")
        single = client.get("/Users/3c489c1e-8851-537f-acfe-8b110dc7670a")

        assert requests.get(f"{root}/healthz", timeout=5).status_code == 200
        assert client.get("/Schemas").status_code == 200
    assert ready.status_code == 503
    assert said in ready.json()["reasons"][0]
    for answer in (listed, single):
        body: Any = answer.json()
        assert answer.status_code == status
        assert answer.headers["Content-Type"] == "application/scim+json"
        assert "totalResults" not in body
    assert said in listed.json()["detail"]
    assert ("Retry-After" in listed.headers) == (status == 503)


def _when_known(url: str) -> requests.Response:
    """Return the answer once Bitbucket is given up, which takes longer on a busy machine."""
    while True:
        answer = requests.get(url, timeout=60)
        if "is being asked" not in answer.text:
            return answer


def test_an_access_token_alone_serves_what_it_can(bitbucket: Serving, tmp_path: Path) -> None:
    """It can't read groups: who asks for them is told what to set, the others are answered."""
    settings = environment(bitbucket.sandbox.world, bitbucket.url, tmp_path)
    for name in ("EMAIL", "API_TOKEN", "OAUTH_KEY", "OAUTH_SECRET"):
        del settings[f"BITBUCKET_{name}"]

    with gateway(settings) as client:
        without = client.json("/Users", excludedAttributes="groups")
        refused = client.get("/Users")

    assert without["totalResults"] == 5
    assert refused.status_code == 502
    assert "BITBUCKET_EMAIL and BITBUCKET_API_TOKEN" in refused.json()["detail"]
