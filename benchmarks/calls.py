"""
How many Bitbucket calls reading costs, counted where they arrive: at a simulated Bitbucket.

Reads workspaces of two sizes and two shapes from nothing, beside what a connector spends that
crawls one resource after the other; then asks a gateway that knows nothing the questions that
clients ask, each of them twice.

Run with ``make calls``; the tables are written to ``benchmarks/results/calls.md``.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from benchmarks.calls_tables import (
    AGAIN,
    NAMES,
    PAGE,
    Answered,
    FullReading,
    GroupPage,
    Held,
    Size,
    report,
)
from benchmarks.processes import running
from benchmarks.servers import TOKEN
from gateway.sandbox import (
    Account,
    Repository,
    Shape,
    World,
    demo_credentials,
)
from gateway.sandbox.effective import EffectiveRights
from tests.ports import unused_port

RESULTS = Path(__file__).parent / "results" / "calls.md"
AT_ONCE = 100
#: How often a warm page is asked for.
TIMES = 21
ASKED_OF_GROUPS: tuple[dict[str, str], ...] = (
    {},
    {"excludedAttributes": "members"},
    {"attributes": "displayName"},
)
WORKERS = 4
SECONDS_A_REQUEST = 900

COMMAND = [sys.executable, "-m", "gateway"]


SIZES = (Size(1_000, 50, 50, 2_000), Size(10_000, 500, 500, 20_000))


@dataclass(frozen=True, slots=True)
class Bitbucket:
    """A simulated Bitbucket that counts its calls."""

    url: str

    def counted(self, ask: Callable[[], Any]) -> tuple[Counter[str], float, Any]:
        """Return the calls that *ask* led to, by resource, its seconds, and what it returned."""
        requests.delete(f"{self.url}/sandbox/calls", timeout=5)
        started = time.perf_counter()
        answer = ask()
        seconds = time.perf_counter() - started
        counted = requests.get(f"{self.url}/sandbox/calls", timeout=5).json()["by_resource"]
        return Counter({short(name): number for name, number in counted.items()}), seconds, answer


@dataclass(frozen=True, slots=True)
class Question:
    """What a client asks for, by the name it has in the table."""

    name: str
    ask: Callable[[str], object]


def short(resource: str) -> str:
    """Return a resource without what all of them begin with."""
    path = resource.removeprefix("GET ").replace("/{workspace}", "", 1)
    return path.removeprefix("/2.0/").removeprefix("workspaces/") or path


@contextmanager
def bitbucket(size: Size, shape: Shape) -> Iterator[Bitbucket]:
    """Serve a simulated Bitbucket of that size, without a limit."""
    port = unused_port()
    url = f"http://127.0.0.1:{port}"
    command = [*COMMAND, "sandbox", f"--port={port}", "--hourly-limit=0", *size.options(shape)]
    with running(command, f"{url}/sandbox/calls", {}):
        yield Bitbucket(url)


def settings(served: Bitbucket, database: Path, port: int) -> dict[str, str]:
    """Return the environment of a gateway to it."""
    known = demo_credentials("acme")
    return {
        "BITBUCKET_API_URL": served.url,
        "BITBUCKET_WORKSPACE": "acme",
        "BITBUCKET_ACCESS_TOKEN": known.access_token.token,
        "BITBUCKET_EMAIL": known.api_token.email,
        "BITBUCKET_API_TOKEN": known.api_token.token,
        "SCIM_TOKEN": TOKEN,
        "GATEWAY_BIND": f"127.0.0.1:{port}",
        "GATEWAY_DATABASE_URL": f"sqlite:///{database}",
        "GATEWAY_MAX_AGE": "86400",
        "GATEWAY_MAX_WAIT": "600",
        # Nothing is read but what is asked for.
        "GATEWAY_REFRESH_INTERVAL": "0",
        "GATEWAY_HOURLY_LIMIT": "0",
        "GATEWAY_WORKERS": str(WORKERS),
        "GATEWAY_LOG_LEVEL": "error",
    }


@contextmanager
def gateway(served: Bitbucket, database: Path) -> Iterator[str]:
    """Serve a gateway to it; the block gets the base URL."""
    port = unused_port()
    url = f"http://127.0.0.1:{port}"
    with running([*COMMAND, "serve"], f"{url}/healthz", settings(served, database, port)):
        yield f"{url}/scim/v2"


def fetch(base_url: str, path: str, **parameters: str | int) -> requests.Response:
    """Return what is answered; whatever is no answer raises."""
    answer = requests.get(
        f"{base_url}{path}",
        params=parameters,
        headers={"Authorization": f"Bearer {TOKEN}"},
        timeout=SECONDS_A_REQUEST,
    )
    answer.raise_for_status()
    return answer


def get(base_url: str, path: str, **parameters: str | int) -> Any:
    """Return the resource or the page that is answered."""
    return fetch(base_url, path, **parameters).json()


def poll(base_url: str) -> list[Any]:
    """Return every user after asking for all pages of users and groups, as a nightly job does."""
    users, _ = [every_page(base_url, path) for path in ("/Users", "/Groups")]
    return users


def every_page(base_url: str, path: str) -> list[Any]:
    """Return all resources of a type, page by page."""
    resources: list[Any] = []
    while True:
        page = get(base_url, path, count=PAGE, startIndex=len(resources) + 1)
        resources += page["Resources"]
        if len(resources) >= page["totalResults"]:
            return resources


def at_once(base_url: str, path: str, **parameters: str | int) -> None:
    """Ask the same many times side by side."""
    with ThreadPoolExecutor(AT_ONCE) as executor:
        asked = [executor.submit(get, base_url, path, **parameters) for _ in range(AT_ONCE)]
    answers = [each.result() for each in asked]
    assert all(answer == answers[0] for answer in answers)


def held(world: World, users: list[Any]) -> Held:
    """Compare the direct grants on repositories that *users* show with those of *world*."""
    true = {
        f"{grant.subject.uuid[1:-1]} repository:{grant.target.uuid[1:-1]}:{grant.permission}"
        for grant in world.grants()
        if isinstance(grant.subject, Account) and isinstance(grant.target, Repository)
    }
    told: set[str] = set()
    inferred: set[str] = set()
    for user in users:
        for entitlement in user.get("entitlements", ()):
            if entitlement["type"] == "repository":
                found = inferred if entitlement["display"].endswith(" (inferred)") else told
                found.add(f"{user['id']} {entitlement['value']}")
    return Held(len(true), len(told), len(inferred), len((told | inferred) - true))


def least_calls(rights: list[int]) -> float:
    """
    Return what direct grants on repositories cost at least, by the rights that are on each.

    A repository tells them for one call; else all its rights have to be listed, but for those of
    the users whom an address has room to leave out.
    """
    return sum(min(1, max(0, count - NAMES) / PAGE) for count in rights)


def page_of_groups(base_url: str, **parameters: str) -> GroupPage:
    """Return what a warm page of groups weighs and takes."""
    timings: list[float] = []
    for _ in range(TIMES):
        started = time.perf_counter()
        page = fetch(base_url, "/Groups", count=PAGE, **parameters)
        timings.append(time.perf_counter() - started)
    asked = " ".join(f"`{name}={value}`" for name, value in parameters.items())
    return GroupPage(asked or "as they are", len(page.content), statistics.median(timings))


def read_everything(size: Size, shape: Shape, folder: Path) -> FullReading:
    """Read a workspace from nothing with ``sync``, and poll all of it afterwards."""
    database = folder / f"{size.users}-{shape}.sqlite3"
    world = size.world(shape)
    known = EffectiveRights(world)
    rights = [len(known.on(repository)) for repository in world.repositories.values()]
    with bitbucket(size, shape) as served:
        environment = os.environ | settings(served, database, unused_port())
        calls, seconds, _ = served.counted(
            lambda: subprocess.run(  # noqa: S603 - our own command
                [*COMMAND, "sync"], env=environment, check=True
            )
        )
        with gateway(served, database) as base_url:
            polling, polling_seconds, users = served.counted(lambda: poll(base_url))
            groups = [page_of_groups(base_url, **asked) for asked in ASKED_OF_GROUPS]
    return FullReading(
        size,
        shape,
        calls,
        seconds,
        rights=sum(rights),
        least_calls=least_calls(rights),
        held=held(world, users),
        polling_calls=polling.total(),
        polling_seconds=polling_seconds,
        groups=tuple(groups),
    )


def questions(world: World) -> list[Question]:
    """Return what clients ask, about somebody of *world*."""
    somebody = [account for account in world.accounts.values() if account.email][-1]
    by_name = f'userName eq "{somebody.email}"'
    by_id = f"/Users/{somebody.uuid[1:-1]}"
    core = "userName,displayName,active,name"
    return [
        Question("IGA poll: every page of users and groups", poll),
        Question(
            "`userName eq` by e-mail, `attributes=userName`",
            lambda url: get(url, "/Users", filter=by_name, attributes="userName"),
        ),
        Question(
            "`userName eq` by e-mail, but for entitlements",
            lambda url: get(url, "/Users", filter=by_name, excludedAttributes="entitlements"),
        ),
        Question("`userName eq` by e-mail", lambda url: get(url, "/Users", filter=by_name)),
        Question(
            f"one user by id, `attributes={core}`", lambda url: get(url, by_id, attributes=core)
        ),
        Question("one user by id", lambda url: get(url, by_id)),
        Question("groups", lambda url: get(url, "/Groups", count=PAGE)),
        Question(
            "groups, `excludedAttributes=members`",
            lambda url: get(url, "/Groups", count=PAGE, excludedAttributes="members"),
        ),
        Question(
            "groups, `attributes=displayName`",
            lambda url: get(url, "/Groups", count=PAGE, attributes="displayName"),
        ),
        Question(
            f"{AT_ONCE} at once: a page of users, `attributes=userName`",
            lambda url: at_once(url, "/Users", count=PAGE, attributes="userName"),
        ),
        Question(
            f"{AT_ONCE} at once: a page of users",
            lambda url: at_once(url, "/Users", count=PAGE),
        ),
    ]


def answered(question: Question, served: Bitbucket, database: Path) -> Answered:
    """Ask a gateway that knows nothing, and again."""
    with gateway(served, database) as base_url:
        first, seconds, _ = served.counted(lambda: question.ask(base_url))
        again = [served.counted(lambda: question.ask(base_url)) for _ in range(AGAIN)]
    return Answered(
        question.name,
        first,
        seconds,
        calls_again=sum(calls.total() for calls, _, _ in again),
        seconds_again=statistics.median(seconds for _, seconds, _ in again),
    )


def main() -> None:
    """Count, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="leave out the largest workspaces")
    sizes = SIZES[:1] if parser.parse_args().small else SIZES
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        readings = [
            read_everything(size, shape, folder)
            for size in sizes
            for shape in (Shape.SPARSE, Shape.DENSE)
        ]
        size, shape = SIZES[0], Shape.SPARSE
        with bitbucket(size, shape) as served:
            answers = [
                answered(question, served, folder / f"question-{number}.sqlite3")
                for number, question in enumerate(questions(size.world(shape)))
            ]
    asked_of = (
        f"{size.users:,} users, {size.groups} groups, {size.projects} projects and "
        f"{size.repositories:,} repositories, {shape}, {WORKERS} workers"
    )
    text = report(readings, answers, asked_of=asked_of)
    RESULTS.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
