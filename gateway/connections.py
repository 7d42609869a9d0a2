"""What the settings connect to: a workspace, with the configured credentials."""

from urllib.parse import urlsplit

from gateway.bitbucket.client import connect
from gateway.bitbucket.credentials import (
    ApiToken,
    AppPassword,
    Credential,
    OAuthConsumer,
    WorkspaceAccessToken,
)
from gateway.bitbucket.transport import Transport
from gateway.bitbucket.workspace import BitbucketWorkspace
from gateway.settings import Settings


def connect_workspace(settings: Settings) -> BitbucketWorkspace:
    """Return the workspace, to be read with the configured credentials."""
    return workspace_over(Transport(settings.bitbucket_api_url), settings)


def credentials(settings: Settings) -> list[Credential]:
    """Return the configured credentials."""
    found: list[Credential] = []
    if settings.bitbucket_access_token:
        found.append(WorkspaceAccessToken(settings.bitbucket_access_token.reveal()))
    if settings.bitbucket_email and settings.bitbucket_api_token:
        found.append(ApiToken(settings.bitbucket_email, settings.bitbucket_api_token.reveal()))
    if settings.bitbucket_oauth_key and settings.bitbucket_oauth_secret:
        secret = settings.bitbucket_oauth_secret.reveal()
        found.append(OAuthConsumer(settings.bitbucket_oauth_key, secret))
    if settings.bitbucket_username and settings.bitbucket_app_password:
        password = settings.bitbucket_app_password.reveal()
        found.append(AppPassword(settings.bitbucket_username, password))
    return found


def workspace_over(transport: Transport, settings: Settings) -> BitbucketWorkspace:
    """Return the workspace, spoken to by *transport* with the configured credentials."""
    return BitbucketWorkspace(
        connect(transport, credentials(settings)), settings.bitbucket_workspace
    )


def integration_name(settings: Settings) -> str:
    """
    Return what the facts of the workspace are told apart by.

    Another workspace, or another Bitbucket, never answers from this one's.
    """
    return f"{urlsplit(settings.bitbucket_api_url).netloc}/{settings.bitbucket_workspace}".lower()
