"""The messages of the protocol: query parameters, and lists of resources (RFC 7644 §3.4.2)."""

import re
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import orjson
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from gateway.scim.errors import InvalidValue
from gateway.scim.filter.bind import bind_filter
from gateway.scim.filter.bound import Filter
from gateway.scim.filter.several_types import bind_filter_for_each
from gateway.scim.freshness import AS_IT_COMES, FreshnessWanted
from gateway.scim.handler import Listing, Query, RootQuery
from gateway.scim.page import CursorPage, IndexPage, Page
from gateway.scim.projection import Projection, bind_projection
from gateway.scim.schema import ResourceType
from gateway.scim.sort import Sort, bind_sort, bind_sort_for_each

LIST_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:ListResponse"

_DIGITS = re.compile(r"-?[0-9]{1,19}")
#: The largest of 64 bits: Java's largest, which stands for "all of them", is one.
_LARGEST = (1 << 63) - 1


class _WholeNumber(fields.Field[int]):
    """A whole number in decimal digits alone; Python itself would read 1_000 too."""

    default_error_messages = {  # noqa: RUF012 - marshmallow reads it from the class
        "invalid": "must be a whole number that 64 bits hold"
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_kwargs: Any) -> int:  # noqa: ARG002 - marshmallow hands them over
        if _DIGITS.fullmatch(value) is None or not -_LARGEST <= int(value) <= _LARGEST:
            raise self.make_error("invalid")
        return int(value)


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
    start_index = _WholeNumber(data_key="startIndex", load_default=None)
    count = _WholeNumber(load_default=None)
    cursor = fields.String(load_default=None)


#: What all pages of a walk are asked with, besides their count (RFC 9865 §2).
_SAME_ON_EVERY_PAGE = ("filter", "sort_by", "sort_order", "attributes", "excluded_attributes")


def _names(schema: Schema) -> frozenset[str]:
    return frozenset(field.data_key or name for name, field in schema.fields.items())


