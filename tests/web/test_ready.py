"""What was asked before is answered from what was answered, as long as that is still true."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import flask
import pytest

from gateway.scim.freshness import Provenance
from gateway.web.answers import provenance_headers
from gateway.web.ready import Given, Made, ReadyAnswers, key_of


@dataclass
class Source:
    """Makes answers, and counts them."""

    made: int = 0
    revision: int = 1
    now: float = 0.0
    provenance: Provenance = field(
        default_factory=lambda: Provenance(age_seconds=10, calls=0, ttl_seconds=5)
    )
    meanwhile: Callable[[], None] = lambda: None

    def make(self) -> Made:
        """Make an answer that no other one is like."""
        self.made += 1
        self.meanwhile()
        return Made(b"%d" % self.made, self.provenance)


@dataclass
class Asker:
    """Asks for answers, each in a request of its own."""

    source: Source
    ready: ReadyAnswers

    def ask(self, path: str = "/scim/v2/Users", caller: str = "t", **request: Any) -> Given:
        """Return the answer."""
        with flask.Flask("x").test_request_context(path, **request):
            key = key_of(flask.request.environ, caller)
            return self.ready.answer(key, lambda: self.source.revision, self.source.make)


@pytest.fixture
def asker() -> Asker:
    """With nothing answered yet."""
    source = Source()
    return Asker(source, ReadyAnswers(most_bytes=20_000, clock=lambda: source.now))


def test_the_same_question_is_answered_the_same(asker: Asker) -> None:
    """It is not looked up again, and the answer is as much older as it is."""
    first = asker.ask()
    asker.source.now = 3.5
    again = asker.ask()

    assert again.made is first.made
    assert (first.older_seconds, again.older_seconds) == (0, 3)
    assert asker.source.made == 1


@pytest.mark.parametrize(
    ("path", "request_"),
    [
        ("/scim/v2/Users?count=1", {}),
        ("/scim/v2/Users/1", {}),
        ("/scim/v2/Users", {"base_url": "https://other.example"}),
        ("/scim/v2/Users", {"caller": "another"}),
        ("/scim/v2/Users", {"headers": {"Cache-Control": "no-cache"}}),
        ("/scim/v2/Users", {"headers": {"Cache-Control": "max-age=1"}}),
    ],
)
def test_another_question_is_answered_anew(
    asker: Asker, path: str, request_: dict[str, Any]
) -> None:
    """Another address, or the wish for another age."""
    asker.ask()
    assert asker.ask(path, **request_).made.body == b"2"


def test_what_has_changed_is_answered_anew(asker: Asker) -> None:
    """Whoever changed it."""
    asker.ask()
    asker.source.revision = 2
    assert asker.ask().made.body == b"2"


def test_what_changes_while_it_is_answered_is_answered_anew(asker: Asker) -> None:
    """The answer may be of before the change, or of after it."""

    def change() -> None:
        asker.source.revision += 1
        asker.source.meanwhile = lambda: None

    asker.source.meanwhile = change
    asker.ask()
    assert asker.ask().made.body == b"2"


def test_what_grew_too_old_is_answered_anew(asker: Asker) -> None:
    """The mirror will be asked whether there is anything younger."""
    asker.ask()
    asker.source.now = 5.9
    assert asker.ask().made.body == b"1"
    asker.source.now = 6
    assert asker.ask().made.body == b"2"


@pytest.mark.parametrize(
    "provenance",
    [
        Provenance(age_seconds=0, calls=1, ttl_seconds=300),
        Provenance(age_seconds=400, calls=0, ttl_seconds=-100, detail="Bitbucket is down."),
        Provenance(age_seconds=300, calls=0, ttl_seconds=0),
    ],
)
def test_what_only_one_was_told_is_not_told_others(asker: Asker, provenance: Provenance) -> None:
    """What was read for it, and what is older than it should be, is looked up again."""
    asker.source.provenance = provenance
    asker.ask()
    assert asker.ask().made.body == b"2"


def test_no_more_is_kept_than_there_is_room_for(asker: Asker) -> None:
    """What was asked longest ago goes first."""
    for number in range(10):
        asker.ask(f"/scim/v2/Users/{number}")
    made = asker.source.made
    asker.ask("/scim/v2/Users/9")
    assert asker.source.made == made
    asker.ask("/scim/v2/Users/0")
    assert asker.source.made == made + 1


def test_an_answer_that_would_push_out_many_others_is_given_once(asker: Asker) -> None:
    """One that is larger than all that is kept may be, too."""
    asker.ask("/scim/v2/Users/1")
    asker.ask(f"/scim/v2/Users?filter={'x' * 4000}")
    asker.ask(f"/scim/v2/Users?filter={'y' * 40_000}")
    assert asker.source.made == 3
    asker.ask("/scim/v2/Users/1")
    assert asker.source.made == 3
    asker.ask(f"/scim/v2/Users?filter={'x' * 4000}")
    assert asker.source.made == 4


def test_a_question_with_a_body_is_another(asker: Asker) -> None:
    """What the body is good for is for the framework to say, each time."""
    asker.ask()
    for body in ({"data": b"x"}, {"headers": {"Transfer-Encoding": "chunked"}}):
        made = asker.source.made
        asker.ask(**body)
        assert asker.source.made == made + 1


def test_a_long_question_takes_room_too(asker: Asker) -> None:
    """Of short answers to long filters as many are kept as fit with them."""
    questions = [f"/scim/v2/Users?filter={number}{'x' * 2900}" for number in range(5)]
    for question in questions:
        asker.ask(question)
    made = asker.source.made

    asker.ask(questions[-1])
    assert asker.source.made == made
    asker.ask(questions[0])
    assert asker.source.made == made + 1


def test_headers_tell_the_age_of_what_is_given_again() -> None:
    """As much more than when it was made, and as much less to go."""
    made = Provenance(age_seconds=10, calls=0, ttl_seconds=5)
    headers = provenance_headers(made, older_seconds=3)

    assert headers["Age"] == "13"
    assert headers["Cache-Status"] == "bitbucket-scim; hit; ttl=2"
