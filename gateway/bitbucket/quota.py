"""
Quotas: how many calls of a rolling hour are left, and for whom.

Bitbucket counts each credential's calls in a rolling hour, apart for each group of resources.
Here they are counted by the minute, and for a little longer than Bitbucket does, so that nothing
it still counts is ever forgotten.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from gateway.bitbucket.credentials import Kind

#: What Bitbucket grants where it has not said anything else.
DEFAULT_HOURLY_LIMIT: Final = 1000

_HOUR: Final = timedelta(hours=1)
_MINUTE: Final = timedelta(minutes=1)
#: How long a call may be under way before Bitbucket counts it, and how far clocks may be apart.
_GRACE: Final = timedelta(minutes=1)
#: How long the calls of a minute count, from its beginning.
COUNTED_FOR: Final = _HOUR + _MINUTE + _GRACE

#: Of what is left, a reservation gets one part in so many: others need calls too.
_PARTS: Final = 4


class ResourceGroup(StrEnum):
    """The resources that share a counter."""

    V1 = "1.0"
    V2 = "2.0"
    #: Its limit grows with the seats of the workspace.
    REPOSITORIES = "repositories"


class Urgency(StrEnum):
    """Whether somebody waits for a call."""

    INTERACTIVE = "interactive"
    BACKGROUND = "background"


@dataclass(frozen=True, slots=True)
class Quota:
    """The calls of one group of resources that one credential may make in an hour."""

    credential: Kind
    group: ResourceGroup


@dataclass(frozen=True, slots=True)
class Reservation:
    """
    Calls that are counted already, to be made in the minute they were reserved in.

    Attributes:
        quota: What they were taken from.
        minute: The minute, by its beginning.
        calls: How many have not been made.
    """

    quota: Quota
    minute: datetime
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """
    What an answer said of a quota; None where it said nothing.

    Attributes:
        hourly_limit: The limit.
        is_near_limit: Whether less than a fifth is left, by Bitbucket's own count.
        blocked_until: When Bitbucket wants to be asked again.
    """

    hourly_limit: int | None = None
    is_near_limit: bool | None = None
    blocked_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """
    What is known of a quota.

    Attributes:
        spent: The calls that were made or reserved, by the beginning of their minute.
        hourly_limit: How many Bitbucket allows.
        is_near_limit: Whether Bitbucket said that less than a fifth is left.
        blocked_until: Before then Bitbucket refuses every call.
    """

    spent: Mapping[datetime, int] = field(default_factory=dict)
    hourly_limit: int = DEFAULT_HOURLY_LIMIT
    is_near_limit: bool = False
    blocked_until: datetime | None = None

    def ceiling(self, urgency: Urgency) -> int:
        """
        Return the calls of an hour beyond which there are none for *urgency*.

        In the background it is three quarters of the limit, or half of it while Bitbucket says
        that it is near, so that whoever waits still finds some.
        """
        if urgency is Urgency.INTERACTIVE:
            return self.hourly_limit
        percent = 50 if self.is_near_limit else 75
        return max(1, self.hourly_limit * percent // 100)

    def is_blocked(self, now: datetime) -> bool:
        """Tell whether Bitbucket refuses every call."""
        return self.blocked_until is not None and now < self.blocked_until

    def left(self, urgency: Urgency, *, now: datetime) -> int:
        """Return the calls that are possible at once."""
        if self.is_blocked(now):
            return 0
        return max(0, self.ceiling(urgency) - self._counted(now))

    def portion(self, urgency: Urgency, *, wanted: int, now: datetime) -> int:
        """Return how many of *wanted* calls to reserve: few when little is left, for all to go."""
        left = self.left(urgency, now=now)
        return min(wanted, left, max(1, left // _PARTS))

    def free_at(self, urgency: Urgency, *, calls: int, now: datetime) -> datetime:
        """
        Return when the last of *calls* can be made, if nothing else is called until then.

        More than an hour allows take as many hours as it needs.
        """
        ceiling = self.ceiling(urgency)
        hours_more, rest = divmod(max(1, calls) - 1, ceiling)
        room = ceiling - (rest + 1)
        counted, moment = self._counted(now), now
        for minute in sorted(self.spent):
            if counted <= room:
                break
            if _counts(minute, now):
                counted -= self.spent[minute]
                moment = minute + COUNTED_FOR
        return max(moment, self.blocked_until or moment) + hours_more * COUNTED_FOR

    def after(self, heard: Heard) -> "Standing":
        """Return the same once *heard* is known; a block never ends sooner than it did before."""
        blocks = [block for block in (self.blocked_until, heard.blocked_until) if block]
        limit, near = heard.hourly_limit, heard.is_near_limit
        return replace(
            self,
            hourly_limit=self.hourly_limit if limit is None else limit,
            is_near_limit=self.is_near_limit if near is None else near,
            blocked_until=max(blocks, default=None),
        )

    def _counted(self, now: datetime) -> int:
        return sum(calls for minute, calls in self.spent.items() if _counts(minute, now))


@dataclass(frozen=True, slots=True)
class Allotment:
    """
    What came of asking for calls.

    Attributes:
        reservation: The calls; none of them if nothing is left.
        standing: The quota, with them counted.
        at: When that was.
    """

    reservation: Reservation
    standing: Standing
    at: datetime


class Ledger(Protocol):
    """The calls that every process of a fleet made or reserved."""

    def reserve(
        self, quota: Quota, urgency: Urgency, *, wanted: int, unspent: Iterable[Reservation] = ()
    ) -> Allotment:
        """Give *unspent* back, then count up to *wanted* calls as made now, as one change."""
        ...

    def give_back(self, unspent: Iterable[Reservation]) -> None:
        """Count calls no longer that were reserved, and never made."""
        ...

    def hear(self, quota: Quota, heard: Heard, *, unspent: Iterable[Reservation] = ()) -> None:
        """
        Remember what Bitbucket said of *quota*, and give *unspent* back, as one change.

        A block never ends sooner than it was said before.
        """
        ...

    def standings(self, quotas: Iterable[Quota]) -> Mapping[Quota, Standing]:
        """Return what is known of each of *quotas*, as of one moment."""
        ...


def minute_of(moment: datetime) -> datetime:
    """Return the beginning of the minute that *moment* is in."""
    return moment.replace(second=0, microsecond=0)


def _counts(minute: datetime, now: datetime) -> bool:
    return now < minute + COUNTED_FOR
