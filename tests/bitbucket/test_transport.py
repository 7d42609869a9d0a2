"""What the session does when the other side misbehaves: over real sockets."""

import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from gateway.bitbucket.answers import Answer, Request
from gateway.bitbucket.calls import CallCounter
from gateway.bitbucket.errors import (
    BadAnswer,
    RateLimited,
    Unavailable,
)
from gateway.bitbucket.patience import Pauses, RetryPolicy
from gateway.bitbucket.transport import Limits, Transport
from tests.bitbucket.raw_server import RawServer, Reply, Then, as_error, as_json, raw, truncated
from tests.bitbucket.still_clock import StillClock

TEMPLATE = "/2.0/workspaces/{workspace}/members"
SECRET_QUERY = "q=user.email%20IN%20%28%22ann%40acme.example%22%29"


RESET = Reply(then=Then.RESET)


@pytest.mark.parametrize(
    "fault",
    [
        RESET,
        Reply(then=Then.CLOSE),
        truncated({"values": list(range(100))}),
        as_error(429, "Rate limit"),
        as_error(502, "Bad gateway"),
        as_error(503, "Busy"),
        as_error(504, "Too slow"),
    ],
    ids=["reset", "closed", "truncated", "429", "502", "503", "504"],
)
def test_a_read_is_tried_again_after_a_passing_fault(
    fault: Reply, server: RawServer, read: Callable[[], Answer], clock: StillClock
) -> None:
    """A read that failed in passing is sent again after a pause, and counts twice."""
    server.reply(fault, as_json({"fine": True}))

    assert read().json() == {"fine": True}
    assert len(server.received) == 2
    assert len(clock.slept_seconds) == 1
    assert 0.5 <= clock.slept_seconds[0] <= 1.0


@pytest.mark.parametrize(
    "fault",
    [RESET, as_error(429, "Rate limit"), as_error(503, "Busy")],
    ids=["reset", "429", "503"],
)
def test_a_write_is_never_sent_twice(
    fault: Reply, server: RawServer, write: Callable[[], Answer]
) -> None:
    """A write that fails is not repeated: it may have been done."""
    server.reply(fault)

    with pytest.raises((Unavailable, RateLimited)):
        write()
    assert len(server.received) == 1


def test_pauses_grow_and_retries_end(
    server: RawServer, read: Callable[[], Answer], clock: StillClock
) -> None:
    """Each pause begins at twice the one before; after the last retry the error is raised."""
    server.reply(as_error(503, "Busy"))

    with pytest.raises(Unavailable) as failure:
        read()
    assert failure.value.evidence.status == 503
    assert len(server.received) == 3
    first, second = clock.slept_seconds
    assert 0.5 <= first <= 1.0
    assert 1.0 <= second <= 1.5


def test_retry_after_is_what_is_waited(
    server: RawServer, read: Callable[[], Answer], clock: StillClock
) -> None:
    """When Bitbucket says when to ask again, it is asked then."""
    server.reply(as_error(429, "Rate limit", Retry_After="7"), as_json([]))

    read()
    assert clock.slept_seconds == [7]


def test_calls_that_wait_together_wait_no_longer_than_one(
    server: RawServer, transport: Transport, members: Request, clock: StillClock
) -> None:
    """What is left after one call is what the next may wait."""
    busy = as_error(429, "Rate limit", Retry_After="7")
    server.reply(busy, as_json([]), busy, as_json([]), busy)
    pauses = Pauses(20)

    for _ in range(2):
        transport.send(members, auth=None, pauses=pauses)
    with pytest.raises(RateLimited) as failure:
        transport.send(members, auth=None, pauses=pauses)
    assert failure.value.retry_after_seconds == 7
    assert clock.slept_seconds == [7, 7]


def test_a_long_wait_is_told_at_once(
    server: RawServer, read: Callable[[], Answer], clock: StillClock
) -> None:
    """Nobody sleeps for most of an hour: the time to wait is in the error."""
    server.reply(as_error(429, "Rate limit", Retry_After="2400"))

    with pytest.raises(RateLimited) as limit:
        read()
    assert limit.value.retry_after_seconds == 2400
    assert clock.slept_seconds == []
    assert len(server.received) == 1


