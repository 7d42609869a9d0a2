"""Pages by index (RFC 7644 §3.4.2.4) and by cursor (RFC 9865)."""

from dataclasses import dataclass
from typing import TypeAlias

from gateway.scim.errors import InvalidCount

#: The most resources in a page; as many for a client that names no number, as there are clients
#: that never ask for a second page.
MAX_COUNT = 1000


@dataclass(frozen=True, slots=True)
class IndexPage:
    """
    A part of a list.

    Attributes:
        start_index: The 1-based index of the first resource.
        count: The largest number of resources; 0 asks for the total alone.
    """

    start_index: int = 1
    count: int = MAX_COUNT

    @classmethod
    def of(cls, start_index: int | None, count: int | None) -> "IndexPage":
        """Return the page a client asked for: what is below the range is raised, above capped."""
        return cls(
            start_index=max(1, 1 if start_index is None else start_index),
            count=min(MAX_COUNT, max(0, MAX_COUNT if count is None else count)),
        )


@dataclass(frozen=True, slots=True)
class CursorPage:
    """
    A part of a list, on a walk from its beginning to its end.

    Attributes:
        cursor: Where the page begins; empty for the first.
        bound_to: Who asks, and what: the same on every page of a walk.
        count: The largest number of resources; 0 asks for the total alone.
    """

    cursor: str
    bound_to: bytes
    count: int = MAX_COUNT

    @classmethod
    def of(cls, cursor: str, count: int | None, *, bound_to: bytes) -> "CursorPage":
        """
        Return the page a client asked for; a count that is below the range is raised.

        Raises:
            InvalidCount: It is above the range.
        """
        if count is not None and count > MAX_COUNT:
            raise InvalidCount(f"A page holds at most {MAX_COUNT} resources; ask for fewer.")
        return cls(cursor, bound_to, MAX_COUNT if count is None else max(0, count))


Page: TypeAlias = IndexPage | CursorPage
