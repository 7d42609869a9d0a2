"""The messages of the protocol: query parameters, and lists of resources (RFC 7644 §3.4.2)."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from gateway.scim.errors import InvalidValue
from gateway.scim.filter.bind import bind_filter
from gateway.scim.handler import Query
from gateway.scim.page import IndexPage
from gateway.scim.projection import Projection, bind_projection
from gateway.scim.schema import ResourceType
from gateway.scim.sort import bind_sort

LIST_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:ListResponse"

_WHOLE_NUMBER: dict[str, Any] = {"invalid": "must be a whole number", "too_large": "is too large"}


class _ProjectionParameters(Schema):
    """The parameters of every answer that holds resources (RFC 7644 §3.9)."""

    class Meta:
        # Clients add parameters of their own, such as Entra ID's feature flags.
        unknown = EXCLUDE

    attributes = fields.String(load_default=None)
    excluded_attributes = fields.String(data_key="excludedAttributes", load_default=None)


class _QueryParameters(_ProjectionParameters):
    """The parameters of a query (RFC 7644 §3.4.2, table 4 and 5)."""

    filter = fields.String(load_default=None)
    sort_by = fields.String(data_key="sortBy", load_default=None)
    sort_order = fields.String(
        data_key="sortOrder",
        load_default="ascending",
        validate=validate.OneOf(
            ("ascending", "descending"), error="must be ascending or descending"
        ),
    )
    start_index = fields.Integer(
        data_key="startIndex", load_default=None, error_messages=_WHOLE_NUMBER
    )
    count = fields.Integer(load_default=None, error_messages=_WHOLE_NUMBER)


_PROJECTION = _ProjectionParameters()
_QUERY = _QueryParameters()


def read_projection(
    parameters: Mapping[str, Sequence[str]], resource_type: ResourceType
) -> Projection:
    """
    Return the projection that query parameters ask for.

    Raises:
        InvalidValue: A parameter is repeated.
        InvalidSyntax: Both lists of attributes are given.
    """
    loaded = _load(_PROJECTION, parameters)
    return bind_projection(
        loaded["attributes"], loaded["excluded_attributes"], resource_type=resource_type
    )


def read_query(
    parameters: Mapping[str, Sequence[str]], resource_type: ResourceType, *, base_url: str
) -> Query:
    """
    Return the query that query parameters ask for.

    Args:
        parameters: Every value of each parameter, percent-decoded.
        resource_type: The type that is queried.
        base_url: The address of the service, without a slash at its end.

    Raises:
        InvalidFilter: The filter is malformed, or asks what the type can't answer.
        InvalidPath: ``sortBy`` names no attribute that resources are sorted by.
        InvalidValue: A parameter is repeated, no whole number, or out of its vocabulary.
        InvalidSyntax: Both lists of attributes are given.
    """
    loaded = _load(_QUERY, parameters)
    sort_by, text = loaded["sort_by"], loaded["filter"]
    return Query(
        filter=None if text is None else bind_filter(text, resource_type),
        sort=None
        if not sort_by
        else bind_sort(
            sort_by,
            descending=loaded["sort_order"] == "descending",
            resource_type=resource_type,
        ),
        page=IndexPage.of(loaded["start_index"], loaded["count"]),
        projection=bind_projection(
            loaded["attributes"], loaded["excluded_attributes"], resource_type=resource_type
        ),
        base_url=base_url,
    )


def list_response(total_results: int, resources: Sequence[bytes], *, start_index: int) -> bytes:
    """
    Return a ListResponse as JSON.

    Args:
        total_results: How many resources the whole selection has.
        resources: Those of this page, each as JSON.
        start_index: The 1-based index of the first of them.
    """
    head = orjson.dumps(
        {
            "schemas": [LIST_RESPONSE],
            "totalResults": total_results,
            "startIndex": start_index,
            "itemsPerPage": len(resources),
        }
    )
    return b"".join((head[:-1], b',"Resources":[', b",".join(resources), b"]}"))


def _load(schema: Schema, parameters: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    known = {field.data_key or name for name, field in schema.fields.items()}
    for name in known & parameters.keys():
        if len(parameters[name]) > 1:
            raise InvalidValue(f"The parameter {name} is given {len(parameters[name])} times.")
    try:
        loaded: dict[str, Any] = schema.load(
            {name: parameters[name][0] for name in known & parameters.keys()}
        )
    except ValidationError as error:
        messages: dict[str, list[str]] = dict(error.messages_dict)
        name, reasons = next(iter(messages.items()))
        raise InvalidValue(f"The parameter {name} {reasons[0].rstrip('.')}.") from None
    return loaded
