"""What scim2-filter-parser reads wrongly, or not at all, and we read right."""

import json
from typing import Any

import pytest

from gateway.scim.filter.bind import bind_filter
from gateway.scim.filter.match import matches
from gateway.scim.schema import Registry

EXTENSION = "urn:bitbucket-scim:params:scim:schemas:extension:1.0:User"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"

ANN: dict[str, Any] = {
    "schemas": [USER, EXTENSION],
    "id": "1f1c",
    "userName": "Ann@Acme.com",
    "displayName": 'Ann "the\\cat" Lee',
    "name": {"givenName": "Ann", "familyName": "true"},
    "nickName": "line\nbreak \U0001f600",
    "active": True,
    "emails": [
        {"value": "ann@acme.com", "type": "work", "primary": True},
        {"value": "ann@home.org", "type": "home"},
    ],
    "groups": [{"value": "g1", "display": "nullable", "type": "direct"}],
    EXTENSION: {"uuid": "1f1c", "nickname": "orders", "accountId": "557058:1f1c"},
    "meta": {"created": "2026-11-23T00:00:00.000000Z"},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            'active eq true or userName eq "x" and userName eq "y"',
            True,
            id="and binds tighter than or on its right",
        ),
        pytest.param(
            'userName eq "x" and userName eq "y" or active eq true',
            True,
            id="and binds tighter than or on its left",
        ),
        pytest.param(
            '(active eq true or userName eq "x") and userName eq "y"',
            False,
            id="parentheses come before both",
        ),
        pytest.param(
            'not (active eq false) and userName eq "x" or nickName pr',
            True,
            id="not comes before and, and before or",
        ),
        pytest.param(r'displayName eq "Ann \"the\\cat\" Lee"', True, id="escaped quotes"),
        pytest.param(r'nickName sw "line\nbreak"', True, id="escaped control characters"),
        pytest.param(r'userName eq "\u0041nn\u0040acme.com"', True, id="escapes by number"),
        pytest.param(r'nickName ew "\ud83d\ude00"', True, id="escapes in surrogate pairs"),
        pytest.param('name.familyName eq "true"', True, id="a string that says true"),
        pytest.param("active eq true", True, id="a boolean"),
        pytest.param("active eq True", True, id="a boolean with a capital"),
        pytest.param("active ne FALSE", True, id="a boolean in capitals"),
        pytest.param('groups.display eq "nullable"', True, id="a string that begins like null"),
        pytest.param("externalId eq null", True, id="null, where nothing is assigned"),
        pytest.param("userName eq null", False, id="null, where something is"),
        pytest.param("nickname pr", True, id="a name that begins like no operator"),
        pytest.param(f'{EXTENSION}:nickname sw "or"', True, id="a string that begins like or"),
        pytest.param(f'{EXTENSION.upper()}:UUID eq "1F1C"', True, id="a URN in capitals"),
        pytest.param(f'{USER.lower()}:name.givenname eq "ann"', True, id="a URN in small letters"),
        pytest.param(
            f'{USER}:emails[type eq "work" and value co "acme"]', True, id="a value path with a URN"
        ),
        pytest.param(
            'emails[type eq "work"].value eq "ann@acme.com"', True, id="Entra's form of a match"
        ),
        pytest.param(
            'emails[type eq "work"].value eq "ann@home.org"',
            False,
            id="Entra's form compares one and the same value",
        ),
        pytest.param(
            'emails.type eq "work" and emails.value eq "ann@home.org"',
            True,
            id="without brackets any values do",
        ),
        pytest.param('emails[not (type eq "work")]', True, id="not inside brackets"),
        pytest.param(
            'emails[type eq "x" or type eq "home" and primary pr]',
            False,
            id="precedence in brackets",
        ),
        pytest.param('emails co "HOME"', True, id="a list stands for its values"),
        pytest.param('userName  Eq   "ann@ACME.com"', True, id="many blanks and a capital"),
        pytest.param(
            'meta.created lt "2026-11-23T00:30:00+01:00"', False, id="an instant in another zone"
        ),
        pytest.param(
            'meta.created ge "2026-11-22T23:59:59.9999999Z"', True, id="seven digits of a second"
        ),
    ],
)
def test_a_filter_means_what_the_rfc_says(registry: Registry, text: str, expected: bool) -> None:  # noqa: FBT001 - pytest hands it over by name
    """Each of these is torn, refused or turned round by the library's own reading."""
    assert matches(bind_filter(text, registry.user), ANN) is expected


@pytest.mark.parametrize("literal", ["10", "-3", "1.5", "2e3", "-1.25E-2", "0"])
def test_a_number_is_read_whole_before_its_type_is_refused(
    registry: Registry, literal: str
) -> None:
    """The library reads one digit; a number of any form is one literal, and userName takes none."""
    text = f"userName eq {literal}"

    with pytest.raises(Exception, match="userName is compared with a string in double quotes"):
        bind_filter(text, registry.user)


@pytest.mark.parametrize("word", ["nullable", "trueName", "falsehood", "orders", "notes", "prefix"])
def test_a_name_like_a_keyword_is_one_name(registry: Registry, word: str) -> None:
    """A name that begins with a keyword is named whole in the refusal: it was not torn apart."""
    with pytest.raises(Exception, match=f"User has no attribute {word}"):
        bind_filter(f'{word} eq "x"', registry.user)


def test_five_hundred_clauses_are_read(registry: Registry) -> None:
    """A long filter neither ends in a recursion nor is refused below the bound that is told."""
    clauses = [f"id eq {json.dumps(str(number))}" for number in range(470)]

    assert not matches(bind_filter(" or ".join(clauses), registry.user), ANN)
    assert matches(bind_filter(" or ".join([*clauses, 'id eq "1f1c"']), registry.user), ANN)
