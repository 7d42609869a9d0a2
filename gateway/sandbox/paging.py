"""Lists in pages."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar
from urllib.parse import urlencode

from gateway.sandbox.errors import bad_request
from gateway.sandbox.partial import Json, JsonObject, Partial

DEFAULT_PAGELEN = 10
MAX_PAGELEN = 100
MAX_DIGITS = 12

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Window(Protocol[T_co]):
    """A sequence of which only the part that is shown need exist."""

    def window(self, offset: int, limit: int) -> Sequence[T_co]:
        """At most *limit* things, from *offset* (0-based) on."""
        ...

    def size(self) -> int | None:
        """How many there are; None when nobody has counted."""
        ...


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """A window on a list that exists."""

    things: Sequence[T]

    def window(self, offset: int, limit: int) -> Sequence[T]:
        """A slice."""
        return self.things[offset : offset + limit]

    def size(self) -> int:
        """Its length."""
        return len(self.things)


@dataclass(frozen=True, slots=True)
class PageRequest:
    """
    The page asked for.

    Attributes:
        url: The resource's, without its query.
        arguments: The query, kept in ``next`` and ``previous``.
        opaque: Whether pages have cursors instead of numbers.
        details: Whether ``size``, ``page`` and ``previous`` are given.
        most: How many things a page holds at most, whatever is asked for.
    """

    url: str
    arguments: Mapping[str, str]
    opaque: bool
    details: bool
    most: int = MAX_PAGELEN

    def pagelen(self) -> int:
        """How many things a page holds; 400 outside 1 to 100."""
        text = self.arguments.get("pagelen", str(DEFAULT_PAGELEN))
        number = _number(text)
        if not 1 <= number <= MAX_PAGELEN:
            raise bad_request("Invalid pagelen", f"pagelen is a number up to {MAX_PAGELEN}.")
        return min(number, self.most)

    def offset(self) -> int:
        """How many things stand before the page; 400 for a page nobody handed out."""
        page = self.arguments.get("page")
        if page is None:
            return 0
        if self.opaque:
            return _offset_of(page)
        number = _number(page)
        if number < 1:
            raise bad_request("Invalid page")
        return (number - 1) * self.pagelen()

    def link(self, offset: int) -> str:
        """The URL of the page that begins at *offset*."""
        page = _cursor_of(offset) if self.opaque else str(offset // self.pagelen() + 1)
        query = urlencode({**self.arguments, "page": page})
        return f"{self.url}?{query}"


def page_of(
    window: Window[T],
    asked: PageRequest,
    render: Callable[[T], JsonObject],
    partial: Partial,
) -> JsonObject:
    """
    One page of *window*.

    A page after the end is empty. The last page has no ``next``.
    """
    pagelen, offset = asked.pagelen(), asked.offset()
    # One more than the page holds, because there is a next page only if something is on it.
    things = window.window(offset, pagelen + 1)
    values: list[Json] = [render(thing) for thing in things[:pagelen]]
    page: JsonObject = {"values": values, "pagelen": pagelen}
    if asked.details and not asked.opaque:
        page["page"] = offset // pagelen + 1
        size = window.size()
        if size is not None:
            page["size"] = size
        if offset:
            page["previous"] = asked.link(offset - pagelen)
    if len(things) > pagelen:
        page["next"] = asked.link(offset + pagelen)
    return partial.apply(page)


def _cursor_of(offset: int) -> str:
    return base64.urlsafe_b64encode(f"after:{offset}".encode()).decode().rstrip("=")


def _offset_of(cursor: str) -> int:
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        word, _, number = base64.urlsafe_b64decode(padded.encode()).decode().partition(":")
    except (binascii.Error, UnicodeError):
        raise bad_request("Invalid page") from None
    offset = _number(number)
    if word != "after" or offset < 0:
        raise bad_request("Invalid page")
    return offset


def _number(text: str) -> int:
    """A number of few plain digits; -1 for every other text."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else -1
