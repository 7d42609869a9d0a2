"""What is known when a plan is made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gateway.planner.inference import Choice
from gateway.planner.needs import Need


@dataclass(frozen=True, slots=True)
class Known:
    """
    What is known of a need.

    Attributes:
        read_at: When the oldest fact in it was read; None if it was never read, or not wholly.
        asked: How many items it takes to read it anew, addresses or places; None where that is
            not known, or the source tells.
        choice: How direct grants on repositories are read.
        instead: What is read in its place: of what is in no list, the list.
        must_be_told: Whether it was inferred, and has to be read as it is told.
        inferred: Of how many places it holds what was inferred.
        paused_until: When it may be tried again after a failure.
        failure: Why it failed.
        is_passing: Whether that may pass by itself.
    """

    read_at: datetime | None = None
    asked: int | None = None
    choice: Choice | None = None
    instead: Need | None = None
    must_be_told: bool = False
    inferred: int = 0
    paused_until: datetime | None = None
    failure: str = ""
    is_passing: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much there was of everything when it was read last; None if it never was."""

    members: int | None = None
    projects: int | None = None
    repositories: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """
    What is known.

    Attributes:
        now: The time.
        needs: What is known of each need.
        sizes: How much there is of everything.
        left: The calls that may still be made in this hour, by budget; what is not among them is
            not counted.
    """

    now: datetime
    needs: Mapping[Need, Known]
    sizes: Sizes = field(default_factory=Sizes)
    left: Mapping[str, int] = field(default_factory=dict)

    def of(self, need: Need) -> Known:
        """Return what is known of *need*."""
        return self.needs.get(need, Known())
