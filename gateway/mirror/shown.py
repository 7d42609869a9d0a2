"""The columns of a resource that an answer shows, and the document they make."""

from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    LargeBinary,
    bindparam,
    func,
    literal,
    select,
)

from gateway.mirror.catalogue import HOMES
from gateway.mirror.parts import Parts
from gateway.scim.handler import Document
from gateway.scim.path import AttributePath, resolve
from gateway.scim.projection import Projection
from gateway.scim.reference import absolute
from gateway.scim.schema import ResourceType

#: How many projections are kept.
_MOST_KEPT = 256


class Shown:
    """
    What is read of resources for one projection, and no more than that.

    To put a statement together takes longer than to answer it, so that is done once; each selects
    what is there of the integration ``mine``, in rows that make documents.

    Attributes:
        with_id: Selects the resource with the id ``wanted``.
        with_keys: Selects those among ``keys``.
        between: Selects those from the key ``first`` to ``last``, in order.
    """

    def __init__(self, projection: Projection) -> None:
        resource_type = projection.resource_type
        self._parts = _parts_of(resource_type)
        table = HOMES[resource_type.name].resources
        shown = select(*_columns(projection, self._parts)).where(
            table.c.integration == bindparam("mine"), table.c.gone_at.is_(None)
        )
        self.with_id = shown.where(table.c.id == bindparam("wanted"))
        self.between = shown.where(
            table.c.key.between(bindparam("first"), bindparam("last"))
        ).order_by(table.c.key)
        # Whether they are there was looked at when the keys were found; some are gone.
        self.with_keys = select(*_columns(projection, self._parts)).where(
            table.c.key.in_(bindparam("keys", expanding=True))
        )

    def document(self, row: Any, base_url: str) -> Document:
        """Return the document that a row makes, its references absolute."""
        _, version, document, lean_length, rest = row
        shown = document if lean_length is None else document + b"}"
        return Document(version, absolute(self._parts.join(shown, rest), base_url=base_url))


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
    return table.c.key, table.c.version, *labelled


def _is_shown(path: str, projection: Projection) -> bool:
    target = resolve(AttributePath.parse(path), projection.resource_type)
    return target is None or projection.shows(target)
