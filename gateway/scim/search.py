"""Queries in the body of a request (RFC 7644 §3.4.3)."""

from collections.abc import Mapping, Sequence

from gateway.scim.errors import InvalidSyntax, InvalidValue
from gateway.scim.message_schemas import is_declared
from gateway.scim.messages import QUERY_PARAMETERS

SEARCH_REQUEST = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"

_LISTS = frozenset({"attributes", "excludedAttributes"})
_NUMBERS = frozenset({"startIndex", "count"})
_AS_WRITTEN = {name.lower(): name for name in QUERY_PARAMETERS}


def read_search(body: object) -> Mapping[str, Sequence[str]]:
    """
    Return the parameters of a SearchRequest, as :func:`~gateway.scim.messages.read_query` takes.

    Args:
        body: The JSON of the request. Names are read in any letter case, and attributes as a list
            or as in an address.

    Raises:
        InvalidSyntax: It is no SearchRequest.
        InvalidValue: A member is of the wrong type.
    """
    if not isinstance(body, dict):
        raise InvalidSyntax("The body is no JSON object; send a SearchRequest.")
    parameters: dict[str, list[str]] = {}
    for name, value in body.items():
        if name.lower() == "schemas":
            _check_schemas(value)
        elif name.lower() in _AS_WRITTEN and value is not None:
            known = _AS_WRITTEN[name.lower()]
            parameters.setdefault(known, []).append(_text(known, value))
    return parameters


def _check_schemas(value: object) -> None:
    if not is_declared(value, SEARCH_REQUEST):
        raise InvalidSyntax(f"schemas names no search: it has to hold {SEARCH_REQUEST}.")


def _text(name: str, value: object) -> str:
    match value:
        case int() if name in _NUMBERS and not isinstance(value, bool):
            return str(value)
        case list() if name in _LISTS and all(isinstance(each, str) for each in value):
            return ",".join(value)
        case str() if name not in _NUMBERS:
            return value
    if name in _NUMBERS:
        raise InvalidValue(f"{name} of a search is a whole number.")
    raise InvalidValue(f"{name} of a search is {'a list of texts' if name in _LISTS else 'text'}.")
