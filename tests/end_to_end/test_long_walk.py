"""Ten thousand users, page by page, while the workspace changes and the gateway is restarted."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from gateway.sandbox import AccountStatus, Behaviour, World, create_app, generate, serving
from tests.end_to_end.gateways import environment
from tests.end_to_end.processes import Server, serve
from tests.end_to_end.worlds import bare

_USERS = 10_000
_PAGE = 100
#: Between so many pages the workspace changes, and is read anew.
_PAGES_A_STRETCH = 26
_CHANGES_OF_A_KIND = 40
_QUESTION = {"sortBy": "displayName", "attributes": "displayName,active", "count": _PAGE}


@dataclass(frozen=True, slots=True)
class Told:
    """What a client is told of a user."""

    name: str
    active: bool


def test_each_of_ten_thousand_users_is_met_once(tmp_path: Path) -> None:
    """By cursor, over HTTP: who is there throughout exactly once, as they are by then."""
    world = generate(users=_USERS, groups=2, projects=1, repositories=1)
    began = set(truth(world))
    chance = random.Random(9865)
    with serving(create_app(world, behaviour=Behaviour(hourly_limit=None))) as bitbucket:
        settings = environment(world, bitbucket.url, tmp_path) | {
            "GATEWAY_MAX_AGE": "86400",
            "GATEWAY_MAX_WAIT": "100",
            "GATEWAY_HOURLY_LIMIT": "0",
        }
        with serve(settings, workers=2) as gateway:
            walk = Walk(gateway)
            walk.go_on(world)
            change(world, chance)
            read_anew(gateway)
            walk.go_on(world)
        change(world, chance)
        with serve(settings) as restarted:
            read_anew(restarted)
            walk.gateway = restarted
            walk.go_on(world)
            change(world, chance)
            read_anew(restarted)
            walk.go_on(world, to_the_end=True)

    throughout = began & set(truth(world))
    met = Counter(walk.met)
    assert len(throughout) < _USERS - 2 * _CHANGES_OF_A_KIND
    assert set(met.values()) == {1}
    assert throughout <= met.keys() <= began


class Walk:
    """
    A walk through all users.

    Args:
        gateway: What is asked; it may be exchanged for another on the way.
    """

    def __init__(self, gateway: Server) -> None:
        self.gateway = gateway
        self.met: list[str] = []
        self._cursor: str | None = ""

    def go_on(self, world: World, *, to_the_end: bool = False) -> None:
        """Go on for some pages; all that is told of users is as it is in *world*."""
        truth_now = truth(world)
        for number, page in enumerate(self._pages(), 1):
            told = {
                user["id"]: Told(user["displayName"], user["active"]) for user in page["Resources"]
            }
            assert told.items() <= truth_now.items()
            self.met += [user["id"] for user in page["Resources"]]
            assert page["totalResults"] == _USERS
            if number == _PAGES_A_STRETCH and not to_the_end:
                return
        assert to_the_end

    def _pages(self) -> Iterator[dict[str, Any]]:
        while self._cursor is not None:
            query = urlencode(_QUESTION | {"cursor": self._cursor})
            page: dict[str, Any] = self.gateway.json(f"/Users?{query}")
            self._cursor = page.get("nextCursor")
            yield page


def truth(world: World) -> dict[str, Told]:
    """Return what is to be told of each member, by id."""
    return {
        bare(account.uuid): Told(account.display_name, account.status is AccountStatus.ACTIVE)
        for account, _ in world.members()
    }


def change(world: World, chance: random.Random) -> None:
    """Let as many people join, leave, be renamed and be deactivated."""
    active = [
        account
        for account, role in world.members()
        if role != "owner" and account.status is AccountStatus.ACTIVE
    ]
    chosen = chance.sample(active, 3 * _CHANGES_OF_A_KIND)
    for number in range(_CHANGES_OF_A_KIND):
        leaver, renamed, locked = chosen[3 * number : 3 * number + 3]
        world.add_member(f"{'AMZ'[number % 3]} newcomer")
        world.remove_member(leaver)
        # To either end of the order: past those who were met, or before who are to be.
        world.change_account(renamed, display_name=f"{'A0Z'[number % 3]} {renamed.display_name}")
        world.change_account(locked, status=AccountStatus.INACTIVE)


def read_anew(gateway: Server) -> None:
    """Have all members read again, as somebody who trusts no age does."""
    query = urlencode({"count": 1, "attributes": "displayName,active"})
    answer = gateway.get(f"/Users?{query}", **{"Cache-Control": "no-cache"})
    assert answer.status_code == 200, answer.text
    assert int(answer.headers["X-Bitbucket-Calls"]) >= _USERS / _PAGE
    assert "detail" not in answer.headers["Cache-Status"]
