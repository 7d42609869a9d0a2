"""
``POST /admin/explain``: what a query rests on and would cost, without making it.

The query comes in the body, so that no filter, which may hold an e-mail address, is in an address
that servers on the way write down.
"""

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from flask import Flask, Response, request
from marshmallow import RAISE, Schema, ValidationError, fields, validate

from gateway.scim.errors import InvalidSyntax, InvalidValue
from gateway.scim.handler import Query
from gateway.scim.messages import read_query
from gateway.scim.schema import Registry
from gateway.web.addresses import Addresses
from gateway.web.authentication import Authenticator
from gateway.web.bodies import parsed, whole_body
from gateway.web.caching import freshness_wanted

#: Returns the explanation of a query over the resources of the type of that name.
Explain = Callable[[str, Query], Mapping[str, object]]

_TYPE = "resourceType"


def _otherwise(reason: str) -> dict[str, Any]:
    """Return what is said of a member that is null, or of another type."""
    return dict.fromkeys(("null", "invalid"), reason)


_TYPES = "must be User or Group"
_TEXT = _otherwise("must be a string")
_NUMBER = _otherwise("must be a whole number, without quotes")


class _Body(Schema):
    """A query: the parameters of RFC 7644 §3.4.2, and the type that is queried."""

    class Meta:
        unknown = RAISE

    resource_type = fields.String(
        data_key=_TYPE,
        load_default="User",
        validate=validate.OneOf(("User", "Group"), error=_TYPES),
        error_messages=_otherwise(_TYPES),
    )
    filter = fields.String(error_messages=_TEXT)
    attributes = fields.String(error_messages=_TEXT)
    excluded_attributes = fields.String(data_key="excludedAttributes", error_messages=_TEXT)
    sort_by = fields.String(data_key="sortBy", error_messages=_TEXT)
    sort_order = fields.String(data_key="sortOrder", error_messages=_TEXT)
    start_index = fields.Integer(data_key="startIndex", strict=True, error_messages=_NUMBER)
    count = fields.Integer(strict=True, error_messages=_NUMBER)


_BODY = _Body()
_NAMES = [field.data_key or name for name, field in _BODY.fields.items()]


def add_explanation(
    app: Flask,
    registry: Registry,
    explain: Explain,
    *,
    authenticator: Authenticator,
    addresses: Addresses,
) -> None:
    """Add the endpoint, for those who have a token."""

    def view() -> Response:
        authenticator.check(request.headers.get("Authorization"))
        body = _read()
        name = str(body.pop(_TYPE, "User"))
        resource_type = next(t for t in registry.resource_types if t.name == name)
        query = read_query(
            {parameter: [str(value)] for parameter, value in body.items()},
            resource_type,
            base_url=addresses.base_url(),
            freshness=freshness_wanted(request.headers.get("Cache-Control")),
        )
        return Response(
            orjson.dumps(explain(name, query)),
            content_type="application/json",
            headers={"Cache-Control": "no-store"},
        )

    app.add_url_rule("/admin/explain", endpoint="explain", view_func=view, methods=["POST"])


def _read() -> dict[str, object]:
    """Return the members of the body, checked, under their own names."""
    body = parsed(whole_body() or b"{}")
    if not isinstance(body, dict):
        raise InvalidSyntax('Send a JSON object, such as {"filter": "active eq false"}.')
    unknown = next((name for name in body if name not in _NAMES), None)
    if unknown is not None:
        *others, last = _NAMES
        raise InvalidValue(f"A query has no {unknown}; it may have {', '.join(others)} and {last}.")
    try:
        _BODY.load(body)
    except ValidationError as error:
        name, reasons = next(iter(dict(error.messages_dict).items()))
        raise InvalidValue(f"{name} {reasons[0]}.") from None
    return body
