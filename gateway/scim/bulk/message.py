"""The messages of bulk requests (RFC 7644 §3.7)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from marshmallow import EXCLUDE, ValidationError, fields, validate

from gateway.scim.bulk.address import Address, read_address
from gateway.scim.bulk.references import mentions
from gateway.scim.change import Method
from gateway.scim.errors import InvalidSyntax, InvalidValue, TooLarge
from gateway.scim.fields import Text, WholeNumber
from gateway.scim.members import Members, refusal
from gateway.scim.message_schemas import is_declared
from gateway.scim.schema import Registry

BULK_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
BULK_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"


@dataclass(frozen=True, slots=True)
class Limits:
    """
    How large a bulk request may be, as the service provider configuration says (RFC 7643 §5).

    Attributes:
        max_operations: The most operations.
        max_payload_size: The most bytes of the body.
    """

    max_operations: int
    max_payload_size: int

    @classmethod
    def of(cls, registry: Registry) -> "Limits":
        """Return what *registry* says."""
        bulk = registry.service_provider_config["bulk"]
        if not isinstance(bulk, Mapping):
            raise TypeError("A service provider configuration without bulk.")
        return cls(int(bulk["maxOperations"]), int(bulk["maxPayloadSize"]))

    def check_size(self, size: int) -> None:
        """
        Let a body of *size* bytes pass.

        Raises:
            TooLarge: It has too many.
        """
        if size > self.max_payload_size:
            raise TooLarge(
                f"The bulk request has {size} bytes; send at most {self.max_payload_size} at once "
                "(maxPayloadSize)."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """
    One operation of a bulk request.

    Attributes:
        method: The method, in capitals; maybe none that is served.
        path: The path as it was sent.
        address: What that leads to; None if to nothing here.
        bulk_id: What the client calls it; every POST has one.
        version: The versions that it is meant for, as If-Match has them; None for any.
        data: The body; None if there is none.
        mentions: Every ``bulkId`` that the path and the data refer to.
    """

    method: str
    path: str
    address: Address | None
    bulk_id: str | None
    version: str | None
    data: Any
    mentions: frozenset[str]


@dataclass(frozen=True, slots=True)
class BulkRequest:
    """
    A bulk request.

    Attributes:
        operations: What to do; no two POSTs have the same ``bulkId``.
        fail_on_errors: After how many errors no more is tried; None for no end.
    """

    operations: tuple[Operation, ...]
    fail_on_errors: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """
    What came of an operation.

    Attributes:
        status: The HTTP status of the same request alone.
        location: The address of the resource, also of one that was made and not finished; None of
            one that was not made.
        version: The version of the resource; None if it failed, or is gone.
        error: The error message; None if it did not fail.
    """

    status: int
    location: str | None
    version: str | None = None
    error: Mapping[str, object] | None = None


_TEXT: dict[str, Any] = {"required": "is required", "invalid": "must be a string"}


class _Operation(Members):
    class Meta(Members.Meta):
        unknown = EXCLUDE

    method = Text(data_key="method", required=True, error_messages=_TEXT)
    path = Text(data_key="path", required=True, error_messages=_TEXT)
    bulk_id = Text(data_key="bulkId", error_messages=_TEXT)
    version = Text(data_key="version", error_messages=_TEXT)
    data = fields.Raw(data_key="data")


class _Request(Members):
    class Meta(Members.Meta):
        unknown = EXCLUDE

    schemas = fields.Raw(data_key="schemas")
    fail_on_errors = WholeNumber(
        data_key="failOnErrors",
        error_messages={"invalid": "must be a whole number"},
        validate=validate.Range(min=1, error="must be at least 1; leave it out to try everything"),
    )
    operations = fields.List(
        fields.Nested(_Operation),
        data_key="Operations",
        required=True,
        error_messages={
            "required": "is required: a list of what to do",
            "invalid": "must be a list of what to do",
        },
        validate=validate.Length(min=1, error="has to hold at least one operation"),
    )

    def _drops(self, name: str, value: object) -> bool:
        # An empty list was sent all the same, which is told otherwise.
        return super()._drops(name, value) and not (name == "operations" and value == [])


_REQUEST = _Request()


def read_bulk(body: object, registry: Registry, limits: Limits, *, base_url: str) -> BulkRequest:
    """
    Return the bulk request that *body* is; names are read in any letter case.

    What is wrong with one operation alone, such as its path or its data, is its own matter, and
    not seen here.

    Args:
        body: The JSON of the request.
        registry: The resource types.
        limits: How large it may be.
        base_url: The address of the service, without a slash at its end.

    Raises:
        InvalidSyntax: It is no BulkRequest.
        InvalidValue: A member is missing or of the wrong type; a POST has no ``bulkId``, or that
            of another POST.
        TooLarge: There are too many operations.
    """
    if isinstance(body, dict):
        _check_count(body, limits)
    try:
        read: dict[str, Any] = _REQUEST.load(body)  # type: ignore[arg-type]  # reason: load refuses what is no object
    except ValidationError as error:
        raise refusal(error) from None
    members: Mapping[str, Any] = body if isinstance(body, dict) else {}
    schemas = next((value for name, value in members.items() if name.lower() == "schemas"), None)
    if not is_declared(schemas, BULK_REQUEST):
        raise InvalidSyntax(f"schemas names no bulk request: it has to hold {BULK_REQUEST}.")
    operations = tuple(_operation(each, registry, base_url) for each in read["Operations"])
    _check_bulk_ids(operations)
    return BulkRequest(operations, read.get("failOnErrors"))


def _check_count(body: Mapping[str, object], limits: Limits) -> None:
    for name, value in body.items():
        if name.lower() == "operations" and isinstance(value, list):
            count, most = len(value), limits.max_operations
            if count > most:
                raise TooLarge(
                    f"There are {count} operations; send at most {most} at once (maxOperations)."
                )


def _operation(read: Mapping[str, Any], registry: Registry, base_url: str) -> Operation:
    path, data = read["path"], read.get("data")
    address = read_address(path, registry, base_url=base_url)
    named = None if address is None else address.resource_id
    return Operation(
        method=read["method"].upper(),
        path=path,
        address=address,
        bulk_id=read.get("bulkId"),
        version=read.get("version"),
        data=data,
        mentions=mentions(named) | mentions(data),
    )


def _check_bulk_ids(operations: Sequence[Operation]) -> None:
    made = [each for each in operations if each.method == Method.POST]
    nameless = (n for n, o in enumerate(operations) if o.method == Method.POST and not o.bulk_id)
    number = next(nameless, None)
    if number is not None:
        raise InvalidValue(f"Operations[{number}].bulkId is required of a POST.")
    counted = Counter(each.bulk_id for each in made)
    twice = next((bulk_id for bulk_id, count in counted.items() if count > 1), None)
    if twice is not None:
        raise InvalidValue(f"{counted[twice]} POSTs have the bulkId {twice}; give each its own.")


def bulk_response(told: Sequence[tuple[Operation, Result]]) -> bytes:
    """Return the answer to a bulk request, in JSON (RFC 7644 §3.7.3)."""
    operations = [_told(operation, result) for operation, result in told]
    return orjson.dumps({"schemas": [BULK_RESPONSE], "Operations": operations})


def _told(operation: Operation, result: Result) -> dict[str, object]:
    members = {
        "method": operation.method,
        "bulkId": operation.bulk_id,
        "version": result.version,
        "location": result.location,
        "status": str(result.status),
        "response": result.error,
    }
    return {name: value for name, value in members.items() if value is not None}
