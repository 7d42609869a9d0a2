"""Which process does what only one of a fleet should do at a time."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from gateway.mirror.instants import from_text
from gateway.mirror.tables import LEASES
from gateway.scim.text import instant

#: Longer than any lease lasts.
_LONGEST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Lease:
    """Who does something, and until when nobody else may; a process that died loses it then."""

    holder: str
    expires_at: datetime


class LeaseReader:
    """The leases of one integration, in one transaction."""

    def __init__(self, connection: Connection, integration: str) -> None:
        self._connection = connection
        self._integration = integration

    def held(self, *, now: datetime) -> Mapping[str, Lease]:
        """Return the leases that somebody holds, by name."""
        rows = self._connection.execute(
            select(LEASES).where(LEASES.c.integration == self._integration)
        )
        leases = {row.name: Lease(row.holder, from_text(row.expires_at)) for row in rows}
        # None is taken for so long: it is of before the clock was put back.
        latest = now + _LONGEST
        return {name: lease for name, lease in leases.items() if now < lease.expires_at < latest}


class LeaseRecords(LeaseReader):
    """The same, in a transaction that writes; such transactions exclude one another."""

    def acquire(
        self, names: Collection[str], holder: str, *, now: datetime, lifetime: timedelta
    ) -> frozenset[str]:
        """
        Give *holder* those of *names* that nobody else holds, and return them.

        Who holds a lease already gets it for longer.
        """
        held = self.held(now=now)
        free = {name for name in names if name not in held or held[name].holder == holder}
        self._forget(free)
        if free:
            expires_at = instant(now + lifetime)
            self._connection.execute(
                insert(LEASES),
                [
                    {
                        "integration": self._integration,
                        "name": name,
                        "holder": holder,
                        "expires_at": expires_at,
                    }
                    for name in sorted(free)
                ],
            )
        return frozenset(free)

    def renew(
        self, names: Collection[str], holder: str, *, now: datetime, lifetime: timedelta
    ) -> frozenset[str]:
        """
        Let *holder* hold for longer those of *names* that are still its own, and return them.

        What nobody else has taken is its own though it ended; what somebody else has had in
        between is not, though it is free by now.
        """
        renewed = self._connection.scalars(
            update(LEASES)
            .where(
                LEASES.c.integration == self._integration,
                LEASES.c.name.in_(names),
                LEASES.c.holder == holder,
            )
            .values(expires_at=instant(now + lifetime))
            .returning(LEASES.c.name)
        )
        return frozenset(renewed)

    def release(self, names: Collection[str], holder: str) -> None:
        """Let others have *names*, as far as *holder* still holds them."""
        self._connection.execute(
            delete(LEASES).where(
                LEASES.c.integration == self._integration,
                LEASES.c.name.in_(names),
                LEASES.c.holder == holder,
            )
        )

    def _forget(self, names: Collection[str]) -> None:
        self._connection.execute(
            delete(LEASES).where(
                LEASES.c.integration == self._integration, LEASES.c.name.in_(names)
            )
        )
