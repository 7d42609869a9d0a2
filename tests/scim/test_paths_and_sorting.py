"""Attribute paths, the order of lists, and what is compared."""

import re
from datetime import UTC, datetime, timedelta, timezone
from unicodedata import normalize

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.scim.errors import InvalidPath
from gateway.scim.path import AttributePath, resolve
from gateway.scim.reference import (
    absolute,
    from_stored,
    relative,
    relative_path,
    served,
    to_stored,
    without_null,
)
from gateway.scim.schema import Registry, ResourceType
from gateway.scim.sort import bind_sort
from gateway.scim.text import fold, instant, read_instant
from tests.scim.strategies import unhurried

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
EXTENSION = "urn:bitbucket-scim:params:scim:schemas:extension:1.0:User"


@pytest.mark.rule("7643-2.1-names-ignore-case", "7644-3.10-urns")
@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("userName", "userName"),
        ("USERNAME", "userName"),
        ("name.givenname", "name.givenName"),
        ("meta.lastModified", "meta.lastModified"),
        ("groups.$ref", "groups.$ref"),
        (f"{CORE}:userName", "userName"),
        (f"{CORE.upper()}:name.familyName", "name.familyName"),
        (f"{EXTENSION}:uuid", f"{EXTENSION}:uuid"),
        (f"{EXTENSION.lower()}:UUID", f"{EXTENSION}:uuid"),
    ],
)
def test_a_path_is_resolved_in_any_letter_case(
    registry: Registry, text: str, canonical: str
) -> None:
    """The URN ends at its last colon, whatever version it holds."""
    target = resolve(AttributePath.parse(text), registry.user)

    assert target is not None
    assert target.name == canonical


@pytest.mark.parametrize(
    "text", ["nope", "userName.nope", "name.nope", "urn:x:userName", f"{EXTENSION}:userName"]
)
def test_a_path_to_nothing_resolves_to_nothing(registry: Registry, text: str) -> None:
    """It is for the caller to say what that means."""
    assert resolve(AttributePath.parse(text), registry.user) is None


@pytest.mark.rule("7643-2.1-name-grammar")
@pytest.mark.parametrize("text", ["", "a.b.c", "a b", "1a", ".a", "a.", "urn:x:", 'a[b eq "c"]'])
def test_what_is_no_path_is_refused(text: str) -> None:
    """RFC 7644 §3.10 has no such thing."""
    with pytest.raises(InvalidPath):
        AttributePath.parse(text)


@pytest.mark.parametrize(
    ("path", "sorted_by"), [("userName", "userName"), ("emails", "emails.value")]
)
def test_a_list_is_sorted_by_its_value(registry: Registry, path: str, sorted_by: str) -> None:
    """Emails stands for emails.value, as in a filter."""
    sort = bind_sort(path, descending=False, resource_type=registry.user)

    assert sort.target.name == sorted_by


@pytest.mark.rule("7644-3.4.2.3-parts")
@pytest.mark.parametrize("path", ["nope", "name", "a b", f"{EXTENSION}:access"])
def test_an_order_that_is_none_is_refused(registry: Registry, path: str) -> None:
    """Neither parts as a whole nor what is computed on request can be sorted by."""
    with pytest.raises(InvalidPath):
        bind_sort(path, descending=False, resource_type=registry.user)


@pytest.mark.parametrize("path", ["name", "meta"])
def test_what_has_parts_names_one_to_sort_by(registry: Registry, path: str) -> None:
    """One that it has."""
    with pytest.raises(InvalidPath, match=f"such as {path}") as refused:
        bind_sort(path, descending=False, resource_type=registry.user)
    (named,) = re.findall(rf"{path}\.\w+", refused.value.detail)
    sort = bind_sort(named, descending=False, resource_type=registry.user)
    assert sort.target.name == named


@pytest.mark.parametrize("path", ["secret", "computed", "parts.never", "whole.request"])
def test_what_is_not_always_known_is_no_order(specimen: ResourceType, path: str) -> None:
    """What is returned never or on request, as a whole or as a part, can't be sorted by."""
    with pytest.raises(InvalidPath, match="can't be sorted by"):
        bind_sort(path, descending=True, resource_type=specimen)


