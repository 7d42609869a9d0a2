"""Events wait in the database until they are acknowledged."""

from datetime import datetime, timedelta

from sqlalchemy import Engine

from gateway.mirror.event_records import EventSet
from gateway.mirror.mirror import Mirror


def test_to_acknowledge_tells_which_there_were(engine: Engine, now: datetime) -> None:
    """Whatever text else is said to be an id; what another integration has stays."""
    mirror, other = Mirror(engine, integration="acme"), Mirror(engine, integration="other")
    for each in (mirror, other):
        with each.writing() as tx:
            events = [EventSet(jti, "t", now, "/Users/1", None, {}) for jti in ("a", "b")]
            tx.events.add(events, lifetime=timedelta(days=1))

    with mirror.delivering() as records:
        assert records.known(["b", "nul \0", "\U0001f600"]) == {"b"}
        assert records.acknowledge(["a", "nul \0", *map(str, range(600))]) == {"a"}
        assert records.acknowledge(["a"]) == set()
        assert [event.jti for event in records.pending(9, since=now)] == ["b"]
    with other.reading() as snapshot:
        assert [event.jti for event in snapshot.events.pending(9, since=now)] == ["a", "b"]
