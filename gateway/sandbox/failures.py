"""The answers of a Bitbucket that has trouble."""

import orjson
from flask import Response

from gateway.sandbox.errors import Refusal
from gateway.sandbox.faults import Fault, FaultKind

TROUBLE_PAGE = (
    "<!DOCTYPE html><html><head><title>Bitbucket is unavailable</title></head>"
    "<body><h1>Something went wrong</h1></body></html>"
)
STATUS = {
    FaultKind.INTERNAL_ERROR: (500, "Internal Server Error"),
    FaultKind.UNAVAILABLE: (503, "Service Unavailable"),
    FaultKind.TOO_MANY_REQUESTS: (429, "Rate limit for this resource has been exceeded"),
}


def failure(fault: Fault) -> Response | None:
    """The answer in the place of the true one; None where the true one is begun."""
    if fault.kind is FaultKind.TRUNCATED:
        return None
    if fault.kind is FaultKind.HTML:
        return Response(TROUBLE_PAGE, 200, mimetype="text/html")
    # A connection that breaks carries nothing, so what stands here never leaves.
    status, message = STATUS.get(fault.kind, (500, fault.kind.value))
    response = Response(
        orjson.dumps(Refusal(status, message).body()), status, mimetype="application/json"
    )
    if fault.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(fault.retry_after_seconds)
    return response
