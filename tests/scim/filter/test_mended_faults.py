"""What scim2-filter-parser reads wrongly, or not at all, and we read right."""

import time
from typing import Any

import pytest
from scim2_filter_parser import ast
from scim2_filter_parser.lexer import SCIMLexer
from scim2_filter_parser.parser import SCIMParser

from gateway.scim.filter.bind import bind_filter
from gateway.scim.filter.match import matches
from gateway.scim.schema import Registry, ResourceType

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
    "groups": [{"value": "g1", "$ref": "https://x/Groups/g1", "display": "[or] nullable"}],
    EXTENSION: {"uuid": "1f1c", "nickname": "orders", "accountId": "557058:1f1c"},
    "meta": {"created": "2026-11-23T00:00:00.000000Z"},
}

SPECIMEN: dict[str, Any] = {
    **dict.fromkeys(("nullable", "trueName", "falsehood", "orders", "notes", "android"), "x"),
    **dict.fromkeys(("prefix", "equal", "or", "not", "pr", "true"), "x"),
    "size": 12,
    "share": -0.0125,
    "flag": False,
    "blob": "QQ==",
    "moment": "2026-11-23T00:00:00.123456Z",
    "parts": [{"value": "a", "type": "or", "many": ["x", "y"]}],
}


def reading_of_the_library(text: str) -> str:
    """Return what the library makes of a filter by itself, or what it raises."""
    try:
        return _shown(SCIMParser().parse(SCIMLexer().tokenize(text)))
    except Exception as error:  # noqa: BLE001 - that they are of many kinds is what is shown
        return type(error).__name__


def _shown(node: Any) -> str:
    match node:
        case ast.Filter(namespace=None, expr=inner):
            shown = _shown(inner)
        case ast.Filter(namespace=namespace, expr=inner):
            shown = f"{_shown(namespace)}[{_shown(inner)}]"
        case ast.LogExpr(op=connective, expr1=left, expr2=right):
            shown = f"({_shown(left)} {connective} {_shown(right)})"
        case ast.AttrExpr(value=operator, attr_path=path, comp_value=literal):
            shown = f"{_shown(path)} {operator}{f' {literal.value!r}' if literal else ''}"
        case ast.AttrPath(attr_name=ast.Filter() as value_path):
            shown = _shown(value_path)
        case ast.AttrPath(attr_name=name, sub_attr=None):
            shown = str(name)
        case ast.AttrPath(attr_name=name, sub_attr=sub_attribute):
            part = sub_attribute.value
            shown = f"{name}.{getattr(part, 'value', part)}"
    return f"not {shown}" if getattr(node, "negated", False) else shown


