"""Filters (RFC 7644 §3.4.2.2)."""

import pytest

from tests.rules.letters import found
from tests.rules.service import SEARCH, Json, Service, new_address, refused

#: A filter, and which of the five it selects.
FILTERS: list[tuple[str, str, str]] = [
    ("7644-3.4.2.2-operators", 'displayName eq "beta"', "b"),
    ("7644-3.4.2.2-operators", 'displayName ne "beta"', "agd-"),
    ("7644-3.4.2.2-operators", 'displayName co "lt"', "d"),
    ("7644-3.4.2.2-operators", 'displayName sw "al"', "a"),
    ("7644-3.4.2.2-operators", 'displayName ew "mma"', "g"),
    ("7644-3.4.2.2-operators", "displayName pr", "abdg"),
    ("7644-3.4.2.2-letter-case", 'DISPLAYNAME EQ "beta" Or displayname Sw "d"', "bd"),
    ("7644-3.4.2.2-precedence", 'displayName eq "beta" or displayName sw "g" and id eq "x"', "b"),
    ("7644-3.4.2.2-precedence", '(displayName eq "beta" or displayName sw "g") and id eq "x"', ""),
    ("7644-3.4.2.2-precedence", 'not (displayName pr) or displayName eq "beta" and id pr', "b-"),
    ("7644-3.4.2.2-not", 'not (displayName eq "beta" or displayName sw "g")', "ad-"),
    ("7644-3.4.2.2-values", r'displayName eq "\u0062eta"', "b"),
    ("7644-3.4.2.2-values", "displayName eq null", "-"),
    ("7644-3.4.2.2-values", "active eq true and displayName ne null", "abdg"),
    ("7644-3.4.2.2-blanks", '  displayName   eq   "beta"  ', "b"),
    ("7644-3.4.2.2-case-exact", 'displayName eq "BETA"', "b"),
    ("7644-3.4.2.2-any-value", 'emails co "h1.letters"', "a"),
    ("7644-3.4.2.2-any-value", 'emails.value eq "h0.letters@acme.example"', "b"),
    ("7644-3.4.2.2-same-value", 'emails[type eq "home" and value sw "h2"]', "d"),
    ("7644-3.4.2.2-same-value", 'emails[type eq "work" and value sw "h2"]', ""),
    ("7644-3.4.2.2-same-value", 'emails.type eq "work" and emails.value sw "h2"', "d"),
    ("7644-3.4.2.2-grammar-and-no-more", 'emails[type eq "work"].value sw "w9"', "b"),
    ("7644-3.4.2.2-present", "not (displayName pr) and emails pr", "-"),
    ("7644-3.4.2.2-not-equal", 'displayName ne "alpha"', "bdg-"),
    ("7644-3.4.2.2-order", 'displayName gt "beta"', "dg"),
    ("7644-3.4.2.2-order", 'displayName ge "BETA" and displayName lt "gamma"', "bd"),
    (
        "7644-3.4.2.2-order",
        'meta.created gt "2020-01-01T00:00:00+14:00" and displayName le "a"',
        "",
    ),
    ("7644-3.10-urns", 'urn:ietf:params:SCIM:schemas:core:2.0:user:displayName eq "beta"', "b"),
]


@pytest.mark.parametrize(
    ("text", "initials"),
    [
        pytest.param(text, initials, marks=pytest.mark.rule(rule))
        for rule, text, initials in FILTERS
    ],
)
def test_a_filter_selects(service: Service, letters: list[str], text: str, initials: str) -> None:
    """Those it means, of five whose names begin with a, b, d and g, and one who has none."""
    wanted = {letters["badg-".index(initial)] for initial in initials}
    assert set(found(service, text)) == wanted


@pytest.mark.rule("7644-3.4.2.2-case-exact")
def test_ids_are_compared_exactly(service: Service, letters: list[str]) -> None:
    """Unlike names."""
    assert found(service, f'id eq "{letters[0]}"') == [letters[0]]
    assert found(service, f'id eq "{letters[0].upper()}"') == []


MALFORMED: list[tuple[str, str]] = [
    *(("7644-3.4.2.2-malformed", text) for text in ("", "userName", "userName eq", 'eq "x"')),
    *(("7644-3.4.2.2-malformed", text) for text in ('userName is "x"', "userName eq x", "(id pr")),
    *(("7644-3.4.2.2-malformed", text) for text in ("id pr or", "id pr id pr", "emails[type pr")),
    ("7644-3.4.2.2-not", 'not userName eq "x"'),
    ("7644-3.4.2.2-no-order", "active gt true"),
    ("7644-3.4.2.2-no-order", "emails[primary le false]"),
    ("7644-3.4.2.2-undeclared", 'shoeSize eq "42"'),
    ("7644-3.4.2.2-undeclared", 'name.shoeSize eq "42"'),
    ("7644-3.4.2.2-undeclared", 'urn:x:2.0:User:userName eq "x"'),
]


@pytest.mark.rule("7644-3.12-message")
@pytest.mark.parametrize(
    "text", [pytest.param(text, marks=pytest.mark.rule(rule)) for rule, text in MALFORMED]
)
def test_a_filter_that_can_not_be_read_is_refused(service: Service, text: str) -> None:
    """In the address and in the body; it is never a list of everybody."""
    refused(service.client.get("/Users", filter=text), 400, "invalidFilter")
    search = {"schemas": [SEARCH], "filter": text}
    refused(service.send("POST", "/Users/.search", search), 400, "invalidFilter")


@pytest.mark.rule("ipsie-filters")
def test_clients_find_whom_they_match(service: Service) -> None:
    """By every filter that the big providers send."""
    address, external = new_address(), new_address()
    user = service.new_user(userName=address, externalId=external)
    group = service.new_group(user["id"], externalId=external)
    by: list[tuple[str, str, Json]] = [
        ("/Users", f'userName eq "{address}"', user),
        ("/Users", f'externalId eq "{external}"', user),
        ("/Users", f'emails[value eq "{address}"]', user),
        ("/Users", f'emails[type eq "work" and value eq "{address}"]', user),
        ("/Users", f'emails[type eq "work"].value eq "{address}"', user),
        ("/Groups", f'displayName eq "{group["displayName"]}"', group),
        ("/Groups", f'externalId eq "{external}"', group),
        ("/Groups", f'members[value eq "{user["id"]}"]', group),
        ("/Groups", f'members eq "{user["id"]}"', group),
        ("/Groups", f'id eq "{group["id"]}" and members eq "{user["id"]}"', group),
    ]
    for path, text, wanted in by:
        resources = service.get(path, filter=text)["Resources"]
        assert [each["id"] for each in resources] == [wanted["id"]], text
