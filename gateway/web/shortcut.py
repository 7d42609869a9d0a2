"""The way past the framework: for what was answered a moment ago, and for what is at hand."""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

import structlog

from gateway.scim.errors import ScimError
from gateway.web.answers import MEDIA_TYPE
from gateway.web.authentication import Authenticator, TokenRefused
from gateway.web.preconditions import IfNoneMatch
from gateway.web.ready import Given, Key, ReadyAnswers, key_of
from gateway.web.straight import Straight
from gateway.web.tracing import REQUEST_ID, log_request, request_id_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_LOG = structlog.get_logger(__name__)


class Shortcut:
    """
    Gives what was answered before, or needs nothing read, and hands every other request on.

    What it gives is what the framework would: the same status, body and headers.

    Args:
        application: Answers all other requests.
        ready: What was answered before to those who have a token.
        open_to_all: What was answered before to those who have none.
        straight: Answers of what is at hand.
        authenticator: Knows the tokens.
    """

    def __init__(
        self,
        application: "WSGIApplication",
        ready: ReadyAnswers,
        open_to_all: ReadyAnswers,
        straight: Straight,
        authenticator: Authenticator,
    ) -> None:
        self._application = application
        self._ready = ready
        self._open_to_all = open_to_all
        self._straight = straight
        self._authenticator = authenticator

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer a request, as WSGI has it (PEP 3333)."""
        started = time.perf_counter()
        given = self._given(environ)
        if given is None:
            return self._application(environ, start_response)
        made = given.made
        sent = environ.get("HTTP_IF_NONE_MATCH")
        is_known = sent is not None and IfNoneMatch.of_reader(sent).holds(made.entity_tag)
        request_id = request_id_of(environ.get("HTTP_X_REQUEST_ID", ""))
        headers = given.headers()
        log_request(
            "GET",
            made.endpoint,
            304 if is_known else 200,
            calls=headers.get("X-Bitbucket-Calls"),
            started=started,
            request_id=request_id,
        )
        headers[REQUEST_ID] = request_id
        if is_known:
            start_response("304 NOT MODIFIED", list(headers.items()))
            return ()
        headers["Content-Type"] = MEDIA_TYPE
        headers["Content-Length"] = str(len(made.body))
        start_response("200 OK", list(headers.items()))
        return (made.body,)

    def _given(self, environ: "WSGIEnvironment") -> Given | None:
        if environ["REQUEST_METHOD"] != "GET":
            return None
        token: str | None = None
        ready = self._ready
        try:
            token = self._authenticator.check(environ.get("HTTP_AUTHORIZATION"))
        except TokenRefused:
            ready = self._open_to_all
        key = key_of(environ, token)
        if key is None:
            return None
        given = ready.given(key)
        if given is None and token is not None:
            given = self._straight_given(environ, key, token)
        # That there is no such resource is an error, which the framework words.
        return given if given is not None and given.made.body else None

    def _straight_given(self, environ: "WSGIEnvironment", key: Key, token: str) -> Given | None:
        way = self._straight.way(environ, token)
        if way is None:
            return None
        try:
            return Given(self._ready.anew(key, *way))
        except ScimError:
            # The framework meets the same, and words it; what has to be read, it waits for.
            return None
        except Exception as error:  # noqa: BLE001 - reads can be tried again, as the log tells
            called = environ["HTTP_X_REQUEST_ID"] = request_id_of(
                environ.get("HTTP_X_REQUEST_ID", "")
            )
            _LOG.warning("request.tried_again", exc_info=error, request_id=called)
            return None
