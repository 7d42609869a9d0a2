"""No more requests than a token may make: 429 for one that is too many (RFC 6585 §4)."""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Response

from gateway.scim.errors import TooManyRequests
from gateway.web.answers import error_answer
from gateway.web.authentication import Authenticator, TokenRefused
from gateway.web.health import PATHS as HEALTH
from gateway.web.rates import Allowance, RequestCounter
from gateway.web.tracing import REQUEST_ID, log_request, request_id_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Throttle:
    """
    Counts requests by their tokens, and hands on all but those that are too many.

    Who sends a wrong token, or none, is counted together with all others who do: so that nobody
    without a token can use up what one may ask. Health is not counted.

    The headers are those that SailPoint's SCIM connector reads, by the names it looks for.

    Args:
        application: Answers the requests that are handed on.
        authenticator: Knows the tokens.
        counter: Counts the requests.
    """

    def __init__(
        self,
        application: "WSGIApplication",
        authenticator: Authenticator,
        counter: RequestCounter,
    ) -> None:
        self._application = application
        self._authenticator = authenticator
        self._counter = counter

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer a request, as WSGI has it (PEP 3333)."""
        if environ["PATH_INFO"].rstrip("/") in HEALTH:
            return self._application(environ, start_response)
        started = time.perf_counter()
        caller = self._caller(environ)
        allowance = self._counter.take(caller)
        if allowance.is_spent:
            answer = self._refusal(environ, caller, allowance, started)
            return answer(environ, start_response)
        told = self._told(allowance)

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            return start_response(status, [*headers, *told], *error)

        return self._application(environ, start)

    def _caller(self, environ: "WSGIEnvironment") -> str | None:
        try:
            return self._authenticator.check(environ.get("HTTP_AUTHORIZATION"))
        except TokenRefused:
            return None

    def _told(self, allowance: Allowance) -> list[tuple[str, str]]:
        return [
            ("x-rate-limit-limit", str(self._counter.limit)),
            ("x-rate-limit-remaining", str(allowance.remaining)),
            ("x-rate-limit-reset", str(allowance.reset_seconds)),
        ]

    def _refusal(
        self, environ: "WSGIEnvironment", caller: str | None, allowance: Allowance, started: float
    ) -> Response:
        seconds, limit = allowance.reset_seconds, self._counter.limit
        detail = (
            f"Too many requests with this token: the gateway takes {limit} a minute; try again in "
            f"{seconds} s."
            if caller
            else f"Too many requests without a token that is known here: the gateway takes {limit} "
            f"a minute from all who send them; send a token, or try again in {seconds} s."
        )
        error = TooManyRequests(detail, retry_after_seconds=seconds)
        request_id = request_id_of(environ.get("HTTP_X_REQUEST_ID", ""))
        retry = {"x-rate-limit-retry-after-seconds": str(seconds), REQUEST_ID: request_id}
        answer = error_answer(error, dict(self._told(allowance)) | retry)
        log_request(
            environ["REQUEST_METHOD"],
            None,
            answer.status_code,
            calls=None,
            started=started,
            request_id=request_id,
            token=caller or "",
        )
        return answer
