"""Whether the resources that are kept are what the facts are."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, select
from sqlalchemy import text as statement

from gateway.directory.rendering import Renderer
from gateway.mirror.catalogue import HOMES, Home
from gateway.mirror.mirror import Mirror, Writing
from gateway.scim.reference import from_stored

#: What is another for each writing, and each database.
_VARYING = frozenset({"key", "created", "last_modified", "lean_length", "integration"})
_LATER = datetime(2100, 1, 1, tzinfo=UTC)

Kept = dict[str, dict[str, Any]]


class _UndoneError(Exception):
    pass


def assert_rendered(mirror: Mirror, renderer: Renderer, *, may_be_unknown: bool = False) -> None:
    """
    Assert that what is kept is what comes of rendering all facts into an empty mirror.

    Args:
        mirror: The mirror, which is left as it is.
        renderer: Renders.
        may_be_unknown: Whether it may be known that something is still to be rendered.
    """
    with suppress(_UndoneError), mirror.writing() as tx:
        if tx.rendering.way() is None:
            assert may_be_unknown
            raise _UndoneError
        before = _kept(tx)
        _empty(tx)
        renderer.render_all(tx, now=_LATER)
        assert before == _kept(tx)
        raise _UndoneError


def _kept(tx: Writing) -> dict[str, Kept]:
    return {name: _of_type(tx._connection, home) for name, home in HOMES.items()}  # noqa: SLF001


def _of_type(connection: Connection, home: Home) -> Kept:
    rows = list(
        connection.execute(
            select(home.resources).where(home.resources.c.gone_at.is_(None))
        ).mappings()
    )
    ids = {row["key"]: row["id"] for row in rows}
    kept = {
        row["id"]: {name: value for name, value in row.items() if name not in _VARYING}
        for row in rows
    }
    for found in kept.values():
        document = orjson.loads(from_stored(found["document"]))
        for name in ("created", "lastModified"):
            del document["meta"][name]
        found["document"] = document
        found["values"] = {}
    for row in connection.execute(select(home.values)):
        if row.key in ids:
            kept[ids[row.key]]["values"][row.attribute, row.position] = tuple(row)[3:]
    for key, text in connection.execute(statement(f"SELECT rowid, text FROM {home.texts}")):  # noqa: S608
        if key in ids:
            kept[ids[key]]["text"] = text
    return kept


def _empty(tx: Writing) -> None:
    for home in HOMES.values():
        for name in (home.values.name, home.texts, home.resources.name):
            tx._connection.execute(statement(f"DELETE FROM {name}"))  # noqa: S608, SLF001
