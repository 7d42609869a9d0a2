"""Access tokens for OAuth consumers, by client credentials (RFC 6749 §4.4)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Final

from requests.auth import HTTPBasicAuth

from gateway.bitbucket.answers import Answer, Request
from gateway.bitbucket.calls import CallCounter
from gateway.bitbucket.credentials import OAuthConsumer
from gateway.bitbucket.errors import BadAnswer, BadRequest, Unauthorized
from gateway.bitbucket.origin import is_loopback
from gateway.bitbucket.patience import Pauses
from gateway.bitbucket.transport import Transport

_TOKEN_PATH: Final = "/site/oauth2/access_token"  # noqa: S105 - an address, not a token
#: A token is given up this long before it ends, for a call must not outlive it.
_MARGIN_SECONDS: Final = 60


@dataclass(frozen=True, slots=True, repr=False)
class _Token:
    value: str
    ends_at_seconds: float


class OAuthTokens:
    """
    The current access token of one consumer, shared by every thread.

    Args:
        consumer: The consumer.
        transport: What the token is fetched with.
        token_url: Where from.
        clock: A clock that never goes back, in seconds.
    """

    def __init__(
        self,
        consumer: OAuthConsumer,
        transport: Transport,
        *,
        token_url: str,
        clock: Callable[[], float],
    ) -> None:
        self._consumer = consumer
        self._transport = transport
        self._token_url = token_url
        self._clock = clock
        self._lock = Lock()
        self._token: _Token | None = None

    def current(
        self,
        counters: Iterable[CallCounter],
        *,
        refused: str | None = None,
        pauses: Pauses | None = None,
    ) -> str:
        """
        Return a token that is good for another while, fetching one only if need be.

        Args:
            counters: Counters of the call that a fetch takes.
            refused: A token that Bitbucket no longer accepts, whatever its time: a newer one is
                returned, which another thread may have fetched meanwhile.
            pauses: What that call and others may wait together.

        Raises:
            Unauthorized: Bitbucket does not accept the key and secret.
            BitbucketError: The token could not be fetched.
        """
        with self._lock:
            token = self._token
            if token is None or token.value == refused or token.ends_at_seconds <= self._clock():
                token = self._token = self._fetch(counters, pauses)
            return token.value

    def _fetch(self, counters: Iterable[CallCounter], pauses: Pauses | None) -> _Token:
        request = Request(
            method="POST",
            url=self._token_url,
            resource=_TOKEN_PATH,
            path=_TOKEN_PATH,
            credential=self._consumer,
            form={"grant_type": "client_credentials"},
            is_repeatable=True,
        )
        auth = HTTPBasicAuth(self._consumer.key.encode(), self._consumer.secret.encode())
        began = self._clock()
        try:
            answer = self._transport.send(request, auth=auth, counters=counters, pauses=pauses)
        except (BadRequest, Unauthorized) as error:
            raise Unauthorized(
                error.evidence,
                "Bitbucket does not accept the key and secret of the OAuth consumer.",
            ) from error
        return _token(answer, began)


def token_url(api_url: str) -> str:
    """Return where the tokens for *api_url* come from, unless it is configured."""
    base = api_url if is_loopback(api_url) else "https://bitbucket.org"
    return base + _TOKEN_PATH


def _token(answer: Answer, began_seconds: float) -> _Token:
    match answer.json():
        case {"access_token": str(value), "expires_in": int(lifetime_seconds)} if (
            value.isascii() and value.isprintable() and " " not in value
        ):
            return _Token(value, began_seconds + max(0, lifetime_seconds - _MARGIN_SECONDS))
    raise BadAnswer(answer.evidence(), "no access token")
