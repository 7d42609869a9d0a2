"""One bulk request, carried out: each operation as if it came alone (RFC 7644 §3.7)."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import quote

import orjson
import structlog
from flask import current_app

from gateway.scim.bulk.address import Address
from gateway.scim.bulk.message import BulkRequest, Operation, Result
from gateway.scim.bulk.order import Order, Step, order_of
from gateway.scim.bulk.references import mentions, resolved, split
from gateway.scim.change import Method, read_change, status_of
from gateway.scim.errors import (
    Conflict,
    InvalidSyntax,
    InvalidValue,
    MethodNotAllowed,
    NotFound,
    ScimError,
    Unavailable,
    VersionChanged,
)
from gateway.scim.freshness import Provenance
from gateway.scim.handler import Author, ResourceWriter, Write, Written
from gateway.scim.patch.message import PATCH_OP
from gateway.scim.projection import bind_projection
from gateway.scim.schema import ResourceType
from gateway.web.bulk_versions import Versions
from gateway.web.preconditions import IfMatch

_LOG = structlog.get_logger(__name__)

#: After so long nothing more is begun: who is in between gives up on an answer after a minute, and
#: nobody would be told what was done.
_LONGEST_SECONDS: Final = 45
#: When to try again what was not begun.
_RETRY_SECONDS: Final = 1
#: The statuses of what may pass by itself, or once an administrator has mended the settings.
_PASSING: Final = frozenset({429, 500, 502, 503, 504})
#: When to try again what failed by something that does not say how long it takes.
_PASSING_SECONDS: Final = 30


@dataclass(slots=True)
class Job:
    """
    One bulk request.

    Attributes:
        bulk: What is asked for.
        writers: Who does it.
        versions: Tells the versions of resources.
        author: Who asks.
        base_url: The address of the service.
        clock: The time in seconds, from any moment.
        results: What came of each operation that was tried, by its number.
        provenances: What those took that were done.
        notes: What was asked for and could not be.
    """

    bulk: BulkRequest
    writers: Mapping[str, ResourceWriter]
    versions: Versions
    author: Author
    base_url: str
    clock: Callable[[], float] = time.monotonic
    results: dict[int, Result] = field(default_factory=dict)
    provenances: list[Provenance] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _ids: dict[str, str] = field(default_factory=dict)
    #: What was changed, by the number of the operation.
    _changed: dict[int, tuple[ResourceType, str]] = field(default_factory=dict)
    #: When to try again what failed for the moment alone, by its number.
    _passing: dict[int, int] = field(default_factory=dict)
    _order: Order = field(init=False)
    _began: float = field(init=False)

    def __post_init__(self) -> None:
        """Find the order."""
        self._order = order_of(self.bulk.operations)
        self._began = self.clock()

    def carry_out(self) -> None:
        """Carry out each operation, until there were too many errors."""
        for step in self._order.steps:
            made = self.results.get(step.number)
            is_made = made is not None and made.error is None
            if is_made if step.is_rest else not self._is_over():
                self.results[step.number] = self._result(step)
        if len(self.provenances) > 1:
            self._look_again()

    def _look_again(self) -> None:
        """Tell of the versions as they are now: a later change may have made another of one."""
        for number, (resource_type, resource_id) in self._changed.items():
            result = self.results[number]
            if result.version is not None:
                now = self.versions.now(resource_type, resource_id, before=result.version)
                self.results[number] = replace(result, version=now)

    def _is_over(self) -> bool:
        most = self.bulk.fail_on_errors
        failed = sum(result.error is not None for result in self.results.values())
        return most is not None and failed >= most

    def _result(self, step: Step) -> Result:
        """Carry out *step*, and return what has come of its operation by now."""
        operation = self.bulk.operations[step.number]
        address = operation.address
        try:
            self._check_time()
            address = _addressed(operation)
            written = self._carry_out(step, operation, address)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other operations are answered
            result = self._failed(step, operation, error)
        else:
            self._keep(step, operation, written)
            self._changed[step.number] = (address.resource_type, written.resource_id)
            document = written.document
            result = Result(
                status=status_of(Method(operation.method), written),
                location=self._location(address, written.resource_id),
                version=None if document is None else document.version,
            )
        _LOG.info(
            "bulk.operation",
            number=step.number,
            method=operation.method,
            resource_type=None if address is None else address.resource_type.name,
            status=result.status,
        )
        return result

    def _check_time(self) -> None:
        """Refuse what would not be done in time."""
        if self.clock() - self._began > _LONGEST_SECONDS:
            raise Unavailable(
                f"This bulk request has taken {_LONGEST_SECONDS} seconds already, so this was not "
                "tried; send it in another request.",
                retry_after_seconds=_RETRY_SECONDS,
            )

    def _carry_out(self, step: Step, operation: Operation, address: Address) -> Written:
        left_out = self._order.left_out.get(step.number, frozenset())
        if step.is_rest:
            self._check_rest(left_out)
            _, rest = split(operation.data, left_out)
            made = Address(address.resource_type, self._ids[operation.bulk_id or ""])
            return self._ask(Method.PATCH, made, _setting(rest))
        self._check_known(operation.mentions - left_out)
        data = split(operation.data, left_out)[0] if left_out else operation.data
        return self._ask(Method(operation.method), address, data, operation.version)

    def _ask(
        self, method: Method, address: Address, data: object, version: str | None = None
    ) -> Written:
        """Ask for a change just as a request of its own would."""
        resource_type = address.resource_type
        meant = IfMatch.parse(version, "The version of an operation")
        if version is not None and method is Method.POST:
            raise VersionChanged(
                "What is made has no version before; send the operation without its version."
            )
        resource_id = resolved(address.resource_id, self._ids)
        change = read_change(method, resolved(data, self._ids), resource_type, resource_id)
        write = Write(
            author=self.author,
            base_url=self.base_url,
            # The answer shows no resource, so nothing else has to be known of it.
            projection=bind_projection("id", None, resource_type=resource_type),
            is_expected=meant.holds,
        )
        return change(self.writers[resource_type.name], write)

    def _check_known(self, mentioned: frozenset[str]) -> None:
        """
        Let an operation pass if all that it refers to was made.

        Raises:
            InvalidValue: The request makes no such thing.
            Unavailable: It could not be made at the moment.
            Conflict: It could not be made at all (RFC 7644 §3.7.1).
        """
        for name in sorted(mentioned - self._ids.keys()):
            maker = self._maker(name)
            if maker is None:
                raise InvalidValue(f"No POST of this request has the bulkId {name}.")
            if maker not in self.results:
                raise Conflict(
                    f"It refers to bulkId:{name}, and that to it, or it to itself, by what can't "
                    "be added later; leave the reference out."
                )
            not_tried = f"bulkId:{name} was not finished, so this was not tried; see its own answer"
            if maker in self._passing:
                raise Unavailable(
                    f"{not_tried}, and send both again.",
                    retry_after_seconds=self._passing[maker],
                )
            raise Conflict(f"{not_tried}.")

    def _check_rest(self, left_out: frozenset[str]) -> None:
        """
        Let the rest of an operation pass, if what is still to be referred to was made.

        Raises:
            Conflict: It was not. This lasts: what was made is not made again.
        """
        if self._is_over():
            raise Conflict("The request ended before, after too many errors.")
        missing = sorted(left_out - self._ids.keys())
        if missing:
            raise Conflict(f"bulkId:{missing[0]} was not finished; see its own answer.")

    def _maker(self, name: str) -> int | None:
        """Return the number of the POST with that ``bulkId``; None if there is none."""
        for number, operation in enumerate(self.bulk.operations):
            if operation.bulk_id == name and operation.method == Method.POST:
                return number
        return None

    def _keep(self, step: Step, operation: Operation, written: Written) -> None:
        """Keep what later operations and the answer as a whole need of what was done."""
        if operation.method == Method.POST and operation.bulk_id is not None:
            self._ids[operation.bulk_id] = written.resource_id
        self.provenances.append(written.provenance)
        self.notes += [f"Operations[{step.number}]: {note}" for note in written.notes]

    def _failed(self, step: Step, operation: Operation, error: Exception) -> Result:
        """Return what the same request alone would be answered."""
        answer = current_app.make_response(current_app.handle_user_exception(error))
        message = orjson.loads(answer.get_data())
        location = self._asked(operation)
        made_id = error.made_id if isinstance(error, ScimError) else None
        if made_id is not None and operation.address is not None:
            location = self._location(operation.address, made_id)
        told = [message["detail"]]
        if step.is_rest:
            told.insert(0, "It was made, but without what refers to other operations.")
        retry_after = answer.headers.get("Retry-After")
        if retry_after is not None:
            told.append(f"Retry after {retry_after} seconds.")
        if step.is_rest:
            told.append(f"Add that by a PATCH of {location}; do not POST it again.")
        if answer.status_code in _PASSING:
            self._passing[step.number] = int(retry_after or _PASSING_SECONDS)
        return Result(
            status=answer.status_code,
            location=location,
            error=message | {"detail": " ".join(told)},
        )

    def _asked(self, operation: Operation) -> str | None:
        """Return the address that an operation is about, as far as there is one."""
        address = operation.address
        if operation.method == Method.POST:
            made = self._ids.get(operation.bulk_id or "")
            return None if address is None or made is None else self._location(address, made)
        if address is None or address.resource_id is None:
            is_whole = "://" in operation.path
            return operation.path if is_whole else f"{self.base_url}/{operation.path.lstrip('/')}"
        if mentions(address.resource_id) - self._ids.keys():
            return None
        return self._location(address, resolved(address.resource_id, self._ids))

    def _location(self, address: Address, resource_id: str) -> str:
        # What was asked for may be no id at all.
        named = quote(resource_id, safe=":")
        return f"{self.base_url}{address.resource_type.endpoint}/{named}"


def _addressed(operation: Operation) -> Address:
    """
    Return what an operation is about.

    Raises:
        NotFound: It is about nothing here.
        MethodNotAllowed: It is nothing that can be done with it.
    """
    address = operation.address
    if address is None:
        raise NotFound("The operations of a bulk request are on /Users and /Groups alone.")
    is_whole = address.resource_id is None
    if operation.method not in set(Method) or is_whole is not (operation.method == Method.POST):
        raise MethodNotAllowed(
            "Operations are POST on /Users or /Groups, and PUT, PATCH and DELETE of one resource."
        )
    if not operation.data and operation.method != Method.DELETE:
        raise InvalidSyntax(f"data is missing, or empty: it is the body of the {operation.method}.")
    return address


def _setting(attributes: Mapping[str, object]) -> dict[str, object]:
    """Return the PATCH that adds *attributes*."""
    return {"schemas": [PATCH_OP], "Operations": [{"op": "add", "value": attributes}]}
