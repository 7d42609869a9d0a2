"""Asking repositories themselves for the direct grants that were only inferred."""

from collections.abc import Callable

from gateway.directory.synchronization import Synchronization
from gateway.planner.needs import Needs, OnePlace
from gateway.planner.pins import Place

#: As many are asked at a time, so that what grows old meanwhile is not kept waiting.
_AT_A_TIME = 50


def confirm(synchronization: Synchronization, *, until: Callable[[], bool]) -> int:
    """
    Ask the repositories that were inferred, those first on which a grant was; return the calls.

    It ends when none is left, when the background's calls are spent, or when *until* says so.
    """
    refresher = synchronization.refresher
    calls = 0
    while not until():
        with refresher.mirror.reading() as snapshot:
            needs = _inferred(snapshot.facts.inferred_places(_AT_A_TIME))
        if not needs.fresh:
            break
        job = refresher.job(needs, not_before=refresher.now(), in_background=True, insists=True)
        job.run()
        job.wait(0)
        calls += job.counter.count
        if job.failures or job.is_elsewhere:
            break
    return calls


def _inferred(uuids: list[str]) -> Needs:
    return Needs(frozenset(OnePlace("user", Place("repository", uuid)) for uuid in uuids))
