"""Credentials: which one makes a call, what happens when it is refused, and what never shows."""

import traceback
from base64 import b64decode
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from structlog.testing import capture_logs

from gateway.bitbucket import resources
from gateway.bitbucket.calls import CallCounter
from gateway.bitbucket.client import Client, connect
from gateway.bitbucket.credentials import (
    ApiToken,
    AppPassword,
    Credential,
    OAuthConsumer,
    OrganizationApiKey,
    WorkspaceAccessToken,
)
from gateway.bitbucket.errors import (
    BadAnswer,
    Forbidden,
    NoCredential,
    NotFound,
    Unauthorized,
    Unavailable,
)
from gateway.bitbucket.keyring import REMEMBERED_SECONDS
from gateway.bitbucket.oauth import token_url
from gateway.bitbucket.resources import Resource
from gateway.bitbucket.transport import Transport
from tests.bitbucket.raw_server import RawServer, Received, Reply, as_error, as_json, truncated
from tests.bitbucket.still_clock import StillClock

ACCESS_TOKEN = WorkspaceAccessToken("access-secret")
API_TOKEN = ApiToken("svc@acme.example", "api-secret")
CONSUMER = OAuthConsumer("key", "consumer-secret")
APP_PASSWORD = AppPassword("svc", "app-secret")
ORGANIZATION_KEY = OrganizationApiKey("organization-secret")
ALL = (ORGANIZATION_KEY, APP_PASSWORD, CONSUMER, API_TOKEN, ACCESS_TOKEN)

ACME = {"workspace": "acme"}
Connect = Callable[..., Client]


def speaker(request: Received) -> str:
    """Return whom *request* was signed by."""
    scheme, _, value = request.headers["Authorization"].partition(" ")
    return value if scheme == "Bearer" else b64decode(value).decode()


def refusing(refusals: Mapping[str, Reply]) -> Callable[[Received], Reply]:
    """Return a handler that refuses some speakers, and gives consumers tokens."""

    def handle(request: Received) -> Reply:
        if request.path == "/site/oauth2/access_token":
            return as_json({"access_token": "oauth-token", "expires_in": 7200})
        return refusals.get(speaker(request), as_json([]))

    return handle


def speakers(server: RawServer) -> list[str]:
    """Return who spoke to the API, in order."""
    return [speaker(r) for r in server.received if r.path != "/site/oauth2/access_token"]


@pytest.mark.parametrize("credential", ALL, ids=lambda credential: credential.kind)
def test_a_credential_never_shows(credential: Credential) -> None:
    """What a credential holds is in none of its texts."""
    assert repr(credential) == str(credential) == f"{type(credential).__name__}('***')"


@pytest.mark.parametrize(
    "make",
    [
        lambda: WorkspaceAccessToken("s3cret\n"),
        lambda: WorkspaceAccessToken("s3cret\u2026"),
        lambda: ApiToken("svc@acme.example", " s3cret"),
        lambda: AppPassword("s3c\x00ret", "x"),
        lambda: OAuthConsumer("s3cret", ""),
    ],
)
def test_a_credential_that_no_header_can_carry_is_refused_unquoted(
    make: Callable[[], Credential],
) -> None:
    """A secret with a line break is refused when it is configured, without repeating it."""
    with pytest.raises(ValueError, match=r"token|secret|username") as refusal:
        make()
    assert "s3c" not in str(refusal.value)


@pytest.mark.parametrize(
    ("resource", "order"),
    [
        (
            resources.PERMISSIONS,
            ["access-secret", "svc@acme.example:api-secret", "oauth-token", "svc:app-secret"],
        ),
        (resources.GROUPS, ["svc@acme.example:api-secret", "oauth-token", "svc:app-secret"]),
    ],
)
def test_each_able_credential_is_tried_in_the_order_of_preference(
    resource: Resource, order: list[str], server: RawServer, connected: Connect
) -> None:
    """A read that is forbidden to one is tried with the next, whatever the order of settings."""
    server.handler = refusing(dict.fromkeys(order[:-1], as_error(403, "Forbidden")))

    connected(*ALL).call(resource, ACME)
    assert speakers(server) == order