class _Parameters:
    """The parameters that a request may have, and how they are read."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self.names = _names(schema)
        self._as_known = {name.lower(): name for name in self.names}
        self._left_out: dict[str, Any] = schema.load({})

    def read(self, parameters: Mapping[str, Sequence[str]]) -> Mapping[str, Any]:
        """
        Return what *parameters* hold.

        Raises:
            InvalidValue: One is repeated, written in another letter case, or not what it may be.
        """
        if not parameters:
            return self._left_out
        self._refuse_variants(parameters)
        try:
            loaded: dict[str, Any] = self._schema.load(
                {name: parameters[name][0] for name in self.names & parameters.keys()}
            )
        except ValidationError as error:
            messages: dict[str, list[str]] = dict(error.messages_dict)
            name, reasons = next(iter(messages.items()))
            raise InvalidValue(f"The parameter {name} {reasons[0].rstrip('.')}.") from None
        return loaded

    def _refuse_variants(self, parameters: Mapping[str, Sequence[str]]) -> None:
        # Passing over Filter= would answer with everybody; taking one of two filters, with too
        # many.
        for name, values in parameters.items():
            expected = self._as_known.get(name.lower(), name)
            if name != expected:
                raise InvalidValue(f"Write the parameter as {expected}, not as {name}.")
            if name in self.names and len(values) > 1:
                raise InvalidValue(
                    f"The parameter {name} is given {len(values)} times; send it once."
                )


_PROJECTION = _Parameters(_ProjectionParameters())
_QUERY = _Parameters(_QueryParameters())
#: The names of the parameters of a query.
QUERY_PARAMETERS = _QUERY.names


def read_projection(
    parameters: Mapping[str, Sequence[str]], resource_type: ResourceType
) -> Projection:
    """
    Return the projection that query parameters ask for.

    Raises:
        InvalidValue: A parameter is repeated, or written in another letter case.
        InvalidSyntax: Both lists of attributes are given.
    """
    loaded = _PROJECTION.read(parameters)
    return bind_projection(
        loaded["attributes"], loaded["excluded_attributes"], resource_type=resource_type
    )


def read_query(
    parameters: Mapping[str, Sequence[str]],
    resource_type: ResourceType,
    *,
    base_url: str,
    freshness: FreshnessWanted = AS_IT_COMES,
    caller: str = "",
) -> Query:
    """
    Return the query that query parameters ask for.

    Args:
        parameters: Every value of each parameter, percent-decoded.
        resource_type: The type that is queried.
        base_url: The address of the service, without a slash at its end.
        freshness: How old the answer may be.
        caller: Who asks: nobody else can use the cursors of the answer.

    Raises:
        InvalidCount: There are no pages of that size to walk through.
        InvalidFilter: The filter is malformed, or asks what the type can't answer.
        InvalidPath: ``sortBy`` names no attribute that resources are sorted by.
        InvalidValue: A parameter is repeated, written in another letter case, no whole number,
            or out of its vocabulary.
        InvalidSyntax: Both lists of attributes are given.
    """
    loaded = _QUERY.read(parameters)
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
        page=_page(loaded, caller=f"{resource_type.name} {caller}"),
        projection=bind_projection(
            loaded["attributes"], loaded["excluded_attributes"], resource_type=resource_type
        ),
        base_url=base_url,
        freshness=freshness,
    )


def read_root_query(
    parameters: Mapping[str, Sequence[str]],
    resource_types: Sequence[ResourceType],
    *,
    apart: Sequence[ResourceType] = (),
    base_url: str,
    freshness: FreshnessWanted = AS_IT_COMES,
    caller: str = "",
) -> RootQuery:
    """
    Return the query over all of *resource_types* that query parameters ask for.

    It takes the parameters that :func:`read_query` does, and raises the same: of attributes that
    no type has, and of a filter that asks for a type which is served *apart*. A type of which the
    filter selects nothing has no part in it.
    """
    loaded = _QUERY.read(parameters)
    sort_by, text = loaded["sort_by"], loaded["filter"]
    projections = {
        each.name: bind_projection(
            loaded["attributes"], loaded["excluded_attributes"], resource_type=each
        )
        for each in resource_types
    }
    selected: Mapping[str, Filter | bool] = dict.fromkeys(projections, True)
    if text is not None:
        selected = bind_filter_for_each(text, resource_types, apart)
    sorts: Mapping[str, Sort] = {}
    if sort_by:
        descending = loaded["sort_order"] == "descending"
        sorts = bind_sort_for_each(sort_by, descending=descending, resource_types=resource_types)
    page = _page(loaded, caller=f"/ {caller}")
    return RootQuery(
        {
            name: Query(
                filter=None if isinstance(wanted, bool) else wanted,
                sort=sorts.get(name),
                page=page,
                projection=projections[name],
                base_url=base_url,
                freshness=freshness,
            )
            for name, wanted in selected.items()
            if wanted is not False
        },
        page,
        freshness,
    )


def list_response(listing: Listing, page: Page) -> bytes:
    """Return a page of resources as a ListResponse, in JSON (RFC 7644 §3.4.2, RFC 9865 §2)."""
    told = told_of(listing, page)
    return b"".join((told[:-1], b',"Resources":[', listing.resources, b"]}"))


def told_of(listing: Listing, page: Page) -> bytes:
    """Return the same without its resources."""
    told: dict[str, object] = {
        "schemas": [LIST_RESPONSE],
        "totalResults": listing.total_results,
        "itemsPerPage": listing.count,
    }
    if isinstance(page, IndexPage):
        told["startIndex"] = page.start_index
    if listing.next_cursor is not None:
        told["nextCursor"] = listing.next_cursor
    if listing.previous_cursor is not None:
        told["previousCursor"] = listing.previous_cursor
    return orjson.dumps(told)


def _page(loaded: Mapping[str, Any], *, caller: str) -> Page:
    cursor, start_index, count = loaded["cursor"], loaded["start_index"], loaded["count"]
    if cursor is None:
        return IndexPage.of(start_index, count)
    if start_index is not None:
        raise InvalidValue("Send startIndex or cursor, not both.")
    asked = [caller, *(loaded[name] for name in _SAME_ON_EVERY_PAGE)]
    return CursorPage.of(cursor, count, bound_to=blake2b(orjson.dumps(asked)).digest())