def test_many_short_waits_are_not_a_long_one(
    server: RawServer, read: Callable[[], Answer], clock: StillClock
) -> None:
    """The pauses of one call together stay below the longest wait."""
    server.reply(as_error(429, "Rate limit", Retry_After="40"))

    with pytest.raises(RateLimited):
        read()
    assert clock.slept_seconds == [40]


def test_a_retry_after_of_nonsense_is_passed_over(
    server: RawServer, read: Callable[[], Answer]
) -> None:
    """A Retry-After that is neither a number nor a date says nothing."""
    server.reply(as_error(429, "Rate limit", Retry_After="soon"))

    with pytest.raises(RateLimited) as limit:
        read()
    assert limit.value.retry_after_seconds is None


def test_a_retry_after_may_be_a_date(server: RawServer, read: Callable[[], Answer]) -> None:
    """A date in the past means now."""
    date = "Wed, 21 Oct 2015 07:28:00 GMT"
    server.reply(as_error(503, "Busy", Retry_After=date))

    with pytest.raises(Unavailable) as failure:
        read()
    assert failure.value.retry_after_seconds == 0


def test_an_answer_that_always_breaks_off_is_no_answer(
    server: RawServer, read: Callable[[], Answer]
) -> None:
    """An answer shorter than its Content-Length is never taken for the whole."""
    server.reply(truncated({"values": []}))

    with pytest.raises(Unavailable, match="broke off"):
        read()


def test_a_chunked_answer_that_breaks_off_is_no_answer(
    server: RawServer, read: Callable[[], Answer]
) -> None:
    """A chunked body without its last chunk is never taken for the whole."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    server.reply(Reply(head + b"2\r\n[]\r\n", Then.CLOSE))

    with pytest.raises(Unavailable, match="broke off"):
        read()


def test_a_gzipped_answer_that_is_not_gzip_is_no_answer(
    server: RawServer, read: Callable[[], Answer]
) -> None:
    """A body that can't be decompressed is an answer that broke off."""
    server.reply(raw(200, b"[]", Content_Encoding="gzip"))

    with pytest.raises(Unavailable, match="broke off"):
        read()


