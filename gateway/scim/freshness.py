"""How old an answer may be, and how old it is (RFC 9111)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshnessWanted:
    """
    What a client wants of an answer's age: the directives of RFC 9111 §5.2.1.

    Attributes:
        max_age_seconds: The greatest age; None where the client leaves it to the service.
        max_stale_seconds: How much older than that it may be; infinite for any age.
        min_fresh_seconds: How long it shall stay young enough.
        no_cache: Whether nothing may be older than the request.
        only_if_cached: Whether nothing is to be read for it.
        at_hand: Whether it is asked for only if nothing has to be read for it to be young enough,
            and nothing written; no directive, but what who can't wait says.
    """

    max_age_seconds: int | None = None
    max_stale_seconds: float = 0
    min_fresh_seconds: int = 0
    no_cache: bool = False
    only_if_cached: bool = False
    at_hand: bool = False

    def greatest_age_seconds(self, lifetime_seconds: float) -> float:
        """Return the age that the client accepts, where the service has a *lifetime_seconds*."""
        if self.no_cache:
            return 0
        wanted = math.inf if self.max_age_seconds is None else self.max_age_seconds
        if self.only_if_cached:
            # Who wants what is stored, and nothing read, takes it as old as it is.
            lifetime_seconds = math.inf
        accepted = min(lifetime_seconds, wanted) + self.max_stale_seconds - self.min_fresh_seconds
        return max(0, accepted)


#: Nothing in particular.
AS_IT_COMES = FreshnessWanted()
#: The same, without a wait.
AT_HAND = FreshnessWanted(at_hand=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """
    How an answer was come by.

    Attributes:
        age_seconds: The age of the oldest fact in it (RFC 9111 §5.1).
        calls: The Bitbucket calls it took.
        ttl_seconds: How long it stays young enough; below 0 if it is older than it should be.
        forwarded: Why Bitbucket was asked, in a word of RFC 9211 §2.2; empty if it was not.
        detail: Why it is older than it should be, in a sentence; empty if it is not.
        incomplete: The attributes of which not everything is known.
    """

    age_seconds: int
    calls: int
    ttl_seconds: int = 0
    forwarded: str = ""
    detail: str = ""
    incomplete: tuple[str, ...] = ()


def together(provenances: Sequence[Provenance]) -> Provenance:
    """Return how an answer was come by that is told of several, or of none."""
    return Provenance(
        age_seconds=max((each.age_seconds for each in provenances), default=0),
        calls=sum(each.calls for each in provenances),
        ttl_seconds=min((each.ttl_seconds for each in provenances), default=0),
        forwarded=next((each.forwarded for each in provenances if each.forwarded), ""),
        detail=next((each.detail for each in provenances if each.detail), ""),
        incomplete=tuple(sorted({name for each in provenances for name in each.incomplete})),
    )
