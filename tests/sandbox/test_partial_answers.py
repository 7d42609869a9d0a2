"""``fields`` adds, removes and selects."""

import pytest

from gateway.sandbox.partial import JsonObject, parse_fields
from tests.sandbox.reader import Reader

MEMBERS = "/2.0/workspaces/acme/members"


def test_plain_names_select(reader: Reader) -> None:
    """Only what is named comes, ``next`` not excepted."""
    page = reader.read(MEMBERS, fields="values.user.uuid,values.user.links.self.href")
    assert set(page) == {"values"}
    for value in page["values"]:
        assert set(value) == {"user"}
        assert set(value["user"]) == {"uuid", "links"}
        assert set(value["user"]["links"]) == {"self"}
    assert "next" in reader.read(MEMBERS, fields="values.user.uuid,next")


def test_minus_removes(reader: Reader) -> None:
    """What is named is gone, everything else stays."""
    whole = reader.read(MEMBERS)
    page = reader.read(MEMBERS, fields="-values.workspace,-size")
    assert set(page) == set(whole) - {"size"}
    assert all(set(value) == {"type", "user", "links"} for value in page["values"])


def test_plus_adds(reader: Reader) -> None:
    """What is left out by default can be had, and nothing else changes."""
    (whole, *_), (page, *_) = (
        reader.read(MEMBERS)["values"],
        reader.read(MEMBERS, fields="+values.user.created_on")["values"],
    )
    assert "created_on" not in whole["user"]
    assert page["user"].pop("created_on")
    assert page == whole


def test_a_plus_that_was_not_encoded_counts(reader: Reader) -> None:
    """It arrives as a blank, as in the examples of Bitbucket's documentation."""
    page = reader.get(f"{MEMBERS}?fields=+values.user.created_on").json()
    assert all("created_on" in value["user"] for value in page["values"])


def test_stars_stand_for_every_name(reader: Reader) -> None:
    """``-values.*.links`` removes links one level down, and leaves those of the value."""
    page = reader.read(MEMBERS, fields="-values.*.links")
    for value in page["values"]:
        assert "links" in value
        assert "links" not in value["user"]
        assert "links" not in value["workspace"]


def test_single_objects_take_fields(reader: Reader) -> None:
    """Without ``values``, because there are none."""
    assert set(reader.read("/2.0/workspaces/acme", fields="slug,uuid")) == {"slug", "uuid"}


def test_more_of_a_repository_can_be_had(reader: Reader) -> None:
    """A repository inside a permission has no slug unless asked."""
    path = "/2.0/workspaces/acme/permissions/repositories"
    assert "slug" not in reader.read(path)["values"][0]["repository"]
    added = reader.read(path, fields="+values.repository.slug")["values"][0]["repository"]
    assert added["full_name"] == f"acme/{added['slug']}"


@pytest.mark.parametrize("fields", ["values..uuid", "+", "a,,b", ",", "-"])
def test_empty_names_are_refused(reader: Reader, fields: str) -> None:
    """400, with an error body."""
    assert reader.error(MEMBERS, fields=fields)[0] == 400


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ("", {"a": {"b": 1, "c": [{"d": 2, "e": 3}]}, "f": 4}),
        ("a", {"a": {"b": 1, "c": [{"d": 2, "e": 3}]}}),
        ("a.b", {"a": {"b": 1}}),
        ("a.c.d", {"a": {"c": [{"d": 2}]}}),
        ("a.b,f", {"a": {"b": 1}, "f": 4}),
        ("a,-a.c", {"a": {"b": 1}}),
        ("-a", {"f": 4}),
        ("-a.c.e,-f", {"a": {"b": 1, "c": [{"d": 2}]}}),
        ("-*.b", {"a": {"c": [{"d": 2, "e": 3}]}, "f": 4}),
        ("*.b", {"a": {"b": 1}}),
        ("f.g", {}),
        ("-f.g", {"a": {"b": 1, "c": [{"d": 2, "e": 3}]}, "f": 4}),
        ("nope", {}),
    ],
)
def test_selecting_and_removing(fields: str, kept: JsonObject) -> None:
    """The rules on one object, which stays as it was."""
    whole: JsonObject = {"a": {"b": 1, "c": [{"d": 2, "e": 3}]}, "f": 4}
    assert parse_fields(fields).apply(whole) == kept
    assert whole == {"a": {"b": 1, "c": [{"d": 2, "e": 3}]}, "f": 4}