def test_only_able_credentials_are_tried(server: RawServer, connected: Connect) -> None:
    """An access token is never sent to 1.0; the error says what could be."""
    with pytest.raises(NoCredential) as failure:
        connected(ACCESS_TOKEN, ORGANIZATION_KEY).call(resources.GROUPS, ACME)
    assert failure.value.able == ("API token", "OAuth consumer", "app password")
    assert "API token or OAuth consumer or app password" in str(failure.value)
    assert server.received == []


def test_what_is_not_found_is_not_asked_again(server: RawServer, connected: Connect) -> None:
    """Only a refusal of the credential is a reason to try another one."""
    server.reply(as_error(404, "Not there"))

    with pytest.raises(NotFound):
        connected(*ALL).call(resources.PERMISSIONS, ACME)
    assert len(server.received) == 1


def test_a_refusal_is_remembered_for_a_while(
    server: RawServer, connected: Connect, clock: StillClock
) -> None:
    """A credential that was refused is not tried there again for some minutes."""
    server.handler = refusing({"access-secret": as_error(401, "Token is invalid.")})
    client = connected(ACCESS_TOKEN, API_TOKEN)

    client.call(resources.PERMISSIONS, ACME)
    client.call(resources.PERMISSIONS, ACME)
    clock.now_seconds += REMEMBERED_SECONDS + 1
    client.call(resources.PERMISSIONS, ACME)

    api = "svc@acme.example:api-secret"
    assert speakers(server) == ["access-secret", api, api, "access-secret", api]


def test_a_missing_scope_is_remembered_for_every_project(
    server: RawServer, connected: Connect
) -> None:
    """A credential without the scope is not tried on the next project."""
    no_scope = as_error(403, "Forbidden", detail={"required": ["project:admin"], "granted": []})
    server.handler = refusing({"access-secret": no_scope})
    client = connected(ACCESS_TOKEN, API_TOKEN)

    for project in ("ONE", "TWO"):
        client.call(resources.PROJECT_USERS, {"workspace": "acme", "project": project})
    assert speakers(server).count("access-secret") == 1


def test_a_missing_right_is_remembered_for_that_project_alone(
    server: RawServer, connected: Connect
) -> None:
    """Somebody who does not administer one project may administer the next."""
    server.handler = refusing({"access-secret": as_error(403, "Forbidden")})
    client = connected(ACCESS_TOKEN, API_TOKEN)

    for project in ("ONE", "TWO", "ONE"):
        client.call(resources.PROJECT_USERS, {"workspace": "acme", "project": project})
    assert speakers(server).count("access-secret") == 2


def test_the_last_hope_is_asked_again(server: RawServer, connected: Connect) -> None:
    """With every credential refused, the preferred one is asked: it may have been mended."""
    server.reply(as_error(403, "Forbidden"), as_error(403, "Forbidden"), as_json([]))
    client = connected(ACCESS_TOKEN, API_TOKEN)

    with pytest.raises(Forbidden):
        client.call(resources.PERMISSIONS, ACME)
    client.call(resources.PERMISSIONS, ACME)
    client.call(resources.PERMISSIONS, ACME)
    assert speakers(server)[2:] == ["access-secret", "access-secret"]


def test_the_most_telling_refusal_is_raised(server: RawServer, connected: Connect) -> None:
    """When all refuse, the error is the one that says what to grant."""
    telling = as_error(403, "Forbidden", detail={"required": ["account"], "granted": []})
    server.handler = refusing(
        {
            "access-secret": as_error(401, "Token is invalid."),
            "svc@acme.example:api-secret": telling,
            "svc:app-secret": as_error(403, "Forbidden"),
        }
    )
    with pytest.raises(Forbidden, match=r"API token.*the scope account") as failure:
        connected(ACCESS_TOKEN, API_TOKEN, APP_PASSWORD).call(resources.PERMISSIONS, ACME)
    assert failure.value.evidence.credential == "API token"


def test_an_app_password_is_told_of_its_end(server: RawServer, connected: Connect) -> None:
    """The refusal of an app password says what to create instead."""
    server.reply(as_error(401, "Unauthorized"))

    with pytest.raises(Unauthorized, match="ended on 2026-07-28: create an API token instead"):
        connected(APP_PASSWORD).call(resources.PERMISSIONS, ACME)


