"""One at a time, and nobody for ever."""

import threading
import time

from gateway.web.turns import Turn


def test_one_waits_for_another() -> None:
    """Until it is done."""
    turn, seen = Turn(), list[str]()

    def follow() -> None:
        with turn:
            seen.append("second")

    with turn:
        thread = threading.Thread(target=follow)
        thread.start()
        time.sleep(0.05)
        seen.append("first")
    thread.join()
    assert seen == ["first", "second"]


def test_a_turn_that_is_never_given_back_passes_on() -> None:
    """Who was killed holds it; the next waits once, and nobody after that."""
    turn = Turn(longest_seconds=0.3)
    turn.__enter__()

    began = time.perf_counter()
    with turn:
        waited = time.perf_counter() - began
    with turn:
        again = time.perf_counter() - began - waited
    assert waited > 0.25
    assert again < 0.25


def test_who_was_taken_for_dead_may_come_back() -> None:
    """It was slow; giving back what has passed on is no fault."""
    turn = Turn(longest_seconds=0.01)
    with turn, turn:
        pass
    with turn:
        pass
