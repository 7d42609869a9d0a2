"""
How long a mirror takes to be written, in a process of its own so that its memory can be told.

Takes the size of a workspace as options and the gateway's settings from the environment, and prints
a line of JSON. What would be read of the workspace is there before the time begins to run.
"""

import argparse
import gc
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from benchmarks.growth_facts import Read
from benchmarks.processes import forget_peak, peak_kib, resident_kib
from benchmarks.workload import Size
from gateway.assembly import Gateway, assemble
from gateway.directory.landing import Landing
from gateway.logs import configure_logs
from gateway.sandbox import World
from gateway.settings import load_settings

#: One of so many users, groups and repositories changes between two refreshes.
_ONE_OF = 100


@dataclass(frozen=True, slots=True)
class Written:
    """
    How long writing took, in seconds, and the memory that it took at most, in KiB.

    Attributes:
        lists: Landing and rendering all lists of an empty mirror.
        places: Landing what is granted place by place.
        addresses: Landing the e-mail addresses.
        refresh: Landing all lists and places anew, of which 1 % have changed.
        full_kib: The memory above what the process takes with all that was read, at first.
        refresh_kib: The same when it was refreshed.
    """

    lists: float
    places: float
    addresses: float
    refresh: float
    full_kib: int
    refresh_kib: int

    @property
    def full(self) -> float:
        """How long it took to fill an empty mirror."""
        return self.lists + self.places + self.addresses


def write(gateway: Gateway, world: World) -> Written:
    """Fill an empty mirror with *world*, change 1 % of that, and write it again."""
    landing = Landing(gateway.mirror, gateway.refresher.renderer, _now)
    read = Read.of(world, _now())
    before = _at_rest()
    lists = _seconds(lambda: read.land_lists(landing))
    places = _seconds(lambda: read.land_places(landing))
    addresses = _seconds(lambda: read.land_addresses(landing))
    full_kib = _above(before)
    change(world)
    read = Read.of(world, _now())
    before = _at_rest()
    refresh = _seconds(lambda: read.land_lists(landing))
    refresh += _seconds(lambda: read.land_places(landing))
    return Written(lists, places, addresses, refresh, full_kib, _above(before))


def change(world: World) -> None:
    """Rename 1 % of the people, and change 1 % of the groups and of the grants on repositories."""
    people = [world.accounts[uuid] for uuid in world.memberships]
    for person in people[::_ONE_OF]:
        world.change_account(person, display_name=f"{person.display_name} II")
    for group in list(world.groups.values())[1::_ONE_OF]:
        members = world.group_members(group)
        there = {member.uuid for member in members}
        world.leave(group, members[0])
        world.join(group, next(person for person in people if person.uuid not in there))
    for number, repository in enumerate(list(world.repositories.values())[::_ONE_OF]):
        world.grant(people[number % len(people)], repository, "write")


def _at_rest() -> int:
    """Return the memory that this process takes, and let its peak be that."""
    gc.collect()
    forget_peak(os.getpid())
    return resident_kib([os.getpid()])


def _above(before: int) -> int:
    return peak_kib([os.getpid()]) - before


def _seconds(act: Callable[[], None]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def _now() -> datetime:
    return datetime.now(UTC)


def main() -> None:
    """Write, and tell what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, required=True)
    size = Size.of(parser.parse_args().users)
    settings = load_settings(os.environ, serving=False)
    configure_logs(settings.gateway_log_format, level=settings.gateway_log_level)
    gateway = assemble(settings)
    try:
        print(json.dumps(asdict(write(gateway, size.world()))))
    finally:
        gateway.close()


if __name__ == "__main__":
    main()