def test_a_name_outside_latin_is_sent_as_utf_8(server: RawServer, connected: Connect) -> None:
    """The user name of Basic authentication may be of any script."""
    server.reply(as_json([]))

    connected(AppPassword("\u0410\u043d\u044f", "p\u00e4ss")).call(resources.PERMISSIONS, ACME)
    assert speakers(server) == ["\u0410\u043d\u044f:p\u00e4ss"]


def test_a_token_is_fetched_once_for_many_calls(
    server: RawServer, connected: Connect, clock: StillClock
) -> None:
    """A consumer's token serves until shortly before its end, on every thread."""
    server.handler = refusing({})
    client = connected(CONSUMER)

    with ThreadPoolExecutor(8) as pool:
        for _ in range(16):
            pool.submit(client.call, resources.GROUPS, ACME)
    assert len(server.received) == 17
    grant = server.received[0]
    assert (grant.method, grant.body) == ("POST", b"grant_type=client_credentials")
    assert speaker(grant) == "key:consumer-secret"

    clock.now_seconds += 7200 - 59
    client.call(resources.GROUPS, ACME)
    assert len(server.received) == 19


def test_a_refused_token_is_renewed_once(server: RawServer, connected: Connect) -> None:
    """A token that Bitbucket drops before its time costs one more token and one more call."""
    tokens = iter(["first", "second"])

    def handle(request: Received) -> Reply:
        if request.path == "/site/oauth2/access_token":
            return as_json({"access_token": next(tokens), "expires_in": 7200})
        return as_json([]) if speaker(request) == "second" else as_error(401, "Expired")

    server.handler = handle
    calls = CallCounter()
    connected(CONSUMER).counting(calls).call(resources.GROUPS, ACME)
    assert speakers(server) == ["first", "second"]
    assert calls.count == 4


def test_a_renewed_token_that_is_refused_is_an_error(server: RawServer, connected: Connect) -> None:
    """Renewing ends after once."""
    server.handler = refusing({"oauth-token": as_error(401, "No")})

    with pytest.raises(Unauthorized):
        connected(CONSUMER).call(resources.GROUPS, ACME)
    assert len(speakers(server)) == 2


@pytest.mark.parametrize("status", [400, 401])
def test_a_wrong_consumer_is_told_so(status: int, server: RawServer, connected: Connect) -> None:
    """A refusal of the token names the consumer's settings, and what Bitbucket said."""
    oauth_error = {"error": "unauthorized_client", "error_description": "Unknown key"}
    server.reply(as_json(oauth_error, status))

    with pytest.raises(Unauthorized, match=r"key and secret of the OAuth consumer.*Unknown key"):
        connected(CONSUMER).call(resources.GROUPS, ACME)


@pytest.mark.parametrize("body", [{}, {"access_token": "a\nb", "expires_in": 1}, []])
def test_a_token_of_another_shape_is_a_bad_answer(
    body: object, server: RawServer, connected: Connect
) -> None:
    """Nothing that could not stand in a header is taken for a token."""
    server.reply(as_json(body))

    with pytest.raises(BadAnswer, match="no access token"):
        connected(CONSUMER).call(resources.GROUPS, ACME)


def test_tokens_come_from_bitbucket_or_from_this_machine(transport: Transport) -> None:
    """The secret of a consumer goes to bitbucket.org, unless the API itself is local."""
    assert (
        token_url("https://api.bitbucket.org") == "https://bitbucket.org/site/oauth2/access_token"
    )
    assert token_url("http://127.0.0.1:80") == "http://127.0.0.1:80/site/oauth2/access_token"
    with pytest.raises(ValueError, match="in the clear"):
        connect(transport, [CONSUMER], oauth_token_url="http://example.org/token")


def test_no_secret_is_logged_or_in_a_traceback(server: RawServer, connected: Connect) -> None:
    """Neither the log nor a printed error shows a credential, even when the network fails."""
    server.reply(truncated([]))
    with capture_logs() as events, pytest.raises(Unavailable) as failure:
        connected(API_TOKEN).call(resources.PERMISSIONS, ACME)
    shown = "".join(traceback.format_exception(failure.value)) + repr(events)

    assert len(events) == 3
    assert "api-secret" not in shown
    assert "svc@" not in shown
