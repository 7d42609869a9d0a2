"""What Bitbucket answers instead: every refusal, with its body."""

from collections.abc import Mapping

INVALID_TOKEN = "Token is invalid, expired, or not supported for this endpoint."  # noqa: S105 - a message


class Refusal(Exception):
    """An answer other than success; rendered as Bitbucket's error body."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        detail: str | Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.detail = detail
        self.headers = dict(headers or {})

    def body(self) -> dict[str, object]:
        """The error object of Bitbucket."""
        error: dict[str, object] = {"message": self.message}
        if self.detail is not None:
            error["detail"] = self.detail
        return {"type": "error", "error": error}


def bad_request(message: str, detail: str | None = None) -> Refusal:
    """400: the request cannot be understood."""
    return Refusal(400, message, detail=detail)


def unauthorized() -> Refusal:
    """401: nobody we know."""
    challenge = {"WWW-Authenticate": 'Basic realm="Bitbucket.org HTTP"'}
    return Refusal(401, INVALID_TOKEN, headers=challenge)


def forbidden(message: str = "Forbidden") -> Refusal:
    """403: somebody we know, who may not."""
    return Refusal(403, message)


def missing_scope(required: frozenset[str], granted: frozenset[str]) -> Refusal:
    """403: the credential lacks a scope."""
    return Refusal(
        403,
        "Your credentials lack one or more required privilege scopes.",
        detail={"required": sorted(required), "granted": sorted(granted)},
    )


def not_found(message: str = "Resource not found") -> Refusal:
    """404: it does not exist, or may not be seen."""
    return Refusal(404, message)


def payment_required() -> Refusal:
    """402: the plan has no seat left."""
    return Refusal(402, "The workspace has reached the user limit of its plan.")


def conflict(message: str) -> Refusal:
    """409: it is so already, or the name is taken."""
    return Refusal(409, message)


def method_not_allowed(allowed: str) -> Refusal:
    """405: the resource exists and has other methods."""
    return Refusal(405, "Method not allowed", headers={"Allow": allowed})


def gone() -> Refusal:
    """410: Bitbucket removed the resource."""
    return Refusal(410, "This API is no longer supported.")


def too_many_requests(retry_after_seconds: int | None) -> Refusal:
    """429: the budget of the hour is spent."""
    headers = {} if retry_after_seconds is None else {"Retry-After": str(retry_after_seconds)}
    return Refusal(429, "Rate limit for this resource has been exceeded", headers=headers)
