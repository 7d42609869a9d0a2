"""The way past the framework, for what is asked again and was answered a moment ago."""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from gateway.web.answers import MEDIA_TYPE, provenance_headers
from gateway.web.authentication import Authenticator, TokenRefused
from gateway.web.ready import Given, ReadyAnswers, key_of
from gateway.web.tracing import REQUEST_ID, log_request, request_id_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Shortcut:
    """
    Gives what was answered before, and hands every other request on.

    What it gives is what the framework would: the same body and headers, to who has a token.

    Args:
        application: Answers all other requests.
        ready: What was answered before.
        authenticator: Knows the tokens.
    """

    def __init__(
        self, application: "WSGIApplication", ready: ReadyAnswers, authenticator: Authenticator
    ) -> None:
        self._application = application
        self._ready = ready
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
        request_id = request_id_of(environ.get("HTTP_X_REQUEST_ID", ""))
        headers = provenance_headers(made.provenance, older_seconds=given.older_seconds)
        headers |= made.headers
        headers |= {"Content-Type": MEDIA_TYPE, "Content-Length": str(len(made.body))}
        if made.version is not None:
            headers["ETag"] = made.version
        headers[REQUEST_ID] = request_id
        log_request("GET", made.endpoint, 200, calls="0", started=started, request_id=request_id)
        start_response("200 OK", list(headers.items()))
        return (made.body,)

    def _given(self, environ: "WSGIEnvironment") -> Given | None:
        if environ["REQUEST_METHOD"] != "GET" or "HTTP_IF_NONE_MATCH" in environ:
            return None
        try:
            token = self._authenticator.check(environ.get("HTTP_AUTHORIZATION"))
        except TokenRefused:
            return None
        key = key_of(environ, token)
        given = None if key is None else self._ready.given(key)
        # That there is no such resource is an error, which the framework words.
        return given if given is not None and given.made.body else None