@pytest.mark.rule(
    "7644-3.4.2.2-precedence", "7644-3.4.2.2-values", "7644-3.4.2.2-grammar-and-no-more"
)
@pytest.mark.parametrize(
    ("text", "library", "expected"),
    [
        pytest.param(
            'active eq true or id pr and userName eq "y"',
            "((active eq 'true' or id pr) and userName eq 'y')",
            True,
            id="and binds tighter than or on its right",
        ),
        pytest.param(
            'id pr or id pr and userName eq "y" or userName eq "z" and id pr',
            "((((id pr or id pr) and userName eq 'y') or userName eq 'z') and id pr)",
            True,
            id="and binds tighter than every or",
        ),
        pytest.param(
            'not (active eq false) or id pr and userName eq "y"',
            "((not active eq 'false' or id pr) and userName eq 'y')",
            True,
            id="not binds tighter than or and and",
        ),
        pytest.param(
            'emails[type eq "home" or type eq "work" and value eq "x"]',
            "emails[((type eq 'home' or type eq 'work') and value eq 'x')]",
            True,
            id="and binds tighter than or in brackets",
        ),
        pytest.param(
            r'displayName eq "Ann \"the\\cat\" Lee"', "SCIMParserError", True, id="escaped quotes"
        ),
        pytest.param(
            r'displayName co "e\\c"', r"displayName co 'e\\\\c'", True, id="an escaped backslash"
        ),
        pytest.param(
            r'nickName sw "line\nbreak"',
            r"nickName sw 'line\\nbreak'",
            True,
            id="an escaped control character",
        ),
        pytest.param(
            r'userName eq "\u0041nn\u0040acme.com"',
            r"userName eq '\\u0041nn\\u0040acme.com'",
            True,
            id="a character by its number",
        ),
        pytest.param(
            r'nickName ew "\ud83d\ude00"',
            r"nickName ew '\\ud83d\\ude00'",
            True,
            id="a character by a surrogate pair",
        ),
        pytest.param("active eq True", "SCIMParserError", True, id="a boolean with a capital"),
        pytest.param("active ne FALSE", "SCIMParserError", True, id="a boolean in capitals"),
        pytest.param("externalId eq NULL", "SCIMParserError", True, id="null in capitals"),
        pytest.param("externalId eq null", "externalId eq 'null'", True, id="null is no string"),
        pytest.param("active eq true", "active eq 'true'", True, id="true is no string"),
        pytest.param(
            'emails[type eq "work"].value eq "ann@acme.com"',
            "emails.value[type eq 'work'] eq 'ann@acme.com'",
            True,
            id="a comparison of one and the same value, as Entra sends it",
        ),
        pytest.param(
            'emails[type eq "work"].value eq "ann@home.org"',
            "emails.value[type eq 'work'] eq 'ann@home.org'",
            False,
            id="a comparison of another value",
        ),
        pytest.param(
            'emails[type eq "work" and primary eq True].value pr',
            "SCIMParserError",
            True,
            id="presence in one and the same value",
        ),
        pytest.param(
            f'{USER}:emails[type eq "x" or type eq "work"].value ew ".com"',
            "emails.value[(type eq 'x' or type eq 'work')] ew '.com'",
            True,
            id="a comparison of one and the same value behind a URN",
        ),
        pytest.param(
            'emails[type eq "x" or type eq "work"].value ew ".org"',
            "emails.value[(type eq 'x' or type eq 'work')] ew '.org'",
            False,
            id="what is behind the brackets is joined to all of what is in them",
        ),
    ],
)
def test_a_filter_means_what_the_rfc_says(
    registry: Registry,
    text: str,
    library: str,
    expected: bool,  # noqa: FBT001 - pytest hands it over by name
) -> None:
    """Each of these is regrouped, taken literally or refused by the library alone."""
    assert reading_of_the_library(text) == library
    assert matches(bind_filter(text, registry.user), ANN) is expected


@pytest.mark.rule("7644-3.4.2.2-values")
@pytest.mark.parametrize(
    ("text", "library"),
    [
        ("size eq 12", "SCIMParserError"),
        ("size gt 11", "SCIMParserError"),
        ("size le 1.2e1", "ValueError"),
        ("size lt 1E+300", "SCIMParserError"),
        ("size gt -3", "ValueError"),
        ("share eq -0.0125", "ValueError"),
        ("share eq -1.25e-2", "ValueError"),
        ("share lt 0", "share lt '0'"),
        ('nullable eq "x"', "SCIMParserError"),
        ('trueName eq "x"', "SCIMParserError"),
        ('falsehood eq "x"', "SCIMParserError"),
        ('true eq "x"', "SCIMParserError"),
        ('or eq "x" or or pr', "SCIMParserError"),
        ('not pr and not (not co "y")', "SCIMParserError"),
        ("pr pr", "SCIMParserError"),
        ('parts[type eq "or" or type pr].many eq "Y"', "parts.many[(type eq 'or' or type pr)]"),
    ],
)
def test_numbers_and_names_are_read_whole(specimen: ResourceType, text: str, library: str) -> None:
    """The library reads one digit, and tears names that begin like a constant."""
    assert reading_of_the_library(text).startswith(library)
    assert matches(bind_filter(text, specimen), SPECIMEN)


@pytest.mark.rule("7643-2.3.6-binary", "7644-3.4.2.2-order")
@pytest.mark.parametrize(
    "text",
    [
        'orders eq "x" and notes eq "x" and android eq "x" and prefix eq "x" and equal eq "x"',
        'moment gt "2026-11-23T00:00:00.1234559Z" and moment le "2026-11-23T00:00:00.1234567Z"',
        'moment eq "2026-11-23T05:30:00.123456+05:30" and moment sw "2026-11-23"',
        'blob eq "QQ==" and not (blob eq "qq==")',
        "flag pr and flag eq false",
    ],
)
def test_what_the_library_reads_right_stays_right(specimen: ResourceType, text: str) -> None:
    """Names like connectives, instants in any zone and precision, what has no letter case."""
    assert matches(bind_filter(text, specimen), SPECIMEN)


