"""The composition root: where the parts are introduced to one another."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from flask import Flask

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
from gateway.directory.address_book import AddressBook
from gateway.directory.directory import Directory
from gateway.directory.readiness import Readiness
from gateway.directory.refresh import Refresher
from gateway.directory.rendering import Renderer
from gateway.directory.users import UserNameSource
from gateway.logs import configure_logs
from gateway.mirror.engine import migrate, open_database
from gateway.mirror.mirror import Mirror
from gateway.scim.handler import ResourceHandler
from gateway.scim.schema import Registry, load_registry
from gateway.settings import Settings, load_settings
from gateway.web.application import create_web

#: The extension of the application that closes its connections.
CLOSE = "gateway.close"


@dataclass(frozen=True, slots=True)
class Gateway:
    """
    The parts that commands and the web application are made of.

    Attributes:
        close: Closes the connections to Bitbucket and to the database.
    """

    registry: Registry
    workspace: BitbucketWorkspace
    mirror: Mirror
    refresher: Refresher
    address_book: AddressBook
    close: Callable[[], None]


def create_app(settings: Settings | None = None) -> Flask:
    """
    Return the web application.

    Args:
        settings: The settings; None reads them, and how to log, from the environment.

    Raises:
        SettingsError: They can't be used.
    """
    if settings is None:
        settings = load_settings(os.environ, serving=True)
        configure_logs(settings.gateway_log_format, level=settings.gateway_log_level)
    gateway = assemble(settings)
    max_age = timedelta(seconds=settings.gateway_max_age)
    handlers: dict[str, ResourceHandler] = {
        resource_type.name: Directory(
            resource_type, gateway.mirror, gateway.refresher, gateway.address_book, max_age
        )
        for resource_type in gateway.registry.resource_types
    }
    app = create_web(
        gateway.registry,
        handlers,
        tokens=[settings.scim_token.reveal()] if settings.scim_token else [],
        readiness=Readiness(gateway.mirror, gateway.refresher),
        public_url=settings.gateway_public_url,
    )
    app.extensions[CLOSE] = gateway.close
    return app


def assemble(settings: Settings) -> Gateway:
    """Return the parts, with the database brought up to date; Bitbucket is not called yet."""
    registry = load_registry()
    transport = Transport(settings.bitbucket_api_url)
    workspace = _workspace(transport, settings)
    engine = open_database(settings.gateway_database_url.reveal())
    migrate(engine)
    mirror = Mirror(engine, _integration(settings))
    renderer = Renderer(registry, UserNameSource(settings.gateway_user_name))

    def close() -> None:
        transport.close()
        engine.dispose()

    return Gateway(
        registry=registry,
        workspace=workspace,
        mirror=mirror,
        refresher=Refresher(workspace, mirror, renderer, now=_now),
        address_book=AddressBook(workspace, mirror, renderer, now=_now),
        close=close,
    )


def connect_workspace(settings: Settings) -> BitbucketWorkspace:
    """Return the workspace, to be read with the configured credentials."""
    return _workspace(Transport(settings.bitbucket_api_url), settings)


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


def _workspace(transport: Transport, settings: Settings) -> BitbucketWorkspace:
    return BitbucketWorkspace(
        connect(transport, credentials(settings)), settings.bitbucket_workspace
    )


def _integration(settings: Settings) -> str:
    # Another workspace, or another Bitbucket, never answers from this one's facts.
    return f"{urlsplit(settings.bitbucket_api_url).netloc}/{settings.bitbucket_workspace}".lower()


def _now() -> datetime:
    return datetime.now(UTC)
