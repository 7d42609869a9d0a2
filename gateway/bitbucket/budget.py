"""
The budget of calls, as one process has it: which calls may go out, and what answers say of it.

Every call is counted in a ledger that all processes share. A process reserves some calls at a
time, the more the more it makes, and makes them within the minute or gives them back: so most
calls go out without a look at the ledger, and a process that is killed costs a few at most.
"""

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Final

from gateway.bitbucket.answers import Answer, Request
from gateway.bitbucket.credentials import ABLE, Ability, Kind
from gateway.bitbucket.errors import RateLimited
from gateway.bitbucket.quota import Allotment, Ledger, Quota, ResourceGroup, Urgency, minute_of
from gateway.bitbucket.rate_limits import RateLimits
from gateway.bitbucket.reservations import Reservations

#: How long a ledger that had no call left is believed to have none, unless one is sure to be free.
_BELIEVED_FOR: Final = timedelta(seconds=5)

_ABILITIES: Final[Mapping[ResourceGroup, Ability]] = {
    ResourceGroup.V1: Ability.READ_V1,
    ResourceGroup.V2: Ability.READ_V2,
    ResourceGroup.REPOSITORIES: Ability.READ_V2,
}
_WHOSE: Final[Mapping[Urgency, str]] = {
    Urgency.INTERACTIVE: "all",
    Urgency.BACKGROUND: "the background's",
}


class Budget:
    """
    What the calls of this process go through; it may be shared by any number of threads.

    Calls without a credential, or of a resource that is in no group, are not counted.

    Args:
        ledger: What all processes share.
        credentials: The kinds of the configured credentials.
        now: The time, with its zone.
    """

    def __init__(
        self, ledger: Ledger, credentials: Collection[Kind], *, now: Callable[[], datetime]
    ) -> None:
        self._ledger = ledger
        self._credentials = frozenset(credentials)
        self._now = now
        self._lock = Lock()
        self._reservations = Reservations()
        self._limits = RateLimits()
        #: The last time that each asked in vain.
        self._denials: dict[tuple[Quota, Urgency], Allotment] = {}

    def admit(self, request: Request) -> None:
        """
        Count *request*, which is about to be sent.

        Raises:
            RateLimited: It must not be sent now; ``retry_after_seconds`` says when it may be.
        """
        quota, urgency = _quota(request), request.urgency
        if quota is None:
            return
        with self._lock:
            now = self._now()
            if self._reservations.take(quota, urgency, minute=minute_of(now)):
                return
            denial = self._denial(quota, urgency, now) or self._reserve(quota, urgency, now)
        if denial is not None:
            raise _refusal(request, denial, now)

    def heard(self, answer: Answer) -> None:
        """Learn from *answer* what Bitbucket says of the quota it was counted in."""
        quota = _quota(answer.request)
        if quota is None:
            return
        with self._lock:
            news = self._limits.news(quota, answer, now=self._now())
            if news is not None:
                self._denials.clear()
                # What was reserved by the old limit, or to be sent against a wall, is given back.
                unspent = self._reservations.drop(lambda each: each.quota == quota)
                self._ledger.hear(quota, news, unspent=unspent)

    def give_back(self) -> None:
        """Give back what is reserved and was not used: when there is nothing more to call."""
        with self._lock:
            unspent = self._reservations.drop(lambda _: True)
            if unspent:
                self._ledger.give_back(unspent)

    def left(self, urgency: Urgency) -> Mapping[str, int]:
        """
        Return how many calls of each :class:`ResourceGroup` are possible at once, by its name.

        It is what the credential with most calls left has; none where no credential is able.
        """
        now = self._now()
        standings = self._ledger.standings(
            [quota for group in ResourceGroup for quota in self._quotas(group)]
        )
        return {
            group: max(
                (standings[quota].left(urgency, now=now) for quota in self._quotas(group)),
                default=0,
            )
            for group in ResourceGroup
        }

    def free_at(self, group: str, *, calls: int, urgency: Urgency) -> datetime | None:
        """
        Return when the last of *calls* can be made with one credential, if nothing else is called.

        It is None if no credential is able.

        Raises:
            ValueError: There is no such group.
        """
        now = self._now()
        standings = self._ledger.standings(self._quotas(ResourceGroup(group)))
        return min(
            (each.free_at(urgency, calls=calls, now=now) for each in standings.values()),
            default=None,
        )

    def _quotas(self, group: ResourceGroup) -> list[Quota]:
        able = ABLE[_ABILITIES[group]]
        return [Quota(kind, group) for kind in able if kind in self._credentials]

    def _denial(self, quota: Quota, urgency: Urgency, now: datetime) -> Allotment | None:
        """Return the last time there was nothing, if it is known to be so still."""
        denial = self._denials.get((quota, urgency))
        if denial is None:
            return None
        free_at = denial.standing.free_at(urgency, calls=1, now=denial.at)
        return denial if denial.at <= now < min(free_at, denial.at + _BELIEVED_FOR) else None

    def _reserve(self, quota: Quota, urgency: Urgency, now: datetime) -> Allotment | None:
        """Reserve calls and use up the first, or return the grant that holds none."""
        minute = minute_of(now)
        wanted = self._reservations.next_size(quota, urgency, minute=minute)
        unspent = self._reservations.drop(lambda each: each.minute != minute)
        grant = self._ledger.reserve(quota, urgency, wanted=wanted, unspent=unspent)
        self._limits.know(quota, grant.standing)
        if not grant.reservation.calls:
            self._denials[quota, urgency] = grant
            return grant
        self._reservations.add(grant.reservation, urgency)
        self._reservations.take(quota, urgency, minute=grant.reservation.minute)
        return None


def _quota(request: Request) -> Quota | None:
    if request.credential is None or request.group is None:
        return None
    return Quota(request.credential.kind, request.group)


def _refusal(request: Request, denial: Allotment, now: datetime) -> RateLimited:
    standing, urgency = denial.standing, request.urgency
    free_at = standing.free_at(urgency, calls=1, now=denial.at)
    evidence = replace(
        request.evidence(),
        retry_after_seconds=max(1, math.ceil((free_at - now).total_seconds())),
    )
    reason = f"{_WHOSE[urgency]} {standing.ceiling(urgency)} calls of an hour are spent"
    if standing.is_blocked(denial.at):
        reason = "Bitbucket refuses every call"
    return RateLimited(
        evidence,
        f"{request.method} {request.path} with the {evidence.credential} was not sent: "
        f"{reason} until {free_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC.",
    )