@pytest.mark.parametrize("text", ["userName", f"{CORE}:name.givenName", "groups.$ref"])
def test_a_path_is_shown_as_it_was_written(text: str) -> None:
    """Messages quote it to the client that sent it."""
    assert str(AttributePath.parse(text)) == text


@pytest.mark.rule("7644-5-precis")
@unhurried
@given(st.text(), st.text())
def test_folding_is_stable(left: str, right: str) -> None:
    """Folding twice folds no further, and equal texts stay equal."""
    assert fold(fold(left)) == fold(left)
    assert fold(left.upper() + "É") == fold(left.upper() + "E\u0301")
    assert (left == right) <= (fold(left) == fold(right))


@unhurried
@given(st.text(), st.text())
def test_parts_of_a_text_are_parts_of_it_folded(left: str, right: str) -> None:
    """So that a text that begins, ends or goes on with another still does when letters fold."""
    whole = fold(left + right)

    assert whole == normalize("NFC", fold(left) + fold(right))
    assert fold("\u03a3\u0391\u03a3 ") == fold("\u03c3\u03b1\u03c2 ") == fold("\u03c3\u03b1\u03c3 ")


@pytest.mark.rule("7643-2.3.5-instants")
@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("2026-11-23T08:30:00Z", "2026-11-23T08:30:00.000000Z"),
        ("2026-11-23t08:30:00z", "2026-11-23T08:30:00.000000Z"),
        ("2026-11-23T08:30:00.5-05:00", "2026-11-23T13:30:00.500000Z"),
        ("2026-11-23T08:30:00.123456789+14:00", "2026-11-22T18:30:00.123456Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
    ],
)
def test_an_instant_is_read_in_any_zone(text: str, canonical: str) -> None:
    """To the microsecond, which is all that is kept."""
    assert read_instant(text) == canonical


@pytest.mark.rule("7643-2.3.5-instants")
@pytest.mark.parametrize(
    "text",
    [
        *("", "2026-11-23", "2026-11-23T08:30:00", "2026-11-23T08:30Z", "20261123T083000Z"),
        *("2026-11-23 08:30:00Z", "2026-11-23T08:30:00,5Z", "2026-11-23T08:30:00.Z"),
        *("2026-11-23T08:30:00+0100", "2026-W48-1T08:30:00Z", "2026-02-30T08:30:00Z"),
        *("2026-11-23T25:30:00Z", "2026-11-23T08:30:00+99:00", "9999-12-31T23:59:59-01:00"),
        "\u0662026-11-23T08:30:00Z",
    ],
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    """RFC 7643 §2.3.5 takes xsd:dateTime, whole and with its zone."""
    with pytest.raises(ValueError, match=r"is not|must be|out of range|offset"):
        read_instant(text)


@unhurried
@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_instants_are_ordered_as_their_texts(left: datetime, right: datetime) -> None:
    """So a database that compares texts compares instants."""
    assert (instant(left) < instant(right)) == (left < right)


def test_an_instant_needs_a_zone() -> None:
    """The same moment has one text, whatever zone it was told in."""
    moment = datetime(2026, 1, 1, 12, tzinfo=UTC)
    elsewhere = moment.astimezone(timezone(timedelta(hours=5)))

    assert instant(moment) == instant(elsewhere) == "2026-01-01T12:00:00.000000Z"
    with pytest.raises(ValueError, match="no time zone"):
        instant(moment.replace(tzinfo=None))


@unhurried
@given(st.dictionaries(st.text(), st.text()))
def test_no_text_passes_for_a_reference(texts: dict[str, str]) -> None:
    """Only what was made relative becomes absolute, whatever else a document holds."""
    others = {without_null(name): without_null(text) for name, text in texts.items()}
    document = orjson.dumps({"texts": others, "ref": relative("/Users/1")})

    expected = {"texts": others, "ref": "https://x/scim/v2/Users/1"}
    stored = to_stored(document)

    assert orjson.loads(absolute(document, base_url="https://x/scim/v2")) == expected
    assert orjson.loads(served(stored, base_url="https://x/scim/v2")) == expected
    assert from_stored(stored) == document
    assert relative_path(relative("/Users/1")) == "/Users/1"
    assert relative_path("/Users/1") is None
