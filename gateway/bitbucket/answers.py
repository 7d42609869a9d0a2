"""From the answer to a call to its JSON, or to the error that it is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO

import ijson
import orjson
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from gateway.bitbucket.credentials import Credential, Kind
from gateway.bitbucket.errors import (
    BadAnswer,
    BadRequest,
    BitbucketError,
    Conflict,
    Evidence,
    Forbidden,
    Gone,
    NotFound,
    RateLimited,
    Rejected,
    SeatLimit,
    Unauthorized,
    Unavailable,
)
from gateway.bitbucket.quota import ResourceGroup, Urgency
from gateway.bitbucket.scopes import PLACES

_CLIENT_ERROR, _SERVER_ERROR = 400, 500

_ERRORS: Mapping[int, type[BitbucketError]] = {
    400: BadRequest,
    401: Unauthorized,
    402: SeatLimit,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    429: RateLimited,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """
    A call to make.

    Attributes:
        method: The HTTP method.
        url: The whole address, its query included.
        resource: The path with its placeholders: all of the address that is ever logged.
        path: The path, for errors.
        credential: Whom it goes out for.
        json: The body, as JSON.
        form: The body, as a form.
        text: The body, as plain text.
        is_repeatable: Whether sending it twice does the same as once.
        group: The resources it shares its hourly budget with; None is not counted.
        urgency: Whether somebody waits for it.
    """

    method: str
    url: str = field(repr=False)  # Its query may name people.
    resource: str
    path: str
    credential: Credential | None = None
    json: Mapping[str, object] | None = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    text: str | None = field(default=None, repr=False)
    is_repeatable: bool = False
    group: ResourceGroup | None = None
    urgency: Urgency = Urgency.INTERACTIVE

    def evidence(self) -> Evidence:
        """Return what is known of the call before it is answered."""
        return Evidence(
            method=self.method,
            resource=self.resource,
            path=self.path,
            credential=None if self.credential is None else self.credential.kind,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What came back.

    Attributes:
        request: What it answers.
        status: The HTTP status.
        headers: The headers; their names ignore case.
        body: The whole body, decompressed.
    """

    request: Request
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def is_error(self) -> bool:
        """Whether the call failed."""
        return self.status >= _CLIENT_ERROR

    @property
    def retry_after_seconds(self) -> float | None:
        """When Bitbucket wants to be asked again: given as a number or as a date."""
        header = self.headers.get("Retry-After")
        if header is None:
            return None
        try:
            return Retry().parse_retry_after(header)
        except InvalidHeader:
            return None

    def json(self) -> object:
        """
        Return the body's JSON.

        Raises:
            BadAnswer: It is a web page, or no JSON at all.
        """
        try:
            value: object = orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise BadAnswer(self.evidence(), self._what_else()) from error
        return value

    def items(self) -> Iterator[object]:
        """
        Yield the values of the JSON array that the body is, each as it is reached.

        So a long one is never held whole, which takes many times the bytes that it has.

        Raises:
            BadAnswer: It is no JSON, not all of it, or no array.
        """
        if self.body.lstrip()[:1] != b"[":
            self.json()
            raise BadAnswer(self.evidence(), "no list of values")
        try:
            yield from ijson.items(BytesIO(self.body), "item", use_float=True)
        except ijson.JSONError as error:
            raise BadAnswer(self.evidence(), self._what_else()) from error

    def check_done(self) -> None:
        """
        Check that this is an answer of Bitbucket's to a call that returns nothing of use.

        Raises:
            BadAnswer: It is something else: what stands between may answer 200 with a web page.
        """
        if self.body:
            self.json()

    def evidence(self, *, message: str | None = None, detail: object = None) -> Evidence:
        """Return what is known of the call."""
        before = self.request.evidence()
        seconds = self.retry_after_seconds
        return Evidence(
            method=before.method,
            resource=before.resource,
            path=before.path,
            credential=before.credential,
            status=self.status,
            message=message,
            detail=detail if isinstance(detail, str | Mapping) else None,
            retry_after_seconds=None if seconds is None else int(-(-seconds // 1)),
        )

    def _what_else(self) -> str:
        if self._is_web_page():
            return "a web page instead of JSON; is the API URL right?"
        return "no JSON, or not all of it" if self.body else "an empty body"

    def _is_web_page(self) -> bool:
        named = self.headers.get("Content-Type", "").startswith("text/html")
        return named or self.body.lstrip()[:1] == b"<"


def error_of(answer: Answer) -> BitbucketError:
    """Return the error that *answer*, whose status is 400 or above, stands for."""
    message, detail = _words(answer)
    evidence = answer.evidence(message=message, detail=detail)
    if answer.status >= _SERVER_ERROR:
        return Unavailable(evidence)
    error = _ERRORS.get(answer.status, Rejected)
    if error is Unauthorized and evidence.credential == Kind.APP_PASSWORD:
        ended = PLACES[Kind.APP_PASSWORD]
        return Unauthorized(evidence, f"The app password was refused: {ended}.")
    return error(evidence)


def _words(answer: Answer) -> tuple[str | None, object]:
    """Return Bitbucket's message and detail; both are optional, and so is JSON itself."""
    try:
        body = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return None, None
    match body:
        case {"error": {"message": str(message), **rest}}:
            return message, rest.get("detail")
        # RFC 6749 §5.2
        case {"error": str(code), **rest}:
            description = rest.get("error_description")
            return (description if isinstance(description, str) else code), None
    return None, None