@pytest.mark.parametrize(
    ("beginning", "words"),
    [
        (b"", "did not answer in time"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[", "the connection broke"),
    ],
    ids=["at once", "in the middle"],
)
def test_a_silent_server_is_given_up(
    members: Request, beginning: bytes, words: str, server: RawServer, hasty: Transport
) -> None:
    """A server that stops saying anything is asked once more, then it is unavailable."""
    server.reply(Reply(beginning, Then.STALL))

    with pytest.raises(Unavailable, match=words):
        hasty.send(members, auth=None)
    assert hasty.calls.count == 2


def test_a_closed_port_is_unavailable(members: Request) -> None:
    """A machine that takes no connections is unavailable, and the address's query stays unsaid."""
    session = Transport("http://127.0.0.1:1", limits=Limits(retry=RetryPolicy(retries=0)))

    with pytest.raises(Unavailable, match="could not be reached") as failure:
        session.send(replace(members, url=f"http://127.0.0.1:1/?{SECRET_QUERY}"), auth=None)
    session.close()
    assert "ann" not in "".join(traceback.format_exception(failure.value))


def test_connections_are_used_again(server: RawServer, read: Callable[[], Answer]) -> None:
    """Calls one after another share a connection."""
    server.reply(as_json([]))

    for _ in range(5):
        read()
    assert {request.connection for request in server.received} == {1}


def test_more_callers_than_connections_wait(members: Request, server: RawServer) -> None:
    """The pool is a bound: callers beyond it wait for a connection instead of opening one."""
    server.reply(as_json([]))
    session = Transport(server.url, limits=Limits(pool_size=2))
    with ThreadPoolExecutor(8) as pool:
        for _ in range(40):
            pool.submit(session.send, members, auth=None)
    session.close()

    assert len(server.received) == 40
    assert len({request.connection for request in server.received}) <= 2


def test_attempts_are_counted_across_threads(
    members: Request, server: RawServer, transport: Transport
) -> None:
    """Every attempt counts, on whichever thread, for its own counter and for the session."""
    server.reply(as_error(503, "Busy"), as_json([]))
    one, other = CallCounter(), CallCounter()
    with ThreadPoolExecutor(4) as pool:
        for counter in [one, other] * 10:
            pool.submit(transport.send, members, auth=None, counters=[counter]).result()

    assert one.count + other.count == transport.calls.count == 21
    assert other.count == 10


def test_a_redirection_within_bitbucket_is_followed(
    server: RawServer, read: Callable[[], Answer]
) -> None:
    """A resource that moved inside the API is read where it is now."""
    server.reply(raw(302, b"", Location="/2.0/elsewhere"), as_json({"here": 1}))

    assert read().json() == {"here": 1}
    assert server.received[1].target == "/2.0/elsewhere"


def test_a_redirection_elsewhere_is_refused(
    server: RawServer, elsewhere: RawServer, read: Callable[[], Answer]
) -> None:
    """Nothing is sent to another host, whoever asks for it."""
    elsewhere.reply(as_json([]))
    server.reply(raw(302, b"", Location=f"{elsewhere.url}/2.0/x"))

    with pytest.raises(BadAnswer, match="redirection to another place"):
        read()
    assert elsewhere.received == []


def test_redirections_in_a_circle_end(server: RawServer, read: Callable[[], Answer]) -> None:
    """A redirection that leads back is not followed for ever."""
    server.reply(raw(302, b"", Location="/2.0/again"))

    with pytest.raises(BadAnswer, match="one redirection after another"):
        read()
    assert len(server.received) == 5


def test_cookies_are_not_kept(server: RawServer, read: Callable[[], Answer]) -> None:
    """No identity leaks from one call into the next by a cookie."""
    server.reply(as_json([], Set_Cookie="sessionid=1; Path=/"))

    read()
    read()
    assert server.received[1].headers["Cookie"] is None


def test_each_attempt_is_logged_without_its_query(
    server: RawServer, read: Callable[[], Answer]
) -> None:
    """The log has the template, never the address: addresses of people are in queries."""
    server.reply(RESET, as_json([{"email": "ann@acme.example"}]))

    with capture_logs() as events:
        read()
    assert [(event["event"], event["attempt"]) for event in events] == [
        ("bitbucket.no_answer", 1),
        ("bitbucket.answer", 2),
    ]
    assert events[1]["resource"] == TEMPLATE
    assert events[1]["status"] == 200
    assert events[1]["method"] == "GET"
    assert isinstance(events[1]["duration_ms"], int)
    assert "ann" not in repr(events)


def test_every_answer_is_shown_to_the_watcher(members: Request, server: RawServer) -> None:
    """The headers of the rate budget reach whoever watches it."""
    seen: list[str] = []

    def watch(answer: Answer) -> None:
        seen.append(answer.headers["x-ratelimit-limit"])

    server.reply(as_json([], X_RateLimit_Limit="1000"))
    session = Transport(server.url, on_answer=watch)
    session.send(members, auth=None)
    session.close()

    assert seen == ["1000"]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://api.bitbucket.org", "in the clear"),
        ("http://127.0.0.1.example", "in the clear"),
        ("ftp://api.bitbucket.org", "https://"),
        ("api.bitbucket.org", "https://"),
        ("https://svc:secret@api.bitbucket.org", "more than a host"),
        ("https://api.bitbucket.org?x=1", "more than a host"),
    ],
)
def test_an_api_url_that_would_give_credentials_away_is_refused(url: str, words: str) -> None:
    """Credentials go out encrypted, or stay on this machine."""
    with pytest.raises(ValueError, match=words) as refusal:
        Transport(url)
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    "url", ["https://api.bitbucket.org/", "http://localhost:8080", "http://[::1]:80"]
)
def test_encrypted_and_local_api_urls_are_taken(url: str) -> None:
    """A slash at the end does not matter."""
    session = Transport(url)

    assert session.api_url == url.rstrip("/")
    session.close()
