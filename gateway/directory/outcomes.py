"""What became of reading something from Bitbucket."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from gateway.bitbucket.calls import CallCounter
from gateway.bitbucket.errors import BitbucketError
from gateway.bitbucket.workspace import BitbucketWorkspace

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Reading(Generic[T_co]):
    """
    A list that was read to its end.

    Attributes:
        values: What Bitbucket told.
        read_at: When the reading began: no fact in it is younger.
        calls: The calls it took.
    """

    values: Collection[T_co]
    read_at: datetime
    calls: int


@dataclass(frozen=True, slots=True)
class Unread:
    """A list that could not be read to its end, and why."""

    error: BitbucketError


def read_whole(
    workspace: BitbucketWorkspace | Unread,
    listing: Callable[[BitbucketWorkspace], Collection[T]],
    *,
    now: Callable[[], datetime],
) -> Reading[T] | Unread:
    """Return what *listing* finds in *workspace*, or why it could not be read to its end."""
    if isinstance(workspace, Unread):
        return workspace
    counter = CallCounter()
    read_at = now()
    try:
        values = listing(workspace.counting(counter))
    except BitbucketError as error:
        return Unread(error)
    return Reading(values, read_at, counter.count)
