"""
Following ``next``: the only loop over pages.

Nothing is ever silently shortened. A page that fails raises. A list that is numbered says its
``size`` on every page, and entries move to other pages when it changes meanwhile: one may be
skipped. So a list raises :class:`ListChanged` if its size shrank from one page to another, or if
at its end fewer different entries were seen than the last page counts. Entries that come twice
are passed on once. A list without ``size`` pages by a cursor, which Bitbucket keeps in place.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from gateway.bitbucket.answers import Answer
from gateway.bitbucket.client import Client
from gateway.bitbucket.errors import BadAnswer, ListChanged
from gateway.bitbucket.loaders import Loader
from gateway.bitbucket.resources import Resource

T = TypeVar("T")

#: The most entries that Bitbucket puts on a page.
PAGE_LENGTH: Final = 100

_FRAME: Final = ("next", "size")


@dataclass(frozen=True, slots=True)
class _Page:
    """A page: its entries as they came, where the next one is, and the size of the list."""

    values: object
    next_url: str | None
    size: int | None


def iterate(
    client: Client,
    resource: Resource,
    parts: Mapping[str, str],
    *,
    loader: Loader[T],
    query: Mapping[str, str] | None = None,
) -> Iterator[T]:
    """
    Yield the different entries of a list in Bitbucket's order, a page at a time as they are taken.

    Args:
        client: What reads the pages.
        resource: The list.
        parts: What stands for the placeholders of its path.
        loader: Makes a value of an entry; values have to be hashable.
        query: More query parameters.

    Raises:
        ListChanged: The list moved while it was read.
        BadAnswer: A page is no page, or leads to one that was read before.
        BitbucketError: A page could not be read.
    """
    answer = client.call(resource, parts, query=_query(loader.fields, query))
    read = {answer.request.url}
    seen: set[T] = set()
    size: int | None = None
    while True:
        page = _page(answer)
        if size is not None and page.size is not None and page.size < size:
            raise ListChanged(answer.evidence())
        size = page.size
        for value in loader.many(answer, page.values):
            if value not in seen:
                seen.add(value)
                yield value
        if page.next_url is None:
            break
        if page.next_url in read:
            raise BadAnswer(answer.evidence(), "its next page is one that came before")
        read.add(page.next_url)
        answer = client.follow(answer, page.next_url)
    if size is not None and len(seen) < size:
        raise ListChanged(answer.evidence())


def _query(fields: tuple[str, ...], query: Mapping[str, str] | None) -> dict[str, str]:
    # Without ``next`` among the fields, the first page would look like the last.
    wanted = {"fields": ",".join((*_FRAME, *(f"values.{name}" for name in fields)))}
    return {"pagelen": str(PAGE_LENGTH), **(wanted if fields else {}), **(query or {})}


def _page(answer: Answer) -> _Page:
    match answer.json():
        case {"values": values, **frame}:
            next_url, size = frame.get("next"), frame.get("size")
        case _:
            raise BadAnswer(answer.evidence(), "no page of a list")
    if not isinstance(next_url, str | None):
        raise BadAnswer(answer.evidence(), "a next page without an address")
    return _Page(values, next_url, size if isinstance(size, int) else None)
