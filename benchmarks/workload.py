"""What the servers are filled with: a simulated workspace, and what the gateway makes of it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from gateway.sandbox import World, generate

#: As many as a page of the gateway's holds.
_PAGE = 100


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is of what in a workspace; each group has *group_size* members."""

    users: int
    groups: int
    repositories: int
    group_size: int = 40

    def __str__(self) -> str:
        return (
            f"{self.users:,} users, {self.groups:,} groups of {self.group_size} members, "
            f"{self.repositories:,} repositories"
        )

    @property
    def options(self) -> list[str]:
        """What makes ``sandbox`` serve it."""
        return [
            f"--users={self.users}",
            f"--groups={self.groups}",
            f"--repos={self.repositories}",
            f"--group-size={self.group_size}",
        ]

    def world(self) -> World:
        """Return the workspace itself, as the simulated Bitbucket serves it."""
        return generate(
            users=self.users,
            groups=self.groups,
            repositories=self.repositories,
            group_size=self.group_size,
        )

    @classmethod
    def of(cls, users: int) -> "Size":
        """Return a workspace of so many users, with all else in proportion."""
        return cls(users, max(1, users // 20), max(1, users // 5), min(40, users))


@dataclass(frozen=True, slots=True)
class Population:
    """All users and groups, as the gateway answers with them."""

    users: list[dict[str, Any]]
    groups: list[dict[str, Any]]

    @classmethod
    def read(cls, base_url: str, token: str) -> "Population":
        """Read every page of users and groups."""
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {token}"
            users, groups = (
                list(_every(session, f"{base_url}{path}")) for path in ("/Users", "/Groups")
            )
        return cls(users, groups)

    def save(self, path: Path) -> None:
        """
        Write it for others to load.

        The gateway's own extension is left out: they don't know its schema.
        """
        core = {"users": list(map(_core, self.users)), "groups": list(map(_core, self.groups))}
        path.write_text(json.dumps(core), encoding="utf-8")


def save_addresses(world: World, path: Path) -> None:
    """Write the e-mail addresses of all accounts, one a line."""
    addresses = [account.email for account in world.accounts.values() if account.email]
    path.write_text("\n".join(addresses), encoding="utf-8")


def _every(session: requests.Session, url: str) -> Iterator[dict[str, Any]]:
    found, total = 0, 1
    while found < total:
        parameters = {"startIndex": found + 1, "count": _PAGE}
        answer = session.get(url, params=parameters, timeout=600)
        answer.raise_for_status()
        page = answer.json()
        total = page["totalResults"]
        found += len(page["Resources"])
        yield from page["Resources"]


def _core(resource: dict[str, Any]) -> dict[str, Any]:
    schemas = [urn for urn in resource["schemas"] if ":core:" in urn]
    kept = {name: value for name, value in resource.items() if not name.startswith("urn:")}
    return kept | {"schemas": schemas}
