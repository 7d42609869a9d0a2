"""
The errors a SCIM client can be told of (RFC 7644 §3.12).

* ScimError
    x ExpiredCursor      400 expiredCursor
    x InvalidCount       400 invalidCount
    x InvalidCursor      400 invalidCursor
    x InvalidFilter      400 invalidFilter
    x InvalidPath        400 invalidPath
    x InvalidSyntax      400 invalidSyntax
    x InvalidValue       400 invalidValue
    x InvalidVersion     400 invalidVers
    x Mutability         400 mutability
    x NoTarget           400 noTarget
    x Unauthorized       401
    x Forbidden          403
    x NotFound           404
    x MethodNotAllowed   405
    x Conflict           409
        x Uniqueness         409 uniqueness
    x VersionChanged     412
    x TooLarge           413
    x TooManyRequests    429
    x Unsupported        501
    x BadUpstream        502
    x Unavailable        503
    x NotStored          504
"""

from typing import ClassVar

ERROR_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:Error"


class ScimError(Exception):
    """
    What a request failed by, in the words of RFC 7644 §3.12; one of its subclasses is raised.

    Attributes:
        status: The HTTP status.
        scim_type: The detail error keyword of table 9, only with 400 and 409.
        detail: One sentence that says what to do next.
        made_id: The id of the resource that was made all the same, though not finished; None
            where none was.
    """

    status: ClassVar[int] = 500
    scim_type: ClassVar[str | None] = None

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.made_id: str | None = None

    def __str__(self) -> str:
        return self.detail

    def to_json(self) -> dict[str, object]:
        """Return the error message; ``status`` is a string there, as the RFC has it."""
        body: dict[str, object] = {"schemas": [ERROR_SCHEMA], "status": str(self.status)}
        if self.scim_type is not None:
            body["scimType"] = self.scim_type
        return body | {"detail": self.detail}


class ExpiredCursor(ScimError):
    """The walk that a cursor belongs to was given up (RFC 9865 §2.1)."""

    status = 400
    scim_type = "expiredCursor"


class InvalidCount(ScimError):
    """A walk has no pages of that size, or began with another (RFC 9865 §2.1)."""

    status = 400
    scim_type = "invalidCount"


class InvalidCursor(ScimError):
    """A cursor was not given for this query (RFC 9865 §2.1)."""

    status = 400
    scim_type = "invalidCursor"


class InvalidFilter(ScimError):
    """
    The filter is outside the grammar, or asks what its attribute can't answer.

    Attributes:
        position: The 0-based offset in the filter of what does not fit.
    """

    status = 400
    scim_type = "invalidFilter"

    def __init__(self, detail: str, *, position: int) -> None:
        super().__init__(f"{detail} (at character {position + 1} of the filter)")
        self.position = position


class InvalidPath(ScimError):
    """An attribute path is malformed or names no attribute."""

    status = 400
    scim_type = "invalidPath"


class InvalidSyntax(ScimError):
    """The request as a whole is not what the endpoint reads."""

    status = 400
    scim_type = "invalidSyntax"


class InvalidValue(ScimError):
    """A value is missing, of the wrong type or out of range."""

    status = 400
    scim_type = "invalidValue"


class InvalidVersion(ScimError):
    """The address names a version of the protocol that is not served (RFC 7644 §3.13)."""

    status = 400
    scim_type = "invalidVers"


class Mutability(ScimError):
    """The request changes what clients may not change (RFC 7643 §7)."""

    status = 400
    scim_type = "mutability"


class NoTarget(ScimError):
    """The path of a PATCH operation is missing, or selects nothing."""

    status = 400
    scim_type = "noTarget"


class Unauthorized(ScimError):
    """The request carries no credential that the gateway knows."""

    status = 401


class Forbidden(ScimError):
    """The request is understood and refused."""

    status = 403


class NotFound(ScimError):
    """There is no such resource, or no such endpoint."""

    status = 404


class MethodNotAllowed(ScimError):
    """The endpoint does not offer the method."""

    status = 405


class Conflict(ScimError):
    """The request contradicts what is there, and would be fine if that were otherwise."""

    status = 409


class Uniqueness(Conflict):
    """Another resource has a value that only one may have."""

    scim_type = "uniqueness"


class VersionChanged(ScimError):
    """The resource is not in the version that the request is meant for (RFC 7644 §3.14)."""

    status = 412


class TooLarge(ScimError):
    """The request is larger than the gateway reads."""

    status = 413


class TooManyRequests(ScimError):
    """
    The client asks more often than it may (RFC 6585 §4).

    Attributes:
        retry_after_seconds: When to ask again.
    """

    status = 429

    def __init__(self, detail: str, *, retry_after_seconds: int) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class Unsupported(ScimError):
    """The protocol has it, this gateway does not offer it."""

    status = 501


class BadUpstream(ScimError):
    """Bitbucket refuses what the gateway asks, until an administrator mends its settings."""

    status = 502


class Unavailable(ScimError):
    """
    Bitbucket can't be asked at the moment.

    Attributes:
        retry_after_seconds: When to ask again.
    """

    status = 503

    def __init__(self, detail: str, *, retry_after_seconds: int) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class NotStored(ScimError):
    """The client wants nothing read, and nothing that is young enough is stored (RFC 9111)."""

    status = 504
