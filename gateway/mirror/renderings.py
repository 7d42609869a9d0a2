"""How all resources of one integration were rendered last."""

from sqlalchemy import Connection, bindparam, delete, insert, select

from gateway.mirror.tables import RENDERINGS

_MINE = RENDERINGS.c.integration == bindparam("mine")
_WAY = select(RENDERINGS.c.way).where(_MINE)
_FORGET = delete(RENDERINGS).where(_MINE)


class RenderingRecord:
    """
    The record of one integration, in a transaction that writes.

    As long as everything was rendered in the same way, only what was touched since has to be
    rendered again.
    """

    def __init__(self, connection: Connection, integration: str) -> None:
        self._connection = connection
        self._integration = integration

    def way(self) -> str | None:
        """Return how everything was rendered; None where something may not be as it should."""
        way: str | None = self._connection.scalar(_WAY, {"mine": self._integration})
        return way

    def note(self, way: str) -> None:
        """Note that everything was rendered just now, and how."""
        self.forget()
        row = {"integration": self._integration, "way": way}
        self._connection.execute(insert(RENDERINGS).values(row))

    def forget(self) -> None:
        """Let everything be rendered with the next lists."""
        if self.way() is not None:
            self._connection.execute(_FORGET, {"mine": self._integration})
