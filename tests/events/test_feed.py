"""Who polls is told everything until it says that it knows."""

import threading
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
import structlog
from joserfc import jwt

from gateway.events import feed as feeds
from gateway.events.feed import Feed
from gateway.events.refusals import OF_THE_SET_UP
from gateway.events.tokens import Signer
from gateway.mirror.mirror import Mirror
from gateway.scim.errors import Unsupported
from gateway.scim.polling import Poll
from tests.events.conftest import LIFETIME, START, Tell

NOW = Poll(at_once=True)


@pytest.fixture
def clock() -> dict[str, datetime]:
    """The time."""
    return {"now": START}


@pytest.fixture
def feed(mirror: Mirror, signer: Signer, clock: dict[str, datetime]) -> Feed:
    """A feed whose polls wait for real, though not for long."""

    def wait(seconds: float) -> bool:
        time.sleep(seconds / 10)
        return False

    return Feed(mirror, signer, LIFETIME, lambda: clock["now"], wait)


@pytest.mark.rule("9967-2-poll")
def test_what_is_not_acknowledged_is_told_again(feed: Feed, tell: Tell, signer: Signer) -> None:
    """In the order it happened; acknowledged it never is again, nor what was refused."""
    for jti in ("a", "b", "c"):
        tell(jti)
    assert list(feed.poll(NOW).tokens) == ["a", "b", "c"]
    told = feed.poll(NOW).tokens
    assert list(told) == ["a", "b", "c"]
    assert jwt.decode(told["a"], signer.key, algorithms=["ES256"]).claims["jti"] == "a"

    assert list(feed.poll(Poll(at_once=True, taken=("a", "unknown"))).tokens) == ["b", "c"]
    with structlog.testing.capture_logs() as logs:
        left = feed.poll(Poll(at_once=True, refused={"b": "invalid_request", "x": "unknown"}))
    assert list(left.tokens) == ["c"]
    assert logs == [
        {"event": "events.refused", "codes": {"invalid_request": 1}, "log_level": "error"}
    ]


def test_a_poll_writes_one_line_of_what_it_refuses(feed: Feed, tell: Tell) -> None:
    """Of events that there are, without their ids, with the ten most frequent codes."""
    for number in range(30):
        tell(f"told {number}")
    codes = {f"told {number}": f"code_{number}" for number in range(27)}
    codes |= {f"told {number}": "ann@acme.example" for number in range(27, 30)}
    unknown = dict.fromkeys(("ann@acme.example", "nul \0", *map(str, range(900))), "invalid_key")
    with structlog.testing.capture_logs() as logs:
        assert feed.poll(Poll(at_once=True, refused=codes | unknown)).tokens == {}

    (line,) = logs
    assert (line["event"], len(line["codes"])) == ("events.refused", 10)
    assert line["codes"].pop("unreadable") == 3
    assert set(line["codes"].values()) == {1}
    assert "acme.example" not in str(logs)


@pytest.mark.rule("9967-2-poll")
@pytest.mark.parametrize("code", sorted(OF_THE_SET_UP))
def test_a_mistake_of_the_set_up_loses_no_event(feed: Feed, tell: Tell, code: str) -> None:
    """What is refused for its key, its issuer or its audience is told until that is mended."""
    for jti in ("a", "b", "c"):
        tell(jti)
    with structlog.testing.capture_logs() as logs:
        left = feed.poll(Poll(at_once=True, taken=("c",), refused={"a": code, "b": code}))

    assert list(left.tokens) == ["a", "b"]
    assert logs == [{"event": "events.not_taken", "codes": {code: 2}, "log_level": "warning"}]


@pytest.mark.rule("9967-2-poll")
def test_no_more_is_told_than_is_wanted(feed: Feed, tell: Tell) -> None:
    """And whether there is more; none of it where nothing is wanted."""
    for jti in ("a", "b", "c"):
        tell(jti)
    some, rest = feed.poll(Poll(2)), feed.poll(Poll(2, taken=("a", "b")))

    assert (list(some.tokens), some.has_more) == (["a", "b"], True)
    assert (list(rest.tokens), rest.has_more) == (["c"], False)
    nothing = feed.poll(Poll(0))
    assert (nothing.tokens, nothing.has_more) == ({}, True)
    assert feed.poll(Poll(0, taken=("c",))).has_more is False


def test_an_answer_has_its_limits(feed: Feed, tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are wanted."""
    monkeypatch.setattr(feeds, "MOST", 2)
    for jti in ("a", "b", "c"):
        tell(jti)
    for wanted in (None, 1000):
        polled = feed.poll(Poll(wanted, at_once=True))
        assert (list(polled.tokens), polled.has_more) == (["a", "b"], True)


def test_a_poll_waits_for_an_event(feed: Feed, tell: Tell) -> None:
    """Unless it does not want to."""
    assert feed.poll(NOW).tokens == {}
    found: list[Any] = []
    polling = threading.Thread(target=lambda: found.append(feed.poll(Poll())))
    polling.start()
    time.sleep(0.05)
    tell("a")
    polling.join()
    assert list(found[0].tokens) == ["a"]


def test_a_poll_does_not_wait_for_ever(feed: Feed) -> None:
    """Half a second of this clock; then there is nothing."""
    began = time.monotonic()
    assert feed.poll(Poll()).tokens == {}
    assert 0.2 < time.monotonic() - began < 5


def test_one_poll_waits_at_a_time(mirror: Mirror, signer: Signer) -> None:
    """Others are answered at once: they would keep threads from serving."""
    waiting, ending = threading.Event(), threading.Event()

    def wait(_seconds: float) -> bool:
        waiting.set()
        return ending.wait(10)

    feed = Feed(mirror, signer, LIFETIME, lambda: START, wait)
    first = threading.Thread(target=feed.poll, args=(Poll(),))
    first.start()
    assert waiting.wait(10)

    assert feed.poll(Poll()).tokens == {}

    assert first.is_alive()
    ending.set()
    first.join()


def test_what_is_too_old_is_not_told(feed: Feed, tell: Tell, clock: dict[str, datetime]) -> None:
    """Even before it is dropped."""
    tell("a")
    clock["now"] += LIFETIME + timedelta(seconds=1)
    assert feed.poll(NOW).tokens == {}


def test_what_is_pushed_can_not_be_polled(mirror: Mirror, signer: Signer) -> None:
    """An acknowledgement would take it from the receiver."""
    feed = Feed(mirror, signer, LIFETIME, lambda: START, lambda _: False, is_pushed=True)
    with pytest.raises(Unsupported, match="pushed"):
        feed.poll(NOW)
