"""A feed that has begun, and a key to sign with."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from gateway.events.tokens import Signer
from gateway.mirror.engine import migrate, open_database
from gateway.mirror.event_records import EventSet
from gateway.mirror.mirror import Mirror
from gateway.scim.events import DELETED

LIFETIME = timedelta(days=30)
START = datetime(2026, 11, 23, 8, tzinfo=UTC)

#: Puts an event of that id into the feed.
Tell = Callable[[str], EventSet]


def event(jti: str, at: datetime = START) -> EventSet:
    """Return an event."""
    return EventSet(jti, f"txn-{jti}", at, f"/Users/{jti}", f"external {jti}", {DELETED: {}})


@pytest.fixture
def signer() -> Signer:
    """Signs with a key of its own."""
    return Signer(
        "https://scim.acme.com", "https://idp.acme.com", ECKey.generate_key("P-256"), "ES256"
    )


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    """A mirror whose feed has begun."""
    engine = open_database(f"sqlite:///{tmp_path / 'mirror.sqlite3'}")
    migrate(engine)
    made = Mirror(engine, "acme", event_lifetime=LIFETIME)
    with made.writing() as tx:
        tx.events.begin(START, knows_grants=True)
    yield made
    engine.dispose()


@pytest.fixture
def tell(mirror: Mirror) -> Tell:
    """Put events into the feed."""

    def add(jti: str) -> EventSet:
        made = event(jti)
        with mirror.writing() as tx:
            tx.events.add([made], lifetime=LIFETIME)
        return made

    return add
