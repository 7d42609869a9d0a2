"""The columns of a resource that an answer shows, and the document they make."""

from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    LargeBinary,
    Select,
    bindparam,
    case,
    func,
    literal,
    select,
)

from gateway.mirror.catalogue import HOMES
from gateway.mirror.joined import Joined, JoinedText
from gateway.mirror.parts import Parts
from gateway.mirror.prepared import Prepared
from gateway.scim.handler import Document
from gateway.scim.path import AttributePath, resolve
from gateway.scim.projection import Projection
from gateway.scim.reference import served
from gateway.scim.schema import ResourceType

#: How many projections are kept.
_MOST_KEPT = 256


class Shown:
    """
    What is read of resources for one projection, and no more than that.

    To put a statement together takes longer than to answer it, so that is done once; each selects
    what is there of the integration ``mine``.

    Attributes:
        is_ready: Whether what is read is what is shown, to the byte.
        with_id: Selects the resource with the id ``wanted``.
        with_keys: Selects those among ``keys``.
        between: Selects those from the key ``first`` to ``last``, in order.
        joined_between: The same, with all of them in one row, as :meth:`joined` has it.
        joined_with_keys: Selects those among ``keys``, likewise.
    """

    def __init__(self, projection: Projection) -> None:
        resource_type = projection.resource_type
        home = HOMES[resource_type.name]
        table = home.resources
        self._resource_type = resource_type
        self._parts = _parts_of(resource_type)
        self.is_ready = projection in (
            Projection(resource_type),
            Projection(resource_type, excluded=frozenset({home.long_list or ""})),
        )
        self._shown = shown = select(*_columns(projection, self._parts))
        present = shown.where(table.c.integration == bindparam("mine"), table.c.gone_at.is_(None))
        self.with_id = Prepared(present.where(table.c.id == bindparam("wanted")))
        span = table.c.key.between(bindparam("first"), bindparam("last"))
        self.between = present.where(span).order_by(table.c.key)
        self.joined_between = Prepared(_joined(self.between))
        # Whether they are there was looked at when the keys were found; some are gone.
        self.with_keys = shown.where(table.c.key.in_(bindparam("keys", expanding=True)))
        self.joined_with_keys = self.joined(bindparam("keys", expanding=True))

    def joined(self, keys: Any) -> Select[int, bytes, str, str]:
        """
        Return what selects the resources whose keys are among *keys*, all of them in one row.

        It has their number, their documents with commas between them, and two texts of which one
        is another whenever a document is: their versions, and when the last was modified.
        """
        column = HOMES[self._resource_type.name].resources.c.key
        return _joined(self._shown.where(column.in_(keys)).order_by(column))

    def document(self, row: Any, base_url: str) -> Document:
        """Return the document that a row makes, its references absolute."""
        _, version, _, _, _, rest = row
        json = served(self.stored(row), base_url=base_url)
        if rest is not None:
            json = self._parts.join(json, served(rest, base_url=base_url))
        return Document(version, json)

    @staticmethod
    def stored(row: Any) -> bytes:
        """Return the part of the document that is ready, as it is stored."""
        _, _, _, document, lean_length, _ = row
        shown: bytes = document if lean_length is None else document + b"}"
        return shown


def _joined(query: Select[Any]) -> Select[int, bytes, str, str]:
    page = query.subquery()
    whole = case(
        (page.c.lean_length.is_(None), page.c.document),
        else_=page.c.document.concat(literal(b"}", LargeBinary())),
    )
    return select(
        func.count(),
        Joined(whole, page.c.key),
        JoinedText(page.c.version, page.c.key),
        func.max(page.c.last_modified),
    )


@lru_cache(maxsize=_MOST_KEPT)
def shown_by(projection: Projection) -> Shown:
    """Return what is read for *projection*, worked out once."""
    return Shown(projection)


@cache
def _parts_of(resource_type: ResourceType) -> Parts:
    return Parts(resource_type)


def _columns(projection: Projection, parts: Parts) -> tuple[ColumnElement[Any], ...]:
    """
    Return the columns that a document is made of.

    The document, its length if only its part before the long list is read, and what is
    returned on request if any of it is asked for.
    """
    home = HOMES[projection.resource_type.name]
    table = home.resources
    is_all = parts.is_all_shown(projection)
    rest = literal(None, LargeBinary()) if is_all else table.c.on_request
    document: ColumnElement[Any] = table.c.document
    lean_length: ColumnElement[Any] = literal(None, Integer())
    if home.long_list is not None and not _is_shown(home.long_list, projection):
        lean = func.substr(table.c.document, 1, table.c.lean_length, type_=LargeBinary())
        document, lean_length = func.coalesce(lean, table.c.document), table.c.lean_length
    labelled = (document.label("document"), lean_length.label("lean_length"), rest.label("rest"))
    return table.c.key, table.c.version, table.c.last_modified, *labelled


def _is_shown(path: str, projection: Projection) -> bool:
    target = resolve(AttributePath.parse(path), projection.resource_type)
    return target is None or projection.shows(target)
