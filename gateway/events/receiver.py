"""Sending a token to a receiver (RFC 8935), and what came of it."""

from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError, InvalidHeader
from urllib3.util import Retry

from gateway.bitbucket.origin import is_loopback
from gateway.events.refusals import OF_THE_SET_UP, read_refusal

_TIMEOUTS_SECONDS = (5, 20)
#: No more of an answer is read: its status and a code are all that counts.
_MOST_BYTES = 16_384


class Outcome(Enum):
    """What came of sending a token."""

    #: The receiver has it.
    TAKEN = auto()
    #: The receiver can't use it, however often it is sent.
    REFUSED = auto()
    #: It may be taken later, by itself or once somebody has mended what is set up wrongly.
    LATER = auto()


@dataclass(frozen=True, slots=True)
class Delivery:
    """
    What came of sending a token once.

    Attributes:
        outcome: What to do now.
        reason: Why it was not taken, for the log: a status, a code, or the name of an error.
        retry_after_seconds: How long the receiver asked to be left alone.
    """

    outcome: Outcome
    reason: str = ""
    retry_after_seconds: float = 0


class Receiver:
    """
    Where tokens are pushed.

    Args:
        url: Its address.
        token: The bearer token it wants; None for none.
    """

    def __init__(self, url: str, token: str | None) -> None:
        self._url = url
        self._auth = _Bearer(token)
        self._session = requests.Session()
        # Proxies and private certificate authorities come from the environment.
        self._session.trust_env = not is_loopback(url)
        # False, unlike 0, keeps addresses out of exceptions.
        adapter = HTTPAdapter(max_retries=Retry(total=False))
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def send(self, token: str) -> Delivery:
        """Send a signed token, once."""
        try:
            with self._session.post(
                self._url,
                data=token.encode(),
                headers={
                    "Content-Type": "application/secevent+jwt",
                    "Accept": "application/json",
                    "User-Agent": "bitbucket-scim",
                },
                auth=self._auth,
                timeout=_TIMEOUTS_SECONDS,
                allow_redirects=False,
                stream=True,
            ) as answer:
                return _delivery(answer)
        except (requests.RequestException, HTTPError) as error:
            return Delivery(Outcome.LATER, type(error).__name__)


class _Bearer(AuthBase):
    """Sends the token, or nothing: without any, requests would look into ``~/.netrc``."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            prepared.headers["Authorization"] = f"Bearer {self._token}"
        return prepared


def _delivery(answer: requests.Response) -> Delivery:
    status = answer.status_code
    if requests.codes.ok <= status < requests.codes.multiple_choices:
        # It has the token, whatever becomes of the body.
        with suppress(requests.RequestException, HTTPError):
            _body(answer)
        return Delivery(Outcome.TAKEN)
    code = read_refusal(_body(answer)) if status == requests.codes.bad_request else None
    if code is None:
        # A 400 without a code is not about the token (RFC 8935 §2.3): whatever stands before the
        # receiver may say so of every request, as nginx does of a header that is too long.
        return Delivery(Outcome.LATER, str(status), _retry_after(answer))
    return Delivery(Outcome.LATER if code in OF_THE_SET_UP else Outcome.REFUSED, f"400 {code}")


def _body(answer: requests.Response) -> bytes:
    """Return the body; even a short one is read, so that the connection can be used again."""
    return next(answer.iter_content(_MOST_BYTES), b"")


def _retry_after(answer: requests.Response) -> float:
    header = answer.headers.get("Retry-After")
    try:
        return Retry().parse_retry_after(header) if header else 0
    except InvalidHeader:
        return 0
