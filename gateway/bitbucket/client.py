"""Calls resources of Bitbucket with whichever configured credential can."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote, urlencode

from requests import PreparedRequest
from requests.auth import AuthBase, HTTPBasicAuth

from gateway.bitbucket.answers import Answer, Request
from gateway.bitbucket.calls import CallCounter
from gateway.bitbucket.credentials import (
    ABLE,
    ApiToken,
    AppPassword,
    Credential,
    OAuthConsumer,
    OrganizationApiKey,
    WorkspaceAccessToken,
)
from gateway.bitbucket.errors import (
    BadAnswer,
    BitbucketError,
    Evidence,
    Forbidden,
    NoCredential,
    RateLimited,
    Unauthorized,
)
from gateway.bitbucket.keyring import Keyring, most_telling
from gateway.bitbucket.oauth import OAuthTokens, token_url
from gateway.bitbucket.origin import checked_base, same_origin
from gateway.bitbucket.patience import Pauses
from gateway.bitbucket.quota import Urgency
from gateway.bitbucket.resources import Resource
from gateway.bitbucket.transport import Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What is sent with a write, in one of three forms."""

    json: Mapping[str, object] | None = None
    form: Mapping[str, str] | None = None
    text: str | None = None


NO_BODY: Final = Body()


@dataclass(frozen=True, slots=True)
class Client:
    """
    A way to call resources; made by :func:`connect`.

    Attributes:
        transport: The session.
        keyring: The credentials.
    """

    transport: Transport
    keyring: Keyring
    _tokens: Mapping[OAuthConsumer, OAuthTokens]
    _counters: tuple[CallCounter, ...] = ()
    _urgency: Urgency = Urgency.INTERACTIVE
    _pauses: Pauses | None = None

    def counting(self, counter: CallCounter) -> "Client":
        """Return the same client, whose every HTTP attempt *counter* counts too."""
        return replace(self, _counters=(*self._counters, counter))

    def pausing(self, pauses: Pauses) -> "Client":
        """Return the same client, whose calls wait no longer together than *pauses* says."""
        return replace(self, _pauses=pauses)

    def in_background(self) -> "Client":
        """Return the same client, whose calls leave some of the budget to those with haste."""
        return replace(self, _urgency=Urgency.BACKGROUND)

    def with_only(self, credential: Credential) -> "Client":
        """Return the same client, which uses *credential* alone, one of those it was made with."""
        return self.with_these([credential])

    def with_these(self, credentials: Sequence[Credential]) -> "Client":
        """Return the same client, which uses *credentials* alone, of those it was made with."""
        return replace(self, keyring=Keyring(credentials, clock=lambda: 0.0))

    def call(
        self,
        resource: Resource,
        parts: Mapping[str, str],
        *,
        query: Mapping[str, str] | None = None,
        body: Body = NO_BODY,
    ) -> Answer:
        """
        Call *resource*.

        Args:
            resource: What to read or write.
            parts: What stands for the placeholders of its path.
            query: The query parameters, not yet encoded.
            body: What is sent with a write.

        Raises:
            BitbucketError: Every subclass.
        """
        path = resource.path(parts)
        url = self.transport.api_url + path
        if query:
            url += "?" + urlencode(query, quote_via=quote)
        request = Request(
            method=resource.method,
            url=url,
            resource=resource.template,
            path=path,
            json=body.json,
            form=body.form,
            text=body.text,
            is_repeatable=resource.is_repeatable,
            group=resource.group,
            urgency=self._urgency,
        )
        return self._by_whoever_can(resource, request)

    def refusal(self, resource: Resource) -> NoCredential | None:
        """Return why no configured credential could ever make the call; None if one may."""
        if self.keyring.able(resource.ability):
            return None
        evidence = Evidence(method=resource.method, resource=resource.template)
        return NoCredential(evidence, ABLE[resource.ability])

    def follow(self, answer: Answer, url: str) -> Answer:
        """
        Read the page that *answer* names as its ``next``, with the credential that read *answer*.

        Another credential may see another list: the pages of two don't make one.

        Raises:
            BadAnswer: *url* leads to another place, which a credential must not be sent to.
            BitbucketError: As :meth:`call`.
        """
        if not same_origin(url, self.transport.api_url):
            raise BadAnswer(answer.evidence(), "its next page is at another place")
        return self._send(replace(answer.request, url=url))

    def _by_whoever_can(self, resource: Resource, request: Request) -> Answer:
        template, path = (f"{request.method} {of}" for of in (request.resource, request.path))
        refusals: list[BitbucketError] = []
        for credential in self.keyring.candidates(resource.ability, template=template, path=path):
            try:
                answer = self._send(replace(request, credential=credential))
            except (Unauthorized, Forbidden) as error:
                self.keyring.refused(credential, error)
                refusals.append(error)
            except RateLimited as error:
                refusals.append(error)
            else:
                self.keyring.accepted(credential, template=template, path=path)
                return answer
        if refusals:
            raise most_telling(refusals)
        raise NoCredential(request.evidence(), ABLE[resource.ability])

    def _send(self, request: Request) -> Answer:
        """Send *request* signed by its credential, a consumer's once more with a fresh token."""
        match request.credential:
            case OAuthConsumer() as consumer:
                return self._send_with_token(request, self._tokens[consumer])
            case None:
                return self._signed(request, None)
            case credential:
                return self._signed(request, _signature(credential))

    def _send_with_token(self, request: Request, tokens: OAuthTokens) -> Answer:
        token = tokens.current(self._counters, pauses=self._pauses)
        try:
            return self._signed(request, _BearerAuth(token))
        except Unauthorized:
            renewed = tokens.current(self._counters, refused=token, pauses=self._pauses)
            return self._signed(request, _BearerAuth(renewed))

    def _signed(self, request: Request, auth: AuthBase | None) -> Answer:
        counters, pauses = self._counters, self._pauses
        return self.transport.send(request, auth=auth, counters=counters, pauses=pauses)


def connect(
    transport: Transport,
    credentials: Sequence[Credential],
    *,
    oauth_token_url: str | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Client:
    """
    Return a client for *transport* that has *credentials*; nothing is sent yet.

    Args:
        transport: The session.
        credentials: What is configured, in any order.
        oauth_token_url: Where OAuth consumers get their tokens; by default bitbucket.org, or
            below the API URL where that is on this machine.
        clock: A clock that never goes back, in seconds.

    Raises:
        ValueError: *oauth_token_url* would send the consumer's secret in the clear.
    """
    url = checked_base(oauth_token_url or token_url(transport.api_url))
    tokens = {
        credential: OAuthTokens(credential, transport, token_url=url, clock=clock)
        for credential in credentials
        if isinstance(credential, OAuthConsumer)
    }
    return Client(transport, Keyring(credentials, clock=clock), tokens)


class _BearerAuth(AuthBase):
    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, prepared: PreparedRequest) -> PreparedRequest:
        prepared.headers["Authorization"] = f"Bearer {self._token}"
        return prepared


def _signature(
    credential: WorkspaceAccessToken | ApiToken | AppPassword | OrganizationApiKey,
) -> AuthBase:
    # requests would write a text as Latin-1; RFC 7617 §2.1 lets us say what Atlassian reads.
    match credential:
        case ApiToken(email=name, token=secret) | AppPassword(username=name, password=secret):
            return HTTPBasicAuth(name.encode(), secret.encode())
        case WorkspaceAccessToken(token=token) | OrganizationApiKey(key=token):
            return _BearerAuth(token)
