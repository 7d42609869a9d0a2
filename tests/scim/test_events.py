"""What is told of a change, and how events are asked for."""

from typing import Any

import pytest

from gateway.scim.errors import InvalidSyntax, InvalidValue
from gateway.scim.events import (
    ACTIVATED,
    CHANGED,
    CREATED,
    DEACTIVATED,
    DELETED,
    SECURITY_EVENTS,
    changed_attributes,
    of_change,
    of_creation,
    of_deletion,
)
from gateway.scim.polling import MOST_IDS, Poll, Polled, read_poll

EXTENSION = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ANN: dict[str, Any] = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
    "id": "a",
    "userName": "ann",
    "active": True,
    "emails": [],
    EXTENSION: {"department": "Sales"},
    "meta": {"resourceType": "User"},
}


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, []),
        ({"userName": "anna"}, ["userName"]),
        ({"displayName": "Ann"}, ["displayName"]),
        ({"emails": [{"value": "ann@acme.com"}]}, ["emails"]),
        ({EXTENSION: {"department": "Sales", "division": "North"}}, [f"{EXTENSION}:division"]),
        ({EXTENSION: {}}, [f"{EXTENSION}:department"]),
        ({"meta": {}, "schemas": [], "groups": []}, []),
    ],
)
def test_attributes_are_named_by_their_paths(changes: dict[str, Any], names: list[str]) -> None:
    """Those that were added, changed or removed; what is empty is not there."""
    assert changed_attributes(ANN, ANN | changes) == names
    assert changed_attributes(ANN | changes, ANN) == names


def test_what_is_new_names_what_it_has() -> None:
    """And says its version, but no value."""
    told = of_creation(ANN, version='W/"1"')

    names = ["id", "userName", "active", f"{EXTENSION}:department"]
    assert told == {CREATED: {"attributes": names, "version": 'W/"1"'}}


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        (True, False, {DEACTIVATED}),
        (False, True, {ACTIVATED}),
        (None, True, {ACTIVATED}),
        (None, False, {CHANGED}),
        (True, None, {CHANGED}),
        (True, True, set()),
    ],
)
def test_activity_has_events_of_its_own(before: Any, after: Any, kinds: set[str]) -> None:
    """To become active is one; to be unknown is neither."""
    was, now = ({"active": active} if active is not None else {} for active in (before, after))
    told = of_change(was, now, version='W/"2"')
    assert set(told) == kinds


def test_a_deactivation_that_changes_more_says_so_besides() -> None:
    """Both events are in one token; the notice names everything."""
    told = of_change(ANN, ANN | {"active": False, "userName": "x"}, version='W/"2"')

    notice = {"attributes": ["userName", "active"], "version": 'W/"2"'}
    assert told == {DEACTIVATED: {}, CHANGED: notice}


def test_what_is_ignored_is_no_change() -> None:
    """Nor is it named beside one."""
    after = ANN | {"userName": "x", "title": "y"}
    assert of_change(ANN, ANN | {"title": "y"}, version="", ignored={"title"}) == {}
    told = of_change(ANN, after, version="", ignored={"title"})
    assert told[CHANGED]["attributes"] == ["userName"]


def test_all_that_is_told_is_announced() -> None:
    """The configuration of the service lists every kind of event, and no other."""
    assert of_deletion() == {DELETED: {}}
    assert SECURITY_EVENTS == {
        "asyncRequest": "none",
        "eventUris": [CREATED, CHANGED, DELETED, ACTIVATED, DEACTIVATED],
    }


#: One more id than a poll takes.
MANY = [str(number) for number in range(MOST_IDS + 1)]


@pytest.mark.parametrize(
    ("body", "poll"),
    [
        ({}, Poll()),
        ({"maxEvents": 0, "ack": ["a", "b"]}, Poll(0, taken=("a", "b"))),
        ({"returnImmediately": True, "x": 1}, Poll(at_once=True)),
        (dict.fromkeys(("maxEvents", "returnImmediately", "ack", "setErrs")), Poll()),
        ({"ack": MANY[1:]}, Poll(taken=tuple(MANY[1:]))),
        (
            {"setErrs": {"a": {"err": "invalid_key", "description": "Who are you?"}}},
            Poll(refused={"a": "invalid_key"}),
        ),
    ],
)
def test_a_poll_is_read(body: object, poll: Poll) -> None:
    """As RFC 8936 §2.2 has it; what else is in it is passed over, as is what is null."""
    assert read_poll(body) == poll


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"maxEvents": -1}, "maxEvents must not be negative."),
        ({"maxEvents": 1.5}, "maxEvents must be a whole number."),
        ({"maxEvents": "many"}, "maxEvents must be a whole number."),
        ({"returnImmediately": "yes"}, "returnImmediately must be true or false."),
        ({"returnImmediately": 1}, "returnImmediately must be true or false."),
        ({"ack": "a"}, "ack must be a list of ids."),
        ({"ack": [1]}, "ack must be a list of ids."),
        ({"ack": ["a", None]}, "ack must be a list of ids."),
        ({"setErrs": []}, "setErrs must be an object of ids."),
        ({"setErrs": {"a": 1}}, "setErrs must hold an object for each id."),
        ({"setErrs": {"a": None}}, "setErrs must hold an object for each id."),
        ({"setErrs": {"a": {}}}, "setErrs must hold an err for each id."),
        ({"setErrs": {"a": {"err": None}}}, "setErrs must hold an err for each id."),
        ({"setErrs": {"a": {"err": 1}}}, "setErrs must hold an err for each id."),
        ({"ack": MANY}, "ack must not hold more than 1000 ids; send the rest by the next poll."),
        (
            {"setErrs": {jti: {"err": "invalid_key"} for jti in MANY}},
            "setErrs must not hold more than 1000 ids; send the rest by the next poll.",
        ),
    ],
)
def test_a_poll_that_is_wrong_is_told_what_to_send(body: object, sentence: str) -> None:
    """Nothing of what was sent is repeated."""
    with pytest.raises(InvalidValue) as error:
        read_poll(body)
    assert error.value.detail == sentence


@pytest.mark.parametrize("body", [[], None, "x"])
def test_a_poll_is_an_object(body: object) -> None:
    """A list is refused."""
    with pytest.raises(InvalidSyntax):
        read_poll(body)


def test_no_events_are_an_empty_object() -> None:
    """RFC 8936 §2.3."""
    assert Polled({}, has_more=False).to_json() == {"sets": {}, "moreAvailable": False}
