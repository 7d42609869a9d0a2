"""One HTTP session with Bitbucket: connections, time limits, retries, redirects, and the log."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from http.cookiejar import DefaultCookiePolicy
from typing import Final
from urllib.parse import urljoin

import requests
import structlog
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from structlog.typing import FilteringBoundLogger
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from gateway.bitbucket.answers import Answer, Request, error_of
from gateway.bitbucket.budget import Budget
from gateway.bitbucket.calls import CallCounter
from gateway.bitbucket.errors import BadAnswer, Unavailable
from gateway.bitbucket.origin import checked_base, is_loopback, same_origin
from gateway.bitbucket.patience import Pauses, RetryPolicy

_USER_AGENT: Final = "bitbucket-scim"
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS: Final = 5

#: Why there was no answer, the most specific first.
_BREAKS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (requests.exceptions.SSLError, "its certificate is not trusted here"),
    (requests.exceptions.ProxyError, "the proxy does not let it through"),
    (requests.exceptions.ConnectTimeout, "it could not be reached in time"),
    (requests.exceptions.Timeout, "it did not answer in time"),
    (requests.exceptions.ChunkedEncodingError, "its answer broke off"),
    (requests.exceptions.ContentDecodingError, "its answer broke off"),
    (Exception, "it could not be reached, or the connection broke"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """
    What the session may use.

    Attributes:
        connect_timeout_seconds: The time for a connection to be made.
        read_timeout_seconds: The time between two pieces of an answer.
        pool_size: The connections that are kept open; more callers at once wait for one.
        retry: How reads are tried again.
    """

    connect_timeout_seconds: float = 5
    read_timeout_seconds: float = 30
    pool_size: int = 10
    retry: RetryPolicy = field(default_factory=RetryPolicy)


class Transport:
    """
    Sends requests, and says what each attempt came to.

    Args:
        api_url: The base of every address, ``https://api.bitbucket.org`` for Bitbucket Cloud;
            plain ``http`` is accepted on this machine only.
        limits: What the session may use.
        budget: What every attempt is counted in before it is sent; None allows any number.
        on_answer: Told of every answer, on the thread that asked. It must not raise.
        sleep: Waits for some seconds.
        clock: A clock that never goes back, in seconds.

    Raises:
        ValueError: *api_url* would send credentials in the clear, or is no base of a URL.
    """

    def __init__(
        self,
        api_url: str,
        *,
        limits: Limits | None = None,
        budget: Budget | None = None,
        on_answer: Callable[[Answer], None] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.api_url = checked_base(api_url)
        self.calls = CallCounter()
        self._limits = limits or Limits()
        self._budget = budget
        self._is_closed = False
        self._on_answer = on_answer
        self._sleep = sleep
        self._clock = clock
        self._session = _session(self.api_url, pool_size=self._limits.pool_size)
        self._log: FilteringBoundLogger = structlog.get_logger()

    def close(self) -> None:
        """Close every connection, make no more, and give back the calls that were reserved."""
        self._is_closed = True
        self._session.close()
        if self._budget is not None:
            self._budget.give_back()

    def send(
        self,
        request: Request,
        *,
        auth: AuthBase | None,
        counters: Iterable[CallCounter] = (),
        pauses: Pauses | None = None,
    ) -> Answer:
        """
        Send *request*, and again where that is harmless and likely to help.

        Args:
            request: The request.
            auth: What signs it; None sends it without a credential.
            counters: Counters to add each attempt to, besides ``calls``.
            pauses: What this and other calls may wait together; None lets each wait by itself.

        Returns:
            An answer whose status is below 400.

        Raises:
            BitbucketError: Any but NoCredential.
        """
        for _ in range(_MOST_REDIRECTS):
            answer = self._persist(request, auth, (self.calls, *counters), pauses)
            if answer.is_error:
                raise error_of(answer)
            if answer.status not in _REDIRECTS:
                return answer
            request = self._redirected(answer)
        raise BadAnswer(request.evidence(), "one redirection after another")

    def _persist(
        self,
        request: Request,
        auth: AuthBase | None,
        counters: Iterable[CallCounter],
        pauses: Pauses | None,
    ) -> Answer:
        is_repeatable = request.is_repeatable
        patience = self._limits.retry.begin(is_repeatable=is_repeatable, together=pauses)
        attempt = 0
        while True:
            attempt += 1
            if self._is_closed:
                raise Unavailable(
                    request.evidence(),
                    f"{request.method} {request.path} was not sent: the gateway is stopping.",
                )
            if self._budget is not None:
                self._budget.admit(request)
            for counter in counters:
                counter.add()
            try:
                answer = self._attempt(request, auth, attempt)
            except (requests.RequestException, HTTPError) as error:
                pause = patience.after_break()
                if pause is None:
                    raise _unavailable(request, error) from error
            else:
                pause = patience.after_status(answer.status, answer.retry_after_seconds)
                if pause is None:
                    return answer
            self._sleep(pause)

    def _attempt(self, request: Request, auth: AuthBase | None, attempt: int) -> Answer:
        log = self._log.bind(method=request.method, resource=request.resource, attempt=attempt)
        began = self._clock()
        try:
            # The body is read here too, so that an answer that breaks off fails this attempt.
            response = self._session.request(
                request.method,
                request.url,
                auth=auth or _unsigned,
                json=request.json,
                data=request.form if request.text is None else request.text.encode(),
                timeout=(
                    self._limits.connect_timeout_seconds,
                    self._limits.read_timeout_seconds,
                ),
                allow_redirects=False,
            )
        except (requests.RequestException, HTTPError) as error:
            log.warning(
                "bitbucket.no_answer",
                reason=type(error).__name__,
                duration_ms=_milliseconds(self._clock() - began),
            )
            raise
        log.info(
            "bitbucket.answer",
            status=response.status_code,
            duration_ms=_milliseconds(self._clock() - began),
        )
        answer = Answer(request, response.status_code, response.headers, response.content)
        if self._budget is not None:
            self._budget.heard(answer)
        if self._on_answer is not None:
            self._on_answer(answer)
        return answer

    def _redirected(self, answer: Answer) -> Request:
        """Return the request to follow with: a credential only ever goes where it was meant for."""
        request = answer.request
        target = urljoin(request.url, answer.headers.get("Location", ""))
        if not request.is_repeatable or not same_origin(target, request.url):
            raise BadAnswer(answer.evidence(), "a redirection to another place")
        return replace(request, url=target)


def _session(api_url: str, *, pool_size: int) -> requests.Session:
    session = requests.Session()
    session.headers.update({"Accept": "application/json", "User-Agent": _USER_AGENT})
    # Several identities share the session: a cookie of one must not speak for another.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    # Proxies and private certificate authorities come from the environment.
    session.trust_env = not is_loopback(api_url)
    # False, unlike 0, keeps the address, and with it e-mails in its query, out of exceptions.
    adapter = HTTPAdapter(pool_maxsize=pool_size, pool_block=True, max_retries=Retry(total=False))
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _unsigned(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    """Sign nothing; without any ``auth`` requests would look for one in ``~/.netrc``."""
    return prepared


def _unavailable(request: Request, error: Exception) -> Unavailable:
    reason = next(reason for kind, reason in _BREAKS if isinstance(error, kind))
    return Unavailable(
        request.evidence(),
        f"Bitbucket gave no answer to {request.method} {request.path}: {reason}; check its address "
        "and the network.",
    )


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
