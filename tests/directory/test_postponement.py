"""What was put off is remembered for as long as that saves work, and no longer."""

from datetime import UTC, datetime, timedelta

from gateway.directory.postponement import LatelyPutOff
from gateway.planner import sources
from gateway.planner.knowledge import Knowledge
from gateway.planner.needs import Needs, OneAddress
from gateway.planner.plan import Plan, PutOff, Read

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PAUSE = timedelta(seconds=30)


def _read(address: str) -> Read:
    return Read(sources.ADDRESSES, (OneAddress(address),), calls=1)


def _plan(read: Read) -> Plan:
    needs = Needs(frozenset(read.needs))
    return Plan(needs, Knowledge(now=NOW, needs={}), reads=(read,))


def test_it_is_not_planned_again_for_a_while() -> None:
    """With the reason that it was put off for."""
    read, lately = _read("ann@acme.example"), LatelyPutOff()
    lately.note([PutOff(read, "dear", "It is too dear.")], now=NOW, until=NOW + PAUSE)

    assert lately.reason(_plan(read), now=NOW) == "It is too dear."
    assert lately.reason(_plan(_read("bob@acme.example")), now=NOW) is None
    assert lately.reason(_plan(read), now=NOW + PAUSE) is None


def test_what_is_over_is_forgotten() -> None:
    """Or the process would keep every address that anybody ever asked for."""
    lately = LatelyPutOff()
    for number in range(100):
        moment = NOW + number * PAUSE
        put_off = PutOff(_read(f"{number}@acme.example"), "dear")
        lately.note([put_off], now=moment, until=moment + PAUSE)

    assert len(lately._needs) == 1  # noqa: SLF001 - nobody else can tell