@pytest.mark.rule("7644-3.4.2.2-any-value", "7644-3.4.2.2-same-value", "7644-3.4.2.2-case-exact")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('(active eq true or userName eq "x") and userName eq "y"', False),
        ('userName eq "x" and userName eq "y" or active eq true', True),
        ("((active eq true))", True),
        ("not (not (active eq true))", True),
        ("NOT(active eq false)AND(active eq true)", True),
        ('name.familyName eq "true" and name.familyName ne "false"', True),
        ('groups.display eq "[OR] nullable" and groups[display co "] n"]', True),
        ('groups.$ref co "Groups" and groups[$ref sw "https"]', True),
        ('groups.$ref co "groups"', False),
        ("userName eq null", False),
        ("userName ne null", True),
        ("emails.display eq null", True),
        ("emails[display eq null and primary pr]", True),
        (f'{EXTENSION.upper()}:UUID eq "1F1C"', True),
        (f'{EXTENSION.lower()}:accountid eq "557058:1F1C"', False),
        (f'{USER.lower()}:name.givenname eq "ann"', True),
        (f'{USER}:emails[type eq "work" and value co "acme"]', True),
        ('emails.type eq "work" and emails.value eq "ann@home.org"', True),
        ('emails[type eq "work" and value eq "ann@home.org"]', False),
        ('emails[not (type eq "work")]', True),
        ('emails ne "ann@home.org"', False),
        ('emails[value ne "ann@home.org"]', True),
        ('emails co "HOME"', True),
        ('displayName sw ""', True),
        ('name.formatted eq "y" or id pr', True),
        ('  userName \t Eq   "ann@ACME.com"\t', True),
        ('meta.created lt "2026-11-23T00:30:00+01:00"', False),
        ('meta.created ge "2026-11-22T23:59:59.9999999Z"', True),
        ('meta.created ge "2026-11-22t23:59:59z"', True),
        ('schemas eq "urn:ietf:params:scim:schemas:core:2.0:User"', True),
    ],
)
def test_a_filter_is_evaluated(registry: Registry, text: str, expected: bool) -> None:  # noqa: FBT001 - pytest hands it over by name
    """Groups, letter case, zones, and values taken together or one by one."""
    assert matches(bind_filter(text, registry.user), ANN) is expected


@pytest.mark.rule("7644-3.4.2.2-present")
@pytest.mark.parametrize("nothing", [None, "", [], {}, [{}], [{"value": ""}, {"many": [None, ""]}]])
@pytest.mark.parametrize("text", ["parts pr", "whole pr", 'parts co ""', "parts[type pr]"])
def test_what_is_empty_is_not_present(specimen: ResourceType, nothing: object, text: str) -> None:
    """An empty string, list or object has no value to be found by."""
    resource = {"parts": nothing if isinstance(nothing, list) else [], "whole": nothing}

    assert not matches(bind_filter(text, specimen), resource)


@pytest.mark.rule("7644-3.4.2.2-present")
@pytest.mark.parametrize("part", [{"value": "x"}, {"many": ["", "x"]}])
@pytest.mark.parametrize("text", ["parts pr", "whole pr", "parts[value pr or many pr]"])
def test_what_holds_something_is_present(
    specimen: ResourceType, part: dict[str, Any], text: str
) -> None:
    """Of a complex attribute, one part that is not empty will do."""
    assert matches(bind_filter(text, specimen), {"parts": [{}, part], "whole": part})


def test_a_filter_of_five_hundred_clauses_is_read_at_once(registry: Registry) -> None:
    """The library's own tree is as deep as the filter is long: to walk it takes no recursion."""
    text = " or ".join(['id eq "x"'] * 499 + ["id pr"])
    started = time.process_time()

    assert matches(bind_filter(text, registry.user), ANN)

    # Some twenty milliseconds; what grows with the square of the length takes seconds.
    assert time.process_time() - started < 1
